"""Checks of outlines as people and tools give them."""

import cv2
import numpy as np
from pycocotools import mask as rle
from shapely import Polygon, make_valid
from shapely.validation import explain_validity

from smearsynth import coco
from smearsynth.errors import UserError

BEYOND = 1.0
"""Outlines may reach this many pixels over the border, where tools round differently; they are clipped."""
MIN_PART = 0.05
"""Parts of a mask below this share of the largest part's area are debris and no part of the cell."""
TRIFLE = 0.02
"""A self-crossing that cuts off less than this share of the area is a spur of a traced outline, and is cut off."""


def checked(polygon: np.ndarray, shape: tuple[int, int]) -> tuple[np.ndarray, str | None]:
    """An outline that can be used, and what had to be mended, or None.

    Parameters
    ----------
    polygon : ndarray, shape (n, 2)
        Vertices as (x, y) in pixels.
    shape : tuple of int
        Height and width of the picture.

    Returns
    -------
    polygon : ndarray, shape (n, 2)
        Within the picture, simple.
    mended : str or None
        What was changed by more than a pixel's rounding.

    Raises
    ------
    UserError
        For coordinates that are not finite, less than three points, an area of 0, points outside the picture, and an
        outline that crosses itself.
    """
    if not np.isfinite(polygon).all():
        raise UserError.of("", "an outline with coordinates that are not finite numbers (NaN)", "write the outline anew")
    points = len(np.unique(polygon, axis=0))
    if points < 3:
        raise UserError.of(
            "", f"an outline with {points} point{'s' if points != 1 else ''}", "an outline has three points or more"
        )
    height, width = shape
    (left, top), (right, bottom) = polygon.min(0), polygon.max(0)
    if left < -BEYOND or top < -BEYOND or right > width - 1 + BEYOND or bottom > height - 1 + BEYOND:
        what = (
            f"an outline that reaches from ({left:g}, {top:g}) to ({right:g}, {bottom:g}), outside its picture of "
            f"{width} × {height} pixels"
        )
        raise UserError.of("", what, "correct the outline; x comes before y, both in pixels of this picture")
    polygon = np.clip(polygon, 0, (width - 1, height - 1))
    shell = Polygon(polygon)
    if shell.is_valid and shell.area > 0:
        return polygon, None
    parts = make_valid(shell)
    pieces = [part for part in getattr(parts, "geoms", [parts]) if part.geom_type in ("Polygon", "MultiPolygon")]
    pieces = [piece for part in pieces for piece in getattr(part, "geoms", [part])]
    if not pieces:
        raise UserError.of("", "an outline with no area", "outline the cell all around")
    largest = max(pieces, key=lambda piece: piece.area)
    if largest.area < (1 - TRIFLE) * sum(piece.area for piece in pieces):
        raise UserError.of("", f"an outline that crosses itself ({explain_validity(shell)})", "draw it without crossings")
    return np.asarray(largest.exterior.coords[:-1]), "spurs of its outline that cross or touch were cut off"


def main_parts(mask: np.ndarray) -> tuple[np.ndarray, ...]:
    """The outlines of a boolean mask (height, width), largest first, without debris below `MIN_PART`."""
    outlines = coco.outline(mask)
    areas = [cv2.contourArea(outline.astype(np.float32)) for outline in outlines]
    return tuple(outline for outline, area in zip(outlines, areas) if area >= MIN_PART * areas[0])


def from_run_lengths(run_lengths: dict, shape: tuple[int, int]) -> tuple[np.ndarray, ...]:
    """The outlines of COCO run lengths, compressed or not, largest first; a `UserError` if they do not fit the picture."""
    size, counts = run_lengths.get("size"), run_lengths.get("counts")
    if size != list(shape):
        what = f"run lengths of size {size} for a picture of {shape[0]} rows × {shape[1]} columns"
        raise UserError.of("", what, "give run lengths of the picture's [height, width]")
    if isinstance(counts, str):
        counts = _counts(counts)
    # pycocotools takes what is missing from memory that is not its own.
    known = counts if isinstance(counts, list) and all(isinstance(n, int) and n >= 0 for n in counts) else []
    if sum(known) != shape[0] * shape[1]:
        raise UserError.of("", "run lengths that cannot be decoded", "write them again from the mask")
    mask = rle.decode(rle.frPyObjects({"size": size, "counts": known}, *shape)).astype(bool)
    outlines = main_parts(mask)
    if not outlines:
        raise UserError.of("", "run lengths of an empty mask", "outline the cell, or take the annotation out")
    return outlines


def _counts(text: str) -> list[int]:
    """The run lengths of COCO's compressed text: five bits a letter, from the fourth on as differences."""
    counts: list[int] = []
    value = shift = 0
    for letter in text:
        bits = ord(letter) - 48
        if not 0 <= bits < 64:
            return []
        value |= (bits & 0x1F) << shift
        shift += 5
        if not bits & 0x20:
            value -= (bits & 0x10) << (shift - 4)
            counts.append(value + (counts[-2] if len(counts) > 2 else 0))
            value = shift = 0
    return counts if shift == 0 else []
