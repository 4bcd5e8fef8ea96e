"""Distances to nearest neighbours, block by block: memory grows with the number of pictures, not with its square."""

from collections.abc import Iterator

import numpy as np

BLOCK = 512
"""Rows of the distance matrix that are in memory at a time."""


def squared_distances(points: np.ndarray, among: np.ndarray, *, block: int = BLOCK) -> Iterator[tuple[slice, np.ndarray]]:
    """Blocks of rows of the squared Euclidean distances of points (n, d) to others (m, d): their place and float64 (rows, m).

    Either may be of integers; they become float64 block by block, so that many pictures need not be held as such.
    """
    parts = [slice(start, start + 4 * block) for start in range(0, len(among), 4 * block)]
    lengths = np.concatenate([_lengths(among[part].astype(np.float64)) for part in parts])
    for start in range(0, len(points), block):
        rows = slice(start, min(start + block, len(points)))
        some = points[rows].astype(np.float64)
        products = np.concatenate([some @ among[part].astype(np.float64).T for part in parts], axis=1)
        found = _lengths(some)[:, None] + lengths - 2 * products
        yield rows, np.maximum(found, 0, out=found)


def _lengths(points: np.ndarray) -> np.ndarray:
    return np.einsum("ij,ij->i", points, points)


def nearest(points: np.ndarray, among: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The nearest of others (m, d) to each point (n, d): its index, int (n,), and the Euclidean distance, float64 (n,)."""
    index, squared = np.empty(len(points), int), np.empty(len(points))
    for rows, found in squared_distances(points, among):
        index[rows] = found.argmin(1)
        squared[rows] = found.min(1)
    return index, np.sqrt(squared)


def radii(points: np.ndarray, k: int) -> np.ndarray:
    """Squared distance of each point (n, d) to its k-th nearest neighbour among the others, float64 (n,).

    Raises
    ------
    ValueError
        With k or fewer points.
    """
    if len(points) <= k:
        raise ValueError(f"{len(points)} points have no {k}-th neighbour")
    result = np.empty(len(points))
    for rows, found in squared_distances(points, points):
        # A point itself is no neighbour, however the rounding of its distance to itself falls.
        found[np.arange(len(found)), np.arange(rows.start, rows.stop)] = np.inf
        result[rows] = np.partition(found, k - 1, axis=1)[:, k - 1]
    return result
