"""The three renderers against the thesis's literal procedure, per slide of 42 cells on 1024².

The literal procedure (3.6) calls the generator once for each of the 128 background blocks and once for each cell, and
adds every cell through stencils as large as the slide. Here its generator is compiled, which the thesis's is not. Ours
are the painters that ``smearsynth.slides render`` uses: ``thesis``, once drawing every block and once with a stored
background, ``cutout`` with real cells, and ``field`` with the generator that comes with smearsynth, in the default
precision and in float32. All have the same layout and threads, the literal procedure and ``thesis`` the same weights
too; they alternate in the same process, and each writes its slide as PNG. Pictures of cells are read and compilers run
in a first round, which does not count.

    python benchmarks/rendering.py --catalogue results/demo/cells/catalogue.json --backgrounds results/demo/backgrounds/whole \\
        --taxonomy config.yaml --out results/benchmarks/rendering [--device cpu] [--threads 2] [--filters 64] [--repeats 3]
"""

import argparse
import os
import time
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import yaml

from smearsynth import gans
from smearsynth.cells import catalogue
from smearsynth.taxonomy import Taxonomy

SIZE = (1024, 1024)
CELLS = 42
SEED = 1
SHIPPED = Path(gans.__file__).parent / "pretrained" / "pbc_fields"


def layout(taxonomy: Taxonomy, cells: catalogue.Catalogue) -> dict:
    """42 cells, red to white 4 : 1, that do not overlap: their number and kind is what counts here."""
    from smearsynth.layouts.draw import draw
    from smearsynth.layouts.options import LayoutOptions
    from smearsynth.options import build

    shares = [{"type": "red", "share": 0.8}, {"type": "neutrophil_segmented", "share": 0.2}]
    section = {"kind": "packed", "size": list(SIZE), "border": "inside", "packed": {"count": CELLS, "differential": shares}}
    (drawn,) = draw(build(LayoutOptions, section, where="layouts"), taxonomy, cells, range(1), seed=SEED)
    assert drawn["achieved"]["count"] == CELLS
    return drawn


def literal(call: Callable, cells: list[dict], colours: dict[int, tuple], background: int) -> np.ndarray:
    """The thesis's steps, one generator call for each block and each cell (3.6)."""
    from smearsynth import coco, images

    label = np.full((*SIZE, 3), 255, np.uint8)
    for cell in cells:
        cv2.fillPoly(label, [np.rint(coco.from_flat(cell["polygon"])).astype(np.int32)], colours[cell["category_id"]])
    edges = cv2.Canny(cv2.cvtColor(label, cv2.COLOR_RGB2GRAY), 50, 150)
    contours, _ = cv2.findContours(edges, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)

    def generate(picture: np.ndarray) -> np.ndarray:
        return images.from_network(np.asarray(call(images.to_network(picture)[None]))[0])

    slide = np.zeros((*SIZE, 3), np.uint8)
    for row in range(8):
        for column in range(16):
            block = np.zeros((256, 256, 3), np.uint8)
            block[:, :128] = colours[background]
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


def ours(args: argparse.Namespace, taxonomy: Taxonomy, cells: catalogue.Catalogue, network: Callable) -> dict[str, Callable]:
    """Painters by name, the thesis's with the weights of `network`."""
    from smearsynth.backgrounds import blocks, stored
    from smearsynth.gans import field_sampling
    from smearsynth.gans.sampling import ThesisGenerator
    from smearsynth.slides import field, paint, pieces
    from smearsynth.slides.options import RenderOptions
    from smearsynth.slides.sources import Sources

    empty = blocks.category(taxonomy)
    categories = [{"id": t.id, "name": t.name, "colour": t.colour} for t in taxonomy.types]
    generator = ThesisGenerator(network, size=256, categories=categories)
    background = blocks.draw(generator, SIZE, category_id=empty, keys=list(range(blocks.count(SIZE))))
    sources = Sources(cells)
    look = paint.Look("translucent", 0.8, frozenset(t.id for t in taxonomy.of_kind("red")))
    white = frozenset(t.id for t in taxonomy.of_kind("white"))
    default = RenderOptions("field")

    def at_once(precision: str) -> paint.Painter:
        whole = field_sampling.load(SHIPPED, device=args.device, threads=args.threads, precision=precision)
        nuclei = field.measured(sources)
        return field.painted(whole, whole.styles.values, nuclei, white=white, seed=SEED, tile=default.tile)

    return {
        "thesis_every_block_drawn": paint.stencilled(None, generator, seed=SEED, category_id=empty),
        "thesis_stored_background": paint.stencilled(background, generator, seed=SEED, category_id=empty),
        "cutout": paint.pasted(stored.read_styles(args.backgrounds), pieces.cut(sources, feather=3.0), look, seed=SEED),
        "field": at_once(default.precision),
        "field_float32": at_once("float32"),
    }


def main() -> None:
    """Measure and write the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--catalogue", type=Path, required=True)
    parser.add_argument("--backgrounds", type=Path, required=True)
    parser.add_argument("--taxonomy", type=Path, required=True, help="a configuration with the section taxonomy")
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
    from smearsynth.layouts.raster import window

    engine.configure(device=args.device, threads=args.threads)
    cv2.setNumThreads(args.threads)
    taxonomy = Taxonomy.from_config(yaml.safe_load(args.taxonomy.read_text(encoding="utf-8"))["taxonomy"])
    cells = catalogue.read(args.catalogue)
    network = thesis.generator(0, filters=args.filters)
    peer = engine.compiled(lambda x: network(x, training=True))
    slide = layout(taxonomy, cells)
    colours = {t.id: t.colour for t in taxonomy.types}
    ways: dict[str, Callable] = {"literal": lambda: literal(peer, slide["cells"], colours, blocks.category(taxonomy))}

    def whole(painter: Callable) -> Callable:
        """All that a slide takes, its masks included."""
        return lambda: painter(slide, [window(coco.from_flat(cell["polygon"]), SIZE) for cell in slide["cells"]], SIZE)

    ways |= {name: whole(painter) for name, painter in ours(args, taxonomy, cells, network).items()}
    args.out.mkdir(parents=True, exist_ok=True)
    seconds: dict[str, list[tuple[float, float]]] = {name: [] for name in ways}
    for repeat in range(args.repeats + 1):
        for name, way in ways.items():
            start = time.perf_counter(), time.process_time()
            images.write(args.out / f"{name}.png", way())
            if repeat > 0:  # the first round compiles
                seconds[name].append((time.perf_counter() - start[0], time.process_time() - start[1]))
    load = os.getloadavg()[1]
    median = {name: np.median(s, axis=0) for name, s in seconds.items()}
    rows = [
        [name, args.device, args.threads, args.filters, CELLS, *s, *(median["literal"] / s), 1 / s[0], args.repeats, load]
        for name, s in median.items()
    ]
    columns = ["way", "device", "threads", "filters", "cells", "median_seconds_per_slide", "median_processor_seconds"]
    columns += ["times_faster", "times_faster_by_processor_time", "slides_per_second", "repeats", "load_of_the_machine"]
    for row in rows:
        print(*row, sep="\t")
    write_tsv(args.out / f"rendering_{args.device}.tsv", columns, rows)


if __name__ == "__main__":
    main()
