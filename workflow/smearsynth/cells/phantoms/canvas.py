"""Cells laid on one another: what they take from the light together, and which of them is on top."""

import cv2
import numpy as np

from smearsynth.cells.phantoms.cell import Layer

Window = tuple[slice, slice]


class Canvas:
    """A square field at working resolution, `factor` times finer than the picture that comes of it.

    Parameters
    ----------
    size : int
        Height and width of the picture in pixels.
    factor : int
        Working pixels per pixel, along each axis.
    """

    def __init__(self, size: int, factor: int):
        self.factor = factor
        self.wide = size * factor
        self.absorbed = np.zeros((self.wide, self.wide, 3), np.float32)
        # The number of the uppermost cell, 0 where there is none.
        self.owner = np.zeros((self.wide, self.wide), np.int16)

    def place(self, layer: Layer, row: float, column: float) -> tuple[Window, Window]:
        """The window of the canvas that a layer with its middle at (row, column) covers, and the layer's part in it."""
        reach = layer.cover.shape[0] // 2
        rows, columns = ((max(0, m - reach), min(self.wide, m + reach + 1)) for m in (int(row), int(column)))
        window = (slice(rows[0], max(rows)), slice(columns[0], max(columns)))
        corner = (int(row) - reach, int(column) - reach)
        part = tuple(slice(side.start - edge, side.stop - edge) for side, edge in zip(window, corner))
        return window, (part[0], part[1])

    def paint(self, layer: Layer, window: Window, part: Window, *, number: int, opaque: bool) -> None:
        """Lay a cell on top; red cells are not opaque: where two overlap, both take their share of the light."""
        there = layer.cover[part][..., None]
        below = self.absorbed[window]
        below += there * (layer.absorbed[part] - below) if opaque else there * layer.absorbed[part]
        self.owner[window][layer.cover[part] >= 0.5] = number

    def reduce(self, covered: np.ndarray, window: Window) -> np.ndarray:
        """The picture's pixels (size, size), bool, of which at least half is `covered` (of the window's shape), bool."""
        size, factor = self.wide // self.factor, self.factor
        mask = np.zeros((size, size), bool)
        # From whole pixels to whole pixels.
        first = [side.start // factor for side in window]
        last = [-(-side.stop // factor) for side in window]
        fine = np.zeros([(b - a) * factor for a, b in zip(first, last)], np.float32)
        inset = tuple(slice(side.start - a * factor, side.stop - a * factor) for side, a in zip(window, first))
        fine[inset] = covered
        if fine.size:
            share = cv2.resize(fine, None, fx=1 / factor, fy=1 / factor, interpolation=cv2.INTER_AREA) if factor > 1 else fine
            mask[first[0] : last[0], first[1] : last[1]] = share >= 0.5
        return mask
