"""Where a field reader's training fields come from: slides with their COCO file, or label maps of real fields.

Every field is brought to the reader's resolution and classes when it is first drawn.
"""

import hashlib
import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any, Protocol

import cv2
import numpy as np

from smearsynth import images, structure
from smearsynth.backgrounds import light
from smearsynth.errors import UserError
from smearsynth.files import inside, read_bytes
from smearsynth.pairs import field_maps
from smearsynth.readers import field_look
from smearsynth.slides import listing, runs

IGNORED = -1
"""In an owner map: pixels of which training says nothing."""


@dataclass(frozen=True)
class Field:
    """A field as the reader is taught it.

    Parameters
    ----------
    picture : ndarray of uint8, shape (height, width, 3)
        RGB.
    owners : ndarray of int32, shape (height, width)
        0 is empty smear, k the k-th cell; `IGNORED` where nothing is taught.
    classes : ndarray of int, shape (n,)
        Of the k-th cell at k - 1; 1 is the first class.
    hidden : ndarray of int32, shape (height, width), optional
        The cell that lies right under the owner, 0 where there is none. None where nobody knows, as in real fields.
    """

    picture: np.ndarray
    owners: np.ndarray
    classes: np.ndarray
    hidden: np.ndarray | None = None

    def maps(self, changed: Callable[[np.ndarray], np.ndarray]) -> tuple[np.ndarray, np.ndarray | None]:
        """Both maps of cells, each changed in the same way."""
        return changed(self.owners), None if self.hidden is None else changed(self.hidden)


class Source(Protocol):
    """Training fields of one origin."""

    name: str
    """For tables and messages: the file that was given."""
    categories: list[dict]
    """Of the file."""

    def __len__(self) -> int: ...

    def cells(self, index: int) -> list[int]:
        """The category ids of a field's cells."""
        ...

    def field(self, index: int, numbers: dict[int, int]) -> Field:
        """A field at its own resolution; `numbers` is category id to class, see `Classes.numbers`."""
        ...

    def um_per_px(self, index: int) -> float | None:
        """Resolution of a field, None where nobody told."""
        ...

    def digest(self) -> str:
        """SHA-256 over all that its fields are made from."""
        ...


class Slides:
    """Slides and their COCO file.

    Parameters
    ----------
    instances : path
        COCO file of slides, or an index of shards.
    pictures : path
        Folder that ``file_name`` is relative to.
    um_per_px : float or None
        Of slides whose COCO file does not tell.
    least_visible : float
        Cells of which a smaller share is seen are `IGNORED`.
    whole : bool
        Tell what is hidden under other cells too.
    """

    def __init__(self, instances: Path, pictures: Path, *, um_per_px: float | None, least_visible: float, whole: bool = False):
        self.name = instances.name
        self.categories = structure.read(instances, {"categories": [{"id": int, "name": str}]}, fix=listing.FIX)["categories"]
        self._slides = list(listing.slides(instances))
        self._pictures, self._um_per_px, self._least, self._whole = pictures, um_per_px, least_visible, whole
        if not self._slides:
            raise UserError.of(str(instances), "no slide in it", "make slides first, or leave this source out")

    def __len__(self) -> int:
        return len(self._slides)

    def cells(self, index: int) -> list[int]:
        """The category ids of a slide's cells."""
        return [cell["category_id"] for cell in self._slides[index][1]]

    def um_per_px(self, index: int) -> float | None:
        """Resolution of a slide, None where nobody told."""
        return self._slides[index][0].get("um_per_px") or self._um_per_px

    def field(self, index: int, numbers: dict[int, int]) -> Field:
        """A slide as a field, at its own resolution."""
        image, cells = self._slides[index]
        picture = images.read(inside(self._pictures, image["file_name"], where=self.name))
        owners = np.zeros(picture.shape[:2], np.int32)
        if owners.shape != (image["height"], image["width"]):
            what = f"{image['file_name']} has other sides than {self.name} says"
            raise UserError.of(str(self._pictures), what, "give the pictures that the file was made for")
        classes = np.array([numbers[cell["category_id"]] for cell in cells], int)
        for number, cell in enumerate(cells, start=1):
            part = runs.decode(cell["segmentation"], owners.shape)
            hidden = 1 - (cell.get("occluded_rate") or 0.0) < self._least or classes[number - 1] == IGNORED
            owners[part.slices][part.mask] = IGNORED if hidden else number
        return Field(picture, owners, classes, self._hidden(cells, owners) if self._whole else None)

    def digest(self) -> str:
        """SHA-256 over pictures, cells and categories."""
        pictures = (inside(self._pictures, image["file_name"], where=self.name) for image, _ in self._slides)
        return _digest(self.categories, self._slides, pictures)

    @staticmethod
    def _hidden(cells: list[dict], owners: np.ndarray) -> np.ndarray:
        """The cells right under those that are seen, in the order of painting; of visible parts alone nothing follows."""
        hidden = np.zeros_like(owners)
        told = [one for one in enumerate(cells, start=1) if one[1].get("amodal_segmentation")]
        for number, cell in sorted(told, key=lambda one: one[1].get("z") or 0.0):
            part = runs.decode(cell["amodal_segmentation"], owners.shape)
            # Later ones lie higher; what is seen itself is not hidden.
            under = part.mask & (owners[part.slices] != number)
            hidden[part.slices][under] = number
        return hidden


class Maps:
    """Training fields with their label maps, as ``pairs fields`` makes them.

    Parameters
    ----------
    index : path
        ``pairs/fields/index.json``.
    """

    def __init__(self, index: Path):
        self.name = f"{index.parent.name}/{index.name}"
        form = {"categories": [{"id": int, "name": str}]}
        self.categories = structure.read(index, form, fix=field_maps.FIX)["categories"]
        self._maps = field_maps.read(index, split="train")
        if not self._maps:
            raise UserError.of(str(index), "no training field in it", "check cells.splits in the configuration")

    def __len__(self) -> int:
        return len(self._maps)

    def cells(self, index: int) -> list[int]:
        """The category ids of a field's cells."""
        return [int(category) for category in self._maps[index].category_ids]

    def um_per_px(self, index: int) -> float | None:
        """Resolution of a field, None where nobody told."""
        return self._maps[index].um_per_px

    def field(self, index: int, numbers: dict[int, int]) -> Field:
        """A field, at its own resolution."""
        one = self._maps[index]
        classes = np.array([numbers[int(category)] for category in one.category_ids], int)
        owners = one.owners().astype(np.int32)
        owners[np.concatenate([[0], classes])[owners] == IGNORED] = IGNORED
        return Field(one.picture(), owners, classes)

    def digest(self) -> str:
        """SHA-256 over pictures, owners, cells and categories."""
        files = (inside(one.folder, one.entry[key], where=self.name) for one in self._maps for key in ("file", "owners"))
        return _digest(self.categories, (one.entry for one in self._maps), files)


def _digest(categories: list[dict], fields: Iterable[Any], files: Iterable[Path]) -> str:
    """SHA-256 over categories, what is told of each field, and the content of files."""
    found = hashlib.sha256()
    for told in chain([categories], fields):
        found.update(json.dumps(told, sort_keys=True).encode() + b"\n")
    for file in files:
        found.update(hashlib.sha256(read_bytes(file)).digest())
    return found.hexdigest()


def scaled(field: Field, factor: float) -> Field:
    """A field `factor` times as large, and at least one pixel; owners by the nearest pixel."""
    if factor == 1:
        return field
    height, width = (max(1, round(side * factor)) for side in field.picture.shape[:2])
    rows, columns = (
        np.minimum((np.arange(new) + 0.5) * old / new, old - 1).astype(int)
        for new, old in zip((height, width), field.owners.shape, strict=True)
    )
    owners, hidden = field.maps(lambda cells: cells[rows[:, None], columns])
    return Field(resized(field.picture, (height, width)), owners, field.classes, hidden)


def resized(picture: np.ndarray, shape: tuple[int, int]) -> np.ndarray:
    """A picture in another size (height, width): by area where it shrinks, linearly where it grows."""
    if picture.shape[:2] == shape:
        return picture
    method = cv2.INTER_AREA if shape[0] < picture.shape[0] else cv2.INTER_LINEAR
    return cv2.resize(picture, (shape[1], shape[0]), interpolation=method)


def white_balanced(picture: np.ndarray) -> np.ndarray:
    """A picture whose light between the cells is a neutral grey (`field_look.LIGHT`): a stain under another lamp looks the same.

    Parameters
    ----------
    picture : ndarray of uint8, shape (height, width, 3)
        RGB.

    Returns
    -------
    ndarray of uint8, shape (height, width, 3)
    """
    gains = field_look.LIGHT / np.maximum(light.colour(picture), 32.0)
    levels = np.clip(np.rint(np.arange(256)[:, None] * gains), 0, 255).astype(np.uint8)
    return cv2.LUT(picture, levels[:, None, :].reshape(1, 256, 3)) if picture.size else picture
