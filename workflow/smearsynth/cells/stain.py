"""What colours tell on a Romanowsky-stained smear: where nuclei lie, what the empty smear looks like, how usual a colour is."""

import cv2
import numpy as np
from scipy import ndimage
from skimage.filters import threshold_multiotsu, threshold_otsu

BINS = (2.5, 1.5, 1.5)
"""Widths of the bins of L*, a*, b* in which colours are counted: about what the eye tells apart on a smooth surface."""
SPREAD = 1.6
"""Standard deviation, in bins, by which counts are spread to densities."""


def lab(picture: np.ndarray, *, blur: float = 1.0) -> np.ndarray:
    """CIE L*a*b* of a picture, blurred.

    Parameters
    ----------
    picture : ndarray of uint8, shape (height, width, 3)
        RGB.
    blur : float
        Standard deviation of the Gaussian blur, in pixels.

    Returns
    -------
    ndarray of float32, shape (height, width, 3)
        L* in 0…100, a* and b* within ±128.
    """
    return cv2.GaussianBlur(cv2.cvtColor(picture.astype(np.float32) / 255, cv2.COLOR_RGB2LAB), (0, 0), blur)


def nuclei(picture: np.ndarray, *, darkest: float = 0.65) -> np.ndarray:
    """Find what is stained like a nucleus: dark in red and in green light alike.

    Azure and eosin both absorb green light, but azure alone, the dye of nuclei and of platelets' granules, absorbs red
    light; the geometric mean of both channels is therefore low on nuclei and higher on red cells, however dark they are.
    The threshold is Otsu's between the darkest two of three classes (Otsu 1979). Where red cells fill the darkest class,
    because a platelet is all there is of the dye, that class is parted once more.

    Parameters
    ----------
    picture : ndarray of uint8, shape (height, width, 3)
        RGB.
    darkest : float
        The region's median is at most this share of the empty smear's brightness; else nothing there is a nucleus.

    Returns
    -------
    ndarray of bool, shape (height, width)
    """
    values = picture.astype(np.float32)
    light = cv2.GaussianBlur(np.sqrt(values[..., 0] * values[..., 1]), (0, 0), 1.0)
    try:
        threshold, _ = threshold_multiotsu(light, classes=3, nbins=128)
    except ValueError:  # fewer than three grey levels
        return np.zeros(light.shape, bool)
    least = darkest * np.percentile(light, 95)
    region = ndimage.binary_opening(light <= threshold)
    if region.any() and np.median(light[region]) > least:
        region = ndimage.binary_opening(light <= threshold_otsu(light[region]))
    if not region.any() or np.median(light[region]) > least:
        return np.zeros(light.shape, bool)
    return ndimage.binary_fill_holes(region)


def empty(colours: np.ndarray) -> np.ndarray:
    """The empty smear: the most common of the bright colours.

    Parameters
    ----------
    colours : ndarray of float, shape (height, width, 3)
        L*a*b*.

    Returns
    -------
    ndarray of bool, shape (height, width)
        Pixels near that colour.
    """
    light = colours[..., 0]
    bright = light >= np.percentile(light, 60)
    counts, edges = np.histogram(light[bright], bins=100, range=(0, 100.1))
    mode = edges[int(ndimage.gaussian_filter1d(counts.astype(float), 1).argmax())]
    region = np.abs(light - mode) < 3.0
    if not region.any():
        return region
    return region & (np.abs(colours - np.median(colours[region], axis=0)) < (4.0, 3.0, 4.0)).all(-1)


class Palette:
    """Densities of a picture's colours under changing weights of its pixels.

    Parameters
    ----------
    colours : ndarray of float, shape (height, width, 3)
        L*a*b*.
    """

    def __init__(self, colours: np.ndarray):
        bins = np.floor(colours / np.array(BINS, np.float32)).astype(int)
        margin = int(np.ceil(3 * SPREAD))  # so that no density is lost at the border
        bins -= bins.reshape(-1, 3).min(0) - margin
        self.shape = tuple(bins.reshape(-1, 3).max(0) + margin + 1)
        self.bins = np.ravel_multi_index(tuple(np.moveaxis(bins, -1, 0)), self.shape)

    def density(self, weights: np.ndarray) -> np.ndarray:
        """Density at each pixel's colour, per bin, of the colours of the pixels with these weights.

        Parameters
        ----------
        weights : ndarray, shape (height, width)
            At least 0.

        Returns
        -------
        ndarray of float, shape (height, width)
            0…1; the densities of all bins sum to 1. All zero where no pixel has weight.
        """
        counts = np.bincount(self.bins.ravel(), weights=weights.ravel().astype(float), minlength=int(np.prod(self.shape)))
        spread = ndimage.gaussian_filter(counts.reshape(self.shape), SPREAD, mode="constant", truncate=3.0)
        return np.maximum(spread, 0).ravel()[self.bins] / max(float(counts.sum()), 1e-9)
