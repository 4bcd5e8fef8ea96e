"""Show Figures 4.17 to 4.26: ten slides, and how many cells lie on each."""

import json
from collections import Counter
from pathlib import Path

from smearsynth import coco, images
from smearsynth.files import read_json, write_tsv
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
    slides = first_slides([part for path in args.instances for part in parts(path)], args.slides)
    rows = []
    for at, figure in enumerate(SLIDE_FIGURES[: args.slides]):
        path = args.out / f"{file_name(figure)}.png"
        if at < len(slides):
            slide, cells = slides[at]
            images.write(path, style.shrunk(images.read(args.pictures / slide["file_name"])))
            rows.append([figure, slide["file_name"], slide["width"], slide["height"], *measures(slide, cells, taxonomy)])
        else:
            drawn, axes = style.figure(5, 5)
            style.absent(axes[0, 0], f"absent: the run made {len(slides)} slide{'s' * (len(slides) != 1)}")
            style.save(drawn, path)
            rows.append([figure, "absent", *[None] * (5 + len(KINDS))])
    columns = ["figure", "slide", "width", "height", "cells", "coverage", "mean occluded", *KINDS]
    write_tsv(args.out / "slides.tsv", columns, rows)


def parts(path: Path) -> list[dict]:
    """A COCO file, or the files of an index of shards."""
    data = read_json(path)
    return [read_json(path.parent / shard["file"]) for shard in data["shards"]] if "shards" in data else [data]


def first_slides(parts: list[dict], count: int) -> list[tuple[dict, list[dict]]]:
    """The first slides of some COCO files with their annotations."""
    found = []
    for part in parts:
        of_slide = coco.by_image(part)
        found += [(image, of_slide[image["id"]]) for image in part["images"]]
    return found[:count]


def measures(slide: dict, cells: list[dict], taxonomy: Taxonomy) -> list:
    """Cells, share of the slide that they cover, mean share of a cell that others hide, cells of each kind."""
    kinds = Counter(taxonomy[cell["category_id"]].kind for cell in cells)
    coverage = sum(cell["area"] for cell in cells) / (slide["width"] * slide["height"])
    hidden = sum(cell["occluded_rate"] for cell in cells) / len(cells) if cells else None
    return [len(cells), coverage, hidden, *(kinds[kind] for kind in KINDS)]
