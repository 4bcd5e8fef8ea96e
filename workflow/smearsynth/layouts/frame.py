"""What lies in a frame so far: exact checks on pixels before a cell is kept, and where room is left."""

import cv2
import numpy as np

from smearsynth.layouts import raster
from smearsynth.layouts.options import LayoutOptions
from smearsynth.layouts.placement import Placed, same_rouleau
from smearsynth.layouts.raster import Window
from smearsynth.layouts.relax import closeness_of

VISIBLE = 0.15
"""A cell cut by the frame shows at least this share of its area."""
TRIES = 60
"""Positions that are tried for a cell that needs room."""


class Frame:
    """What lies in the frame so far, with the exact checks on pixels."""

    def __init__(self, options: LayoutOptions):
        self.options = options
        self.occupied = np.zeros(options.size, np.uint8)
        # A coarser map, each of whose pixels is occupied if any below it is, keeps the search for room fast in large slides.
        self.step = max(1, int(np.ceil(max(options.size) / 1024)))
        self.coarse = np.zeros([-(-side // self.step) for side in options.size], np.uint8)
        self.cells: list[Placed] = []
        self.grid: dict[tuple[int, int], list[int]] = {}

    def fits(self, cell: Placed) -> bool:
        """Whether a cell comes too near no other."""
        packed, shape = self.options.packed, self.options.size
        part = cell.window
        inside = part.area / max(cell.shape.area * cell.scale**2, 1)
        if inside < VISIBLE or (self.options.border == "inside" and not _within(cell.polygon, shape)):
            return False
        if packed.overlap == 0 and cell.rouleau < 0:
            wide = raster.grown(part, packed.min_gap, shape)
            return not np.any(self.occupied[wide.slices][wide.mask])
        for other in self._near(part):
            # White cells push each other aside; red cells and platelets slide over and under.
            both_white = cell.shape.kind == other.shape.kind == "white"
            allowed = 0 if both_white else packed.overlap * min(part.area, other.window.area)
            if not same_rouleau(cell, other) and raster.shared(part, other.window) > allowed:
                return False
        return True

    def put(self, cell: Placed) -> Placed | None:
        """Keep a cell if it `fits`; else return None."""
        if not self.fits(cell):
            return None
        part = cell.window
        self.occupied[part.slices] |= part.mask
        rows, columns = np.nonzero(part.mask)
        self.coarse[(rows + part.top) // self.step, (columns + part.left) // self.step] = 1
        for tile in _tiles(part):
            self.grid.setdefault(tile, []).append(len(self.cells))
        self.cells.append(cell)
        return cell

    def _near(self, part: Window) -> list[Placed]:
        return [self.cells[i] for i in sorted({i for tile in _tiles(part) for i in self.grid.get(tile, ())})]

    def free(self, radius: float, low: np.ndarray, high: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """Up to `TRIES` positions (x, y), those with the most room first, with some chance in it."""
        step = self.step
        room = cv2.distanceTransform(1 - self.coarse, cv2.DIST_L2, cv2.DIST_MASK_PRECISE) * step
        rows, columns = np.nonzero(room > 0.4 * radius * closeness_of(self.options.packed.overlap))
        points = np.column_stack([columns, rows]) * step + step / 2
        allowed = np.all((points >= low) & (points <= high), axis=1)
        points, room = points[allowed], room[rows, columns][allowed]
        if len(points) == 0:
            return points
        # Much of the room of one gap lies at neighbouring pixels: a random thousandth of it says as much.
        pick = rng.permutation(len(points))[: 20 * TRIES]
        return points[pick][np.argsort(-room[pick] * rng.uniform(0.8, 1, len(pick)))][:TRIES]


def _tiles(part: Window, side: int = 128) -> list[tuple[int, int]]:
    rows, columns = part.slices
    return [
        (r, c)
        for r in range(rows.start // side, (rows.stop - 1) // side + 1)
        for c in range(columns.start // side, (columns.stop - 1) // side + 1)
    ]


def _within(polygon: np.ndarray, shape: tuple[int, int]) -> bool:
    points = np.rint(polygon)
    return bool(points.min() >= 0 and points[:, 0].max() < shape[1] and points[:, 1].max() < shape[0])
