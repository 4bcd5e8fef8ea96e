"""How long does a packed layout take, at 50, 500 and 5,000 cells?

Cells are those of a catalogue where one is given, else lumpy discs of the sizes that red cells, white cells and platelets
have in PBC pictures. The slide grows with the number of cells, so that coverage stays the same; nothing may be
discarded. Seconds are the median over slides of one process on one core, without reading the catalogue.

    python benchmarks/layouts.py --out results/benchmarks/layouts [--catalogue results/pbc/cells/catalogue.json]
"""

import argparse
import math
import time
from pathlib import Path

import cv2
import numpy as np

from smearsynth.cells import catalogue
from smearsynth.files import write_tsv
from smearsynth.layouts import packed
from smearsynth.layouts.options import LayoutOptions
from smearsynth.layouts.shapes import Shape, area, collect, shares
from smearsynth.options import build
from smearsynth.seeds import rng
from smearsynth.taxonomy import CellType, Taxonomy

TYPES = Taxonomy(
    (
        CellType(2, "red_blood_cell", "red", (230, 60, 50)),
        CellType(25, "neutrophil_segmented", "white", (250, 160, 190)),
        CellType(30, "platelet", "platelet", (170, 140, 250)),
    )
)
RADII = {2: 39.0, 25: 70.0, 30: 20.0}
DIFFERENTIAL = [{"type": "red", "share": 0.84}, {"type": "white", "share": 0.11}, {"type": "platelet", "share": 0.05}]
COUNTS = (50, 500, 5000)
COVERAGES = (0.25, 0.5)


def discs(each: int = 200) -> dict[int, list[Shape]]:
    """Lumpy discs of the three kinds."""
    result: dict[int, list[Shape]] = {}
    for cell_type in TYPES.types:
        for number in range(each):
            chance = rng(0, "benchmark", cell_type.name, number)
            angle = np.linspace(0, 2 * np.pi, 90, endpoint=False)
            lumps = sum(chance.uniform(-0.05, 0.05) * np.cos(k * angle + chance.uniform(0, 6)) for k in (2, 3, 4, 5))
            radius = RADII[cell_type.id] * chance.uniform(0.85, 1.15) * (1 + lumps)
            polygon = 150 + radius[:, None] * np.column_stack([np.cos(angle), np.sin(angle)])
            (x, y), circle = cv2.minEnclosingCircle(polygon.astype(np.float32))
            shape = Shape(number, cell_type.id, cell_type.kind, polygon, np.array([x, y]), float(circle), area(polygon))
            result.setdefault(cell_type.id, []).append(shape)
    return result


def layout(shapes: dict[int, list[Shape]], types: Taxonomy, count: int, coverage: float, slide: int) -> tuple[float, dict]:
    """Seconds and what was achieved for one slide."""
    entries = build(
        LayoutOptions, {"kind": "packed", "size": [256, 256], "packed": {"count": 1, "differential": DIFFERENTIAL}}, where=""
    )
    by_type = shares(entries.packed.differential, shapes, types)
    mean = sum(share * np.mean([s.area for s in shapes[key]]) for key, share in by_type.items())
    side = min(8192, max(256, math.ceil(math.sqrt(count * mean / coverage))))
    section = {"kind": "packed", "size": [side, side], "packed": {"count": count, "differential": DIFFERENTIAL}}
    options = build(LayoutOptions, section, where="layouts")
    start = time.perf_counter()
    _, achieved = packed.draw(options, shapes, by_type, types, rng(1, "layouts", slide))
    return time.perf_counter() - start, achieved | {"side": side}


def main() -> None:
    """Measure and write the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--catalogue", type=Path)
    parser.add_argument("--repeats", type=int, default=5)
    args = parser.parse_args()
    types, shapes = TYPES, None
    if args.catalogue:
        read = catalogue.read(args.catalogue)
        kinds = {c["id"]: c for c in read.categories}
        types = Taxonomy(
            tuple(CellType(i, c["name"], c["supercategory"], (i % 250 + 1, i // 250 + 1, 7)) for i, c in kinds.items())
        )
        shapes = collect(read, types, split="train")
    shapes = shapes or discs()
    cv2.setNumThreads(1)
    rows = []
    for count in COUNTS:
        for coverage in COVERAGES:
            repeats = max(1, args.repeats if count < 5000 else args.repeats // 2)
            found = [layout(shapes, types, count, coverage, slide) for slide in range(repeats)]
            seconds = [second for second, _ in found]
            achieved = found[0][1]
            discarded = sum(a["discarded"] for _, a in found)
            rows.append(
                [count, achieved["side"], achieved["coverage"], float(np.median(seconds)), max(seconds), discarded, repeats]
            )
            print(*rows[-1], sep="\t", flush=True)
    columns = ["cells", "side_px", "coverage", "median_seconds", "longest_seconds", "discarded", "slides"]
    write_tsv(args.out / "layouts.tsv", columns, rows)


if __name__ == "__main__":
    main()
