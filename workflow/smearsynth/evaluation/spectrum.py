"""Traces of a checkerboard: peaks of the power spectrum at the frequencies of the up-sampling (Odena et al. 2016)."""

from collections.abc import Sequence

import cv2
import numpy as np


def fine_structure(picture: np.ndarray, mask: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Chromatin, granules and grain of a cell, without its shading and its outline.

    The cell is made grey, a blurred copy of itself (3 pixels, within the mask) is taken off, and the rest is faded out over
    a few pixels towards the outline.

    Parameters
    ----------
    picture : ndarray of uint8, shape (size, size, 3)
    mask : ndarray of bool, shape (size, size)

    Returns
    -------
    fine : ndarray of float64, shape (size, size)
        In grey levels, around 0.
    fade : ndarray of float64, shape (size, size)
        The weight of each pixel, in [0, 1].
    """
    grey = picture.astype(float).mean(2)
    inside = mask.astype(float)
    share = cv2.GaussianBlur(inside, (0, 0), 3) + 1e-9
    smooth = cv2.GaussianBlur(grey * inside, (0, 0), 3) / share
    distance = cv2.distanceTransform(np.pad(mask.astype(np.uint8), 1), cv2.DIST_L2, 5)[1:-1, 1:-1]
    fade = np.clip((distance - 3) / 6, 0, 1)
    fade = fade * fade * (3 - 2 * fade)
    return (grey - smooth) * fade, fade


def texture(picture: np.ndarray, mask: np.ndarray) -> float | None:
    """Standard deviation of the fine structure in grey levels: low for a blurred cell. None for a cell without an inside."""
    fine, fade = fine_structure(picture, mask)
    weight = float((fade**2).sum())
    return float(np.sqrt((fine**2).sum() / weight)) if weight else None


def power(picture: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """The power spectrum of a cell's fine structure.

    Parameters
    ----------
    picture : ndarray of uint8, shape (size, size, 3)
    mask : ndarray of bool, shape (size, size)

    Returns
    -------
    ndarray of float64, shape (size, size)
        With frequency 0 at ``[0, 0]``; the sum is the same for every cell (the picture is scaled to a sum of squares of 1),
        but 0 for a flat cell.
    """
    fine, fade = fine_structure(picture, mask)
    total = float((fine**2).sum())
    if total <= 1e-6 * float((fade**2).sum()):
        return np.zeros_like(fine)
    return np.abs(np.fft.fft2(fine)) ** 2 / total


def peak(spectrum: np.ndarray, period: int) -> float | None:
    """How far the power at a period stands out from the power at neighbouring frequencies.

    Parameters
    ----------
    spectrum : ndarray, shape (size, size)
        Mean of `power` over cells.
    period : int
        In pixels; `size` is a multiple of it. The frequency ``1/period`` is looked at along rows, along columns and along both.

    Returns
    -------
    float or None
        The largest of the three ratios of the power at the frequency to the median at a distance of 3 to 6 bins; 1 where nothing
        stands out, None where the spectrum has no power at all.
    """
    size = spectrum.shape[0]
    if size % period:
        raise ValueError(f"a size of {size} pixels is no multiple of the period {period}")
    bin_ = size // period
    ratios = []
    for row, column in ((bin_, 0), (0, bin_), (bin_, bin_)):
        rows, columns = np.meshgrid(np.arange(-6, 7), np.arange(-6, 7), indexing="ij")
        ring = np.maximum(abs(rows), abs(columns)) >= 3
        around = spectrum[(row + rows[ring]) % size, (column + columns[ring]) % size]
        median = float(np.median(around))
        if median > 0:
            ratios.append(float(spectrum[row, column]) / median)
    return max(ratios) if ratios else None


def mean_power(pictures: Sequence[np.ndarray], masks: Sequence[np.ndarray]) -> np.ndarray:
    """The mean of `power` over cells of one size."""
    return np.mean([power(picture, mask) for picture, mask in zip(pictures, masks, strict=True)], axis=0)
