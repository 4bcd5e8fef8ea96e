"""Precision and recall (Kynkäänniemi et al. 2019), density and coverage (Naeem et al. 2020) on k nearest neighbours."""

from dataclasses import dataclass

import numpy as np

from smearsynth.evaluation.neighbours import radii, squared_distances


@dataclass(frozen=True)
class Manifold:
    """How far two sets of features cover each other. A ball reaches from a picture to its k-th neighbour in its own set.

    Parameters
    ----------
    precision : float
        Share of the synthetic pictures inside a ball of a real one.
    recall : float
        Share of the real pictures inside a ball of a synthetic one.
    density : float
        Real balls around a synthetic picture, over k: 1 on average where the distributions are the same, may exceed 1.
    coverage : float
        Share of the real pictures with a synthetic one in their ball; of the same distribution about 1 − 2^−k at equal numbers.
    """

    precision: float
    recall: float
    density: float
    coverage: float


def between(real: np.ndarray, synthetic: np.ndarray, *, k: int) -> Manifold | None:
    """Compare features of real (n, d) and synthetic pictures (m, d); None where either has k or fewer."""
    if min(len(real), len(synthetic)) <= k:
        return None
    real_radii, synthetic_radii = radii(real, k), radii(synthetic, k)
    around = np.zeros(len(synthetic), int)
    recalled, covered = np.zeros(len(real), bool), np.zeros(len(real), bool)
    for rows, squared in squared_distances(real, synthetic):
        inside = squared < real_radii[rows, None]
        around += inside.sum(0)
        covered[rows] = inside.any(1)
        recalled[rows] = (squared < synthetic_radii).any(1)
    return Manifold(float((around > 0).mean()), float(recalled.mean()), float(around.mean() / k), float(covered.mean()))
