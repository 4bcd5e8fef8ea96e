"""Which field generator is nearest to real fields: trainings of the same length with one part changed, judged by numbers.

    python benchmarks/field_ablation.py --fields results/<run>/pairs/fields/index.json --squeezenet FILE.h5 --out FOLDER \
        [--reader results/<run>/readers/all] [--steps 4000 --threads 2 --only default ...]

Every variant trains on the same training fields, with the same steps, batches and seed; its minutes stand in the table, for
parts cost time. Then it draws the label maps of the held-out fields, each in the style of a training field chosen by chance,
and the kernel distance (KID) of crops of these pictures to crops of the real held-out fields is taken, by SqueezeNet's
features and, with --reader, by the project's own, with its interval over pictures and the floor of real against real. A
variant that is done is not trained again; a killed one goes on.
"""

import argparse
import json
import subprocess
import sys
import time
from pathlib import Path

from smearsynth import images
from smearsynth.files import read_json, read_tsv, write_json, write_tsv
from smearsynth.gans import field_sampling
from smearsynth.pairs import field_maps
from smearsynth.seeds import entropy, rng

VARIANTS: dict[str, dict] = {
    "default": {},
    "spade": {"conditioning": "spade"},
    "two discriminators": {"critic_scales": 2},
    "five levels": {"channels": [20, 48, 96, 128, 128]},
    "wider": {"channels": [32, 64, 128, 192]},
    "no feature matching": {"features": 0.0},
    "no tone": {"tone": 0.0},
    "no noise": {"noise": False},
    "restained": {"restain": 0.5},
}


def command(*arguments: object) -> None:
    """One command of a stage, in a process of its own."""
    subprocess.run([sys.executable, "-m", *map(str, arguments)], check=True)


def trained(name: str, args) -> Path:
    """The folder of a variant's model; trains it if it is not there yet."""
    folder = args.out / name.replace(" ", "_")
    if not (folder / "model" / "model.json").is_file():
        options = {"steps": args.steps, "threads": args.threads, "grid_every": args.steps} | VARIANTS[name]
        start = time.monotonic()
        told = ("--options", json.dumps(options), "--seed", args.seed, "--fields", args.fields)
        command("smearsynth.gans", "field_train", *told, "--state", folder / "state", "--out", folder / "model")
        write_json(folder / "minutes.json", (time.monotonic() - start) / 60)
    return folder


def draw(folder: Path, args) -> None:
    """Draw the held-out label maps whose types the model knows."""
    generator = field_sampling.load(folder / "model", threads=args.threads)
    known = {category["id"] for category in generator.categories}
    for i, field in enumerate(field_maps.read(args.fields, split="test")):
        if set(field.category_ids.tolist()) <= known:
            style = int(rng(args.seed, "style", i).integers(len(generator.styles.values)))
            maps = (field.owners(), field.category_ids, field.dense())
            picture = generator.paint(*maps, style=style, key=entropy(args.seed, "field", i))
            images.write(folder / "pictures" / f"{i:05d}.png", picture)


def features(source: Path, out: Path, args) -> list[Path]:
    """Files of the crops' features by each extractor; drawn pictures have the resolution of the fields."""
    found = {"squeezenet": {"network": f"file:{args.squeezenet}:fire9_concat"}} | (
        {"cells": {"network": "cells"}} if args.reader else {}
    )
    sizes = {field.um_per_px for field in field_maps.read(args.fields, split="test")}
    size = ["--um-per-px", sizes.pop()] if source.is_dir() and len(sizes) == 1 and None not in sizes else []
    how = {"side": args.side, "crops": args.crops, "um_per_px": None, "layers": {}}
    for name in found:
        told = [
            "--options",
            json.dumps(how),
            "--networks",
            json.dumps({"extractors": found, "device": "auto", "threads": args.threads}),
            "--extractor",
            name,
            "--seed",
            args.seed,
        ]
        reader = ["--reader", args.reader] if name == "cells" else []
        command(
            "smearsynth.evaluation", "field_features", *told, *reader, "--pictures", source, *size, "--out", out / f"{name}.npz"
        )
    return [out / f"{name}.npz" for name in found]


def main() -> None:
    """Train, draw, judge, write the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--fields", type=Path, required=True, help="index.json of the field maps")
    parser.add_argument("--squeezenet", type=Path, required=True, help="weights of SqueezeNet 1.1")
    parser.add_argument("--reader", type=Path, help="reader of real cells")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--steps", type=int, default=4000)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--side", type=int, default=128, help="of a crop, px")
    parser.add_argument("--crops", type=int, default=1000)
    parser.add_argument("--only", nargs="+", choices=tuple(VARIANTS), default=list(VARIANTS))
    args = parser.parse_args()
    real = features(args.fields, args.out / "real", args)
    rows = []
    for name in args.only:
        folder = trained(name, args)
        draw(folder, args)
        drawn = features(folder / "pictures", folder, args)
        tables = [folder / "distance.tsv", folder / "ratios.tsv"]
        sets = ["--real", *real, "--synthetic", *(f"drawn={file}" for file in drawn)]
        told = [
            "--options",
            json.dumps({"resamples": 500, "level": 0.95}),
            "--seed",
            args.seed,
            *sets,
            "--out",
            tables[0],
            "--ratios-out",
            tables[1],
        ]
        command("smearsynth.evaluation", "field_distance", *told)
        minutes = read_json(folder / "minutes.json")
        for row in read_tsv(tables[0]):
            rows.append([name, minutes, row["extractor"], row["renderer"], row["kid"], row["kid_low"], row["kid_high"]])
            print("\t".join(map(str, rows[-1])), flush=True)
        columns = ["variant", "minutes", "extractor", "pictures", "kid", "kid_low", "kid_high"]
        write_tsv(args.out / "field_ablation.tsv", columns, rows)


if __name__ == "__main__":
    main()
