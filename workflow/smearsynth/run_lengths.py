"""COCO run lengths from anywhere, checked before pycocotools sees them: its C code takes what is missing from foreign memory."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from pycocotools import mask as rle

from smearsynth.errors import UserError
from smearsynth.images import MAX_PIXELS

MAX_POINTS = 100_000
"""Of a polygon."""
MAX_LENGTH = 1_000_000
"""Of a polygon's outline in pixels: pycocotools keeps every step."""
FIX = "write them again from the mask"


def counts(segmentation: Any, shape: tuple[int, ...] | None = None) -> np.ndarray:
    """The run lengths of a mask.

    Parameters
    ----------
    segmentation : dict
        ``size`` (height, width) and ``counts``, as COCO's text or as a list of numbers.
    shape : (height, width), optional
        That the mask must have.

    Returns
    -------
    ndarray of int64, shape (n,)
        Alternating, background first; 0 or more each, height · width together.

    Raises
    ------
    UserError
        If it is anything else.
    """
    size, told = (segmentation.get("size"), segmentation.get("counts")) if isinstance(segmentation, dict) else (None, None)
    if not (isinstance(size, list | tuple) and len(size) == 2 and all(type(n) is int and 0 < n <= MAX_PIXELS for n in size)):
        raise UserError.of("", f"run lengths of size {size!r:.60}", "give run lengths of the picture's [height, width]")
    if shape is not None and tuple(size) != tuple(shape):
        what = f"run lengths of size {list(size)} for a picture of {shape[0]} rows × {shape[1]} columns"
        raise UserError.of("", what, "give run lengths of the picture's [height, width]")
    pixels = size[0] * size[1]
    if pixels > MAX_PIXELS:
        raise UserError.of("", f"run lengths of {pixels:,} pixels, more than {MAX_PIXELS:,}", "cut the picture into smaller ones")
    if isinstance(told, str):
        told = _numbers(told)
    # Beyond two runs for each pixel there is nothing left to tell.
    known = told if isinstance(told, list) and len(told) <= 2 * pixels + 2 else []
    if not all(type(n) is int and 0 <= n <= pixels for n in known) or sum(known) != pixels:
        raise UserError.of("", "run lengths that cannot be decoded", FIX)
    return np.array(known, np.int64)


def packed(segmentation: Any, shape: tuple[int, int]) -> dict:
    """Run lengths as pycocotools takes them, of a segmentation from anywhere: run lengths, or polygons of a picture's pixels.

    Parameters
    ----------
    segmentation : dict or list of list of float
    shape : (height, width) of the picture

    Returns
    -------
    dict
        ``size`` and ``counts`` (bytes).

    Raises
    ------
    UserError
        For run lengths as `counts`, for polygons as `polygons`.
    """
    if isinstance(segmentation, dict):
        told = counts(segmentation, shape)
        return rle.frPyObjects({"size": list(shape), "counts": told.tolist()}, *shape)
    if shape[0] * shape[1] > MAX_PIXELS:
        raise UserError.of("", f"a picture of {shape[1]} × {shape[0]} pixels", "correct its width and height")
    return rle.merge(rle.frPyObjects([list(map(float, flat)) for flat in polygons(segmentation, shape)], *shape))


def polygons(segmentation: Any, shape: tuple[int, int]) -> Sequence[Sequence[float]]:
    """A list of polygons ``[x1, y1, x2, y2, …]``, as it was given.

    Raises
    ------
    UserError
        If there is none, one has less than three points or more than `MAX_POINTS`, an odd number of coordinates, one that is
        no finite number or lies further outside than the picture is large, or a longer outline than `MAX_LENGTH`.
    """
    fix = "write a polygon as x1, y1, x2, y2, … in pixels of its picture"
    if not (isinstance(segmentation, list) and segmentation and all(isinstance(flat, list) for flat in segmentation)):
        raise UserError.of("", "a segmentation that is neither run lengths nor polygons", fix)
    length = 0.0
    for flat in segmentation:
        if len(flat) % 2 or not 6 <= len(flat) <= 2 * MAX_POINTS:
            raise UserError.of("", f"a polygon of {len(flat)} coordinates", f"{fix}: 3 to {MAX_POINTS:,} points")
        if not all(type(value) in (int, float) and abs(value) < 1e9 for value in flat):
            raise UserError.of("", "a polygon whose coordinates are not finite numbers", fix)
        points = np.array(flat, float).reshape(-1, 2)
        reach = np.array(shape[::-1], float)
        if (points < -reach).any() or (points > 2 * reach).any():
            raise UserError.of("", "a polygon far outside its picture", fix)
        length += float(np.abs(points - np.roll(points, 1, axis=0)).max(1).sum())
    if length > MAX_LENGTH:
        raise UserError.of("", f"outlines of {length:,.0f} pixels, more than {MAX_LENGTH:,}", "outline the cell once")
    return segmentation


def _numbers(text: str) -> list[int]:
    """The numbers in COCO's text: five bits a letter, the lowest first, from the fourth number on as differences."""
    found: list[int] = []
    value = shift = 0
    for letter in text:
        bits = ord(letter) - 48
        # Seven letters hold 35 bits, more than any picture has pixels.
        if not 0 <= bits < 64 or shift > 30:
            return []
        value |= (bits & 0x1F) << shift
        shift += 5
        if not bits & 0x20:
            if bits & 0x10:
                value -= 1 << shift
            found.append(value + (found[-2] if len(found) > 2 else 0))
            value = shift = 0
    return found if shift == 0 else []
