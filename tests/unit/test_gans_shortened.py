"""Planes without their equal rows and columns: nothing is lost, and means are those of the whole plane."""

import keras
import numpy as np
import pytest

from smearsynth.gans.engine import moments_of_one
from smearsynth.gans.shortened import LARGEST, WHOLE, Reach, Shortened

SHORT = [Shortened(16, 2, 3), Shortened(16, 4, 2, 2), Shortened(32, 2, 13), Shortened(8)]


def plane(short: Shortened, seed: int = 1) -> tuple[np.ndarray, np.ndarray]:
    """A kept part with random values and the whole plane that it stands for."""
    kept = np.random.default_rng(seed).normal(2, 1, (1, len(short.kept), len(short.kept), 3)).astype(np.float32)
    return kept, kept[:, short.place][:, :, short.place]


@pytest.mark.parametrize("short", SHORT)
def test_kept_rows_stand_where_they_were(short):
    assert len(short.place) == short.side and np.array_equal(short.place[short.kept], np.arange(len(short.kept)))
    assert np.array_equal(short.place, len(short.kept) - 1 - short.place[::-1])
    left_out = np.setdiff1d(np.arange(short.side // 2), short.kept)
    assert len(left_out) == short.count
    rows = short.kept[short.place[left_out]]
    assert (
        ((left_out - rows) % short.period == 0).all()
        and (rows < short.start).all()
        and (rows >= short.start - short.period).all()
    )


@pytest.mark.parametrize("short", SHORT)
def test_moments_are_those_of_the_whole_plane(short):
    kept, whole = plane(short)
    mean, variance = short.moments(keras.ops.convert_to_tensor(kept))
    assert np.allclose(np.asarray(mean)[0, 0, 0], whole.mean((0, 1, 2)), atol=1e-5)
    assert np.allclose(np.asarray(variance)[0, 0, 0], whole.var((0, 1, 2)), atol=1e-5)


def test_from_one_to_another():
    short = Shortened(32, 4, 10)
    kept, whole = plane(short)
    for other in (Shortened(32), Shortened(32, 2, 12), Shortened(32, 3, 5)):
        rows = other.kept
        assert np.array_equal(np.asarray(other.take(kept, short)), whole[:, rows][:, :, rows])


@pytest.mark.parametrize("half", [1, 31, 32, 33, 40, 95, 96, 97, 128])
def test_reach_holds_the_cell_and_shortens_only_black(half):
    label = np.full((256, 256, 3), -1, np.float32)
    label[128 - half : 128 + half, 100:130, 1] = 0.5
    reach = Reach.of(label)
    assert reach.half >= half and (reach == WHOLE) == (half > 8 * LARGEST)
    kept = reach.level(256)
    assert (label[np.setdiff1d(np.arange(256), kept.kept)] == -1).all()
    assert np.array_equal(label[kept.kept][kept.place], label)


def test_a_single_pixel_off_the_middle_decides():
    label = np.full((256, 256, 3), -1, np.float32)
    label[128, 40, 0] = 0
    assert Reach.of(label).half == 88
    label[128, 40, 0] = -1
    assert Reach.of(label).half == 32


def test_moments_of_one_picture_are_keras_s():
    x = np.random.default_rng(3).normal(4, 2, (1, 12, 20, 5)).astype(np.float32)
    for found, expected in zip(moments_of_one(x), keras.ops.moments(x, axes=(1, 2), keepdims=True), strict=True):
        assert found.shape == expected.shape and np.allclose(np.asarray(found), np.asarray(expected), rtol=1e-5)
