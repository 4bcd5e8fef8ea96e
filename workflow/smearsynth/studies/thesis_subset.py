"""Keep at most some training cells of each type, so that a model can show how many are enough."""

import os
from pathlib import Path

from smearsynth import seeds
from smearsynth.files import read_json, write_json


def arguments(parser) -> None:
    """Flags of the command."""
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--limit", type=int, required=True, help="training cells of each type")
    parser.add_argument("--pairs", type=Path, required=True, help="pairs/index.json")
    parser.add_argument("--out", type=Path, required=True, help="index.json of the subset; the pictures stay where they are")


def run(args) -> None:
    """Run the command."""
    index = read_json(args.pairs)
    kept = subset(index["pairs"], limit=args.limit, seed=args.seed)
    folder = os.path.relpath(args.pairs.parent, args.out.parent)
    moved = [{**entry, "file": (Path(folder) / entry["file"]).as_posix()} for entry in kept]
    write_json(args.out, {**index, "pairs": moved})


def subset(entries: list[dict], *, limit: int, seed: int) -> list[dict]:
    """All held-out pairs and at most `limit` training pairs of each type, in their order.

    A smaller limit keeps a subset of what a larger one keeps, so that a curve over limits adds cells and never swaps them.
    """
    rank = {entry["cell_id"]: seeds.entropy(seed, "studies", "subset", entry["cell_id"]) for entry in entries}
    kept = set()
    for category_id in {entry["category_id"] for entry in entries}:
        ids = [e["cell_id"] for e in entries if e["category_id"] == category_id and e["split"] == "train"]
        kept.update(sorted(ids, key=rank.__getitem__)[:limit])
    return [entry for entry in entries if entry["split"] != "train" or entry["cell_id"] in kept]
