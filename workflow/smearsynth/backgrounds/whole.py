"""Empty smear of any size, without seams or repetition, in the style of one real picture.

The grain is the Gaussian texture that has the mean, the autocorrelation and the correlation between channels of a
real cell-free patch (asymptotic discrete spot noise, Galerne, Gousseau & Morel 2011): white noise convolved with the
patch. No pixel of the patch reappears, so that nothing can repeat and no seam can arise.
"""

from dataclasses import dataclass

import numpy as np
from scipy.ndimage import map_coordinates
from scipy.signal import oaconvolve
from scipy.signal.windows import tukey


@dataclass(frozen=True)
class Style:
    """The light and grain of one picture.

    Parameters
    ----------
    patch : ndarray of uint8, shape (n, m, 3)
        A cell-free part of the picture, RGB.
    colour : ndarray, shape (3,)
        Colour of its light, RGB in [0, 255].
    slope : ndarray, shape (2, 3)
        Relative change of the light per pixel along y and x.
    """

    patch: np.ndarray
    colour: np.ndarray
    slope: np.ndarray


def kernel(patch: np.ndarray) -> np.ndarray:
    """What white noise is convolved with to get the grain of a patch.

    Parameters
    ----------
    patch : ndarray of uint8, shape (n, m, 3)

    Returns
    -------
    ndarray of float32, shape (n, m, 3)
        In grey levels; its sum of squares is the grain's variance, its autocorrelation the grain's.
    """
    values = patch.astype(float)
    # The patch's own slope is light, not grain.
    y, x = np.mgrid[: patch.shape[0], : patch.shape[1]]
    design = np.column_stack([np.ones(x.size), y.ravel(), x.ravel()])
    flat = values.reshape(-1, 3)
    rest = (flat - design @ np.linalg.lstsq(design, flat, rcond=None)[0]).reshape(values.shape)
    # Without a soft edge the patch's border would ring in the grain; the factor keeps the variance.
    soft = np.sqrt(np.outer(tukey(patch.shape[0], 0.5), tukey(patch.shape[1], 0.5)))
    rest *= (soft / np.sqrt((soft**2).sum()))[..., None]
    return rest.astype(np.float32)


def grain(patch: np.ndarray, shape: tuple[int, int], rng: np.random.Generator) -> np.ndarray:
    """Stationary grain in the manner of a patch.

    Parameters
    ----------
    patch : ndarray of uint8, shape (n, m, 3)
    shape : (height, width)
    rng : Generator

    Returns
    -------
    ndarray of float32, shape (height, width, 3)
        Differences from the mean in grey levels.
    """
    spot = kernel(patch)
    # One noise for the three channels: that is what keeps their correlation.
    noise = rng.standard_normal((shape[0] + spot.shape[0] - 1, shape[1] + spot.shape[1] - 1), dtype=np.float32)
    result = np.empty((*shape, 3), np.float32)
    for channel in range(3):
        result[..., channel] = oaconvolve(noise, spot[..., channel], mode="valid")
    return result


def illumination(slope: np.ndarray, shape: tuple[int, int], rng: np.random.Generator, *, cell: int = 512) -> np.ndarray:
    """A smooth, slowly varying field of light whose slopes are as steep as `slope`.

    Parameters
    ----------
    slope : ndarray, shape (2, 3)
        Relative change per pixel along y and x, per channel.
    shape : (height, width)
    rng : Generator
    cell : int
        Distance in pixels over which the light turns.

    Returns
    -------
    ndarray of float32, shape (height, width, 3)
        Factor on the light, 1 on average over many fields.
    """
    steepness = np.sqrt((slope**2).mean(0)) * cell
    knots = [int(np.ceil(side / cell)) + 4 for side in shape]
    field = rng.standard_normal(knots).astype(np.float32)
    start = rng.uniform(1, 2, 2)
    rows = start[0] + np.arange(shape[0], dtype=np.float32) / cell
    columns = start[1] + np.arange(shape[1], dtype=np.float32) / cell
    result = np.empty((*shape, 3), np.float32)
    # Row by row: coordinates of a whole slide of 8192² would take more memory than the slide.
    smooth = np.stack([map_coordinates(field, [np.full_like(columns, r), columns], order=3) for r in _coarse(rows)])
    index = np.linspace(0, len(smooth) - 1, shape[0], dtype=np.float32)
    below = np.minimum(index.astype(int), len(smooth) - 2) if len(smooth) > 1 else np.zeros(shape[0], int)
    part = (index - below)[:, None]
    above = np.minimum(below + 1, len(smooth) - 1)
    factor = smooth[below] * (1 - part) + smooth[above] * part
    for channel in range(3):
        result[..., channel] = 1 + np.float32(steepness[channel]) * factor
    return np.clip(result, 0.7, 1.3)


def _coarse(rows: np.ndarray) -> np.ndarray:
    """Every eighth row, both ends included."""
    return np.linspace(rows[0], rows[-1], max(2, len(rows) // 8))


def draw(style: Style, shape: tuple[int, int], rng: np.random.Generator, *, unevenness: float = 1.0) -> np.ndarray:
    """An empty smear.

    Parameters
    ----------
    style : Style
    shape : (height, width)
    rng : Generator
    unevenness : float
        Factor on how much the light varies.

    Returns
    -------
    ndarray of uint8, shape (height, width, 3)
        RGB.
    """
    picture = illumination(style.slope * unevenness, shape, rng)
    picture *= style.colour.astype(np.float32)
    picture += grain(style.patch, shape, rng)
    np.rint(picture, out=picture)
    return np.clip(picture, 0, 255, out=picture).astype(np.uint8)
