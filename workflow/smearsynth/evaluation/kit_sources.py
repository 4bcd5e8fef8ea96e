"""Where the items of a reading kit come from: indexes of single cells, or files of fields and slides."""

from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from smearsynth import coco, images, structure
from smearsynth.errors import UserError
from smearsynth.files import inside, read_json
from smearsynth.structure import Maybe

CELL = {"file": str, "split": Maybe(str), "category_id": Maybe(int)}
CELLS = {"size": int, "categories": [{"id": int, "name": str}]}
SIDES = {"height": int, "width": int, "um_per_px": Maybe(float), "split": Maybe(str)}
INSIDE = {"category_id": int, "bbox": structure.BOX}
CATEGORIES = Maybe([{"id": int}])
FIELDS: dict = {"fields": [{"file": str, "cells": [INSIDE], **SIDES}], "categories": CATEGORIES}
PICTURES: dict = {"images": [{"id": int, "file_name": str, **SIDES}], "annotations": [{"image_id": int, **INSIDE}]}
PICTURES |= {"categories": CATEGORIES}
OTHER = {"categories": CATEGORIES}


@dataclass(frozen=True)
class Candidate:
    """A picture that may become an item.

    Parameters
    ----------
    path : Path
        The file.
    name : str
        What the key calls it: the file relative to its index, for a crop with its corner.
    category_id : int or None
        Type of a single cell.
    window : tuple of int or None
        Left, top, width and height of the part that is shown, in pixels; None shows all.
    """

    path: Path
    name: str
    category_id: int | None
    window: tuple[int, int, int, int] | None

    def pixels(self, size: int | None) -> np.ndarray:
        """The picture, uint8 (height, width, 3), RGB; resized by area averages where `size` is given.

        A `UserError` if it cannot be read, or is smaller than its index says.
        """
        picture = images.read(self.path)
        if self.window:
            left, top, width, height = self.window
            if left + width > picture.shape[1] or top + height > picture.shape[0]:
                fix = "give the pictures that the index was made for"
                raise UserError.of(str(self.path), "is smaller than its index says", fix)
            picture = picture[top : top + height, left : left + width]
        if size is not None:
            picture = cv2.resize(picture, (size, size), interpolation=cv2.INTER_AREA)
        return np.ascontiguousarray(picture)


def cells(index: Path, *, real: bool) -> tuple[list[Candidate], int, list[dict]]:
    """The cells of an index of windows, pairs or synthetic cells.

    Parameters
    ----------
    index : Path
        ``index.json``; of pairs the real half is shown.
    real : bool
        Whether these are the real cells: then only held-out ones are taken.

    Returns
    -------
    candidates : list of Candidate
    size : int
        Side of the pictures in pixels.
    categories : list of dict
        Of the index: id, name, kind.

    Raises
    ------
    UserError
        If there is no such cell, or a synthetic one has no type.
    """
    data = read_json(index)
    fix = "give the index.json of windows, pairs or synthetic cells"
    entries = data.get("cells", data.get("pairs")) if isinstance(data, dict) else None
    if entries is None:
        raise UserError.of(str(index), "no index of cells", fix)
    structure.check(data, CELLS | {"pairs" if data.get("cells") is None else "cells": [CELL]}, where=index, fix=fix)
    size = data["size"]
    # A pair is the real picture with its label image to the right.
    window = (0, 0, size, size) if "pairs" in data else None
    chosen = [entry for entry in entries if entry.get("split") == "test"] if real else entries
    if not chosen:
        raise UserError.of(str(index), "no held-out cells" if real else "no cells", "check cells.catalogue.test_share")
    if any(entry.get("category_id") is None for entry in chosen):
        raise UserError.of(str(index), "cells without a type", "a kit balances the types: give a model that draws by type")
    found = [
        Candidate(inside(index.parent, entry["file"], where=index), entry["file"], entry["category_id"], window)
        for entry in chosen
    ]
    return found, size, data["categories"]


@dataclass(frozen=True)
class Field:
    """A field or slide.

    Parameters
    ----------
    path : Path
    name : str
        Relative to its index.
    height, width : int
    um_per_px : float or None
        Resolution, where it is known.
    boxes : ndarray of float, shape (n, 4)
        ``[x, y, width, height]`` of the cells around which it may be cut.
    """

    path: Path
    name: str
    height: int
    width: int
    um_per_px: float | None
    boxes: np.ndarray


def fields(index: Path, *, real: bool, around: tuple[str, ...]) -> list[Field]:
    """The fields of ``pairs/fields/index.json``, or the pictures of a COCO file of slides or of a catalogue.

    Parameters
    ----------
    index : Path
        Pictures are looked for in ``images/`` beside a COCO file, else beside the file.
    real : bool
        Whether these are the real fields: then only those of the split ``test`` are taken.
    around : tuple of str
        Kinds whose boxes are kept.

    Raises
    ------
    UserError
        If there is no such field.
    """
    data = read_json(index)
    fix = "give pairs/fields/index.json, slides/instances.json or a COCO file"
    if not isinstance(data, dict):
        raise UserError.of(str(index), "no fields", fix)
    structure.check(data, FIELDS if "fields" in data else PICTURES if "images" in data else OTHER, where=index, fix=fix)
    kinds = {c["id"]: c.get("kind", c.get("supercategory")) for c in data.get("categories") or ()}
    if "fields" in data:
        folder, pictures = index.parent, data["fields"]
        names, within = [entry["file"] for entry in pictures], [entry["cells"] for entry in pictures]
    elif "images" in data:
        # Slides lie in images/ beside their file, a catalogue's pictures beside the catalogue.
        folder, pictures = index.parent, data["images"]
        names = [entry["file_name"] for entry in pictures]
        if names and not inside(folder, names[0], where=index).is_file():
            folder = folder / "images"
        within = list(coco.by_image(data, where=index).values())
    else:
        raise UserError.of(str(index), "no fields", fix)
    found = []
    for entry, name, cells_inside in zip(pictures, names, within, strict=True):
        if real and entry.get("split") != "test":
            continue
        boxes = [cell["bbox"] for cell in cells_inside if kinds.get(cell["category_id"]) in around]
        shape = entry["height"], entry["width"]
        found.append(
            Field(inside(folder, name, where=index), name, *shape, entry.get("um_per_px"), np.array(boxes, float).reshape(-1, 4))
        )
    if not found:
        what = "no field of the split test: a kit shows only held-out real fields" if real else "no pictures"
        raise UserError.of(str(index), what, "check cells.catalogue.test_share" if real else "make slides first")
    return found


def crops(pictures: list[Field], *, count: int, side: int, anywhere: bool, rng: np.random.Generator) -> list[Candidate]:
    """Up to `count` square crops that do not overlap, from as many pictures as possible.

    Parameters
    ----------
    pictures : list of Field
    count : int
    side : int
        In pixels.
    anywhere : bool
        Else the middle of a box lies in the middle half of each crop, at random.
    rng : Generator
    """
    taken: list[list[tuple[int, int]]] = [[] for _ in pictures]
    found: list[Candidate] = []
    order = rng.permutation(len(pictures))
    while True:
        before = len(found)
        for place in order:
            if len(found) == count:
                return found
            corner = _corner(pictures[place], taken[place], side=side, anywhere=anywhere, rng=rng)
            if corner is not None:
                taken[place].append(corner)
                field, (left, top) = pictures[place], corner
                found.append(Candidate(field.path, f"{field.name} at {left},{top}", None, (left, top, side, side)))
        if len(found) == before:
            return found


def _corner(
    field: Field, taken: list[tuple[int, int]], *, side: int, anywhere: bool, rng: np.random.Generator, attempts: int = 20
) -> tuple[int, int] | None:
    """Left and top of one more crop of a field, or None where none was found."""
    room = np.array([field.width - side, field.height - side])
    if (room < 0).any() or not (anywhere or len(field.boxes)):
        return None
    for _ in range(attempts):
        low, high = np.zeros(2, int), room
        if not anywhere:
            x, y, width, height = field.boxes[rng.integers(len(field.boxes))]
            middle = np.array([x + width / 2, y + height / 2])
            low = np.maximum(low, np.ceil(middle - 0.75 * side).astype(int))
            high = np.minimum(high, np.floor(middle - 0.25 * side).astype(int))
            if (low > high).any():
                continue
        corner = rng.integers(low, high, endpoint=True)
        if all(np.abs(corner - other).max() >= side for other in taken):
            return int(corner[0]), int(corner[1])
    return None
