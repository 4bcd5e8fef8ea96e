"""How much memory does rendering take at 1024², and does it grow with the number of slides?

For each number of slides a process of its own renders them with the command that jobs use, and reports its largest
resident set. Without a model, cells are cut out of the catalogue's pictures; with one they are generated.

    python benchmarks/memory.py --catalogue results/pbc/cells/catalogue.json --backgrounds results/pbc/backgrounds/whole \\
        --taxonomy config.yaml --out results/benchmarks/memory [--model results/pbc/gans/default]
"""

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path

import yaml

from smearsynth.files import write_tsv

SLIDES = (1, 4, 16)
LIMIT = 3.0
MEASURED = """
import resource, sys
from smearsynth.cli import dispatch
code = dispatch(sys.argv[1], ("draw", "render"), sys.argv[2:])
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20, file=sys.stderr)
sys.exit(code)
"""


def largest(stage: str, *arguments: str) -> float:
    """Run a command in a process of its own and return its largest resident set in GiB."""
    done = subprocess.run([sys.executable, "-c", MEASURED, stage, *arguments], capture_output=True, text=True)
    if done.returncode:
        sys.exit(done.stderr)
    return float(done.stderr.splitlines()[-1])


def main() -> None:
    """Measure and write the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--catalogue", type=Path, required=True)
    parser.add_argument("--backgrounds", type=Path, required=True)
    parser.add_argument("--taxonomy", type=Path, required=True, help="a configuration with the section taxonomy")
    parser.add_argument("--model", type=Path)
    parser.add_argument("--out", type=Path, required=True)
    args = parser.parse_args()
    taxonomy = json.dumps(yaml.safe_load(args.taxonomy.read_text(encoding="utf-8"))["taxonomy"])
    shares = [{"type": "red", "share": 0.85}, {"type": "white", "share": 0.15}]
    packed = {"kind": "packed", "size": [1024, 1024], "packed": {"count": 80, "differential": shares}}
    render = {"renderer": "cutout", "cells": "generated" if args.model else "real"}
    both = ["--taxonomy", taxonomy, "--seed", "1", "--catalogue", str(args.catalogue)]
    rows = []
    for slides in SLIDES:
        with tempfile.TemporaryDirectory() as folder:
            layouts = f"{folder}/layouts.json"
            largest(
                "smearsynth.layouts",
                "draw",
                *both,
                "--options",
                json.dumps(packed),
                "--first",
                "0",
                "--count",
                str(slides),
                "--out",
                layouts,
            )
            where = ["--layouts", layouts, "--backgrounds", str(args.backgrounds)]
            where += ["--out-images", f"{folder}/images/0000", "--out", f"{folder}/0000.json"]
            if args.model:
                where += ["--model", str(args.model), "--device", "cpu"]
            gib = largest("smearsynth.slides", "render", *both, "--options", json.dumps(render), *where)
        rows.append([render["cells"], slides, gib, "yes" if gib <= LIMIT else "no"])
        print(*rows[-1], sep="\t", flush=True)
    write_tsv(args.out / "memory.tsv", ["cells", "slides_of_1024", "largest_gib", f"at_most_{LIMIT:g}_gib"], rows)


if __name__ == "__main__":
    main()
