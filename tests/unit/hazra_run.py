"""What the studies of Hazra et al. 2022 read, as the stages hand it on, tiny and with answers that can be checked by hand."""

from pathlib import Path

import numpy as np
from tiny_run import SIZE, STAIN, TAXONOMY, cell

from smearsynth import images
from smearsynth.files import write_json, write_tsv

RED, EOSINOPHIL, LYMPHOCYTE = 2, 15, 18


def make_windows(folder: Path, *, split: str | None = None, count: int = 6) -> Path:
    """``index.json`` of windows (half training, half held-out cells), or of generated ones with ``split="synthetic"``."""
    cells = []
    for category_id in STAIN:
        for number in range(count):
            cell_id = len(cells) + 1
            picture, mask = cell(category_id, cell_id)
            name = f"images/{cell_id:06d}.png"
            images.write(folder / name, np.where(mask[..., None], picture, 235).astype(np.uint8))
            entry = {"file": name, "cell_id": cell_id, "category_id": category_id, "fold": None, "part": None}
            cells.append({**entry, "split": split or ("train" if number % 2 else "test")})
    present = [one for one in TAXONOMY if one["id"] in STAIN]
    write_json(folder / "index.json", {"size": SIZE, "window": SIZE, "categories": present, "cells": cells})
    return folder / "index.json"


NAMES = [
    ["barcelona", "EO", "EO", "eosinophil", 40, 1, 39, 0],
    ["barcelona", "LY", "LY", "lymphocyte", 60, 2, 58, 0],
    ["munich", "EOS", "eosinophil", "eosinophil", 30, 0, 30, 0],
    ["munich", "KSC", "smudge cell", None, 5, 5, 0, 0],
    ["munich", "XYZ", "XYZ", None, 7, 7, 0, 0],
]
"""Rows of ``cells/names.tsv``."""


def make_names(path: Path) -> Path:
    """``cells/names.tsv`` of two sources."""
    write_tsv(path, ["source", "named", "name", "type", "found", "set_aside", "kept", "relabelled"], NAMES)
    return path


def make_model(folder: Path, *, steps: int, rows: list | None = None) -> Path:
    """A trained model as far as the studies read it."""
    write_json(folder / "model.json", {"model": folder.name, "steps": steps, "batch": 64, "cells": list(range(128))})
    columns = ["step", "training_accuracy", "training_cross_entropy", "validation_accuracy", "validation_cross_entropy"]
    write_tsv(folder / "validation.tsv", columns, rows or [])
    return folder


def make_arm(folder: Path, architecture: str, arm: str, named: list[list[int]], own: list[int] | None = None) -> Path:
    """A trained arm: for each seed what it names six held-out cells, two of each type."""
    true = [RED, RED, EOSINOPHIL, EOSINOPHIL, LYMPHOCYTE, LYMPHOCYTE]
    rows = [[seed, at + 1, true[at], answers[at]] for seed, answers in enumerate(named) for at in range(6)]
    write_tsv(folder / "names.tsv", ["seed", "cell_id", "category_id", "named"], rows)
    rows = [[0, "test", at + 1, true[at], got] for at, got in enumerate(own or true)]
    # What a seed was validated on counts for nothing: here it is all wrong.
    rows += [[0, "validation", at + 100, true[at], true[at - 2]] for at in range(6)]
    write_tsv(folder / "own.tsv", ["seed", "part", "source", "category_id", "named"], rows)
    about = {"architecture": architecture, "arm": arm, "share": 1.0, "synthetic": None, "seeds": len(named)}
    write_json(folder / "model.json", {**about, "pictures": 48, "steps": 30, "types": [RED, EOSINOPHIL, LYMPHOCYTE]})
    return folder
