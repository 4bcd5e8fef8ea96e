"""Annotations of slides: visible, amodal and occluded, exact to the pixel."""

import numpy as np
import pytest
from pycocotools import mask as rle

from smearsynth import coco
from smearsynth.layouts.raster import Window, own, window
from smearsynth.slides import runs
from smearsynth.slides.annotations import annotate


def square(x: int, y: int, *, side: int = 9) -> np.ndarray:
    """A square of side + 1 pixels."""
    return np.array([[x, y], [x + side, y], [x + side, y + side], [x, y + side]], float)


def entries(count: int) -> list[dict]:
    return [{"category_id": 2, "z": (i + 1) / count, "source_id": i} for i in range(count)]


def random_windows(seed: int, count: int, shape: tuple[int, int]) -> list[Window]:
    rng = np.random.default_rng(seed)
    found = []
    while len(found) < count:
        middle = rng.uniform(-5, max(shape) + 5, 2)
        angle = np.sort(rng.uniform(0, 2 * np.pi, rng.integers(3, 12)))
        polygon = middle + np.column_stack([np.cos(angle), np.sin(angle)]) * rng.uniform(3, 15, (len(angle), 1))
        part = window(polygon, shape)
        if part.area:
            found.append(part)
    return found


def full(part: Window, shape: tuple[int, int]) -> np.ndarray:
    frame = np.zeros(shape, bool)
    frame[part.slices] = part.mask
    return frame


@pytest.mark.parametrize("seed", range(8))
def test_runs_are_those_of_the_whole_mask_and_come_back(seed):
    shape = (40, 61)
    for part in random_windows(seed, 20, shape):
        packed = runs.encode(part, shape)
        assert packed == coco.encode(full(part, shape))
        assert (rle.decode({"size": packed["size"], "counts": packed["counts"].encode()}).astype(bool) == full(part, shape)).all()
        assert (full(runs.decode(packed), shape) == full(part, shape)).all()


@pytest.mark.parametrize(
    "mask",
    [
        np.ones((12, 9), bool),
        np.eye(12, 9, dtype=bool),
        np.arange(108).reshape(12, 9) % 2 == 0,
        np.zeros((12, 9), bool),
        np.arange(12)[:, None] * np.ones(9) == 11,
    ],
)
def test_runs_at_the_frame_and_in_full_columns(mask):
    packed = runs.encode(Window(0, 0, mask), mask.shape)
    assert packed == coco.encode(mask)
    assert (full(runs.decode(packed), mask.shape) == mask).all()


@pytest.mark.parametrize("seed", range(6))
def test_visible_masks_share_out_the_owner_map(seed):
    shape = (64, 80)
    windows = random_windows(seed, 25, shape)
    owner = own(windows, shape)
    found = annotate(entries(25), windows, owner, image_id=1, first_id=1)
    seen = np.array([coco.decode(a["segmentation"]) for a in found])
    amodal = np.array([coco.decode(a["amodal_segmentation"]) for a in found])
    assert seen.sum(0).max() == 1
    assert (seen.any(0) == (owner > 0)).all()
    assert (amodal.any(0) == (owner > 0)).all()
    assert (amodal | ~seen).all()
    for entry, visible, whole in zip(found, seen, amodal, strict=True):
        assert entry["area"] == visible.sum() > 0
        assert entry["bbox"] == coco.box(visible)
        assert entry["amodal_bbox"] == coco.box(whole)
        assert entry["occluded_rate"] == pytest.approx(1 - visible.sum() / whole.sum(), abs=1e-6)
        assert entry["iscrowd"] == 0
    hidden = [i for i, part in enumerate(windows, start=1) if not (owner[part.slices] == i).any()]
    assert [a["source_id"] for a in found] == [i for i in range(25) if i + 1 not in hidden]
    assert [a["id"] for a in found] == list(range(1, len(found) + 1))
    assert not coco.check({"images": [{"id": 1}], "annotations": found, "categories": [{"id": 2}]})


def test_occlusion_of_known_squares():
    shape = (30, 40)
    windows = [window(square(5, 5), shape), window(square(10, 5), shape), window(square(35, 20), shape)]
    found = annotate(entries(3), windows, own(windows, shape), image_id=7, first_id=11)
    assert [a["occluded_rate"] for a in found] == [0.5, 0.0, 0.0]
    assert [a["area"] for a in found] == [50, 100, 50]
    assert found[0]["bbox"] == [5, 5, 5, 10]
    assert found[0]["amodal_bbox"] == [5, 5, 10, 10]
    # Cut by the frame is not occluded.
    assert found[2]["amodal_bbox"] == [35, 20, 5, 10]
    assert [a["id"] for a in found] == [11, 12, 13]


def test_a_cell_wholly_under_another_is_left_out():
    shape = (30, 30)
    windows = [window(square(5, 5), shape), window(square(2, 2, side=19), shape)]
    found = annotate(entries(2), windows, own(windows, shape), image_id=1, first_id=1)
    assert [a["source_id"] for a in found] == [1]
