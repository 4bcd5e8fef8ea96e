import json
import weakref

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from pycocotools.coco import COCO
from scipy import ndimage

from smearsynth import coco
from smearsynth.files import write_json

masks = arrays(bool, st.tuples(st.integers(1, 24), st.integers(1, 24)))


@given(masks)
def test_run_lengths_give_the_mask_back_through_json(mask):
    assert np.array_equal(coco.decode(json.loads(json.dumps(coco.encode(mask)))), mask)


@given(masks.filter(np.any))
def test_box_is_the_smallest_that_holds_the_mask(mask):
    x, y, width, height = map(int, coco.box(mask))
    inside = mask[y : y + height, x : x + width]
    assert inside.sum() == mask.sum()
    assert inside[0].any() and inside[-1].any() and inside[:, 0].any() and inside[:, -1].any()


@given(masks)
def test_outline_and_fill_give_back_a_mask_without_holes(mask):
    mask = ndimage.binary_fill_holes(ndimage.binary_opening(np.pad(mask, 2), np.ones((2, 2))))
    assert np.array_equal(coco.fill(coco.outline(mask), mask.shape), mask)


def test_overlaps_are_those_done_by_hand():
    some, others = [[0, 0, 10, 10], [5, 0, 10, 10]], [[0, 0, 10, 10], [0, 0, 10, 5], [20, 20, 3, 3]]
    np.testing.assert_allclose(coco.overlaps(some, others), [[1, 1 / 2, 0], [1 / 3, 1 / 5, 0]])
    assert coco.overlaps([], others).shape == (0, 3)
    assert coco.overlaps(some, []).shape == (2, 0)


def small():
    mask = np.zeros((8, 9), bool)
    mask[2:5, 3:7] = True
    return {
        "images": [{"id": 5, "file_name": "a.png", "width": 9, "height": 8}],
        "categories": [{"id": 2, "name": "red"}],
        "annotations": [coco.annotation(mask, id=9, image_id=5, category_id=2)],
    }


def test_annotation_reads_back_in_pycocotools(tmp_path):
    coco.write(tmp_path / "instances.json", small())
    peer = COCO(tmp_path / "instances.json")
    entry = peer.loadAnns([9])[0]
    assert peer.annToMask(entry).sum() == entry["area"] == 12
    assert entry["bbox"] == [3.0, 2.0, 4.0, 3.0] and entry["iscrowd"] == 0


def test_check_finds_nothing_in_a_good_file_and_everything_in_a_bad_one():
    assert coco.check(small()) == []
    bad = small()
    bad["annotations"].append({**bad["annotations"][0], "image_id": 77, "category_id": 3, "area": 0})
    told = "\n".join(map(str, coco.check(bad)))
    assert all(text in told for text in ("id 9 stands more than once", "image_id 77", "category_id 3", "area 0"))


@pytest.mark.parametrize("part", ["images", "annotations", "categories"])
def test_check_names_a_missing_part(part):
    bad = small()
    del bad[part]
    assert coco.check(bad)[0].where == part


def test_merge_makes_dense_ids_and_keeps_the_references():
    merged = coco.merge([small(), small()], description="two")
    assert [i["id"] for i in merged["images"]] == [1, 2]
    assert [(a["id"], a["image_id"]) for a in merged["annotations"]] == [(1, 1), (2, 2)]
    assert coco.check(merged) == []


class Read:
    """Parts that come one by one, as from files, and of which nobody may keep two; some are empty."""

    def __init__(self, count: int, empty: tuple[int, ...] = ()):
        self.count, self.empty, self.most = count, empty, 0

    def __iter__(self):
        alive: list[weakref.ref] = []
        for number in range(self.count):
            part = Part(small())
            part["images"][0]["file_name"] = f"é{number}.png"
            if number in self.empty:
                part |= {"images": [], "annotations": []}
            alive.append(weakref.ref(part))
            yield part
            del part
            self.most = max(self.most, sum(one() is not None for one in alive))


class Part(dict):
    """A dict that can be watched."""


@pytest.mark.parametrize("empty", [(), (0,), (2,), (4,), (0, 1, 2, 3, 4)])
def test_a_merge_is_the_text_of_its_content_with_one_part_at_a_time(tmp_path, empty):
    parts = Read(5, empty)
    text = "".join(coco.merged(parts, description="fünf"))
    write_json(tmp_path / "whole.json", coco.merge(list(Read(5, empty)), description="fünf"))
    assert text == (tmp_path / "whole.json").read_text()
    named = [f"é{number}.png" for number in range(5) if number not in empty]
    assert [image["file_name"] for image in json.loads(text)["images"]] == named
    assert parts.most == 1
    assert json.loads("".join(coco.merged([], description="none"))) == coco.merge([], description="none")
