"""What counts as the same picture, and what does not."""

import cv2
import numpy as np
import pytest

from smearsynth.cells.duplicates import alike, clusters, fingerprint, overlapping, thumbnail

SIDE = 180


def field(number, side=2 * SIDE):
    """A smear without its optics: round cells of several sizes at random places."""
    rng = np.random.default_rng(number)
    picture = np.full((side, side, 3), (235, 220, 200), np.float32)
    for _ in range(int(60 * (side / 360) ** 2)):
        x, y = map(int, rng.uniform(0, side, 2))
        cv2.circle(picture, (x, y), int(rng.uniform(12, 26)), rng.uniform((150, 80, 90), (220, 160, 180)).tolist(), -1)
    return np.clip(cv2.GaussianBlur(picture, (0, 0), 1.2) + rng.normal(0, 2, picture.shape), 0, 255).astype(np.uint8)


def single(number):
    """A dark cell in the middle of its picture, the edges of others around it."""
    rng = np.random.default_rng(number)
    picture = np.full((SIDE, SIDE, 3), (240, 225, 205), np.float32)
    for angle in rng.uniform(0, 360, 5):
        far = rng.uniform(80, 100)
        centre = (int(SIDE / 2 + far * np.cos(np.radians(angle))), int(SIDE / 2 + far * np.sin(np.radians(angle))))
        cv2.circle(picture, centre, int(rng.uniform(18, 28)), (200, 140, 150), -1)
    axes = (int(rng.uniform(38, 56)), int(rng.uniform(30, 44)))
    cv2.ellipse(picture, (SIDE // 2, SIDE // 2), axes, float(rng.uniform(0, 180)), 0, 360, (130, 80, 150), -1)
    for angle in rng.uniform(0, 360, 4):
        far = rng.uniform(0, 24)
        centre = (int(SIDE / 2 + far * np.cos(np.radians(angle))), int(SIDE / 2 + far * np.sin(np.radians(angle))))
        cv2.circle(picture, centre, int(rng.uniform(8, 16)), (60, 20, 90), -1)
    return np.clip(cv2.GaussianBlur(picture, (0, 0), 1.5) + rng.normal(0, 2, picture.shape), 0, 255).astype(np.uint8)


def jpeg(picture):
    return cv2.imdecode(cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, 30])[1], 1)


def recoloured(picture):
    return np.clip(picture * np.array([0.9, 1.0, 1.1]) + 6, 0, 255).astype(np.uint8)


def shifted(picture):
    return np.roll(picture, (1, -1), (0, 1))


def resized(picture):
    return cv2.resize(picture, None, fx=0.6, fy=0.6, interpolation=cv2.INTER_AREA)


@pytest.mark.parametrize("change", [jpeg, recoloured, shifted, resized, np.fliplr, np.rot90, np.flipud, np.transpose])
def test_changed_copies_are_found_and_nothing_else(change):
    pictures = [single(i) for i in range(40)]
    copy = pictures[7].transpose(1, 0, 2) if change is np.transpose else change(pictures[7])
    prints = np.stack([fingerprint(np.ascontiguousarray(picture)) for picture in [*pictures, copy]])
    assert [(i, j) for i, j, _ in alike(prints, 0.9)] == [(7, 40)]


def test_blocks_do_not_change_the_pairs():
    pictures = [single(i) for i in range(20)] + [jpeg(single(i)) for i in (2, 5, 19)]
    prints = np.stack(list(map(fingerprint, pictures)))
    whole, small = alike(prints, 0.9), alike(prints, 0.9, block=4)
    assert [pair[:2] for pair in whole] == [pair[:2] for pair in small] == [(2, 20), (5, 21), (19, 22)]


def test_empty_fields_are_like_nothing():
    rng = np.random.default_rng(0)
    flat = [np.clip(230 + rng.normal(0, 1, (SIDE, SIDE, 3)), 0, 255).astype(np.uint8) for _ in range(6)]
    assert alike(np.stack(list(map(fingerprint, flat))), 0.5) == []
    assert overlapping(np.stack(list(map(thumbnail, flat))), 0.5) == []


@pytest.mark.parametrize("shift", [(60, 0), (-40, 50), (30, -70)])
def test_windows_of_one_place_are_found_and_others_are_not(shift):
    place = field(99)
    first = place[90 : 90 + SIDE, 90 : 90 + SIDE]
    second = place[90 + shift[0] : 90 + shift[0] + SIDE, 90 + shift[1] : 90 + shift[1] + SIDE]
    others = [field(i)[90 : 90 + SIDE, 90 : 90 + SIDE] for i in range(12)]
    small = np.stack([thumbnail(np.ascontiguousarray(p)) for p in [first, *others, jpeg(second)]])
    assert [(i, j) for i, j, _ in overlapping(small, 0.9)] == [(0, 13)]
    assert overlapping(small, 0.9, jobs=2) == overlapping(small, 0.9)


def test_overlap_correlation_is_the_correlation_of_the_common_part():
    from smearsynth.cells.duplicates import _Shifted

    rng = np.random.default_rng(3)
    pictures = rng.uniform(0, 255, (2, 16, 16)).astype(np.float32)
    best = -1.0
    for row in range(-15, 16):
        for column in range(-15, 16):
            a = pictures[0][max(0, row) : 16 + min(0, row), max(0, column) : 16 + min(0, column)].ravel()
            b = pictures[1][max(0, -row) : 16 + min(0, -row), max(0, -column) : 16 + min(0, -column)].ravel()
            if a.size >= 0.3 * 256:
                best = max(best, float(np.corrcoef(a, b)[0, 1]))
    assert _Shifted(pictures).best(0, np.array([1]))[0] == pytest.approx(best, abs=1e-4)


def test_clusters_join_chains():
    assert clusters(6, [(4, 2), (2, 0), (3, 5)]) == [0, 1, 0, 3, 0, 3]
