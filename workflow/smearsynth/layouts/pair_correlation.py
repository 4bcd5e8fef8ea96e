"""Pair correlation of points: how much more often two of them lie at a distance than chance alone would bring about."""

import numpy as np
from scipy.fft import irfft2, next_fast_len, rfft2
from scipy.spatial import cKDTree

GRID = 512
"""Sides of the grid on which a window's covariance is taken, at most."""


def pairs(centres: np.ndarray, window: np.ndarray, edges: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Pairs of points by distance, beside those expected of as many points that lie anywhere in the window by chance.

    Their ratio is the pair correlation g, corrected for the window's edges. Both may be summed over windows before.

    Parameters
    ----------
    centres : ndarray, shape (n, 2)
        (x, y) in pixels; points outside of the window do not count.
    window : ndarray of bool, shape (height, width)
        Where points are seen; of any form.
    edges : ndarray, shape (k + 1,)
        Of the bins of distance, in pixels, growing.

    Returns
    -------
    observed, expected : ndarray, shape (k,)
        Each pair counts once.
    """
    columns, rows = np.rint(np.asarray(centres, float).reshape(-1, 2)).astype(int).T
    inside = (rows >= 0) & (rows < window.shape[0]) & (columns >= 0) & (columns < window.shape[1])
    inside[inside] = window[rows[inside], columns[inside]]
    points = np.asarray(centres, float).reshape(-1, 2)[inside]
    count = len(points)
    if count < 2:
        return np.zeros(len(edges) - 1), np.zeros(len(edges) - 1)
    first, second = cKDTree(points).query_pairs(edges[-1], output_type="ndarray").T
    observed = np.histogram(np.linalg.norm(points[first] - points[second], axis=1), edges)[0].astype(float)
    return observed, count * (count - 1) / 2 * shares(window, edges)


def shares(window: np.ndarray, edges: np.ndarray) -> np.ndarray:
    """The probability that two points anywhere in a window lie at a distance of each bin, shape (k,).

    It is the integral of the window's covariance (the area that it shares with itself moved by a distance, in the mean over
    directions) over the ring of that bin, over the squared area of the window.
    """
    step = max(1, -(-max(window.shape) // GRID))
    coarse = _means(window.astype(np.float32), step)
    # Wide enough for every ring to lie in it whole, whatever the window's form.
    reach = int(np.ceil(edges[-1] / step)) + 1
    sides = [next_fast_len(2 * max(side, reach), real=True) for side in coarse.shape]
    covariance = irfft2(np.abs(rfft2(coarse, sides)) ** 2, sides)
    away = [np.minimum(np.arange(side), side - np.arange(side)) for side in sides]
    distance = step * np.hypot(away[0][:, None], away[1])
    # The mean over the places of a ring times its true area: places on a grid are not evenly many in narrow rings.
    bins = np.digitize(distance.ravel(), edges) - 1
    kept = (bins >= 0) & (bins < len(edges) - 1)
    weights = np.bincount(bins[kept], covariance.ravel()[kept], len(edges) - 1)
    number = np.bincount(bins[kept], minlength=len(edges) - 1)
    # A ring too narrow for a place of the grid is given the mean of its neighbours.
    middle, known = (edges[1:] + edges[:-1]) / 2, number > 0
    mean = np.interp(middle, middle[known], weights[known] / number[known])
    return mean * np.pi * np.diff(edges**2) / (step * coarse.sum()) ** 2


def _means(values: np.ndarray, step: int) -> np.ndarray:
    """Means of blocks of `step` pixels; what is missing at the far sides counts as 0."""
    height, width = (-(-side // step) * step for side in values.shape)
    padded = np.zeros((height, width), np.float32)
    padded[: values.shape[0], : values.shape[1]] = values
    return padded.reshape(height // step, step, width // step, step).mean((1, 3))
