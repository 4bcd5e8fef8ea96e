"""A cell that has its place, what a layout file says of it, and what a whole layout amounts to."""

from collections import Counter
from dataclasses import dataclass

import numpy as np

from smearsynth import coco
from smearsynth.layouts.raster import Window, shared
from smearsynth.layouts.shapes import Shape
from smearsynth.taxonomy import Taxonomy


@dataclass(frozen=True)
class Placed:
    """A cell in a slide.

    Parameters
    ----------
    shape : Shape
        Where its outline comes from.
    matrix : ndarray, shape (2, 3)
        Affine map from its source picture to the slide.
    polygon : ndarray, shape (n, 2)
        Outline (x, y) in pixels of the slide.
    position : ndarray, shape (2,)
        Where the centre of its smallest enclosing circle lies.
    window : Window
        Its pixels in the slide.
    rouleau : int
        Number of the rouleau that it lies in, -1 for none.
    """

    shape: Shape
    matrix: np.ndarray
    polygon: np.ndarray
    position: np.ndarray
    window: Window
    rouleau: int = -1

    @property
    def scale(self) -> float:
        """Factor on lengths."""
        return float(np.sqrt(abs(np.linalg.det(self.matrix[:, :2]))))


def same_rouleau(one: Placed, other: Placed) -> bool:
    """Whether two cells lie in one rouleau, where they overlap as much as it asks."""
    return one.rouleau >= 0 and one.rouleau == other.rouleau


def cell_entry(cell: Placed, *, z: float) -> dict:
    """The entry of a cell in a layout file; `z` grows towards the observer."""
    return {
        "category_id": cell.shape.category_id,
        "source_id": cell.shape.source_id,
        "polygon": coco.to_flat(cell.polygon),
        "affine": [[round(float(v), 6) for v in row] for row in cell.matrix],
        "z": round(float(z), 6),
    }


def composition(cells: list[Placed], taxonomy: Taxonomy, size: tuple[int, int]) -> dict:
    """What a layout amounts to: ``count, coverage, differential, max_overlap``.

    Coverage is the share of the frame under at least one cell; the largest overlap is the share of the smaller of
    two cells that lies over or under the other, but for those of one rouleau.
    """
    frame = np.zeros(size, np.uint8)
    largest = 0.0
    tiles: dict[tuple[int, int], list[int]] = {}
    for i, cell in enumerate(cells):
        rows, columns = cell.window.slices
        if frame[rows, columns][cell.window.mask].any():
            near = {
                j
                for r in range(rows.start // 128, rows.stop // 128 + 1)
                for c in range(columns.start // 128, columns.stop // 128 + 1)
                for j in tiles.get((r, c), ())
            }
            for j in near:
                if same_rouleau(cell, cells[j]):
                    continue
                other = cells[j].window
                largest = max(largest, shared(cell.window, other) / min(cell.window.area, other.area))
        frame[rows, columns] |= cell.window.mask
        for r in range(rows.start // 128, rows.stop // 128 + 1):
            for c in range(columns.start // 128, columns.stop // 128 + 1):
                tiles.setdefault((r, c), []).append(i)
    counts = Counter(cell.shape.category_id for cell in cells)
    return {
        "count": len(cells),
        "coverage": round(float(np.count_nonzero(frame) / frame.size), 6),
        "differential": {t.name: round(counts[t.id] / len(cells), 6) for t in taxonomy.types if counts[t.id]},
        "max_overlap": round(largest, 6),
    }
