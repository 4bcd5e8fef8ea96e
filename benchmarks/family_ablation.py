"""What each part of the recipe `default` brings on few cells: short trainings with one part changed, judged by numbers.

    python benchmarks/family_ablation.py --cells results/<run>/pairs/windows/index.json --reader results/<run>/readers/windows \
        --out FOLDER [--steps 3000 --share 0.1 --only plain ...]

Every variant trains with the same cells, steps, batches and seed. Its synthetic cells are judged by a reader that was trained on
all real training cells: the share that it names as the type that was asked for, and the kernel distance (KID) of its features to
real held-out cells, with its spread over subsets. Rows for real cells: the reader's own accuracy, the floor of the distance.
A variant that is done is not trained again; a killed one goes on.
"""

import argparse
import json
import subprocess
import sys
from pathlib import Path

import numpy as np

from smearsynth.evaluation import extractors, kernel
from smearsynth.evaluation.metrics_options import ExtractorOptions
from smearsynth.files import write_tsv
from smearsynth.pairs import crops
from smearsynth.seeds import rng

# What differs from the recipe; `turns` is an option of all models, the rest are changes of this one.
VARIANTS: dict[str, dict] = {
    "default": {},
    "no augmentation of what the critic sees": {"augment": []},
    "colour too": {"augment": ["colour", "shift"]},
    "cutout too": {"augment": ["shift", "cutout"]},
    "colour and cutout too": {"augment": ["colour", "shift", "cutout"]},
    "no turns and mirrors": {"turns": False},
    "no averaged weights": {"ema": 0.0},
    "no spectral normalisation": {"critic_norm": "none"},
    "R1 penalty for spectral normalisation": {"critic_norm": "none", "constraint": "real", "penalty_every": 4},
    "one rate for both": {"critic_rate": 2.0e-4},
    "no projection of types": {"critic_labels": "none"},
    "no second head": {"auxiliary_weight": 0.0, "generator_auxiliary_weight": 0.0},
    "cross-entropy": {"objective": "cross_entropy"},
    "plain": {"augment": [], "turns": False, "ema": 0.0, "critic_norm": "none"},
}


def command(*arguments: object) -> None:
    """One command of the stage, in a process of its own."""
    subprocess.run([sys.executable, "-m", "smearsynth.gans", *map(str, arguments)], check=True)


def made(name: str, changed: dict, args) -> Path:
    """The index of a variant's synthetic cells; trains and draws them if they are not there yet."""
    folder = args.out / "".join(letter if letter.isalnum() else "_" for letter in name)
    index = folder / "cells" / "index.json"
    if index.is_file():
        return index
    rest = {key: value for key, value in changed.items() if key != "turns"}
    options = {"models": ["default"], "steps": args.steps, "batch": args.batch, "filters": args.filters, "threads": 1}
    options |= {"critic_filters": args.filters, "turns": changed.get("turns", True), "validation": 0.0}
    options["changes"] = [{"model": "default", **rest}] if rest else []
    told = ("--options", json.dumps(options), "--seed", 1)
    places = ("--state", folder / "state", "--out", folder / "model")
    command("family_train", *told, "--model", "default", "--cells", args.cells, "--share", args.share, *places)
    command("family_sample", *told, "--model", folder / "model", "--per-type", args.per_type, "--out", folder / "cells")
    return index


def main() -> None:
    """Train, judge, write the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cells", type=Path, required=True, help="index.json of the windows")
    parser.add_argument("--reader", type=Path, required=True, help="reader of real windows")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--steps", type=int, default=3000)
    parser.add_argument("--batch", type=int, default=32)
    parser.add_argument("--filters", type=int, default=16)
    parser.add_argument("--share", type=float, default=1.0)
    parser.add_argument("--per-type", type=int, default=100)
    parser.add_argument("--only", nargs="+", choices=tuple(VARIANTS), default=list(VARIANTS))
    args = parser.parse_args()
    extractor = extractors.load(ExtractorOptions(network="cells"), reader=args.reader)
    test = crops.read(args.cells, split="test")
    real, _ = extractors.extract(extractor, test.pixels)
    rows = []

    def judge(name: str, cells: crops.Crops) -> None:
        features, answers = extractors.extract(extractor, cells.pixels)
        right = np.array(extractor.types)[answers.argmax(axis=1)] == cells.category_ids
        found = kernel.between(features, real, rng(1, "ablation"), subsets=50, size=500)
        per_type = [right[cells.category_ids == category["id"]].mean() for category in cells.categories]
        distance = (None, None) if found is None else (found.mean, found.spread)
        rows.append([name, len(cells), float(right.mean()), float(min(per_type)), *distance])
        print("\t".join(str(value) for value in rows[-1]), flush=True)
        header = ["variant", "cells", "named as asked", "in the worst type", "kernel_distance", "spread"]
        write_tsv(args.out / "family_ablation.tsv", header, rows)

    judge("real test cells", test)
    judge("real training cells", crops.read(args.cells, split="train"))
    for name in args.only:
        judge(name, crops.read(made(name, VARIANTS[name], args), split="synthetic"))


if __name__ == "__main__":
    main()
