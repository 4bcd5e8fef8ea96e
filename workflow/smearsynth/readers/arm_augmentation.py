"""The three augmentations that synthetic cells are held against (Hazra et al. 2022, section 4)."""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from smearsynth.errors import raise_all
from smearsynth.options import unfit

AUGMENTATIONS = {
    "augmentation_1": ("scale", "rotation", "colour"),
    "augmentation_2": ("translation", "contrast", "scale"),
    "augmentation_3": ("saturation", "scale", "rotation"),
}
"""Name of the arm to what it varies."""


@dataclass(frozen=True)
class Ranges:
    """How far each variation goes. The paper names the variations and no range: these are the run's own.

    Parameters
    ----------
    scale : float
        Largest change of size, as a share: 0.15 draws a factor from 0.85 to 1.15.
    rotation : float
        Largest angle to either side, in degrees.
    translation : float
        Largest shift along either axis, as a share of the picture's side.
    colour : float
        Largest change of each colour channel on its own, as a share.
    contrast : float
        Largest change of the distance from the picture's mean, as a share.
    saturation : float
        Largest change of the distance from grey, as a share.
    """

    scale: float
    rotation: float
    translation: float
    colour: float
    contrast: float
    saturation: float

    def __post_init__(self) -> None:
        shares = ("scale", "translation", "colour", "contrast", "saturation")
        checks = [(name, 0 <= getattr(self, name) <= 0.9, "a share from 0 (off) to 0.9") for name in shares]
        rotation = ("rotation", 0 <= self.rotation <= 180, "an angle from 0 (off) to 180 degrees")
        raise_all(unfit(self, *checks, rotation))


def augmented(pixels: np.ndarray, kinds: Sequence[str], ranges: Ranges, rng: np.random.Generator) -> np.ndarray:
    """Vary each picture on its own, each variation drawn evenly from its range.

    Parameters
    ----------
    pixels : ndarray of uint8, shape (n, size, size, 3)
        RGB.
    kinds : sequence of str
        Which of the fields of `Ranges` to vary, see `AUGMENTATIONS`.
    ranges : Ranges
    rng : Generator
        Draws the same numbers whatever the kinds.

    Returns
    -------
    ndarray of uint8, shape (n, size, size, 3)
        What a turn, shift or change of size brings in from outside is mirrored at the edge.
    """
    result = np.empty_like(pixels)
    side = pixels.shape[1]
    draws = rng.uniform(-1, 1, (len(pixels), 9))

    def part(kind: str, draw: float) -> float:
        return getattr(ranges, kind) * draw if kind in kinds else 0.0

    for index, (picture, draw) in enumerate(zip(pixels, draws, strict=True)):
        factor, angle = 1 + part("scale", draw[0]), part("rotation", draw[1])
        shift = [side * part("translation", one) for one in draw[2:4]]
        gains = [1 + part("colour", one) for one in draw[4:7]]
        contrast, saturation = 1 + part("contrast", draw[7]), 1 + part("saturation", draw[8])
        if (factor, angle, *shift) != (1, 0, 0, 0):
            matrix = cv2.getRotationMatrix2D(((side - 1) / 2, (side - 1) / 2), angle, factor)
            matrix[:, 2] += shift
            picture = cv2.warpAffine(picture, matrix, (side, side), flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REFLECT_101)
        values = picture.astype(np.float32)
        grey = values.mean(2, keepdims=True)
        values = grey + saturation * (values - grey)
        mean = values.mean((0, 1), keepdims=True)
        values = (mean + contrast * (values - mean)) * gains
        result[index] = np.clip(np.rint(values), 0, 255)
    return result
