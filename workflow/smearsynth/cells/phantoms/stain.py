"""Colours of a stained smear: what a dye takes from the light, as optical density per colour channel."""

import numpy as np

LIGHT = (253.0, 227.0, 201.0)
"""Colour of the empty smear to which the colours of `morphology` belong, RGB in [0, 255]."""


def density(colour: tuple[float, float, float]) -> np.ndarray:
    """Optical density (3,) of a colour seen against `LIGHT`; Beer and Lambert: densities of layers add."""
    return -np.log(np.maximum(np.asarray(colour, np.float32), 1) / np.asarray(LIGHT, np.float32))


def mix(first: tuple[float, float, float], second: tuple[float, float, float], share: float) -> np.ndarray:
    """Optical density between two colours, `share` in [0, 1] of the second."""
    return density(first) * (1 - share) + density(second) * share


def staining(rng: np.random.Generator) -> np.ndarray:
    """How a picture's stain differs: a matrix (3, 3) on optical densities, near the identity."""
    strength = rng.normal(1.0, 0.06)
    tint = rng.normal(0, 0.03, 3)
    return (np.diag(strength * (1 + tint)) + rng.normal(0, 0.01, (3, 3))).astype(np.float32)
