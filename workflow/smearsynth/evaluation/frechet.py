"""Fréchet distance of two sets of features, each taken for a Gaussian (Heusel et al. 2017, eq. 6)."""

import numpy as np
from scipy import linalg

ENOUGH = 2048
"""Pictures from which on the distance is printed without a warning: with fewer, its bias is of the size of what it measures."""


def gaussian(features: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Mean (d,) and covariance (d, d; divided by n − 1) of features (n, d), n at least 2; float64."""
    if len(features) < 2:
        raise ValueError(f"a covariance needs at least two pictures, got {len(features)}")
    values = np.asarray(features, np.float64)
    mean = values.mean(0)
    centred = values - mean
    return mean, centred.T @ centred / (len(values) - 1)


def distance(mean1: np.ndarray, covariance1: np.ndarray, mean2: np.ndarray, covariance2: np.ndarray) -> float:
    """Squared Fréchet distance of two Gaussians: ``|m1 − m2|² + tr(C1 + C2 − 2 (C1 C2)^½)``.

    The trace of the root is the sum of the roots of the eigenvalues of ``C1^½ C2 C1^½``, which is symmetric. That takes two
    symmetric eigenvalue problems instead of ``scipy.linalg.sqrtm``'s Schur form of an unsymmetric product: faster, and real
    by itself where a covariance is singular, as with fewer pictures than features.

    Parameters
    ----------
    mean1, mean2 : ndarray, shape (d,)
    covariance1, covariance2 : ndarray, shape (d, d)
        Symmetric, no negative eigenvalues.

    Returns
    -------
    float
        0 or more, in squared units of the features.
    """
    values, vectors = linalg.eigh(covariance1)
    root = vectors * np.sqrt(np.clip(values, 0, None))
    product = linalg.eigvalsh(root.T @ covariance2 @ root)
    trace = np.sqrt(np.clip(product, 0, None)).sum()
    apart = mean1 - mean2
    return max(0.0, float(apart @ apart + np.trace(covariance1) + np.trace(covariance2) - 2 * trace))


def between(features1: np.ndarray, features2: np.ndarray) -> float:
    """`distance` of the Gaussians of two sets of features (n, d) and (m, d)."""
    return distance(*gaussian(features1), *gaussian(features2))


def warning(count: int) -> str | None:
    """What has to stand beside a distance of so many pictures in the smaller set; None where they are enough."""
    return f"n = {count} below {ENOUGH}: biased upwards, compare rows of equal n only" if count < ENOUGH else None
