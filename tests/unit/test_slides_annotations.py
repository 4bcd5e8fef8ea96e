"""Annotations of slides: visible, amodal and occluded, exact to the pixel."""

import numpy as np
import pytest
from pycocotools import mask as rle
from slide_world import TYPES, make_catalogue, read

from smearsynth import coco
from smearsynth.layouts.draw import draw
from smearsynth.layouts.options import LayoutOptions
from smearsynth.layouts.raster import Window, own, window
from smearsynth.options import build
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


def disc(x: float, y: float, radius: float) -> np.ndarray:
    angle = np.linspace(0, 2 * np.pi, 720, endpoint=False)
    return np.column_stack([x + radius * np.cos(angle), y + radius * np.sin(angle)])


@pytest.mark.parametrize("apart", [0.2, 0.5, 1.0, 1.5, 1.9])
def test_the_lower_of_two_discs_is_hidden_by_the_lens_that_they_share(apart):
    radius, shape = 60.0, (200, 320)
    windows = [window(disc(100, 100, radius), shape), window(disc(100 + apart * radius, 100, radius), shape)]
    lower, upper = annotate(entries(2), windows, own(windows, shape), image_id=1, first_id=1)
    lens = (2 * np.arccos(apart / 2) - apart / 2 * np.sqrt(4 - apart**2)) / np.pi
    # Masks hold the pixels of their border too: a disc of 60 px is half a pixel wider than its radius says.
    assert lower["occluded_rate"] == pytest.approx(lens, abs=0.01)
    assert upper["occluded_rate"] == 0
    for found in (lower, upper):
        assert rle.area(as_bytes(found["amodal_segmentation"])) == pytest.approx(np.pi * (radius + 0.5) ** 2, rel=0.005)


def test_a_disc_under_two_others_is_hidden_by_their_union_once():
    shape = (200, 200)
    windows = [
        window(square(50, 50, side=39), shape),
        window(square(50, 50, side=19), shape),
        window(square(60, 60, side=19), shape),
    ]
    lowest, middle, top = annotate(entries(3), windows, own(windows, shape), image_id=1, first_id=1)
    assert lowest["occluded_rate"] == pytest.approx((400 + 400 - 100) / 1600)
    assert (middle["occluded_rate"], top["occluded_rate"]) == (0.25, 0.0)


def as_bytes(segmentation: dict) -> dict:
    """Run lengths as pycocotools itself keeps them."""
    return {"size": segmentation["size"], "counts": segmentation["counts"].encode()}


def test_whole_masks_painted_by_height_give_the_owner_map_of_a_crowded_layout(tmp_path):
    """From what stands in the file alone, whatever the order it stands in: stacks, clusters, cells that the frame cuts."""
    packed = {"coverage": 0.5, "min_gap": 0.0, "overlap": 0.2, "rouleaux": 0.5, "clusters": 0.3}
    packed["differential"] = [{"type": kind, "share": share} for kind, share in (("red", 0.8), ("white", 0.1), ("platelet", 0.1))]
    options = build(LayoutOptions, {"kind": "packed", "size": [300, 340], "packed": packed}, where="layouts")
    (layout,) = draw(options, TYPES, read(make_catalogue(tmp_path)), range(1), seed=3)
    windows = [window(coco.from_flat(cell["polygon"]), options.size) for cell in layout["cells"]]
    owner = own(windows, options.size)
    found = annotate(layout["cells"], windows, owner, image_id=1, first_id=1)
    assert max(a["occluded_rate"] for a in found) > 0.4
    painted = np.zeros(options.size, int)
    shuffled = [found[i] for i in np.random.default_rng(0).permutation(len(found))]
    for entry in sorted(shuffled, key=lambda a: a["z"]):
        painted[rle.decode(as_bytes(entry["amodal_segmentation"])) > 0] = entry["id"]
    for entry in found:
        assert ((painted == entry["id"]) == rle.decode(as_bytes(entry["segmentation"])).astype(bool)).all()
    assert ((painted > 0) == (owner > 0)).all()
