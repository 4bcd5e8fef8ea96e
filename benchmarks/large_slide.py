"""A slide of 4096² with 3,000 cells, drawn at once by the field generator: how long does it take, and how much memory?

The jobs of a run, each in a process of its own: the layout, then the slide with masks, COCO annotations and PNG. What
the second one does is told apart: seconds of each stage, and the process's largest resident set up to its end. Starting
Python and TensorFlow counts. Limits: 60 s and 4 GiB on two cores.

    python benchmarks/large_slide.py --catalogue results/demo/cells/catalogue.json --taxonomy config.yaml \\
        --out results/benchmarks/large_slide [--side 4096] [--cells 3000] [--tile 1024] [--precision auto]
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import yaml

from smearsynth import gans
from smearsynth.files import write_tsv

SECONDS, GIB = 60.0, 4.0
SHIPPED = Path(gans.__file__).parent / "pretrained" / "pbc_fields"
# Single types, since a catalogue may hold more than the generator knows.
DIFFERENTIAL = {"red_blood_cell": 0.94, "neutrophil_segmented": 0.02, "lymphocyte": 0.01, "platelet": 0.03}
MEASURED = """
import json, resource, sys, time

stages = {}

def gib():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20

def timed(name, function):
    def call(*args, **options):
        start = time.perf_counter()
        result = function(*args, **options)
        stages[name] = [stages.get(name, [0.0])[0] + time.perf_counter() - start, gib()]
        return result
    return call

from smearsynth.cli import dispatch
if sys.argv[1] == "smearsynth.slides":
    from smearsynth.slides import render
    load = render.whole
    render.whole = timed("generator and catalogue read", lambda *args: timed("painted", load(*args)))
    render.window, render.own = timed("masks", render.window), timed("masks", render.own)
    render.annotate = timed("annotations", render.annotate)
    render.images.write = timed("PNG written", render.images.write)
    render.write_json = timed("COCO written", render.write_json)
code = dispatch(sys.argv[1], ("draw", "render"), sys.argv[2:])
used = resource.getrusage(resource.RUSAGE_SELF)
print(json.dumps({"stages": stages, "processor": used.ru_utime + used.ru_stime, "gib": gib()}))
sys.exit(code)
"""


def job(stage: str, *arguments: str) -> tuple[float, dict]:
    """Run a command in a process of its own: seconds by the clock, and what it tells of itself."""
    start = time.perf_counter()
    done = subprocess.run([sys.executable, "-c", MEASURED, stage, *arguments], capture_output=True, text=True)
    seconds = time.perf_counter() - start
    if done.returncode:
        sys.exit(done.stderr)
    return seconds, json.loads(done.stdout.splitlines()[-1])


def main() -> None:
    """Measure and write the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--catalogue", type=Path, required=True)
    parser.add_argument("--taxonomy", type=Path, required=True, help="a configuration with the section taxonomy")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--model", type=Path, default=SHIPPED)
    parser.add_argument("--side", type=int, default=4096)
    parser.add_argument("--cells", type=int, default=3000)
    parser.add_argument("--tile", type=int, default=1024)
    parser.add_argument("--precision", default="auto", choices=["auto", "float32", "bfloat16"])
    args = parser.parse_args()
    taxonomy = json.dumps(yaml.safe_load(args.taxonomy.read_text(encoding="utf-8"))["taxonomy"])
    resolution = json.loads((args.model / "model.json").read_text(encoding="utf-8"))["um_per_px"]
    packed = {"count": args.cells, "min_gap": 0.0, "overlap": 0.05, "clusters": 0.4}
    packed["differential"] = [{"type": name, "share": share} for name, share in DIFFERENTIAL.items()]
    layouts = {"kind": "packed", "size": [args.side, args.side], "um_per_px": resolution, "packed": packed}
    render = {"renderer": "field", "tile": args.tile, "precision": args.precision}
    both = ["--taxonomy", taxonomy, "--seed", "1", "--catalogue", str(args.catalogue)]
    with tempfile.TemporaryDirectory() as folder:
        placed, slides = Path(folder) / "layouts.json", Path(folder) / "slides.json"
        where = ["--first", "0", "--count", "1", "--out", str(placed)]
        first = job("smearsynth.layouts", "draw", *both, "--options", json.dumps(layouts), *where)
        where = ["--layouts", str(placed), "--model", str(args.model), "--device", "cpu"]
        where += ["--out-images", f"{folder}/images/0000", "--out", str(slides)]
        second = job("smearsynth.slides", "render", *both, "--options", json.dumps(render), *where)
        achieved = json.loads(placed.read_text(encoding="utf-8"))["layouts"][0]["achieved"]
        annotated = len(json.loads(slides.read_text(encoding="utf-8"))["annotations"])
    print(f"{achieved['count']} cells placed, {annotated} annotated, coverage {achieved['coverage']:.2f}")
    stages = second[1]["stages"]
    rest = second[0] - sum(seconds for seconds, _ in stages.values())
    rows = [["layout", first[0], first[1]["processor"], first[1]["gib"]]]
    rows += [[f"slide: {name}", seconds, "", gib] for name, (seconds, gib) in stages.items()]
    rows += [["slide: Python's start and the rest", rest, "", ""], ["slide", second[0], second[1]["processor"], second[1]["gib"]]]
    processor = sum(found["processor"] for _, found in (first, second))
    rows.append(["all", first[0] + second[0], processor, max(found["gib"] for _, found in (first, second))])
    for row in rows:
        print(*(f"{value:.2f}" if isinstance(value, float) else value for value in row), sep="\t")
    kept = rows[-1][1] < SECONDS and rows[-1][3] < GIB
    print(f"{'within' if kept else 'NOT within'} {SECONDS:g} s and {GIB:g} GiB; load of the machine {os.getloadavg()[0]:.1f}")
    write_tsv(args.out / "large_slide.tsv", ["stage", "seconds", "processor_seconds", "largest_gib_so_far"], rows)


if __name__ == "__main__":
    main()
