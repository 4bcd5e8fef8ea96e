"""One pair: the cell on black, and its outline filled with its type's colour (thesis 3.3, Fig. 3.3)."""

import hashlib
import math
from collections.abc import Iterable, Iterator

import cv2
import numpy as np

from smearsynth import coco
from smearsynth.cells.catalogue import Cell
from smearsynth.taxonomy import CellType

Polygons = tuple[np.ndarray, ...]


def extent(polygons: Polygons) -> tuple[int, int, int, int]:
    """First column, first row, width and height, in pixels, of outlines whose vertices are rounded as `coco.fill` does."""
    vertices = np.rint(np.concatenate(polygons)).astype(int)
    low, high = vertices.min(0), vertices.max(0)
    return int(low[0]), int(low[1]), int(high[0] - low[0] + 1), int(high[1] - low[1] + 1)


def window_size(sizes: list[int], *, size: int, larger: str) -> int:
    """The side of the windows of all pairs: `size`, or with ``larger="grow"`` what the largest of `sizes` needs."""
    largest = max(sizes, default=0)
    return size if larger == "scale" or largest <= size else math.ceil(largest / 32) * 32


def cut(picture: np.ndarray, polygons: Polygons, size: int) -> tuple[np.ndarray, np.ndarray, float]:
    """A window of a picture with one cell in its middle, at the picture's own resolution where the cell fits.

    Parameters
    ----------
    picture : ndarray of uint8, shape (height, width, 3)
        RGB.
    polygons : tuple of ndarray, shape (n, 2)
        Outline(s) of the cell, (x, y) in pixels of the picture.
    size : int
        Side of the window in pixels.

    Returns
    -------
    ndarray of uint8, shape (size, size, 3)
        The picture, black outside its frame.
    ndarray of bool, shape (size, size)
        The cell.
    float
        1.0, or the factor below 1 by which a cell larger than the window was scaled.
    """
    x, y, width, height = extent(polygons)
    scale = min(1.0, (size - 2) / max(width, height)) if max(width, height) > size else 1.0
    if scale < 1.0:
        picture = cv2.resize(picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
        # Pixel centres: the corner of pixel 0 lies at -0.5.
        polygons = tuple((polygon + 0.5) * scale - 0.5 for polygon in polygons)
        x, y, width, height = extent(polygons)
    left, top = x - (size - width) // 2, y - (size - height) // 2
    mask = coco.fill([polygon - (left, top) for polygon in polygons], (size, size))
    window = np.zeros((size, size, 3), np.uint8)
    rows = slice(max(top, 0), min(top + size, picture.shape[0]))
    columns = slice(max(left, 0), min(left + size, picture.shape[1]))
    inside = (slice(rows.start - top, rows.stop - top), slice(columns.start - left, columns.stop - left))
    window[inside] = picture[rows, columns]
    # An outline may lie a rounded pixel outside its picture, where there is nothing to see.
    seen = np.zeros_like(mask)
    seen[inside] = True
    return window, mask & seen, scale


def pair(window: np.ndarray, mask: np.ndarray, colour: tuple[int, int, int]) -> np.ndarray:
    """The cell on black, left, and its mask filled with `colour` on black, right; uint8 (size, 2 · size, 3)."""
    real = np.where(mask[..., None], window, 0)
    label = np.where(mask[..., None], np.array(colour, np.uint8), 0)
    return np.concatenate([real, label], axis=1).astype(np.uint8)


def pictured(cells: Iterable[Cell]) -> Iterator[tuple[Cell, np.ndarray]]:
    """Cells with their pictures, those of one picture together, so that it is decoded once."""
    path, picture = None, np.zeros((0, 0, 3), np.uint8)
    for cell in sorted(cells, key=lambda cell: (cell.image["id"], cell.id)):
        if cell.path != path:
            path, picture = cell.path, cell.picture()
        yield cell, picture


def categories(types: Iterable[CellType]) -> list[dict]:
    """Types as the index of pairs or windows has them."""
    return [{"id": t.id, "name": t.name, "kind": t.kind, "colour": list(t.colour)} for t in types]


def rank(cell: Cell) -> str:
    """A hash of a cell's picture and outline, by which a limit chooses: the same in every catalogue that has the cell."""
    outline = ";".join(",".join(f"{value:.1f}" for value in polygon.reshape(-1)) for polygon in cell.polygons)
    return hashlib.sha256(f"{cell.image['sha256']}|{outline}".encode()).hexdigest()


def limited(cells: list[Cell], limit: int | None) -> list[Cell]:
    """At most `limit` cells of each type, those of lowest `rank`, in the order given."""
    if limit is None:
        return list(cells)
    chosen: set[int] = set()
    for category_id in sorted({cell.category_id for cell in cells}):
        of_type = sorted((cell for cell in cells if cell.category_id == category_id), key=rank)
        chosen.update(cell.id for cell in of_type[:limit])
    return [cell for cell in cells if cell.id in chosen]
