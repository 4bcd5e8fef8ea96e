"""The light between the cells of a real picture: its colour, and how it falls off across the picture."""

import cv2
import numpy as np

LEAST = 0.01
"""The light's peak of the histogram holds at least this share of the picture."""


def clear(picture: np.ndarray, *, spread: float = 8.0) -> np.ndarray:
    """The pixels that nothing covers: those near the brightest peak of the green channel, where stain absorbs most.

    Parameters
    ----------
    picture : ndarray of uint8, shape (height, width, 3)
        RGB.
    spread : float
        Largest distance from the peak in grey levels.

    Returns
    -------
    ndarray of bool, shape (height, width)
    """
    green = cv2.GaussianBlur(picture[..., 1], (0, 0), 1.5)
    histogram = np.bincount(green.ravel(), minlength=256).astype(float)
    smooth = np.convolve(histogram, np.ones(7) / 7, "same")
    mass = np.convolve(histogram, np.ones(13), "same")
    peaks = (smooth >= np.roll(smooth, 1)) & (smooth >= np.roll(smooth, -1)) & (mass >= LEAST * green.size)
    level = int(np.flatnonzero(peaks)[-1]) if peaks.any() else int(smooth.argmax())
    return np.abs(green.astype(float) - level) <= spread


def colour(picture: np.ndarray) -> np.ndarray:
    """The colour of the light between the cells: RGB, float in [1, 255], shape (3,)."""
    return np.maximum(np.median(picture[clear(picture)].astype(float), axis=0), 1.0)


def plane(picture: np.ndarray) -> np.ndarray:
    """How the light falls off: a plane through the clear pixels, relative to its mean.

    Parameters
    ----------
    picture : ndarray of uint8, shape (height, width, 3)

    Returns
    -------
    ndarray, shape (2, 3)
        Relative change per pixel along y and x, for each channel.
    """
    rows, columns = np.nonzero(clear(picture, spread=16.0))
    values = picture[rows, columns].astype(float)
    design = np.column_stack([np.ones(len(rows)), rows - picture.shape[0] / 2, columns - picture.shape[1] / 2])
    fitted, *_ = np.linalg.lstsq(design, values, rcond=None)
    return fitted[1:] / np.maximum(fitted[0], 1.0)
