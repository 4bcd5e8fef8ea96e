"""What fields look like to a reader: the size of red cells, what they and nuclei absorb, and the map from one look to another.

Colours are absorbances, -ln of the share of the light that passes, in which dyes add up (Beer and Lambert); 0 is what
`field_sources.white_balanced` makes of the light between the cells. Red cells show haemoglobin and eosin, nuclei the azure dye:
two colours that both are found without knowing the stain, and that tell it.
"""

from collections.abc import Iterable
from dataclasses import asdict, dataclass

import cv2
import numpy as np

from smearsynth.cells.dense import dense
from smearsynth.errors import UserError
from smearsynth.layouts.raster import Window
from smearsynth.slides import stain

REGIONS = ("smear", "red", "nucleus")
"""What of a field is looked at: empty smear, red cells, nuclei of white cells."""
LIGHT = 235.0
"""Grey level of the light in a balanced picture."""
BINS = np.linspace(-0.3, 3.3, 145)
"""Edges of the histograms' bins of absorbance; what lies beyond counts as the outermost."""
FEWEST_PIXELS = 20
"""Smaller regions of a cell say nothing."""
MARGIN = 3
"""Pixels that empty smear keeps from the cells, whose rims fade out."""


@dataclass(frozen=True)
class Seen:
    """What one field shows.

    Parameters
    ----------
    diameters : list of float
        Of whole red cells, in pixels: those of discs of their areas.
    red, nucleus : list of ndarray, shape (3,)
        Median absorbance of each red cell, and of each white cell's nucleus.
    counts : dict of str to ndarray of int, shape (3, len(BINS) - 1)
        Pixels of each of `REGIONS` by absorbance.
    """

    diameters: list[float]
    red: list[np.ndarray]
    nucleus: list[np.ndarray]
    counts: dict[str, np.ndarray]


@dataclass(frozen=True)
class Look:
    """What several fields have in common.

    Parameters
    ----------
    red_diameter : float
        Median of whole red cells, in pixels.
    red : ndarray, shape (3,)
        Median absorbance of red cells.
    nucleus : ndarray, shape (3,), or None
        Of nuclei; None where there is none.
    shares : dict of str to ndarray, shape (3, len(BINS) - 1), or None
        Histograms of `REGIONS`, each channel's sum 1; None for a region that is not there.
    """

    red_diameter: float
    red: np.ndarray
    nucleus: np.ndarray | None
    shares: dict[str, np.ndarray | None]


def absorbance(picture: np.ndarray) -> np.ndarray:
    """Absorbance of a balanced picture (uint8, RGB): float32, same shape, about -0.1 (brighter than the light) to 5.5 (black)."""
    return -np.log((picture.astype(np.float32) + 1) / (LIGHT + 1))


def stained(picture: np.ndarray, matrix: np.ndarray) -> np.ndarray:
    """A balanced picture whose absorbances went through `matrix`, shape (3, 3): uint8, RGB; the light stays as it is."""
    passed = (LIGHT + 1) * np.exp(-absorbance(picture) @ matrix.T.astype(np.float32)) - 1
    return np.clip(np.rint(passed), 0, 255).astype(np.uint8)


def see(
    picture: np.ndarray,
    cells: Iterable[tuple[str, Window]],
    *,
    unknown: np.ndarray | None = None,
    through: np.ndarray | None = None,
) -> Seen:
    """Measure a field.

    Parameters
    ----------
    picture : ndarray of uint8, shape (height, width, 3)
        RGB, its light balanced.
    cells : iterable of (str, Window)
        Kind and mask of each cell.
    unknown : ndarray of bool, shape (height, width), optional
        Where nobody knows what is shown; it is not looked at.
    through : ndarray of uint8, shape (height, width, 3), optional
        Measure the same places in this picture instead, such as the one before the match.
    """
    densities = absorbance(picture if through is None else through)
    free = np.ones(picture.shape[:2], bool) if unknown is None else ~unknown
    diameters: list[float] = []
    found: dict[str, list[np.ndarray]] = {"red": [], "nucleus": []}
    for kind, cell in cells:
        free[cell.slices] &= ~cell.mask
        region = dense(picture[cell.slices], cell.mask) if kind == "white" else cell.mask
        if kind == "platelet" or np.count_nonzero(region) < FEWEST_PIXELS:
            continue
        found["nucleus" if kind == "white" else "red"].append(densities[cell.slices][region])
        if kind == "red" and _whole(cell, free.shape):
            diameters.append(float(np.sqrt(4 * cell.area / np.pi)))
    reach = np.ones((2 * MARGIN + 1, 2 * MARGIN + 1), np.uint8)
    smear = densities[cv2.erode(free.astype(np.uint8), reach, borderValue=1).astype(bool)]
    counts = {name: _counted(np.concatenate([np.zeros((0, 3)), *parts])) for name, parts in found.items()}
    red, nucleus = ([np.median(part, axis=0) for part in found[name]] for name in ("red", "nucleus"))
    return Seen(diameters, red, nucleus, {"smear": _counted(smear), **counts})


def look(fields: Iterable[Seen]) -> Look:
    """What fields have in common; a `UserError` where they show no whole red cell."""
    fields = list(fields)
    diameters = [d for field in fields for d in field.diameters]
    if not diameters:
        raise UserError.of("fields", "no whole red cell in any of them", "give fields of stained blood with whole red cells")
    red, nucleus = ([colour for field in fields for colour in getattr(field, name)] for name in ("red", "nucleus"))
    shares: dict[str, np.ndarray | None] = {}
    for name in REGIONS:
        counts = np.sum([field.counts[name] for field in fields], axis=0)
        shares[name] = counts / counts.sum(1, keepdims=True) if counts.sum() else None
    middle = np.median(nucleus, axis=0) if nucleus else None
    return Look(float(np.median(diameters)), np.median(red, axis=0), middle, shares)


def between(own: Look, target: Look) -> np.ndarray:
    """The linear map of absorbances from one look to another, (3, 3), see `stain.between`.

    Without nuclei on either side red cells alone are brought over.
    """
    return stain.between([(own.red, target.red), (own.nucleus, target.nucleus)])


def distance(one: Look, other: Look, region: str) -> np.ndarray | None:
    """Wasserstein distance of absorbances in each channel, shape (3,); None where either shows nothing of the region."""
    ours, theirs = one.shares[region], other.shares[region]
    if ours is None or theirs is None:
        return None
    # In one dimension it is the area between the cumulative histograms.
    return np.abs(np.cumsum(ours - theirs, axis=1)).sum(1) * (BINS[1] - BINS[0])


def to_json(one: Look) -> dict:
    """As a file keeps it."""
    content = asdict(one)
    shares = {name: None if part is None else part.round(6).tolist() for name, part in one.shares.items()}
    nucleus = None if one.nucleus is None else one.nucleus.tolist()
    return {**content, "red": one.red.tolist(), "nucleus": nucleus, "shares": shares}


def from_json(content: dict) -> Look:
    """The inverse of `to_json`."""
    shares = {name: None if part is None else np.array(part) for name, part in content["shares"].items()}
    nucleus = None if content["nucleus"] is None else np.array(content["nucleus"])
    return Look(content["red_diameter"], np.array(content["red"]), nucleus, shares)


def _whole(cell: Window, shape: tuple[int, ...]) -> bool:
    """Whether the frame does not cut a cell."""
    rows, columns = cell.slices
    return rows.start > 0 and columns.start > 0 and rows.stop < shape[0] and columns.stop < shape[1]


def _counted(densities: np.ndarray) -> np.ndarray:
    """Pixels by absorbance, (3, bins), of densities (n, 3)."""
    inside = np.clip(densities, BINS[0], BINS[-1])
    return np.stack([np.histogram(inside[:, channel], BINS)[0] for channel in range(3)])
