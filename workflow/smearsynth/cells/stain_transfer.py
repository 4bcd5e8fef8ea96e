"""Bring a picture from one stain to another: masked Reinhard, modified Reinhard, Macenko.

Every method is a map of colours in two steps: first the light, then the dye. The empty smear is made white, by a factor for each
channel as in a camera's white balance. The dye is measured on stained pixels alone: with the empty smear in it, the mean of a
picture would tell how much smear it shows rather than how it is stained. The map of the stained colours fades into that of the
empty smear with the optical density, so that no seam shows at a cell's border, and the result is shown in the reference's light.
Black is no stain: what frames a picture stays as it is.

Conversions, means, spreads and stain vectors come from torchstain's numpy backend.
"""

from dataclasses import dataclass

import numpy as np
from torchstain.base.normalizers import MacenkoNormalizer
from torchstain.numpy.utils import get_mean_std, lab2rgb, lab_merge, lab_split, rgb2lab, standardize

from smearsynth.cells import stain

BLACK = 8
"""Pixels with no channel above this are a frame, and no picture."""
EMPTY, STAINED = 0.05, 0.15
"""Optical densities (natural logarithm, the strongest channel): below the first there is no dye, from the second on there is."""
LEAST_PIXELS = 64
"""Fewer stained pixels tell nothing."""
LIGHT = 240
"""Grey level of the empty smear while dyes are measured and changed; torchstain's for Macenko."""
PARALLEL = 0.99
"""Cosine of two stain vectors from which they are one dye."""


@dataclass(frozen=True)
class Statistics:
    """How something is stained.

    Parameters
    ----------
    empty : ndarray, shape (3,)
        RGB of the empty smear, 0…255.
    mean, spread : ndarray, shape (3,)
        Mean and standard deviation of L*, a*, b* of the stained pixels, in white light.
    dyes : ndarray, shape (3, 2), optional
        Unit vectors of optical density of the two dyes, by red, green, blue; None where they cannot be told apart.
    strongest : ndarray, shape (2,), optional
        99th percentile of their concentrations.
    fault : str
        Why there are no dyes; empty if there are.
    """

    empty: np.ndarray
    mean: np.ndarray
    spread: np.ndarray
    dyes: np.ndarray | None = None
    strongest: np.ndarray | None = None
    fault: str = ""


def framed(picture: np.ndarray) -> np.ndarray:
    """Where a picture is black: bool, shape (height, width)."""
    return picture.max(-1) <= BLACK


def empty_smear(picture: np.ndarray) -> np.ndarray:
    """RGB of the empty smear of a picture, float, shape (3,); where none is seen, its brightest twentieth in each channel."""
    region = stain.empty(stain.lab(picture)) & ~framed(picture)
    if region.any():
        return np.median(picture[region], axis=0).astype(float)
    return np.maximum(np.percentile(picture.reshape(-1, 3), 95, axis=0), BLACK + 1.0)


def density(picture: np.ndarray, empty: np.ndarray) -> np.ndarray:
    """Optical density (natural logarithm) of the strongest channel against the empty smear; float, shape (height, width)."""
    return np.log((empty + 1) / (picture.astype(float) + 1)).max(-1)


def stained(picture: np.ndarray, empty: np.ndarray) -> np.ndarray:
    """Where a picture carries dye: bool, shape (height, width)."""
    return (density(picture, empty) >= STAINED) & ~framed(picture)


def lab(pixels: np.ndarray) -> np.ndarray:
    """L*a*b* of RGB 0…255; float, same shape."""
    return np.stack(lab_split(rgb2lab(np.asarray(pixels, float) / 255)), axis=-1)


def statistics(pixels: np.ndarray, empty: np.ndarray, *, dyes: bool) -> Statistics | None:
    """Measure stained pixels.

    Parameters
    ----------
    pixels : ndarray of uint8, shape (n, 3)
        RGB.
    empty : ndarray, shape (3,)
        RGB of the empty smear that they lie on.
    dyes : bool
        Whether the two dyes are told apart as well (Macenko et al. 2009).

    Returns
    -------
    Statistics or None
        None for fewer than `LEAST_PIXELS` pixels.
    """
    if len(pixels) < LEAST_PIXELS:
        return None
    channels = np.moveaxis(lab(_lit(pixels, empty)), -1, 0)
    measured = np.array([get_mean_std(channel) for channel in channels], float)
    found = Statistics(empty, measured[:, 0], measured[:, 1])
    return _with_dyes(found, pixels) if dyes else found


def common(parts: list[Statistics]) -> Statistics:
    """What pictures have in common: the medians of what was measured on each, without dyes."""
    return Statistics(*(np.median([getattr(part, name) for part in parts], axis=0) for name in ("empty", "mean", "spread")))


def _with_dyes(found: Statistics, pixels: np.ndarray) -> Statistics:
    """The statistics with the two dyes, or with the reason why there are none."""

    def without(fault: str) -> Statistics:
        return Statistics(found.empty, found.mean, found.spread, fault=fault)

    light = _lit(pixels, found.empty)
    # torchstain measures on pixels that absorb in every channel; it does not say when too few are left.
    absorbing = int((np.log(LIGHT / (light + 1)) >= STAINED).all(-1).sum())
    if absorbing < LEAST_PIXELS:
        return without(f"{absorbing} pixels absorb red, green and blue light: too few to tell two dyes apart")
    macenko = MacenkoNormalizer(backend="numpy")
    try:
        macenko.fit(light[:, None])
    except np.linalg.LinAlgError as error:
        return without(f"the dyes cannot be told apart ({error})")
    dyes, strongest = macenko.HERef, macenko.maxCRef
    if not (np.isfinite(dyes).all() and np.isfinite(strongest).all()):
        return without("the dyes cannot be told apart (no finite numbers)")
    if (dyes < 0).any() or (strongest <= 0).any():
        return without("a dye that would brighten instead of absorbing")
    if dyes[:, 0] @ dyes[:, 1] > PARALLEL:
        return without("one dye alone: both stain vectors are the same")
    return Statistics(found.empty, found.mean, found.spread, dyes, strongest)


def transfer(picture: np.ndarray, own: Statistics, reference: Statistics, method: str) -> np.ndarray:
    """Bring a picture to the reference's stain.

    Parameters
    ----------
    picture : ndarray of uint8, shape (height, width, 3)
        RGB.
    own, reference : Statistics
        Of the picture or its source, and of the reference; with dyes for ``macenko``.
    method : {"reinhard", "reinhard_modified", "macenko"}

    Returns
    -------
    ndarray of uint8, shape (height, width, 3)
        RGB, rounded; pixels of a black frame are unchanged.
    """
    lit = _lit(picture, own.empty)
    moved = _macenko(lit, own, reference) if method == "macenko" else _reinhard(lit, own, reference, method)
    share = np.clip((density(picture, own.empty) - EMPTY) / (STAINED - EMPTY), 0, 1)[..., None]
    shown = (share * moved + (1 - share) * lit) * (reference.empty / LIGHT)
    result = np.clip(np.rint(shown), 0, 255).astype(np.uint8)
    black = framed(picture)
    result[black] = picture[black]
    return result


def _reinhard(lit: np.ndarray, own: Statistics, reference: Statistics, method: str) -> np.ndarray:
    """Reinhard et al. 2001, or with Roy et al. 2021's change for L*; RGB in white light, float."""
    channels = np.moveaxis(lab(lit), -1, 0)
    if method == "reinhard_modified":
        gain = (reference.spread[0] - own.spread[0]) / reference.spread[0]
        # The publication's least gain, where the reference has less contrast.
        light = own.mean[0] + (channels[0] - own.mean[0]) * (1 + (gain if gain > 0 else 0.05))
        moved = [light, *(channels[i] - own.mean[i] + reference.mean[i] for i in (1, 2))]
    else:
        spread = np.maximum(own.spread, 1e-3)  # one colour alone: shifted, not stretched
        moved = [standardize(channels[i], own.mean[i], spread[i]) * reference.spread[i] + reference.mean[i] for i in range(3)]
    return lab2rgb(lab_merge(*moved)) * 255.0


def _macenko(lit: np.ndarray, own: Statistics, reference: Statistics) -> np.ndarray:
    """Macenko et al. 2009: the own dyes' concentrations, scaled and drawn with the reference's dyes; RGB in white light, float.

    What two dyes do not explain, above all haemoglobin, is kept as it is. The publication, made for tissue in two dyes, drops it;
    red cells and eosinophils' granules then turn blue.
    """
    assert own.dyes is not None and own.strongest is not None
    assert reference.dyes is not None and reference.strongest is not None
    densities = np.log(LIGHT / (lit + 1)).reshape(-1, 3)
    amounts = densities @ np.linalg.pinv(own.dyes).T
    rest = densities - amounts @ own.dyes.T
    drawn = LIGHT * np.exp(-(amounts * (reference.strongest / own.strongest)) @ reference.dyes.T - rest)
    return drawn.reshape(lit.shape)


def _lit(values: np.ndarray, empty: np.ndarray) -> np.ndarray:
    """Values in white light: the empty smear has the grey level `LIGHT` in every channel; float."""
    return np.asarray(values, float) * (LIGHT / empty)
