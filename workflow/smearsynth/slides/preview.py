"""Draw a slide's masks and a legend over its picture."""

import argparse
import json
from pathlib import Path

import cv2
import numpy as np

from smearsynth import images
from smearsynth.errors import UserError, within
from smearsynth.files import inside
from smearsynth.slides import runs
from smearsynth.slides.cutout import around, place
from smearsynth.slides.listing import slides
from smearsynth.taxonomy import Taxonomy


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's flags."""
    parser.add_argument("--instances", type=Path, required=True, help="COCO file of slides")
    parser.add_argument("--images", type=Path, required=True, help="folder that file_name is relative to")
    parser.add_argument("--taxonomy", required=True, help="the section taxonomy, as JSON")
    parser.add_argument("--slide", type=int, default=1, help="image id in the COCO file")
    parser.add_argument("--out", type=Path, required=True)


def run(args: argparse.Namespace) -> None:
    """Write the preview of one slide as PNG."""
    taxonomy = Taxonomy.from_config(json.loads(args.taxonomy))
    listed = slides(args.instances, taxonomy=taxonomy)
    image, cells = next(((image, cells) for image, cells in listed if image["id"] == args.slide), (None, []))
    if image is None:
        raise UserError.of(str(args.instances), f"has no image with id {args.slide}", "give the id of one of its images")
    picture = images.read(inside(args.images, image["file_name"], where=args.instances))
    with within(str(args.instances)):
        drawn = draw(picture, cells, taxonomy)
    images.write(args.out, drawn)


def draw(picture: np.ndarray, cells: list[dict], taxonomy: Taxonomy, *, legend: bool = True) -> np.ndarray:
    """Outlines in the colours of the types, faintly filled, with a legend beside the picture.

    Parameters
    ----------
    picture : ndarray of uint8, shape (height, width, 3)
    cells : list of dict
        COCO annotations of the slide.
    taxonomy : Taxonomy
    legend : bool
        Whether the types and their numbers stand at the right.

    Returns
    -------
    ndarray of uint8, shape (height, width', 3)
    """
    result = picture.copy()
    line = max(1, round(min(picture.shape[:2]) / 512))
    counts: dict[int, int] = {}
    for cell in cells:
        colour = taxonomy[cell["category_id"]].colour
        counts[cell["category_id"]] = counts.get(cell["category_id"], 0) + 1
        seen = runs.decode(cell["segmentation"], picture.shape[:2])
        part = around(seen, 2 * line, (picture.shape[0], picture.shape[1]))
        mask = place(seen, part)
        result[part][mask] = (0.9 * result[part][mask] + 0.1 * np.array(colour)).astype(np.uint8)
        contours, _ = cv2.findContours(mask.astype(np.uint8), cv2.RETR_CCOMP, cv2.CHAIN_APPROX_NONE)
        view = np.ascontiguousarray(result[part])
        cv2.drawContours(view, contours, -1, colour, line, cv2.LINE_AA)
        result[part] = view
    return np.hstack([result, _legend(counts, taxonomy, picture.shape[0])]) if legend else result


def _legend(counts: dict[int, int], taxonomy: Taxonomy, height: int) -> np.ndarray:
    """Types, most frequent first, with their colours and numbers, on white."""
    rows = sorted(counts.items(), key=lambda item: -item[1])
    step = int(np.clip(height / (len(rows) + 2), 14, 36))
    font, size, width = cv2.FONT_HERSHEY_SIMPLEX, step / 56, int(step * 8.2)
    panel = np.full((height, width, 3), 255, np.uint8)
    for row, (key, count) in enumerate(rows):
        y = step + row * step
        cv2.circle(panel, (step // 2 + 4, y), int(step * 0.28), taxonomy[key].colour, -1, cv2.LINE_AA)
        text = f"{taxonomy[key].title}  {count}"
        cv2.putText(panel, text, (step + 8, y + int(step * 0.2)), font, size, (40, 40, 40), 1, cv2.LINE_AA)
    return panel
