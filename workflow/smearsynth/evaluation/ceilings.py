"""Deliberately bad cells: what a metric says of them is the bad end of its scale."""

import cv2
import numpy as np

from smearsynth import seeds

CEILINGS = ("noise", "blurred", "mean")
"""Ways to spoil real cells."""


def spoil(pixels: np.ndarray, how: str, *, seed: int) -> np.ndarray:
    """Spoil real cells.

    Parameters
    ----------
    pixels : ndarray of uint8, shape (n, size, size, 3)
    how : str
        ``noise``: every value drawn from 0 to 255; ``blurred``: a Gaussian of an eighth of the side, which leaves a smudge of the
        cell's colour; ``mean``: every picture is the mean of all, the collapse of a generator to one cell.
    seed : int
        Of the noise; picture i draws from (seed, i).

    Returns
    -------
    ndarray of uint8, shape (n, size, size, 3)
    """
    if how == "noise":
        draw = (seeds.rng(seed, "evaluation", "noise", i) for i in range(len(pixels)))
        return np.stack([rng.integers(256, size=pixels.shape[1:], dtype=np.uint8) for rng in draw])
    if how == "blurred":
        return np.stack([cv2.GaussianBlur(picture, (0, 0), pixels.shape[1] / 8) for picture in pixels])
    if how == "mean":
        mean = np.rint(pixels.mean(0, dtype=np.float64)).astype(np.uint8)
        return np.repeat(mean[None], len(pixels), 0)
    raise ValueError(f"no way to spoil cells is called {how!r}")
