"""One product of matrices, the same convolution."""

import keras
import numpy as np
import pytest

from smearsynth.gans import small_planes


def arrays(seed: int, *shapes) -> list[np.ndarray]:
    chance = np.random.default_rng(seed)
    return [chance.normal(size=shape).astype(np.float32) for shape in shapes]


@pytest.mark.parametrize("side", [2, 4, 8])
def test_halving_is_the_convolution(side):
    x, kernel = arrays(1, (2, side, side, 5), (4, 4, 5, 7))
    found = small_planes.halve(keras.ops.convert_to_tensor(x), small_planes.halving_weights(kernel, side))
    expected = keras.ops.conv(x, kernel, strides=2, padding="same")
    assert found.shape == expected.shape == (2, side // 2, side // 2, 7)
    assert np.abs(np.asarray(found) - np.asarray(expected)).max() < 2e-5


@pytest.mark.parametrize("side", [1, 2, 4])
def test_enlarging_is_the_transposed_convolution(side):
    x, kernel = arrays(2, (2, side, side, 5), (4, 4, 7, 5))
    found = small_planes.enlarge(keras.ops.convert_to_tensor(x), small_planes.enlarging_weights(kernel, side))
    expected = keras.ops.conv_transpose(x, kernel, strides=2, padding="same")
    assert found.shape == expected.shape == (2, 2 * side, 2 * side, 7)
    assert np.abs(np.asarray(found) - np.asarray(expected)).max() < 2e-5
