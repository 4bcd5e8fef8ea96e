"""Draw a layout as a picture: every cell in its type's label colour on white (thesis 3.5, Fig. 3.5)."""

import argparse
import json
from pathlib import Path

import numpy as np

from smearsynth import coco, images
from smearsynth.errors import UserError
from smearsynth.files import read_json
from smearsynth.layouts.raster import window
from smearsynth.taxonomy import Taxonomy


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's flags."""
    parser.add_argument("--layouts", type=Path, required=True, help="one shard of layouts")
    parser.add_argument("--index", type=int, required=True, help="index of the slide")
    parser.add_argument("--taxonomy", required=True, help="the section taxonomy, as JSON")
    parser.add_argument("--out", type=Path, required=True)


def run(args: argparse.Namespace) -> None:
    """Write the picture of one layout as PNG."""
    shard = read_json(args.layouts)
    found = [layout for layout in shard["layouts"] if layout["index"] == args.index]
    if not found:
        known = [layout["index"] for layout in shard["layouts"]]
        raise UserError.of(str(args.layouts), f"holds no slide {args.index}", f"one of {known}")
    taxonomy = Taxonomy.from_config(json.loads(args.taxonomy))
    images.write(args.out, draw(found[0]["cells"], taxonomy, (shard["size"][0], shard["size"][1])))


def draw(cells: list[dict], taxonomy: Taxonomy, shape: tuple[int, int]) -> np.ndarray:
    """The label picture of a layout.

    Parameters
    ----------
    cells : list of dict
        Entries of the layout, in paint order.
    taxonomy : Taxonomy
    shape : (height, width)

    Returns
    -------
    ndarray of uint8, shape (height, width, 3)
        RGB label colours on white.
    """
    picture = np.full((*shape, 3), 255, np.uint8)
    for cell in cells:
        part = window(coco.from_flat(cell["polygon"]), shape)
        picture[part.slices][part.mask] = taxonomy[cell["category_id"]].colour
    return picture
