"""Windows of single cells, or synthetic ones of the same form, read into memory."""

import hashlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from smearsynth import images, structure
from smearsynth.errors import Problem, UserError, raise_all
from smearsynth.files import inside
from smearsynth.structure import Maybe

MAX_SIDE = 4096
"""Of a window in pixels."""
CELL = {"file": str, "split": str, "category_id": Maybe(int), "cell_id": Maybe(int), "part": Maybe(float)}
FORM = {"size": int, "cells": [CELL], "categories": [{"id": int, "name": str}]}


@dataclass(frozen=True)
class Crops:
    """Square pictures of single cells.

    Parameters
    ----------
    pixels : ndarray of uint8, shape (n, size, size, 3)
        RGB.
    category_ids : ndarray of int, shape (n,)
        Types by the taxonomy's ids; -1 where a model without labels drew the cell.
    cell_ids : ndarray of int, shape (n,)
        Ids in the catalogue, or numbers of synthetic cells.
    parts : ndarray of float, shape (n,)
        Place among the training cells of the type, from 0 to below 1; nan for others.
    files : tuple of str
        Relative to the index.
    categories : tuple of dict
        Those of the index: id, name, kind, colour.
    """

    pixels: np.ndarray
    category_ids: np.ndarray
    cell_ids: np.ndarray
    parts: np.ndarray
    files: tuple[str, ...]
    categories: tuple[dict, ...]

    def __len__(self) -> int:
        return len(self.files)

    @property
    def size(self) -> int:
        """Side of the pictures in pixels."""
        return self.pixels.shape[1]

    @property
    def digest(self) -> str:
        """SHA-256 over pixels, types and ids."""
        return hashlib.sha256(self.pixels.tobytes() + self.category_ids.tobytes() + self.cell_ids.tobytes()).hexdigest()

    def at(self, index: np.ndarray) -> "Crops":
        """Those at some places, in their order."""
        places = np.asarray(index, int)
        ids = self.category_ids[places], self.cell_ids[places], self.parts[places]
        return Crops(self.pixels[places], *ids, tuple(self.files[i] for i in places), self.categories)


def within(entry: dict, share: float) -> bool:
    """Whether an index entry is of a training cell within a share of the training cells of its type."""
    return entry["part"] is not None and entry["part"] < share


def read(index: str | Path, *, split: str | None = None, share: float = 1.0) -> Crops:
    """Read the windows of a split.

    Parameters
    ----------
    index : path
        ``index.json`` of windows or of synthetic cells.
    split : str, optional
        ``train``, ``test`` or ``synthetic``; all without it.
    share : float
        Of the training cells of each type, those with a place below it; others are not thinned.

    Raises
    ------
    UserError
        If there is nothing to read, or a picture is not of the index's size.
    """
    index = Path(index)
    data = structure.read(index, FORM, fix="give the index.json of windows or of synthetic cells")
    size = data["size"]
    if not 0 < size <= MAX_SIDE:
        raise UserError.of(str(index), f"cells of {size} pixels", f"1 to {MAX_SIDE}")
    chosen = [
        entry
        for entry in data["cells"]
        if (split is None or entry["split"] == split) and (entry.get("part") is None or within(entry, share))
    ]
    if not chosen:
        raise UserError.of(str(index), f"no cells{f' of split {split}' if split else ''}", "check cells.catalogue.test_share")
    files = [inside(index.parent, entry["file"], where=index) for entry in chosen]
    raise_all(Problem(str(file), "no such file", "make the index anew") for file in files if not file.is_file())
    pixels = np.empty((len(chosen), size, size, 3), np.uint8)
    for place, file in enumerate(files):
        picture = images.read(file)
        if picture.shape != (size, size, 3):
            raise UserError.of(str(file), f"{picture.shape[1]} × {picture.shape[0]} px", f"{size} px")
        pixels[place] = picture

    def column(name: str, missing: float, kind: type) -> np.ndarray:
        return np.array([missing if entry.get(name) is None else entry[name] for entry in chosen], kind)

    ids = column("category_id", -1, int), column("cell_id", -1, int), column("part", np.nan, float)
    return Crops(pixels, *ids, tuple(entry["file"] for entry in chosen), tuple(data["categories"]))
