"""Kernel distance (KID): unbiased squared maximum mean discrepancy with a cubic kernel (Bińkowski et al. 2018)."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class KernelDistance:
    """A kernel distance over random subsets.

    Parameters
    ----------
    mean, spread : float
        Mean and standard deviation over the subsets; the mean may be below 0, since it is unbiased.
    size : int
        Pictures of each set in a subset.
    """

    mean: float
    spread: float
    size: int


def cubic(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """The kernel ``(x · y / d + 1)³`` of features (n, d) and (m, d): float64 (n, m)."""
    return (np.asarray(one, np.float64) @ np.asarray(other, np.float64).T / one.shape[1] + 1) ** 3


def unbiased(features1: np.ndarray, features2: np.ndarray) -> float:
    """The unbiased estimate of the squared discrepancy: no picture is compared with itself (Gretton et al. 2012, eq. 3).

    Parameters
    ----------
    features1, features2 : ndarray, shapes (n, d) and (m, d)
        At least two pictures each.
    """
    n, m = len(features1), len(features2)
    if min(n, m) < 2:
        raise ValueError(f"the unbiased estimate needs at least two pictures of each set, got {n} and {m}")
    within1, within2 = cubic(features1, features1), cubic(features2, features2)
    first = (within1.sum() - np.trace(within1)) / (n * (n - 1))
    second = (within2.sum() - np.trace(within2)) / (m * (m - 1))
    return float(first + second - 2 * cubic(features1, features2).mean())


def between(
    features1: np.ndarray, features2: np.ndarray, rng: np.random.Generator, *, subsets: int, size: int
) -> KernelDistance | None:
    """The kernel distance with its spread over subsets drawn without replacement.

    Parameters
    ----------
    features1, features2 : ndarray, shapes (n, d) and (m, d)
    rng : Generator
        Draws the subsets.
    subsets : int
    size : int
        Pictures of each set in a subset; at most half of the smaller set is taken, so that the subsets differ.

    Returns
    -------
    KernelDistance or None
        None where a set has fewer than four pictures.
    """
    n, m = len(features1), len(features2)
    size = min(size, n // 2, m // 2)
    if size < 2:
        return None
    found = [
        unbiased(features1[rng.choice(n, size, replace=False)], features2[rng.choice(m, size, replace=False)])
        for _ in range(subsets)
    ]
    return KernelDistance(float(np.mean(found)), float(np.std(found)), size)
