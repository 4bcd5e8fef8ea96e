"""Draw Figure 3.5: a layout made by the thesis's graph from the run's cells, on white in the colours of the labels."""

import dataclasses
import json
import sys
import textwrap
from pathlib import Path
from typing import get_args

import cv2
import numpy as np

from smearsynth import coco
from smearsynth.cells import catalogue
from smearsynth.errors import UserError
from smearsynth.files import write_tsv
from smearsynth.layouts import dgm, shapes
from smearsynth.layouts.options import DgmOptions, LayoutOptions, PackedOptions, Share, Split
from smearsynth.options import loads
from smearsynth.studies.options import LayoutFigureOptions
from smearsynth.taxonomy import Taxonomy


def arguments(parser) -> None:
    """Flags of the command."""
    parser.add_argument("--options", required=True, help="the section studies.thesis.layout of the configuration, as JSON")
    parser.add_argument("--dgm", required=True, help="the section layouts.dgm of the configuration, as JSON")
    parser.add_argument(
        "--shapes", required=True, choices=get_args(Split), help="layouts.shapes: the split whose outlines are used"
    )
    parser.add_argument("--taxonomy", required=True, help="the section taxonomy of the configuration, as JSON")
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--catalogue", type=Path, required=True, help="cells/catalogue.json")
    parser.add_argument("--out", type=Path, required=True, help="folder; gets figure_3_5.png and .tsv")


def run(args) -> None:
    """Run the command."""
    figure = loads(LayoutFigureOptions, args.options, where="studies.thesis.layout")
    options = by_graph(loads(DgmOptions, args.dgm, where="layouts.dgm"), figure, shapes=args.shapes)
    taxonomy = Taxonomy.from_config(json.loads(args.taxonomy))
    outlines = shapes.collect(catalogue.read(args.catalogue), taxonomy, split=options.shapes)
    columns = ["cell", "type", "x", "y", "z"]
    try:
        layout = dgm.draw(options, outlines, taxonomy, seed=args.seed, index=0)
    except UserError as error:
        # That the thesis's method finds no layout is a result of the method, not a reason to have no other figure.
        print(error, file=sys.stderr)
        write_tsv(args.out / "figure_3_5.tsv", columns, [])
        absent(args.out / "figure_3_5.png", error.problems[0].what)
        return
    rows = []
    for number, cell in enumerate(layout["cells"], 1):
        middle = coco.from_flat(cell["polygon"]).mean(0)
        rows.append([number, taxonomy[cell["category_id"]].name, float(middle[0]), float(middle[1]), float(cell["z"])])
    write_tsv(args.out / "figure_3_5.tsv", columns, rows)
    title = f"{len(rows)} cells on {options.size[1]} × {options.size[0]} px, kept at attempt {layout['achieved']['attempts']}"
    draw(args.out / "figure_3_5.png", on_white(layout["cells"], options.size, taxonomy), layout["cells"], taxonomy, title)


def by_graph(options: DgmOptions, figure: LayoutFigureOptions, *, shapes: Split) -> LayoutOptions:
    """A layout of the thesis's kind: the run's graph options, with the size, scale, generation and attempts of the figure."""
    graph = dataclasses.replace(options, generation=figure.generation, attempts=figure.attempts)
    # What a packed layout would hold is asked for by every layout section; this kind has no use for it.
    unused = PackedOptions((Share("red", 1.0),), count=1)
    return LayoutOptions("dgm", figure.size, unused, shapes=shapes, scale=figure.scale, border="inside", dgm=graph)


def on_white(cells: list[dict], size: tuple[int, int], taxonomy: Taxonomy) -> np.ndarray:
    """The label picture of a layout on white, RGB uint8 (height, width, 3), cells in the order in which they are painted."""
    canvas = np.full((*size, 3), 255, np.uint8)
    for cell in cells:
        polygon = np.rint(coco.from_flat(cell["polygon"])).astype(np.int32)
        cv2.fillPoly(canvas, [polygon], taxonomy[cell["category_id"]].colour)
    return canvas


def draw(path: Path, canvas: np.ndarray, cells: list[dict], taxonomy: Taxonomy, title: str) -> None:
    """The layout with the names and numbers of its types beside it."""
    from matplotlib.patches import Patch

    from smearsynth.studies import style

    figure, axes = style.figure(7.6, 5.2)
    axis = axes[0, 0]
    axis.imshow(style.shrunk(canvas))
    axis.set_xticks([])
    axis.set_yticks([])
    axis.grid(False)
    for spine in axis.spines.values():
        spine.set_visible(True)
    axis.set_title(title, fontweight="normal")
    numbers = [(t, sum(cell["category_id"] == t.id for cell in cells)) for t in taxonomy.types]
    legend = [Patch(color=f"#{bytes(t.colour).hex()}", label=f"{t.title} ({number})") for t, number in numbers if number]
    axis.legend(handles=legend, loc="upper left", bbox_to_anchor=(1.02, 1), borderaxespad=0)
    style.save(figure, path)


def absent(path: Path, reason: str) -> None:
    """The figure where no layout could be kept: it says why."""
    from smearsynth.studies import style

    figure, axes = style.figure(5.2, 5.2)
    style.absent(axes[0, 0], "\n".join(textwrap.wrap(f"absent: {reason}", 50)))
    style.save(figure, path)
