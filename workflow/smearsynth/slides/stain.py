"""The light and stain of a picture of a smear, measured from its pixels alone, and slides brought to those of other pictures.

Colours of stain are absorbances, -ln of the share of the light that passes, in which dyes add up (Beer and Lambert). Red cells
show haemoglobin and eosin, nuclei the azure dye: two colours that both are found without knowing the stain, and that tell it.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from smearsynth.backgrounds import light
from smearsynth.cells import finder

REGIONS = ("smear", "red", "dense")
"""What of a picture is looked at: empty smear, red cells, what is too dense for them."""
SMEAR, RED, DENSE, UNKNOWN = 0, 1, 2, 255
TWICE = 2.5
"""Two red cells above each other absorb twice what one does; what absorbs green light more than this often is a nucleus."""
SHARE, LEAST = 0.3, 200
"""Quantile of matter that is taken for red cells at first; pixels below which a region says nothing."""
EDGE = 2
"""Pixels that regions keep from each other: outlines belong to neither side."""
PLASM = 0.6
"""How far around a nucleus its cell's plasm may reach, in radii of the nucleus."""
RIDGE = 1e-3
"""Squared absorbance by which dyes have to differ to be told apart: nuclei and red cells of nearly one colour are moved alike."""


@dataclass(frozen=True)
class Stain:
    """The light and stain of a picture.

    Parameters
    ----------
    light : ndarray of float, shape (3,)
        RGB of the empty smear, from 1 to 255.
    red, dense : ndarray of float, shape (3,), or None
        Median absorbance of red cells and of nuclei; None where the picture shows none.
    """

    light: np.ndarray
    red: np.ndarray | None
    dense: np.ndarray | None


def absorbance(picture: np.ndarray, behind: np.ndarray) -> np.ndarray:
    """Absorbance of a picture (uint8, RGB) before this light (RGB): float32, same shape; below 0 where it is brighter."""
    return -np.log((picture.astype(np.float32) + 1) / (behind.astype(np.float32) + 1))


def regions(picture: np.ndarray) -> np.ndarray | None:
    """What each pixel shows, as its colour and that of its surroundings tell.

    Parameters
    ----------
    picture : ndarray of uint8, shape (height, width, 3)
        RGB, red cells at least some 15 px wide.

    Returns
    -------
    ndarray of uint8, shape (height, width), or None
        `SMEAR`, `RED`, `DENSE` or, at outlines and around nuclei, `UNKNOWN`; None where no cells stand out from empty smear.
    """
    matter = finder.matter(picture, finder.SOLID)
    if matter is None or not matter.any() or matter.all():
        return None
    smooth = cv2.GaussianBlur(picture, (0, 0), 1.0)
    green = absorbance(smooth, light.colour(picture))[..., 1]
    red = max(float(np.quantile(green[matter], SHARE)), 0.01)
    for _ in range(3):
        red = float(np.median(green[matter & (green <= TWICE * red)]))
    dense = matter & (green > TWICE * red)
    found = np.full(matter.shape, UNKNOWN, np.uint8)
    found[_narrower(~_wider(matter, EDGE), EDGE)] = SMEAR
    kept = _narrower(dense, EDGE)
    reach = EDGE + round(PLASM * float(np.sqrt(_largest(dense) / np.pi)))
    found[_narrower(matter & ~dense, EDGE) & ~_wider(kept, reach)] = RED
    found[kept] = DENSE
    return found


def measure(picture: np.ndarray) -> Stain | None:
    """The light and stain of a picture (uint8, RGB); None where no cells stand out from empty smear."""
    found = regions(picture)
    if found is None:
        return None
    clear = found == SMEAR
    behind = np.median(picture[clear], axis=0).astype(float) if clear.sum() >= LEAST else light.colour(picture)
    behind = np.maximum(behind, 1.0)
    densities = absorbance(picture, behind)
    red, dense = (
        np.median(densities[found == kind], axis=0) if (found == kind).sum() >= LEAST else None for kind in (RED, DENSE)
    )
    return Stain(behind, red, dense)


def between(pairs: Sequence[tuple[np.ndarray | None, np.ndarray | None]]) -> np.ndarray:
    """The linear map of absorbances that brings colours to others, and changes little else.

    It is the identity plus the map of least squares from the colours to their differences, so that what is none of the dyes stays
    as it is.

    Parameters
    ----------
    pairs : sequence of (ndarray, ndarray), shape (3,) each
        Absorbances as they are and as they shall be, of different dyes; a pair with None on either side moves nothing.

    Returns
    -------
    ndarray of float, shape (3, 3)
    """
    known = [(a, b) for a, b in pairs if a is not None and b is not None]
    if not known:
        return np.eye(3)
    ours, theirs = (np.stack(side, axis=1) for side in zip(*known, strict=True))
    return np.eye(3) + (theirs - ours) @ np.linalg.solve(ours.T @ ours + RIDGE * np.eye(len(known)), ours.T)


def restained(picture: np.ndarray, own: Stain, target: Stain) -> np.ndarray:
    """A picture (uint8, RGB) of one light and stain in another: uint8, same shape. Unevenness of its light stays, as a share."""
    before = absorbance(picture, own.light)
    # The map goes on beyond both colours: nothing may outshine the target's light, or by far its colours where those shine.
    brightest = 2 * np.min([np.zeros(3), *(colour for colour in (target.red, target.dense) if colour is not None)], axis=0)
    after = np.maximum(before @ between([(own.red, target.red), (own.dense, target.dense)]).T, np.minimum(before, brightest))
    passed = (target.light + 1) * np.exp(-after) - 1
    return np.clip(np.rint(passed), 0, 255).astype(np.uint8)


def completed(stains: Sequence[Stain]) -> list[Stain]:
    """Stains of one microscope, what one picture does not show filled in with the median of the others."""
    usual = [_middle([getattr(stain, name) for stain in stains]) for name in ("red", "dense")]
    return [Stain(s.light, usual[0] if s.red is None else s.red, usual[1] if s.dense is None else s.dense) for s in stains]


def histograms(picture: np.ndarray, found: np.ndarray) -> np.ndarray:
    """Pixels of each region by grey level.

    Parameters
    ----------
    picture : ndarray of uint8, shape (height, width, 3)
        RGB.
    found : ndarray of uint8, shape (height, width)
        As `regions` tells it.

    Returns
    -------
    ndarray of int64, shape (len(REGIONS), 3, 256)
    """
    parts = (picture[found == kind] for kind in range(len(REGIONS)))
    return np.stack([np.stack([np.bincount(part[:, channel], minlength=256) for channel in range(3)]) for part in parts])


def distance(one: np.ndarray, other: np.ndarray) -> np.ndarray | None:
    """Wasserstein distance in grey levels of two histograms of a region, each (3, 256): shape (3,); None where one is empty."""
    if not one.sum() or not other.sum():
        return None
    ours, theirs = (counts / counts.sum(1, keepdims=True) for counts in (one, other))
    # In one dimension it is the area between the cumulative histograms.
    return np.abs(np.cumsum(ours - theirs, axis=1)).sum(1)


def _middle(colours: list[np.ndarray | None]) -> np.ndarray | None:
    known = [colour for colour in colours if colour is not None]
    return np.median(known, axis=0) if known else None


def _largest(mask: np.ndarray) -> int:
    """Pixels of the largest connected part."""
    _, _, stats, _ = cv2.connectedComponentsWithStats(mask.astype(np.uint8))
    return int(stats[1:, cv2.CC_STAT_AREA].max(initial=0))


def _wider(mask: np.ndarray, reach: int) -> np.ndarray:
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * reach + 1, 2 * reach + 1))
    return cv2.dilate(mask.astype(np.uint8), kernel).astype(bool)


def _narrower(mask: np.ndarray, reach: int) -> np.ndarray:
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * reach + 1, 2 * reach + 1))
    return cv2.erode(mask.astype(np.uint8), kernel, borderValue=1).astype(bool)
