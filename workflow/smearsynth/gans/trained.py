"""Trained generators of cells, of any kind: the weights in their folder, and the types that they know."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from smearsynth import structure, weights
from smearsynth.errors import UserError
from smearsynth.files import sha256

CATEGORIES = [{"id": int, "name": str, "kind": str}]


def about(folder: Path, form: dict) -> dict:
    """The ``model.json`` of a trained generator: its options, its categories, and what else `form` names (see `structure`)."""
    whole = {"options": dict, "categories": CATEGORIES, **form}
    return structure.read(folder / "model.json", whole, fix="give the folder of a trained generator")


def load_weights(network: Any, path: Path, digest: str | None = None) -> None:
    """Give a network the weights of its file.

    Parameters
    ----------
    network : keras.Model
        Built as it was for training.
    path : Path
        ``generator.weights.h5``.
    digest : str, optional
        SHA-256 of the file, where its model.json names it.

    Raises
    ------
    UserError
        If the weights are missing, of another model, or changed since they were written.
    """
    if not path.is_file():
        raise UserError.of(str(path), "no such file", "train the model again")
    if digest is not None and sha256(path) != digest:
        raise UserError.of(str(path), "not the file that model.json names (sha256 differs)", "train the model again")
    weights.load(network, path, what="the weights of this model", fix="train the model again")


def check_types(category_ids: Sequence[int | None], categories: Sequence[dict]) -> None:
    """Refuse to draw a type, or a cell of no type (None), that a generator of `categories` was not trained on."""
    known = {category["id"] for category in categories}
    for wrong in sorted({-1 if c is None else int(c) for c in category_ids} - known):
        names = ", ".join(f"{c['name']} ({c['id']})" for c in categories)
        raise UserError.of("generator", f"was not trained on type {wrong}", f"it draws {names}; add cells of the type")
