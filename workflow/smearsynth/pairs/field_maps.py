"""Label maps of whole fields, as ``pairs fields`` writes them, read one by one."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from smearsynth import images, structure
from smearsynth.errors import UserError
from smearsynth.files import inside, read_json
from smearsynth.structure import Maybe

CELL = {"category_id": int, "owner": Maybe(int), "bbox": Maybe(structure.BOX)}
FIELD = {"file": str, "owners": str, "dense": Maybe(str), "height": int, "width": int, "split": str, "um_per_px": Maybe(float)}
FIELD |= {"light": Maybe((float, float, float)), "cells": [CELL]}
FORM = {"fields": [FIELD], "categories": Maybe([{"id": int, "name": str}])}
FIX = "give the index.json that pairs fields wrote"


@dataclass(frozen=True)
class FieldMap:
    """One field; its pictures are read when they are asked for.

    Parameters
    ----------
    folder : Path
        Of the index.
    entry : dict
        Of the field, in the index.
    """

    folder: Path
    entry: dict

    def picture(self) -> np.ndarray:
        """RGB, uint8, shape (height, width, 3)."""
        return self._fits(images.read(self._file("file")), "file")

    def owners(self) -> np.ndarray:
        """Which cell a pixel belongs to: uint16, shape (height, width), 0 is empty smear.

        Raises
        ------
        UserError
            If there are owners that the index does not list.
        """
        owners = self._fits(images.read_grey(self._file("owners")), "owners").astype(np.uint16)
        if owners.max(initial=0) > len(self.entry["cells"]):
            what = f"owner {owners.max()}, but the index lists {len(self.entry['cells'])} cells of this field"
            raise UserError.of(str(self.folder / self.entry["owners"]), what, "make the fields anew with pairs fields")
        return owners

    def dense(self) -> np.ndarray:
        """Nuclei of annotated white cells: bool, shape (height, width)."""
        return self._fits(images.read_grey(self._file("dense")), "dense") > 127

    def _file(self, which: str) -> Path:
        return inside(self.folder, self.entry.get(which), where=self.folder)

    def _fits(self, image: np.ndarray, what: str) -> np.ndarray:
        size = self.entry["height"], self.entry["width"]
        if image.shape[:2] != size:
            told = f"{image.shape[1]} × {image.shape[0]} px, but the index says {size[1]} × {size[0]}"
            raise UserError.of(str(self.folder / self.entry[what]), told, "make the fields anew with pairs fields")
        return image

    @property
    def category_ids(self) -> np.ndarray:
        """Types of the cells, int, shape (n,): that of owner k at k - 1."""
        return np.array([cell["category_id"] for cell in self.entry["cells"]], int)

    @property
    def split(self) -> str:
        """``train`` or ``test``."""
        return self.entry["split"]

    @property
    def um_per_px(self) -> float | None:
        """Size of a pixel of the field in micrometres, None where nobody told."""
        return self.entry.get("um_per_px")

    @property
    def light(self) -> tuple[int, int, int]:
        """RGB of the empty smear."""
        red, green, blue = self.entry.get("light") or (255, 255, 255)
        return red, green, blue


def read(index: str | Path, *, split: str | None = None) -> list[FieldMap]:
    """The fields of an index, in its order.

    Parameters
    ----------
    index : path
        ``index.json`` of ``pairs fields``.
    split : str, optional
        ``train`` or ``test``; both without it.

    Raises
    ------
    UserError
        If the file is missing or no index of fields.
    """
    index = Path(index)
    content = read_json(index)
    if not isinstance(content, dict) or not isinstance(content.get("fields"), list):
        raise UserError.of(str(index), "no index of fields", FIX)
    structure.check(content, FORM, where=index, fix=FIX)
    return [FieldMap(index.parent, entry) for entry in content["fields"] if split in (None, entry["split"])]
