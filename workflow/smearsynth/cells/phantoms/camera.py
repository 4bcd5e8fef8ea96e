"""From what the cells take of the light to a picture: stain, lamp, focus, sensor."""

import cv2
import numpy as np

from smearsynth.cells.phantoms.stain import LIGHT, staining
from smearsynth.cells.phantoms.textures import noise


def expose(rng: np.random.Generator, absorbed: np.ndarray, *, factor: int, um_per_px: float) -> np.ndarray:
    """Photograph a field.

    Parameters
    ----------
    absorbed : ndarray (factor · size, factor · size, 3), float32
        Optical density.
    factor : int
        Working pixels per pixel; light, not density, is averaged over them.
    um_per_px : float
        µm per pixel of the picture.

    Returns
    -------
    ndarray of uint8 (size, size, 3)
        RGB.
    """
    light = np.exp(-absorbed @ staining(rng).T)
    if factor > 1:
        light = cv2.resize(light, None, fx=1 / factor, fy=1 / factor, interpolation=cv2.INTER_AREA)
    size = light.shape[0]
    focus = rng.uniform(0.03, 0.08) / um_per_px
    if focus > 0.3:
        light = cv2.GaussianBlur(light, (0, 0), focus)
    # Cameras sharpen: a thin bright ring around dark cells.
    sharpen = rng.uniform(0.0, 0.5)
    light += sharpen * (light - cv2.GaussianBlur(light, (0, 0), 0.2 / um_per_px))
    lamp = np.asarray(LIGHT, np.float32) * (1 + rng.normal(0, 0.008) + rng.normal(0, 0.004, 3)).astype(np.float32)
    tilt = rng.normal(0, 0.008, 2).astype(np.float32)
    axis = np.linspace(-1, 1, size, dtype=np.float32)
    shade = 1 + tilt[0] * axis[:, None] + tilt[1] * axis[None, :] - 0.008 * (axis[:, None] ** 2 + axis[None, :] ** 2)
    shade += 0.003 * noise(rng, (size, size), 2.0 / um_per_px)
    picture = light * lamp * shade[..., None]
    grain = np.float32(rng.uniform(0.8, 2.0))
    picture += grain * rng.standard_normal(picture.shape, dtype=np.float32)
    return np.clip(np.rint(picture), 0, 255).astype(np.uint8)
