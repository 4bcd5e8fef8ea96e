"""The thesis renderer against the thesis's literal procedure, per slide of 42 cells on 1024².

The literal procedure (3.6) calls the generator once for each of the 128 background blocks and once for each cell, and
adds every cell through stencils as large as the slide. Here its generator is compiled, which the thesis's is not. Ours
is the painter that ``smearsynth.slides render`` uses, once drawing every block and once with a stored background. Both
have the same weights, dtype and threads, and alternate in the same process; the layout is one of the thesis's kind.
Both write their slide as PNG.

    python benchmarks/rendering.py --out results/benchmarks/rendering [--device cpu] [--threads 2] [--filters 64]
"""

import argparse
import os
import sys
import time
from pathlib import Path

import cv2
import numpy as np

sys.path.insert(0, str(Path(__file__).parent))

SIZE = (1024, 1024)
CELLS = 42
CATEGORIES = (
    {"id": 2, "name": "red_blood_cell", "colour": [230, 60, 50]},
    {"id": 11, "name": "background", "colour": [120, 120, 120]},
    {"id": 25, "name": "neutrophil_segmented", "colour": [250, 160, 190]},
)
COLOURS = {c["id"]: tuple(c["colour"]) for c in CATEGORIES}


def layout() -> dict:
    """42 cells, red to white 4 : 1, that do not overlap: their number and kind is what counts here."""
    from layouts import TYPES, discs
    from smearsynth.layouts import packed
    from smearsynth.layouts.options import LayoutOptions
    from smearsynth.options import build
    from smearsynth.seeds import rng

    shapes = {key: some for key, some in discs(50).items() if key != 30}
    shares = [{"type": "red", "share": 0.8}, {"type": "white", "share": 0.2}]
    section = {"count": CELLS, "differential": shares}
    options = build(LayoutOptions, {"kind": "packed", "size": list(SIZE), "border": "inside", "packed": section}, where="layouts")
    cells, achieved = packed.draw(options, shapes, {2: 0.8, 25: 0.2}, TYPES, rng(1, "layouts", 0))
    assert achieved["count"] == CELLS
    return {"index": 0, "cells": cells}


def literal(call, cells: list[dict]) -> np.ndarray:
    """The thesis's steps, one generator call for each block and each cell (3.6)."""
    from smearsynth import coco, images

    label = np.full((*SIZE, 3), 255, np.uint8)
    for cell in cells:
        cv2.fillPoly(label, [np.rint(coco.from_flat(cell["polygon"])).astype(np.int32)], COLOURS[cell["category_id"]])
    edges = cv2.Canny(cv2.cvtColor(label, cv2.COLOR_RGB2GRAY), 50, 150)
    contours, _ = cv2.findContours(edges, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)

    def generate(picture: np.ndarray) -> np.ndarray:
        return images.from_network(np.asarray(call(images.to_network(picture)[None]))[0])

    slide = np.zeros((*SIZE, 3), np.uint8)
    for row in range(8):
        for column in range(16):
            block = np.zeros((256, 256, 3), np.uint8)
            block[:, :128] = COLOURS[11]
            drawn = generate(block)
            slide[128 * row : 128 * (row + 1), 64 * column : 64 * (column + 1)] = drawn[64:192, 32:96]
    for contour in contours:
        x, y, width, height = cv2.boundingRect(contour)
        roi = label[y : y + height, x : x + width].copy()
        roi[(roi == 255).all(-1)] = 0
        window = np.zeros((256, 256, 3), np.uint8)
        top, left = (256 - height) // 2, (256 - width) // 2
        window[top : top + height, left : left + width] = roi
        drawn = generate(window)
        whole = np.zeros((*SIZE, 3), np.uint8)
        whole[y : y + height, x : x + width] = drawn[top : top + height, left : left + width]
        stencil = np.zeros((*SIZE, 3), np.uint8)
        cv2.fillPoly(stencil, [contour], (255, 255, 255))
        slide = cv2.bitwise_or(cv2.bitwise_and(whole, stencil), cv2.bitwise_and(slide, cv2.bitwise_not(stencil)))
    return slide


def main() -> None:
    """Measure and write the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--device", default="cpu", choices=["cpu", "gpu"])
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--filters", type=int, default=64, help="64 is the thesis's; fewer for a quick look")
    parser.add_argument("--repeats", type=int, default=3)
    args = parser.parse_args()
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

    from smearsynth import coco, images
    from smearsynth.backgrounds import blocks
    from smearsynth.files import write_tsv
    from smearsynth.gans import engine
    from smearsynth.gans.networks import thesis
    from smearsynth.gans.sampling import ThesisGenerator
    from smearsynth.layouts.raster import window
    from smearsynth.slides import paint

    engine.configure(device=args.device, threads=args.threads)
    cv2.setNumThreads(args.threads)
    network = thesis.generator(0, filters=args.filters)
    peer = engine.compiled(lambda x: network(x, training=True))
    generator = ThesisGenerator(network, size=256, categories=CATEGORIES)
    slide = layout()
    windows = [window(coco.from_flat(cell["polygon"]), SIZE) for cell in slide["cells"]]
    stored = blocks.draw(generator, SIZE, category_id=11, keys=list(range(blocks.count(SIZE))))
    args.out.mkdir(parents=True, exist_ok=True)

    def ours(background: np.ndarray | None):
        painter = paint.stencilled(background, generator, seed=1, category_id=11)
        return lambda: painter(slide, windows, SIZE)

    ways = {"literal": lambda: literal(peer, slide["cells"]), "every_block_drawn": ours(None), "stored_background": ours(stored)}
    seconds: dict[str, list[tuple[float, float]]] = {name: [] for name in ways}
    for repeat in range(args.repeats + 1):
        for name, way in ways.items():
            start = time.perf_counter(), time.process_time()
            images.write(args.out / f"{name}.png", way())
            if repeat > 0:  # the first round compiles
                seconds[name].append((time.perf_counter() - start[0], time.process_time() - start[1]))
    median = {name: np.median(s, axis=0) for name, s in seconds.items()}
    rows = [
        [name, args.device, args.threads, args.filters, CELLS, *s, *(median["literal"] / s), args.repeats]
        for name, s in median.items()
    ]
    columns = ["way", "device", "threads", "filters", "cells", "median_seconds_per_slide", "median_processor_seconds"]
    columns += ["times_faster", "times_faster_by_processor_time", "repeats"]
    for row in rows:
        print(*row, sep="\t")
    write_tsv(args.out / f"rendering_{args.device}.tsv", columns, rows)


if __name__ == "__main__":
    main()
