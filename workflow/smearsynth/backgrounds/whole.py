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

STEEPEST = 0.04
"""Standard deviation of the light over a slide, at most: a slope measured on a small picture says little about a large slide."""


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
        Relative change per pixel along y and x, per channel; light falls off alike in all colours, so that their middle
        is used.
    shape : (height, width)
    rng : Generator
    cell : int
        Distance in pixels over which the light turns.

    Returns
    -------
    ndarray of float32, shape (height, width)
        Factor on the light, in [0.7, 1.3]; 1 on average over many fields.
    """
    steepness = min(float(np.median(np.sqrt((np.asarray(slope) ** 2).mean(0)))) * cell, STEEPEST)
    knots = [int(np.ceil(side / cell)) + 4 for side in shape]
    field = rng.standard_normal(knots).astype(np.float32)
    start = rng.uniform(1, 2, 2)
    columns = start[1] + np.arange(shape[1], dtype=np.float32) / cell
    # Every eighth row is looked up and the rest lie between: a field so smooth needs no more.
    rows = np.linspace(start[0], start[0] + (shape[0] - 1) / cell, max(2, shape[0] // 8), dtype=np.float32)
    coarse = np.stack([map_coordinates(field, [np.full_like(columns, row), columns], order=3) for row in rows])
    place = np.linspace(0, len(coarse) - 1, shape[0], dtype=np.float32)
    below = np.minimum(place.astype(int), len(coarse) - 2)
    part = (place - below)[:, None]
    smooth = coarse[below] * (1 - part) + coarse[below + 1] * part
    return np.clip(1 + np.float32(steepness) * smooth, 0.7, 1.3)


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
    factor = illumination(style.slope * unevenness, shape, rng)
    # Where the brightest channel would pass 255 the others would go on rising and turn the colour: all light is lowered.
    factor *= min(1.0, 255 / (style.colour.max() * factor.max()))
    picture = grain(style.patch, shape, rng)
    for channel in range(3):
        picture[..., channel] += factor * np.float32(style.colour[channel])
    np.rint(picture, out=picture)
    return np.clip(picture, 0, 255, out=picture).astype(np.uint8)
