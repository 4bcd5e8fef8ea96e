"""Augmentation: the thesis's jitter of a pair (arrays), and what a discriminator sees (differentiable, Keras operations)."""

import cv2
import numpy as np
from keras import ops


def jitter(label: np.ndarray, real: np.ndarray, rng: np.random.Generator, *, large: int = 286, size: int = 256):
    """Resize a pair with nearest neighbours, cut a random window, mirror every second one (thesis 3.4, `random_jitter`).

    Parameters
    ----------
    label, real : ndarray of uint8, shape (height, width, 3)
        The pair.
    rng : numpy Generator
        Its own.
    large, size : int
        286 and 256 px in the thesis.

    Returns
    -------
    tuple of ndarray of uint8, shape (size, size, 3)
        Label and real picture, jittered alike.
    """
    top, left = rng.integers(large - size + 1, size=2)
    label, real = (nearest(picture, large)[top : top + size, left : left + size] for picture in (label, real))
    if rng.random() > 0.5:
        label, real = label[:, ::-1], real[:, ::-1]
    return label, real


def nearest(picture: np.ndarray, size: int) -> np.ndarray:
    """A square picture of another size, by nearest neighbours from pixel centres (`tf.image.resize` does the same)."""
    if picture.shape[:2] == (size, size):
        return picture
    return cv2.resize(picture, (size, size), interpolation=cv2.INTER_NEAREST_EXACT)


def differentiable(pictures, told, numbers, kinds: tuple[str, ...]):
    """Change real and generated pictures alike before the discriminator sees them (DiffAugment, Zhao et al. 2020).

    Parameters
    ----------
    pictures : tensor, shape (batch, height, width, 3)
        In [-1, 1].
    told : tensor, shape (batch, height, width, planes)
        What the discriminator is told of them; moved along.
    numbers : tensor, shape (batch, 8)
        Uniform in [0, 1), drawn by the caller: one row for each picture.
    kinds : tuple of str
        ``colour`` (brightness, contrast), ``shift`` (up to an eighth of the side), ``cutout`` (a square of half the side).

    Returns
    -------
    tuple of tensors
        Pictures and planes.
    """
    height, width = ops.shape(pictures)[1], ops.shape(pictures)[2]
    if "colour" in kinds:
        column = ops.reshape(numbers, (-1, 1, 1, 8))
        mean = ops.mean(pictures, axis=(1, 2, 3), keepdims=True)
        pictures = (pictures - mean) * (0.75 + 0.5 * column[..., 1:2]) + mean + 0.4 * (column[..., 0:1] - 0.5)
    if "shift" in kinds:
        # One shift for the whole batch: a slice costs nothing, a gather per picture costs as much as a convolution.
        reach_y, reach_x = height // 8, width // 8
        y = ops.cast(ops.floor(numbers[0, 2] * ops.cast(2 * reach_y + 1, "float32")), "int32")
        x = ops.cast(ops.floor(numbers[0, 3] * ops.cast(2 * reach_x + 1, "float32")), "int32")

        def shift(values, edge):
            padded = ops.pad(values, ((0, 0), (reach_y, reach_y), (reach_x, reach_x), (0, 0)), constant_values=edge)
            return ops.slice(padded, (0, y, x, 0), ops.shape(values))

        pictures, told = shift(pictures, -1.0), shift(told, 0.0)
    if "cutout" in kinds:
        rows = ops.reshape(ops.arange(height), (1, -1, 1, 1))
        columns = ops.reshape(ops.arange(width), (1, 1, -1, 1))
        top = ops.reshape(ops.cast(numbers[:, 4] * ops.cast(height, "float32"), "int32"), (-1, 1, 1, 1))
        left = ops.reshape(ops.cast(numbers[:, 5] * ops.cast(width, "float32"), "int32"), (-1, 1, 1, 1))
        far_y = ops.abs(rows - top) > height // 4
        far_x = ops.abs(columns - left) > width // 4
        keep = ops.cast(ops.logical_or(far_y, far_x), pictures.dtype)
        pictures, told = (pictures + 1.0) * keep - 1.0, told * keep
    return pictures, told
