"""Thinning of look-alikes: copies go first, however they lie, and what is rare stays."""

import cv2
import numpy as np
import pytest
from tiny_run import cell

from smearsynth.readers.balance import SIDE, distances, thinned


def scene(seed: int) -> np.ndarray:
    """A picture that is unlike any other: soft blobs."""
    rng = np.random.default_rng(seed)
    return cv2.resize(rng.integers(0, 256, (6, 6, 3), np.uint8), (32, 32), interpolation=cv2.INTER_CUBIC)


def test_distances_are_those_of_the_definition():
    flat = np.stack([np.full((32, 32, 3), grey, np.uint8) for grey in (100, 110, 140)])
    found = distances(flat)
    assert found[0, 1] == pytest.approx(10, abs=0.01) and found[0, 2] == pytest.approx(40, abs=0.01)
    assert np.isinf(np.diag(found)).all() and (found == found.T).all()


@pytest.mark.parametrize("turns", range(4))
@pytest.mark.parametrize("mirrored", [False, True])
def test_a_turned_or_mirrored_cell_is_a_look_alike(turns, mirrored):
    lying = np.rot90(scene(0), turns)
    lying = lying[:, ::-1] if mirrored else lying
    found = distances(np.stack([scene(0), lying, scene(1)]))
    assert found[0, 1] < 0.5 and found[0, 2] > 20


def test_distances_agree_with_a_plain_double_loop():
    pixels = np.stack([cell(15, seed)[0] for seed in range(5)])
    small = [cv2.resize(one, (SIDE, SIDE), interpolation=cv2.INTER_AREA).astype(float) for one in pixels]
    found = distances(pixels)
    for first in range(5):
        for second in set(range(5)) - {first}:
            ways = [np.rot90(small[second], turns) for turns in range(4)]
            ways += [way[:, ::-1] for way in ways]
            least = min(np.sqrt(((small[first] - way) ** 2).mean()) for way in ways)
            assert found[first, second] == pytest.approx(least, abs=0.05)


def test_copies_go_and_every_kind_stays():
    kinds = [scene(seed) for seed in range(6)]
    rng = np.random.default_rng(0)
    crowd = [np.rot90(kinds[0], turn % 4) for turn in range(20)]
    noisy = [np.clip(one + rng.normal(0, 3, one.shape), 0, 255).astype(np.uint8) for one in [*crowd, *kinds[1:]]]
    kept = thinned(np.stack(noisy), 6)
    assert set(kept.tolist()) >= set(range(20, 25)) and (kept < 20).sum() == 1


def test_as_many_stay_as_were_asked_for_in_their_order():
    pixels = np.stack([scene(seed) for seed in range(9)])
    for count in (1, 4, 8):
        kept = thinned(pixels, count)
        assert len(kept) == count and (np.diff(kept) > 0).all()
    assert thinned(pixels, 9).tolist() == thinned(pixels, 50).tolist() == list(range(9))


def test_what_is_left_is_more_unlike_than_a_random_choice():
    rng = np.random.default_rng(1)
    pixels = np.stack([np.full((16, 16, 3), grey, np.uint8) for grey in np.clip(rng.normal(128, 30, 60), 0, 255)])
    kept = thinned(pixels, 15)
    chance = [distances(pixels[rng.choice(60, 15, replace=False)]).min(1).mean() for _ in range(20)]
    assert distances(pixels[kept]).min(1).mean() > max(chance)
