"""Draw Figure 3.5: a layout on white in the colours of the labels."""

import json
from pathlib import Path

import cv2
import numpy as np

from smearsynth import coco
from smearsynth.errors import UserError
from smearsynth.files import read_json, write_tsv
from smearsynth.taxonomy import Taxonomy

LARGEST = 1024
"""Side in pixels beyond which a layout is drawn smaller."""


def arguments(parser) -> None:
    """Flags of the command."""
    parser.add_argument("--taxonomy", required=True, help="the section taxonomy of the configuration, as JSON")
    parser.add_argument("--layouts", type=Path, required=True, help="layouts/<shard>.json; the first layout is drawn")
    parser.add_argument("--out", type=Path, required=True, help="folder; gets figure_3_5.png and .tsv")


def run(args) -> None:
    """Run the command."""
    taxonomy = Taxonomy.from_config(json.loads(args.taxonomy))
    shard = read_json(args.layouts)
    if not shard["layouts"]:
        raise UserError.of(str(args.layouts), "no layouts", "ask for at least one slide")
    cells = shard["layouts"][0]["cells"]
    rows = []
    for number, cell in enumerate(cells, 1):
        middle = coco.from_flat(cell["polygon"]).mean(0)
        rows.append([number, taxonomy[cell["category_id"]].name, float(middle[0]), float(middle[1]), float(cell["z"])])
    write_tsv(args.out / "figure_3_5.tsv", ["cell", "type", "x", "y", "z"], rows)
    draw(args.out / "figure_3_5.png", on_white(cells, tuple(shard["size"]), taxonomy), cells, taxonomy)


def on_white(cells: list[dict], size: tuple[int, int], taxonomy: Taxonomy) -> np.ndarray:
    """The label picture of a layout on white, RGB uint8 (height, width, 3), cells in the order in which they are painted."""
    canvas = np.full((*size, 3), 255, np.uint8)
    for cell in cells:
        polygon = np.rint(coco.from_flat(cell["polygon"])).astype(np.int32)
        cv2.fillPoly(canvas, [polygon], taxonomy[cell["category_id"]].colour)
    return canvas


def draw(path: Path, canvas: np.ndarray, cells: list[dict], taxonomy: Taxonomy) -> None:
    """The layout with the names and numbers of its types beside it."""
    from matplotlib.patches import Patch

    from smearsynth.studies import style

    height, width = canvas.shape[:2]
    scale = LARGEST / max(height, width)
    if scale < 1:
        canvas = cv2.resize(canvas, (round(width * scale), round(height * scale)), interpolation=cv2.INTER_AREA)
    figure, axes = style.figure(7.6, 5.2)
    axis = axes[0, 0]
    axis.imshow(canvas)
    axis.set_xticks([])
    axis.set_yticks([])
    axis.grid(False)
    for spine in axis.spines.values():
        spine.set_visible(True)
    axis.set_title(f"{len(cells)} cells on {width} × {height} px", fontweight="normal")
    numbers = [(t, sum(cell["category_id"] == t.id for cell in cells)) for t in taxonomy.types]
    legend = [Patch(color=f"#{bytes(t.colour).hex()}", label=f"{t.title} ({number})") for t, number in numbers if number]
    axis.legend(handles=legend, loc="upper left", bbox_to_anchor=(1.02, 1), borderaxespad=0)
    style.save(figure, path)
