"""Variation of training cells: turned, mirrored, scaled, lighter or darker, of another tint. Black stays black."""

import cv2
import numpy as np


def vary(
    pixels: np.ndarray,
    rng: np.random.Generator,
    *,
    rotate: bool,
    mirror: bool,
    scale: float,
    brightness: float,
    colour: float,
) -> np.ndarray:
    """Vary each cell of a batch on its own.

    Parameters
    ----------
    pixels : ndarray of uint8, shape (n, size, size, 3)
        RGB, the cell on black or with its surroundings.
    rng : Generator
        Draws the same numbers whatever is switched on, so that switching one variation off leaves the others as they were.
    rotate, mirror : bool
    scale, brightness, colour : float
        Largest relative change, see `readers.options.Augmentation`.

    Returns
    -------
    ndarray of uint8, shape (n, size, size, 3)
    """
    result = np.empty_like(pixels)
    centre = (pixels.shape[1] - 1) / 2
    for index, picture in enumerate(pixels):
        quarters, angle = int(rng.integers(4)), rng.uniform(0, 90)
        factor = 1 + scale * rng.uniform(-1, 1)
        free, flip = rng.random(2) < 0.5
        gains = (1 + brightness * rng.uniform(-1, 1)) * (1 + colour * rng.uniform(-1, 1, 3))
        if rotate:
            picture = np.rot90(picture, quarters)
        # Interpolation takes the edge off granules and chromatin. Every second cell goes without, so that the network also
        # learns from cells as sharp as those that it is going to name.
        if free and (rotate or scale):
            matrix = cv2.getRotationMatrix2D((centre, centre), angle if rotate else 0, factor)
            # The edge is drawn on: surroundings keep their colour, and black stays black.
            side, flags, border = picture.shape[1::-1], cv2.INTER_LINEAR, cv2.BORDER_REPLICATE
            picture = cv2.warpAffine(np.ascontiguousarray(picture), matrix, side, flags=flags, borderMode=border)
        picture = picture[:, ::-1] if mirror and flip else picture
        result[index] = np.clip(np.rint(picture * gains), 0, 255)
    return result
