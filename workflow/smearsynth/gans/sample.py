"""Draw cells of pairs with a trained model: held-out cells, or cells that it was trained on."""

from pathlib import Path

import numpy as np

from smearsynth import images
from smearsynth.errors import UserError
from smearsynth.files import atomic_folder, read_json, write_json
from smearsynth.gans import data, sampling
from smearsynth.gans.options import GanOptions
from smearsynth.options import loads
from smearsynth.seeds import entropy, rng


def arguments(parser) -> None:
    """Flags of the command."""
    parser.add_argument("--options", required=True, help="the section gans of the configuration, as JSON; its device counts here")
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--model", type=Path, required=True, help="folder of a trained model")
    parser.add_argument("--pairs", type=Path, required=True, help="index.json of the pairs")
    parser.add_argument("--which", choices=("train", "test", "fold0", "fold1", "all"), required=True, help="cells to draw")
    parser.add_argument("--per-type", type=int, required=True, help="at most so many cells of a type, drawn at random")
    parser.add_argument("--out", type=Path, required=True, help="folder; gets images/*.png and index.json")


def run(args) -> None:
    """Run the command."""
    options = loads(GanOptions, args.options, where="gans")
    if args.per_type < 1:
        raise UserError.of("--per-type", f"{args.per_type}", "1 or more")
    trained = {category["id"] for category in read_json(args.model / "model.json")["categories"]}
    entries = [e for e in read_json(args.pairs)["pairs"] if belongs(e, args.which)]
    wanted = choose([e for e in entries if e["category_id"] in trained], args.per_type, seed=args.seed)
    for category_id in sorted({e["category_id"] for e in entries} - trained):
        print(f"type {category_id} has pairs here, but the model was not trained on it: none drawn")
    pairs = data.read(args.pairs, lambda entry: entry["cell_id"] in wanted)
    generator = sampling.load(args.model, options.device)
    masks = [pairs.window(i)[1] for i in range(len(pairs.entries))]
    keys = [entropy(args.seed, "sample", entry["cell_id"]) for entry in pairs.entries]
    drawn = generator.draw(masks, pairs.category_ids, keys=keys)
    cells = []
    with atomic_folder(args.out) as folder:
        (folder / "images").mkdir()
        for number, (entry, picture) in enumerate(zip(pairs.entries, drawn, strict=True), start=1):
            name = f"images/{number:06d}.png"
            (folder / name).write_bytes(images.encode_png(picture))
            kept = ("cell_id", "category_id", "split", "fold")
            cells.append({"file": name, **{key: entry[key] for key in kept}})
        write_json(folder / "index.json", {"size": pairs.size, "categories": list(pairs.categories), "cells": cells})


def belongs(entry: dict, which: str) -> bool:
    """Whether a pair is among the cells to draw: a split, or a fold within the training split."""
    return which == "all" or (entry["split"] == which if which in ("train", "test") else entry["fold"] == int(which[-1]))


def choose(entries: list[dict], per_type: int, *, seed: int) -> set[int]:
    """Ids of at most `per_type` cells of each type."""
    chosen: set[int] = set()
    for category_id in sorted({entry["category_id"] for entry in entries}):
        members = np.array([entry["cell_id"] for entry in entries if entry["category_id"] == category_id])
        order = rng(seed, "sample", category_id).permutation(len(members))
        chosen.update(members[order[:per_type]].tolist())
    return chosen
