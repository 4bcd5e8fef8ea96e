"""Balancing a set of cells (Hazra et al. 2022, "in the future"): frequent types are thinned of their look-alikes."""

import cv2
import numpy as np

SIDE = 16
"""Side in pixels at which two pictures are compared: coarse, so that noise and focus count for little."""


def distances(pixels: np.ndarray) -> np.ndarray:
    """How unlike each two pictures are, whichever way up and however mirrored a cell lies.

    Parameters
    ----------
    pixels : ndarray of uint8, shape (n, size, size, 3)

    Returns
    -------
    ndarray of float32, shape (n, n)
        Root mean square difference in grey levels at `SIDE` pixels, the least over the eight turns and mirrorings of
        one of the two; infinite on the diagonal.
    """
    small = np.stack([cv2.resize(picture, (SIDE, SIDE), interpolation=cv2.INTER_AREA) for picture in pixels]).astype(np.float32)
    flat = small.reshape(len(small), -1)
    squares = (flat**2).sum(1)
    best = np.full((len(flat), len(flat)), np.inf, np.float32)
    for turns in range(4):
        turned = np.rot90(small, turns, (1, 2))
        for one in (turned, turned[:, :, ::-1]):
            product = flat @ one.reshape(len(small), -1).T
            np.minimum(best, squares[:, None] + squares[None] - 2 * product, out=best)
    best = np.sqrt(np.maximum(np.minimum(best, best.T), 0) / flat.shape[1])
    np.fill_diagonal(best, np.inf)
    return best


def thinned(pixels: np.ndarray, count: int) -> np.ndarray:
    """Leave out look-alikes until `count` pictures are left.

    Again and again the two most alike are found, and the one of them goes whose next nearest is nearer too: what is rare
    among the cells of a type stays, and what is there many times is thinned first.

    Parameters
    ----------
    pixels : ndarray of uint8, shape (n, size, size, 3)
        Cells of one type.
    count : int
        How many stay; all if there are no more.

    Returns
    -------
    ndarray of int, shape (min(n, count),)
        Indices of those that stay, ascending.
    """
    kept = np.ones(len(pixels), bool)
    if count >= len(pixels):
        return np.flatnonzero(kept)
    apart = distances(pixels)
    nearest = apart.argmin(1)
    for _ in range(len(pixels) - count):
        closest = np.where(kept, apart[np.arange(len(apart)), nearest], np.inf)
        first = int(closest.argmin())
        second = int(nearest[first])
        gone = first if _second(apart[first]) <= _second(apart[second]) else second
        kept[gone] = False
        apart[gone] = apart[:, gone] = np.inf
        for other in np.flatnonzero(kept & (nearest == gone)):
            nearest[other] = apart[other].argmin()
    return np.flatnonzero(kept)


def _second(row: np.ndarray) -> float:
    """The second smallest value."""
    return float(np.partition(row, 1)[1]) if len(row) > 1 else float("inf")
