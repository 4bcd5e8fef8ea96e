"""Given outlines: what is taken as it is, mended, or refused."""

import numpy as np
import pytest

from smearsynth import coco
from smearsynth.cells.polygons import checked, from_run_lengths
from smearsynth.errors import UserError

SHAPE = (40, 50)


def test_a_sound_outline_stays_as_it_is():
    polygon = np.array([[3.0, 4], [30, 5], [20.5, 30]])
    result, mended = checked(polygon, SHAPE)
    assert np.array_equal(result, polygon) and mended is None


def test_an_outline_a_pixel_over_the_border_is_clipped():
    result, mended = checked(np.array([[-0.5, 4], [50, 5], [20, 40]]), SHAPE)
    assert mended is None and result.min() >= 0 and result[:, 0].max() <= 49 and result[:, 1].max() <= 39


@pytest.mark.parametrize(
    "vertices, said",
    [
        ([[10, 10], [60, 10], [20, 20]], r"from \(10, 10\) to \(60, 20\), outside its picture of 50 × 40"),
        ([[-9, 10], [30, 10], [20, 20]], "outside its picture"),
        ([[10, 10], [30, 30], [30, 10], [10, 30]], "crosses itself"),
        ([[10, 10], [30, 30]], "2 points"),
        ([[10, 10], [30, 30], [10, 10], [30, 30]], "2 points"),
        ([[10, 10], [20, 20], [30, 30]], "no area"),
        ([[10, 10], [np.inf, 20], [30, 30]], "not finite"),
    ],
)
def test_an_outline_that_cannot_be_used_is_refused_with_its_reason(vertices, said):
    with pytest.raises(UserError, match=said):
        checked(np.array(vertices, float), SHAPE)


def test_a_spur_of_a_traced_outline_is_cut_off_and_said():
    body = [[10, 10], [30, 10], [30, 30], [10, 30]]
    spur = [[10, 20], [9, 20], [9, 21], [10, 20]]
    result, mended = checked(np.array(body + spur, float), SHAPE)
    assert mended and np.array_equal(coco.fill([result], SHAPE), coco.fill([np.array(body)], SHAPE))


def test_run_lengths_compressed_and_not_give_the_mask_back():
    mask = np.zeros(SHAPE, bool)
    mask[5:30, 8:40] = True
    mask[10:15, 20:25] = False
    whole = mask.copy()
    whole[10:15, 20:25] = True
    flat = mask.T.ravel().astype(int)
    edges = np.flatnonzero(np.diff(flat)) + 1
    counts = np.diff([0, *edges, flat.size]).tolist()
    for run_lengths in (coco.encode(mask), {"size": list(SHAPE), "counts": counts}):
        assert np.array_equal(coco.fill(list(from_run_lengths(run_lengths, SHAPE)), SHAPE), whole)


def test_debris_of_a_mask_is_no_part_of_the_cell():
    mask = np.zeros(SHAPE, bool)
    mask[5:30, 5:30] = True
    mask[35:38, 40:43] = True
    assert len(from_run_lengths(coco.encode(mask), SHAPE)) == 1


@pytest.mark.parametrize("counts", ["", "~~~~", "0", [2000, 1], [1999], [-1, 2001], None, [1.5, 1998.5]])
def test_broken_run_lengths_are_refused(counts):
    with pytest.raises(UserError):
        from_run_lengths({"size": list(SHAPE), "counts": counts}, SHAPE)
