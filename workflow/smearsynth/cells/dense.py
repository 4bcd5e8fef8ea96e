"""The dense region of a cell, as its own colours tell: the nucleus of a white cell, the rim of a red one."""

import cv2
import numpy as np

CONTRAST = 18.0
"""Least difference of the means of the green channel between dense region and rest, in grey levels of 255."""


def dense(picture: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """The darker of the two classes that Otsu's threshold on the smoothed green channel parts a cell into.

    Parameters
    ----------
    picture : ndarray of uint8, shape (height, width, 3)
        RGB.
    mask : ndarray of bool, shape (height, width)
        The cell.

    Returns
    -------
    ndarray of bool, shape (height, width)
        Empty where the classes differ by less than `CONTRAST`.
    """
    nothing = np.zeros_like(mask)
    if np.count_nonzero(mask) < 32:
        return nothing
    # Smoothed inside the cell only: the black around it must not darken its border.
    sigma = max(1.0, 0.02 * np.sqrt(np.count_nonzero(mask)))
    weight = cv2.GaussianBlur(mask.astype(np.float32), (0, 0), sigma)
    green = cv2.GaussianBlur(np.where(mask, picture[..., 1], 0).astype(np.float32), (0, 0), sigma) / np.maximum(weight, 1e-3)
    values = np.clip(green[mask], 0, 255).astype(np.uint8)
    threshold, _ = cv2.threshold(values.reshape(1, -1), 0, 255, cv2.THRESH_BINARY + cv2.THRESH_OTSU)
    low = values <= threshold
    if low.all() or not low.any() or values[~low].mean() - values[low].mean() < CONTRAST:
        return nothing
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (3, 3))
    region = (mask & (green <= threshold)).astype(np.uint8)
    region = cv2.morphologyEx(cv2.morphologyEx(region, cv2.MORPH_OPEN, kernel), cv2.MORPH_CLOSE, kernel)
    return region.astype(bool) & mask
