"""How alike two pictures of the same place are, inside a mask: L1, L2, PSNR and SSIM. Only for paired pictures."""

from dataclasses import dataclass

import numpy as np

MARGIN, REACH = 11, 5
"""Pixels around a mask within which SSIM is computed, and how far its window reaches."""


@dataclass(frozen=True)
class Similarity:
    """Agreement of two pictures inside a mask.

    Parameters
    ----------
    l1 : float
        Mean absolute difference over pixels and channels, in [0, 1] of the full range.
    l2 : float
        Mean squared difference, in [0, 1] of the squared full range (Hazra et al. 2022, eq. 10, as a mean).
    psnr : float
        Peak signal-to-noise ratio in dB, ``-10 log10(l2)``; infinite for equal pictures.
    ssim : float
        Mean of the structural similarity of Wang et al. (2004), Gaussian window of 1.5 pixels, in [-1, 1]. As in scikit-image
        pixels whose window reaches beyond the picture do not count, unless the mask has no others.
    """

    l1: float
    l2: float
    psnr: float
    ssim: float


def compare(one: np.ndarray, other: np.ndarray, mask: np.ndarray) -> Similarity:
    """Compare two pictures inside a mask.

    Parameters
    ----------
    one, other : ndarray of uint8, shape (height, width, 3)
        At least 11 pixels a side, the width of the window of SSIM.
    mask : ndarray of bool, shape (height, width)
        Not empty.

    Raises
    ------
    ValueError
        If the mask is empty or the shapes differ.
    """
    from skimage.metrics import structural_similarity

    if one.shape != other.shape or one.shape[:2] != mask.shape:
        raise ValueError(f"shapes {one.shape}, {other.shape} and {mask.shape} differ")
    if not mask.any():
        raise ValueError("the mask is empty")
    inside = np.zeros_like(mask)
    inside[REACH:-REACH, REACH:-REACH] = mask[REACH:-REACH, REACH:-REACH]
    counted = inside if inside.any() else mask
    # What lies beyond the window of SSIM around the mask counts nowhere and costs time.
    rows, columns = (np.flatnonzero(mask.any(axis)) for axis in (1, 0))
    near = tuple(slice(max(0, at[0] - MARGIN), at[-1] + 1 + MARGIN) for at in (rows, columns))
    one, other, mask, counted = one[near], other[near], mask[near], counted[near]
    difference = (one[mask].astype(float) - other[mask].astype(float)) / 255
    l2 = float(np.mean(difference**2))
    _, local = structural_similarity(
        one, other, channel_axis=2, data_range=255, gaussian_weights=True, sigma=1.5, use_sample_covariance=False, full=True
    )
    psnr = float("inf") if l2 == 0 else -10 * float(np.log10(l2))
    return Similarity(float(np.mean(np.abs(difference))), l2, psnr, float(local[counted].mean()))
