"""Pairs as the studies show them."""

from pathlib import Path

import numpy as np

from smearsynth import images
from smearsynth.errors import UserError
from smearsynth.files import inside, read_json


def read(path: str | Path) -> tuple[int, list[dict]]:
    """Size and entries of ``pairs/index.json``; ``index`` of each entry is that file."""
    path = Path(path)
    index = read_json(path)
    if not index["pairs"]:
        raise UserError.of(str(path), "no pairs", "check the catalogue: no cell of the run could be used")
    return index["size"], [{**entry, "index": path} for entry in index["pairs"]]


def halves(entry: dict) -> tuple[np.ndarray, np.ndarray]:
    """Real cell and label, each (size, size, 3), of an entry of `read`."""
    pair = images.read(inside(entry["index"].parent, entry["file"], where=entry["index"]))
    size = pair.shape[1] // 2
    return pair[:, :size], pair[:, size:]


def example(entries: list[dict], category_ids: set[int], rng: np.random.Generator) -> dict:
    """A training pair drawn at random among some types, among all where those have none."""
    training = [entry for entry in entries if entry["split"] == "train"] or entries
    wanted = [entry for entry in training if entry["category_id"] in category_ids] or training
    return wanted[rng.integers(len(wanted))]


def around(mask: np.ndarray) -> tuple[slice, slice]:
    """Rows and columns of a square around a mask (size, size), with a margin of a tenth, within the picture."""
    rows, columns = np.flatnonzero(mask.any(1)), np.flatnonzero(mask.any(0))
    side = min(len(mask), int(np.ceil(1.2 * max(rows[-1] - rows[0] + 1, columns[-1] - columns[0] + 1))))
    starts = [int(np.clip((at[0] + at[-1] + 1 - side) // 2, 0, len(mask) - side)) for at in (rows, columns)]
    return slice(starts[0], starts[0] + side), slice(starts[1], starts[1] + side)
