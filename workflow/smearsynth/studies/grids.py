"""Grids of cells to train on, and layouts drawn as one picture: the arm of thesis 3.6 that failed."""

from collections.abc import Sequence

import cv2
import numpy as np

from smearsynth import coco
from smearsynth.taxonomy import Taxonomy


def grid(
    pictures: Sequence[np.ndarray],
    masks: Sequence[np.ndarray],
    colours: Sequence[tuple[int, int, int]],
    *,
    side: int,
    size: int,
) -> tuple[np.ndarray, np.ndarray]:
    """Cells in rows and columns, as a picture and as labels.

    Parameters
    ----------
    pictures : sequence of ndarray of uint8, shape (window, window, 3)
        ``side`` × ``side`` cells on black, filling rows first.
    masks : sequence of ndarray of bool, shape (window, window)
    colours : sequence of RGB
        Label colours.
    side : int
        Cells along a side.
    size : int
        Side of the result in pixels, a multiple of `side`.

    Returns
    -------
    label, real : ndarray of uint8, shape (size, size, 3)
        Black between the cells.
    """
    step = size // side
    label, real = np.zeros((2, size, size, 3), np.uint8)
    for number, (picture, mask, colour) in enumerate(zip(pictures, masks, colours, strict=True)):
        row, column = divmod(number, side)
        place = (slice(row * step, (row + 1) * step), slice(column * step, (column + 1) * step))
        shrinks = mask.shape[0] > step
        small = cv2.resize(picture, (step, step), interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR)
        inside = cv2.resize(mask.astype(np.uint8), (step, step), interpolation=cv2.INTER_NEAREST_EXACT).astype(bool)
        real[place] = np.where(inside[..., None], small, 0)
        label[place] = np.where(inside[..., None], np.array(colour, np.uint8), 0)
    return label, real


def region(shape: tuple[int, int], *, window: int, side: int, size: int) -> tuple[int, int, float]:
    """The part of a slide that fits the network at the scale of the grids, from its top left corner.

    Parameters
    ----------
    shape : tuple of int
        Height and width of the slide in pixels.
    window : int
        Side of the windows of the pairs, which a grid shows at ``size / side`` pixels.

    Returns
    -------
    int, int, float
        Height and width of the part in pixels of the slide, and the factor to the network's pixels.
    """
    scale = size / side / window
    height, width = (min(length, round(size / scale)) for length in shape)
    return height, width, scale


def label_picture(cells: list[dict], taxonomy: Taxonomy, *, scale: float, size: int) -> np.ndarray:
    """The labels of a layout on black, as the pairs are, at another scale: uint8 (size, size, 3)."""
    canvas = np.zeros((size, size, 3), np.uint8)
    for cell in cells:
        polygon = (coco.from_flat(cell["polygon"]) + 0.5) * scale - 0.5
        cv2.fillPoly(canvas, [np.rint(polygon).astype(np.int32)], taxonomy[cell["category_id"]].colour)
    return canvas
