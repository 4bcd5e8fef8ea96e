"""Smooth outlines: the staircase of a traced mask rotates and scales badly."""

import numpy as np
from scipy import ndimage


def smooth(polygon: np.ndarray, sigma: float) -> np.ndarray:
    """Smooth a closed outline along its length and keep the area that it encloses.

    Parameters
    ----------
    polygon : ndarray, shape (n, 2)
        Vertices (x, y) in pixels, the first not repeated.
    sigma : float
        Standard deviation of the Gaussian along the outline, in pixels; 0 returns the outline as it is.

    Returns
    -------
    ndarray, shape (m, 2)
        A vertex about every pixel.
    """
    area = enclosed(polygon)
    if sigma <= 0 or abs(area) < 9:
        return polygon
    closed = np.vstack([polygon, polygon[:1]])
    length = np.concatenate([[0], np.cumsum(np.hypot(*np.diff(closed, axis=0).T))])
    count = max(8, round(length[-1]))
    at = np.arange(count) * length[-1] / count
    even = np.column_stack([np.interp(at, length, closed[:, i]) for i in (0, 1)])
    curve = ndimage.gaussian_filter1d(even, sigma * count / length[-1], axis=0, mode="wrap")
    # Smoothing pulls an outline inwards; scaling about the middle gives the area back.
    middle = curve.mean(0)
    return middle + (curve - middle) * np.sqrt(area / enclosed(curve))


def enclosed(polygon: np.ndarray) -> float:
    """Signed area of a polygon, in square pixels."""
    x, y = polygon.T
    return 0.5 * float(np.dot(x, np.roll(y, -1)) - np.dot(y, np.roll(x, -1)))
