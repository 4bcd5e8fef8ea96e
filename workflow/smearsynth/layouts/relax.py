"""Discs pushed apart until none comes too near another: a random arrangement, not a lattice."""

from dataclasses import dataclass

import numpy as np
from scipy.optimize import brentq
from scipy.spatial import cKDTree


@dataclass(frozen=True)
class Bonds:
    """Pairs of discs that keep a distance: they are drawn together where they are farther apart, and pushed where nearer.

    Parameters
    ----------
    first, second : ndarray of int, shape (m,)
        Indices of the discs.
    lengths : ndarray, shape (m,)
        Distances of their centres in pixels.
    """

    first: np.ndarray
    second: np.ndarray
    lengths: np.ndarray


NO_BONDS = Bonds(np.zeros(0, int), np.zeros(0, int), np.zeros(0))


def spread(
    positions: np.ndarray,
    radii: np.ndarray,
    low: np.ndarray,
    high: np.ndarray,
    *,
    gap: float,
    closeness: np.ndarray | float = 1.0,
    bonds: Bonds = NO_BONDS,
    iterations: int = 400,
) -> np.ndarray:
    """Move discs as little as needed.

    Two discs that are nearer than ``c · (r1 + r2) + gap``, with c the smaller of their `closeness`, move apart along
    the line between them, the smaller one farther; discs that already are far enough stay where chance put them.

    Parameters
    ----------
    positions : ndarray, shape (n, 2)
        (x, y) of the centres.
    radii : ndarray, shape (n,)
        In pixels.
    low, high : ndarray, shape (n, 2)
        Where each centre may lie.
    gap : float
        Free distance in pixels.
    closeness : float or ndarray, shape (n,)
        1 for discs that may only touch; see `closeness_of` for overlap.
    bonds : Bonds
        Pairs that keep their own distance instead.
    iterations : int
        At most so many rounds.

    Returns
    -------
    ndarray, shape (n, 2)
        The new centres. Some discs may still be too near where there is no room.
    """
    positions = np.clip(positions, low, high)
    if len(positions) < 2:
        return positions
    weight = radii**2
    closeness = np.broadcast_to(closeness, radii.shape)
    reach = 2 * closeness.max() * radii.max() + gap
    bonded = np.minimum(bonds.first, bonds.second) * len(positions) + np.maximum(bonds.first, bonds.second)
    for _ in range(iterations):
        first, second = cKDTree(positions).query_pairs(reach, output_type="ndarray").T
        if len(bonded):
            free = ~np.isin(first * len(positions) + second, bonded)
            first, second = np.concatenate([first[free], bonds.first]), np.concatenate([second[free], bonds.second])
        apart = positions[second] - positions[first]
        distance = np.maximum(np.hypot(apart[:, 0], apart[:, 1]), 1e-6)
        lack = np.minimum(closeness[first], closeness[second]) * (radii[first] + radii[second]) + gap - distance
        near = lack > 0
        if len(bonded):
            lack[-len(bonded) :] = bonds.lengths - distance[-len(bonded) :]
            near[-len(bonded) :] = True
        if not near.any() or np.abs(lack[near]).max() < 0.25:
            break
        first, second, lack = first[near], second[near], lack[near]
        # A little farther than needed, for a pair rarely moves alone.
        push = (1.1 * lack / distance[near])[:, None] * apart[near]
        share = (weight[second] / (weight[first] + weight[second]))[:, None]
        move = np.zeros_like(positions)
        for axis in (0, 1):
            move[:, axis] -= np.bincount(first, (push * share)[:, axis], len(positions))
            move[:, axis] += np.bincount(second, (push * (1 - share))[:, axis], len(positions))
        # Pushes from several sides add up; longer steps than the gap itself would make the arrangement oscillate.
        length = np.maximum(np.hypot(move[:, 0], move[:, 1]), 1e-9)
        positions = np.clip(positions + move * np.minimum(1, 0.5 * radii / length)[:, None], low, high)
    return positions


def closeness_of(overlap: float) -> float:
    """Distance of two equal discs, in diameters, at which they share the part `overlap` of their area."""
    if overlap <= 0:
        return 1.0
    return float(brentq(lambda d: (2 * np.arccos(d) - 2 * d * np.sqrt(1 - d * d)) / np.pi - overlap, 0, 1))
