"""What fills a cell: smooth noise, chromatin, granules. All lengths in µm, `step` in µm per pixel."""

import cv2
import numpy as np
from scipy.special import ndtri


def noise(rng: np.random.Generator, shape: tuple[int, int], sigma: float) -> np.ndarray:
    """Gaussian noise (height, width), float32, mean 0 and standard deviation 1, smoothed over `sigma` pixels."""
    # Coarse noise is drawn on a coarse grid: same look, a fraction of the work.
    factor = max(1, int(sigma / 2.5))
    small = (shape[0] // factor + 2, shape[1] // factor + 2)
    field: np.ndarray = rng.standard_normal(small, dtype=np.float32)
    if sigma > 0.3:
        field = cv2.GaussianBlur(field, (0, 0), sigma / factor, borderType=cv2.BORDER_REFLECT)
        # White noise smoothed by a Gaussian has standard deviation 1 / (2 sqrt(pi) sigma).
        field *= max(1.0, 2 * np.sqrt(np.pi) * sigma / factor)
    if factor > 1:
        field = cv2.resize(field, (small[1] * factor, small[0] * factor), interpolation=cv2.INTER_CUBIC)
    return field[: shape[0], : shape[1]]


def flecks(
    rng: np.random.Generator, shape: tuple[int, int], *, size: float, share: float, sharpness: float, step: float
) -> np.ndarray:
    """A field in [0, 1] with light flecks of about `size` µm on about `share` of the area: the gaps between chromatin.

    Fine flecks are gathered by a coarser pattern, which leaves clumps between them; high `sharpness` gives hard edges.
    """
    fine = noise(rng, shape, size / step) - 0.5 * noise(rng, shape, 2.2 * size / step)
    clumps = noise(rng, shape, 4 * size / step)
    value = (fine + 0.45 * clumps) / np.sqrt(1 + 0.25 + 0.2)
    return 1 / (1 + np.exp(-sharpness * (value - ndtri(1 - share))))


def granules(
    rng: np.random.Generator, where: np.ndarray, *, radius: tuple[float, float], density: float, step: float
) -> np.ndarray:
    """Coverage in [0, 1] (n, n) by round granules.

    Parameters
    ----------
    where : ndarray (n, n), float
        Relative density of the granules, 1 where there are `density` of them per µm².
    radius : (float, float)
        Least and greatest radius, µm.
    density : float
        Granules per µm².
    step : float
        µm per pixel.
    """
    cover = np.zeros(where.shape, np.float32)
    classes = np.linspace(*radius, 3) * rng.uniform(0.8, 1.15) / step
    for size in classes:
        seeds = rng.random(where.shape, dtype=np.float32) < where * (density / len(classes) * step**2)
        strength = rng.uniform(0.55, 1.0, np.count_nonzero(seeds) + 1).astype(np.float32)
        away, nearest = cv2.distanceTransformWithLabels(
            (~seeds).astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_5, labelType=cv2.DIST_LABEL_PIXEL
        )
        # A granule is thickest in its middle: packed ones show seams between them.
        dome = 0.6 + 0.4 * np.sqrt(np.maximum(0, 1 - (away / (size + 0.5)) ** 2))
        cover = np.maximum(cover, np.clip(size + 0.5 - away, 0, 1) * dome * strength[nearest])
    return cover
