"""The style of a field: its light, stain, contrast, focus and grain, measured from its picture.

A generator that is told what of the picture's look does not follow from the labels need not guess it, and draws in any look that
it is told. Colours of stain are optical densities (-ln of the share of light that passes), so that light and stain are parted.
"""

from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from smearsynth import arrays
from smearsynth.backgrounds import light
from smearsynth.errors import UserError

NAMES = (
    *(f"light_{c}" for c in "rgb"),
    *(f"red_{c}" for c in "rgb"),
    *(f"white_{c}" for c in "rgb"),
    *(f"dense_{c}" for c in "rgb"),
    "pallor",
    "texture",
    "sharpness",
    "grain_smear",
    "grain_red",
    "fall_y",
    "fall_x",
)
"""Entries of a style: the light's RGB in [0, 1]; median optical densities of red cells, of white cells' plasm and of nuclei;
spread of density within red cells and within nuclei; steepness of outlines; grain of the empty smear and of red cells (in shares
of the light); how far the light changes from edge to edge of the field, down and across, as a share."""
CODE = len(NAMES) - 2
"""Length of what the networks hear of a style: all but the fall of the light, which they see as a plane."""
FEWEST = 64
"""Pixels below which a region of a field says nothing."""


def measure(picture: np.ndarray, kinds: np.ndarray, dense: np.ndarray) -> np.ndarray:
    """The style of a field.

    Parameters
    ----------
    picture : ndarray of uint8, shape (height, width, 3)
        RGB.
    kinds : ndarray of uint8, shape (height, width)
        What each pixel shows; see `smearsynth.gans.field_planes.kinds`.
    dense : ndarray of bool, shape (height, width)
        Nuclei.

    Returns
    -------
    ndarray of float32, shape (len(NAMES),)
        NaN for what the field does not show, such as the nuclei of a field without white cells.
    """
    edge = np.abs(cv2.Laplacian(kinds, cv2.CV_16S)) > 0
    away = ~cv2.dilate(edge.astype(np.uint8), np.ones((5, 5), np.uint8)).astype(bool)
    smear, red = (kinds == 0) & away, (kinds == 1) & away
    nucleus, plasm = (kinds == 2) & dense, (kinds == 2) & ~dense & away
    behind = np.maximum(np.median(picture[smear], axis=0), 1.0) if smear.sum() >= FEWEST else light.colour(picture)
    density = -np.log(np.maximum(picture, 1).astype(np.float32) / behind.astype(np.float32))
    grey = picture.astype(np.float32).mean(2)
    fine = (grey - cv2.GaussianBlur(grey, (0, 0), 1.5)) / behind.mean()
    slope = np.hypot(cv2.Sobel(grey, cv2.CV_32F, 1, 0), cv2.Sobel(grey, cv2.CV_32F, 0, 1)) / (8 * behind.mean())
    green = density[..., 1]
    values = [
        *behind / 255,
        *(v for region in (red, plasm, nucleus) for v in _median(density, region)),
        _spread(green, red),
        _spread(green, nucleus),
        float(np.median(slope[edge])) if edge.sum() >= FEWEST else np.nan,
        _deviation(fine, smear),
        _deviation(fine, red),
        *_fall(grey / behind.mean(), smear),
    ]
    return np.array(values, np.float32)


def _median(values: np.ndarray, region: np.ndarray) -> np.ndarray:
    """Median of the channels over a region, shape (3,)."""
    return np.median(values[region], axis=0) if region.sum() >= FEWEST else np.full(3, np.nan)


def _spread(values: np.ndarray, region: np.ndarray) -> float:
    """From the tenth to the ninetieth percentile of a region."""
    if region.sum() < FEWEST:
        return np.nan
    low, high = np.percentile(values[region], (10, 90))
    return float(high - low)


def _deviation(values: np.ndarray, region: np.ndarray) -> float:
    """Standard deviation over a region, from the median absolute one: dust and debris do not count."""
    if region.sum() < FEWEST:
        return np.nan
    return float(1.4826 * np.median(np.abs(values[region] - np.median(values[region]))))


def _fall(values: np.ndarray, region: np.ndarray) -> np.ndarray:
    """Change from edge to edge of the plane through a region's values, down and across; 0 where the region is too small."""
    rows, columns = np.nonzero(region)
    if len(rows) < 0.05 * region.size:
        return np.zeros(2)
    height, width = region.shape
    design = np.column_stack([np.ones(len(rows)), rows / height - 0.5, columns / width - 0.5])
    fitted, *_ = np.linalg.lstsq(design, values[rows, columns].astype(float), rcond=None)
    return np.clip(fitted[1:], -0.3, 0.3)


def plane(style: np.ndarray, shape: tuple[int, int], rows: slice | None = None, columns: slice | None = None) -> np.ndarray:
    """How the light falls off over a field, as a share of its mean times ten.

    Parameters
    ----------
    style : ndarray of float32, shape (len(NAMES),)
        As measured.
    shape : (height, width)
        Of the whole field: a slide of any size has the fall of one field from edge to edge.
    rows, columns : slice, optional
        The part that is wanted; it may go beyond the field.

    Returns
    -------
    ndarray of float32, shape (rows, columns, 1)
    """
    down, across = (float(v) for v in style[CODE:])
    rows, columns = rows or slice(0, shape[0]), columns or slice(0, shape[1])
    y = (np.arange(rows.start, rows.stop) + 0.5) / shape[0] - 0.5
    x = (np.arange(columns.start, columns.stop) + 0.5) / shape[1] - 0.5
    return (10 * (down * y[:, None] + across * x)).astype(np.float32)[..., None]


@dataclass(frozen=True)
class Styles:
    """The styles of the fields that a generator was trained on, and how the networks hear styles.

    Parameters
    ----------
    values : ndarray of float32, shape (fields, len(NAMES))
        As measured; NaN for what a field does not show.
    image_ids : ndarray of int64, shape (fields,)
        Which fields.
    mean, deviation : ndarray of float32, shape (len(NAMES),)
        Of all looks that training shows; see `of`.
    """

    values: np.ndarray
    image_ids: np.ndarray
    mean: np.ndarray
    deviation: np.ndarray

    @classmethod
    def of(cls, values: np.ndarray, image_ids: np.ndarray, looks: np.ndarray | None = None) -> "Styles":
        """The styles of some fields.

        Parameters
        ----------
        values, image_ids
            See the class.
        looks : ndarray of float32, shape (n, len(NAMES)), optional
            The looks that training shows, where it changes those of its fields.
        """
        looks = values if looks is None else looks
        # What no field shows is 0 everywhere, and heard as 0.
        some = np.where(np.isnan(looks).all(0), 0.0, looks)
        mean, deviation = np.nanmean(some, axis=0), np.nanstd(some, axis=0)
        return cls(values, image_ids, mean.astype(np.float32), np.maximum(deviation, 1e-4).astype(np.float32))

    def filled(self, values: np.ndarray) -> np.ndarray:
        """Styles with the median of the fields for what is not known, float32, shape (…, len(NAMES))."""
        known = np.nanmedian(np.where(np.isnan(self.values).all(0), 0.0, self.values), axis=0)
        return np.where(np.isnan(values), known, values).astype(np.float32)

    def standardised(self, values: np.ndarray) -> np.ndarray:
        """Styles as the networks hear them: in deviations from the mean, at most 4, and 0 for what is not known.

        Parameters
        ----------
        values : ndarray of float32, shape (…, len(NAMES))

        Returns
        -------
        ndarray of float32, shape (…, CODE)
        """
        scaled = np.nan_to_num((values - self.mean) / self.deviation)
        return np.clip(scaled, -4.0, 4.0)[..., :CODE].astype(np.float32)

    def save(self, path: str | Path) -> None:
        """Write it as an ``.npz`` file, the same bytes for the same styles."""
        np.savez_compressed(path, names=np.array(NAMES), **vars(self))

    @classmethod
    def load(cls, path: str | Path) -> "Styles":
        """Read what `save` wrote; a `UserError` for styles of other entries."""
        forms = {
            "names": ("U", "d"),
            "values": ("f", "n d"),
            "image_ids": ("iu", "n"),
            "mean": ("f", "d"),
            "deviation": ("f", "d"),
        }
        file = arrays.read(path, forms, what="styles", fix="give the styles.npz of a trained field generator")
        if tuple(file["names"].tolist()) != NAMES:
            raise UserError.of(str(path), "styles of another version", "train the generator again")
        return cls(*(file[name] for name in ("values", "image_ids", "mean", "deviation")))
