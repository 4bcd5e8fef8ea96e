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


BLOCK = 512
"""Rows of a kernel matrix that are in memory at a time."""


def cubic(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """The kernel ``(x · y / d + 1)³`` of features (n, d) and (m, d), float64 (n, m); products are of the features' precision."""
    base = (one @ other.T).astype(np.float64) / one.shape[1] + 1
    return base * base * base


def sums(one: np.ndarray, other: np.ndarray, of_one: np.ndarray, of_other: np.ndarray) -> np.ndarray:
    """Sums of the kernel over all pairs of several subsets, from one pass over the kernel matrix, block by block.

    Parameters
    ----------
    one, other : ndarray, shapes (n, d) and (m, d)
    of_one, of_other : ndarray of float, shapes (n, s) and (m, s)
        1 where a picture belongs to a subset, else 0.

    Returns
    -------
    ndarray of float64, shape (s,)
    """
    total = np.zeros(of_one.shape[1])
    for start in range(0, len(one), BLOCK):
        rows = slice(start, start + BLOCK)
        total += ((cubic(one[rows], other) @ of_other) * of_one[rows]).sum(0)
    return total


def discrepancies(one: np.ndarray, other: np.ndarray, of_one: np.ndarray, of_other: np.ndarray) -> np.ndarray:
    """The unbiased squared discrepancy of several subsets: no picture is compared with itself (Gretton et al. 2012, eq. 3).

    Parameters
    ----------
    one, other, of_one, of_other : ndarray
        See `sums`; at least two pictures of each in every subset.

    Returns
    -------
    ndarray of float64, shape (s,)
    """
    within = []
    for features, members in ((one, of_one), (other, of_other)):
        count = members.sum(0)
        base = np.einsum("ij,ij->i", features, features, dtype=np.float64) / features.shape[1] + 1
        within.append((sums(features, features, members, members) - base**3 @ members) / (count * (count - 1)))
    between = sums(one, other, of_one, of_other) / (of_one.sum(0) * of_other.sum(0))
    return within[0] + within[1] - 2 * between


def unbiased(one: np.ndarray, other: np.ndarray) -> float:
    """`discrepancies` of two whole sets of features, (n, d) and (m, d)."""
    if min(len(one), len(other)) < 2:
        raise ValueError(f"the unbiased estimate needs at least two pictures of each set, got {len(one)} and {len(other)}")
    return float(discrepancies(one, other, np.ones((len(one), 1)), np.ones((len(other), 1)))[0])


def between(one: np.ndarray, other: np.ndarray, rng: np.random.Generator, *, subsets: int, size: int) -> KernelDistance | None:
    """The kernel distance with its spread over subsets drawn without replacement.

    Parameters
    ----------
    one, other : ndarray, shapes (n, d) and (m, d)
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
    size = min(size, len(one) // 2, len(other) // 2)
    if size < 2:
        return None
    members = [np.zeros((len(features), subsets)) for features in (one, other)]
    for subset in range(subsets):
        for of_set in members:
            of_set[rng.choice(len(of_set), size, replace=False), subset] = 1
    found = discrepancies(one, other, *members)
    return KernelDistance(float(found.mean()), float(found.std()), size)
