"""Half the multiplications, the same convolution."""

import keras
import numpy as np
import pytest

from smearsynth.gans import winograd


def arrays(seed: int, *shapes) -> list[np.ndarray]:
    chance = np.random.default_rng(seed)
    return [chance.normal(size=shape).astype(np.float32) for shape in shapes]


@pytest.mark.parametrize("height, width", [(2, 2), (4, 6), (8, 8), (10, 4), (12, 18)])
def test_halving_is_the_convolution(height, width):
    x, kernel = arrays(1, (2, height, width, 5), (4, 4, 5, 7))
    found = winograd.halve(keras.ops.convert_to_tensor(x), winograd.halving_weights(kernel))
    expected = keras.ops.conv(x, kernel, strides=2, padding="same")
    assert found.shape == expected.shape == (2, height // 2, width // 2, 7)
    assert np.abs(np.asarray(found) - np.asarray(expected)).max() < 2e-5


@pytest.mark.parametrize("height, width", [(1, 1), (2, 3), (4, 4), (5, 8), (11, 6)])
def test_enlarging_is_the_transposed_convolution(height, width):
    x, kernel = arrays(2, (2, height, width, 5), (4, 4, 7, 5))
    found = winograd.enlarge(keras.ops.convert_to_tensor(x), winograd.enlarging_weights(kernel))
    expected = keras.ops.conv_transpose(x, kernel, strides=2, padding="same")
    assert found.shape == expected.shape == (2, 2 * height, 2 * width, 7)
    assert np.abs(np.asarray(found) - np.asarray(expected)).max() < 2e-5


def test_one_tap_reaches_its_pixels_alone():
    """Known answer: a single pixel brings the kernel itself, a pixel of the kernel a single pixel."""
    x = np.zeros((1, 4, 4, 1), np.float32)
    x[0, 1, 2] = 1
    (kernel,) = arrays(3, (4, 4, 1, 1))
    found = np.asarray(winograd.enlarge(keras.ops.convert_to_tensor(x), winograd.enlarging_weights(kernel)))[0, ..., 0]
    expected = np.zeros((8, 8), np.float32)
    expected[1:5, 3:7] = kernel[..., 0, 0]
    assert np.abs(found - expected).max() < 1e-6
