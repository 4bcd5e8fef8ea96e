"""From polygons to pixels, in a window no larger than needed, and from a source picture to a slide."""

from dataclasses import dataclass
from functools import cached_property

import cv2
import numpy as np


@dataclass(frozen=True)
class Window:
    """A mask within a frame, kept as its bounding rectangle.

    Parameters
    ----------
    top, left : int
        Place of the rectangle in the frame.
    mask : ndarray of bool, shape (height, width)
        May be empty (0, 0) where the polygon lies outside the frame.
    """

    top: int
    left: int
    mask: np.ndarray

    @property
    def slices(self) -> tuple[slice, slice]:
        """Rows and columns of the rectangle in the frame."""
        height, width = self.mask.shape
        return slice(self.top, self.top + height), slice(self.left, self.left + width)

    @cached_property
    def area(self) -> int:
        """Pixels of the mask."""
        return int(np.count_nonzero(self.mask))


def whole(polygon: np.ndarray) -> Window:
    """The pixels of a polygon, wherever they lie; `top` and `left` may be negative."""
    points = np.rint(polygon).astype(np.int32)
    left, top = points.min(0)
    right, bottom = points.max(0) + 1
    canvas = np.zeros((bottom - top, right - left), np.uint8)
    cv2.fillPoly(canvas, [points - (left, top)], 1)
    return Window(int(top), int(left), canvas.astype(bool))


def window(polygon: np.ndarray, shape: tuple[int, int]) -> Window:
    """The pixels of a polygon in a frame of `shape`.

    Filled whole and cut then: ``cv2.fillPoly`` on the frame itself moves the outline of a polygon that leaves it by some
    pixels.
    """
    return cut(whole(polygon), shape)


def cut(part: Window, shape: tuple[int, int]) -> Window:
    """What of a window lies in a frame of `shape`."""
    rows = slice(max(0, -part.top), min(part.mask.shape[0], shape[0] - part.top))
    columns = slice(max(0, -part.left), min(part.mask.shape[1], shape[1] - part.left))
    if rows.stop <= rows.start or columns.stop <= columns.start:
        return Window(0, 0, np.zeros((0, 0), bool))
    return Window(max(part.top, 0), max(part.left, 0), part.mask[rows, columns])


def grown(part: Window, radius: float, shape: tuple[int, int]) -> Window:
    """All pixels of the frame not farther than `radius` (Euclidean, between pixel centres) from the mask."""
    reach = int(np.floor(radius))
    if reach == 0 or part.mask.size == 0:
        return part
    step = np.arange(-reach, reach + 1)
    disc = (step[:, None] ** 2 + step**2 <= radius**2).astype(np.uint8)
    bigger = cv2.dilate(np.pad(part.mask.astype(np.uint8), reach), disc)
    return cut(Window(part.top - reach, part.left - reach, bigger.astype(bool)), shape)


def shared(a: Window, b: Window) -> int:
    """Pixels that two windows of the same frame have in common."""
    top, left = max(a.top, b.top), max(a.left, b.left)
    bottom = min(a.top + a.mask.shape[0], b.top + b.mask.shape[0])
    right = min(a.left + a.mask.shape[1], b.left + b.mask.shape[1])
    if bottom <= top or right <= left:
        return 0
    part_a = a.mask[top - a.top : bottom - a.top, left - a.left : right - a.left]
    part_b = b.mask[top - b.top : bottom - b.top, left - b.left : right - b.left]
    return int(np.count_nonzero(part_a & part_b))


def own(windows: list[Window], shape: tuple[int, int]) -> np.ndarray:
    """The owner map: which cell is seen at each pixel.

    Parameters
    ----------
    windows : list of Window
        The cells' masks in paint order, lowest first.
    shape : (height, width)

    Returns
    -------
    ndarray of int32, shape (height, width)
        0 for background, i + 1 for the i-th cell.
    """
    owner = np.zeros(shape, np.int32)
    for number, part in enumerate(windows, start=1):
        owner[part.slices][part.mask] = number
    return owner


def affine(centre: np.ndarray, *, position: np.ndarray, scale: float, angle: float, mirror: bool) -> np.ndarray:
    """The map from a source picture to a slide.

    Parameters
    ----------
    centre : (x, y) in the source picture that comes to lie at `position`
    position : (x, y) in the slide
    scale : factor on lengths
    angle : radians, from the x axis towards the y axis (downwards)
    mirror : whether x is mirrored first

    Returns
    -------
    ndarray, shape (2, 3)
        ``[[a, b, tx], [c, d, ty]]``.
    """
    turn = scale * np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    if mirror:
        turn = turn * np.array([-1.0, 1.0])
    return np.column_stack([turn, np.asarray(position, float) - turn @ np.asarray(centre, float)])


def transform(matrix: np.ndarray, points: np.ndarray) -> np.ndarray:
    """Points (n, 2) under an affine map (2, 3)."""
    return points @ matrix[:, :2].T + matrix[:, 2]
