"""Show Figures 4.17 to 4.26: ten slides, and how many cells lie on each."""

import itertools
import json
from collections import Counter
from pathlib import Path

from smearsynth import images
from smearsynth.files import inside, write_tsv
from smearsynth.slides import listing
from smearsynth.studies.reported import SLIDE_FIGURES, file_name
from smearsynth.taxonomy import KINDS, Taxonomy


def arguments(parser) -> None:
    """Flags of the command."""
    parser.add_argument("--taxonomy", required=True, help="the section taxonomy of the configuration, as JSON")
    parser.add_argument("--slides", type=int, required=True, help="figures to make, from 4.17 on")
    parser.add_argument(
        "--instances", type=Path, nargs="+", required=True, help="slides/instances.json, or COCO files of shards in order"
    )
    parser.add_argument("--pictures", type=Path, required=True, help="folder that their file names are relative to")
    parser.add_argument("--out", type=Path, required=True, help="folder; gets figure_4_17.png to figure_4_26.png and slides.tsv")


def run(args) -> None:
    """Run the command."""
    from smearsynth.studies import style

    taxonomy = Taxonomy.from_config(json.loads(args.taxonomy))
    slides = list(itertools.islice((slide for path in args.instances for slide in listing.slides(path)), args.slides))
    rows = []
    for at, figure in enumerate(SLIDE_FIGURES[: args.slides]):
        path = args.out / f"{file_name(figure)}.png"
        if at < len(slides):
            slide, cells = slides[at]
            images.write(path, style.shrunk(images.read(inside(args.pictures, slide["file_name"], where=args.pictures))))
            rows.append([figure, slide["file_name"], slide["width"], slide["height"], *measures(slide, cells, taxonomy)])
        else:
            drawn, axes = style.figure(5, 5)
            style.absent(axes[0, 0], f"absent: the run made {len(slides)} slide{'s' * (len(slides) != 1)}")
            style.save(drawn, path)
            rows.append([figure, "absent", *[None] * (5 + len(KINDS))])
    columns = ["figure", "slide", "width", "height", "cells", "coverage", "mean occluded", *KINDS]
    write_tsv(args.out / "slides.tsv", columns, rows)


def measures(slide: dict, cells: list[dict], taxonomy: Taxonomy) -> list:
    """Cells, share of the slide that they cover, mean share of a cell that others hide, cells of each kind."""
    kinds = Counter(taxonomy[cell["category_id"]].kind for cell in cells)
    coverage = sum(cell["area"] for cell in cells) / (slide["width"] * slide["height"])
    hidden = sum(cell["occluded_rate"] for cell in cells) / len(cells) if cells else None
    return [len(cells), coverage, hidden, *(kinds[kind] for kind in KINDS)]
