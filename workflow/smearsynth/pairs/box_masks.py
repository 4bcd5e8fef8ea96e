"""The mask of the cell in each box that an expert drew.

White cells are outlined with their box as prompt; red cells and platelets are those of the field's classical labels whose box
agrees with the expert's, unless it holds another boxed cell too. Where neither finds the cell, it is taken for the ellipse in
its box.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.optimize import linear_sum_assignment

from smearsynth import coco
from smearsynth.cells import outlines
from smearsynth.pairs import field_labels
from smearsynth.pairs.field_labels import Reds, Unlabelled

OVERLAP = 0.5
"""Least intersection over union of a mask's box with the expert's: below it the mask is that of another cell, or of a part."""
ORDER = ("white", "platelet", "red")
"""Where masks overlap, the pixel is that of the first."""

Box = tuple[float, float, float, float]
"""x, y, width and height in pixels."""


@dataclass(frozen=True)
class BoxedCell:
    """A cell and where its mask comes from.

    Parameters
    ----------
    box : int
        Which of the boxes.
    mask : ndarray of bool, shape (height, width)
        Pixels of no other cell.
    found : bool
        Whether it was found in the picture; else it is the ellipse in the box.
    """

    box: int
    mask: np.ndarray
    found: bool


def cells(picture: np.ndarray, boxes: Sequence[Box], kinds: Sequence[str], reds: Reds) -> list[BoxedCell]:
    """The cells in the boxes of a field.

    Parameters
    ----------
    picture : ndarray of uint8, shape (height, width, 3)
        RGB.
    boxes : sequence of (x, y, width, height)
        In pixels of the picture.
    kinds : sequence of str
        ``red``, ``white`` or ``platelet`` for each box.
    reds : Reds
        Of the pictures, at this picture's scale.

    Returns
    -------
    list of BoxedCell
        What was found first, then ellipses. A box that others cover wholly has none.
    """
    found: dict[int, np.ndarray] = {}
    for at, kind in enumerate(kinds):
        if kind == "white":
            outline = outlines.find(picture, prompt=boxes[at])
            if isinstance(outline, outlines.Outline) and overlap(coco.box(outline.cell), boxes[at]) >= OVERLAP:
                found[at] = outline.cell
    shape = picture.shape[:2]
    whites = [found.get(at, ellipse(boxes[at], shape)) for at, kind in enumerate(kinds) if kind == "white"]
    labels = field_labels.label(picture, whites, reds)
    if not isinstance(labels, Unlabelled):
        for kind in ("red", "platelet"):
            own = [at for at, one in enumerate(kinds) if one == kind]
            owners = [number for number, one in enumerate(labels.kinds, len(whites) + 1) if one == kind]
            masks = [labels.owners == owner for owner in owners]
            found |= {own[box]: masks[mask] for mask, box in assigned(masks, [boxes[at] for at in own])}
            lacking = [ellipse(boxes[at], shape) for at in own if at not in found]
            found = {at: mask for at, mask in found.items() if kinds[at] != kind or not any(holds(mask, one) for one in lacking)}
    order = sorted(range(len(boxes)), key=lambda at: (at not in found, ORDER.index(kinds[at]), at))
    taken = np.zeros(shape, bool)
    result: list[BoxedCell] = []
    for at in order:
        mask = found.get(at, ellipse(boxes[at], shape)) & ~taken
        if mask.any():
            result.append(BoxedCell(at, mask, at in found))
            taken |= mask
    return result


def holds(mask: np.ndarray, other: np.ndarray) -> bool:
    """Whether a mask has more than half of another cell: a heap that was not parted."""
    return bool(2 * np.count_nonzero(mask & other) > np.count_nonzero(other))


def assigned(masks: Sequence[np.ndarray], boxes: Sequence[Box]) -> list[tuple[int, int]]:
    """Pairs of a mask and a box that are the same cell: each once, overlap by overlap as much as can be, `OVERLAP` at least."""
    overlaps = coco.overlaps([coco.box(mask) for mask in masks], boxes)
    overlaps = np.where(overlaps >= OVERLAP, overlaps, 0)
    rows, columns = linear_sum_assignment(overlaps, maximize=True)
    return [(int(row), int(column)) for row, column in zip(rows, columns, strict=True) if overlaps[row, column]]


def overlap(one: Sequence[float], other: Sequence[float]) -> float:
    """Intersection over union of two boxes, 0 to 1."""
    return float(coco.overlaps([one], [other])[0, 0])


def ellipse(box: Box, shape: tuple[int, int]) -> np.ndarray:
    """The ellipse in a box: bool, shape `shape`.

    Where the frame cuts a cell, its box is grown beyond the frame until both sides have the longer one's length.
    """
    x, y, width, height = box
    grown = []
    for low, length, other, end in ((x, width, height, shape[1]), (y, height, width, shape[0])):
        lacking = max(0.0, other - length)
        if low <= 1:
            low, length = low - lacking, length + lacking
        elif low + length >= end - 1:
            length += lacking
        grown.append((low + length / 2, max(length, 1.0) / 2))
    (middle_x, radius_x), (middle_y, radius_y) = grown
    rows, columns = np.mgrid[: shape[0], : shape[1]] + 0.5
    return np.hypot((columns - middle_x) / radius_x, (rows - middle_y) / radius_y) <= 1
