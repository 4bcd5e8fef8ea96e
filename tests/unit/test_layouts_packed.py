"""Packed layouts: what was asked is what comes out, or is reported."""

import json

import numpy as np
import pytest
from scipy.ndimage import distance_transform_edt
from slide_world import TYPES, make_catalogue, read

from smearsynth import coco
from smearsynth.cli import dispatch
from smearsynth.errors import UserError
from smearsynth.files import read_tsv, write_json
from smearsynth.layouts.draw import draw
from smearsynth.layouts.options import LayoutOptions
from smearsynth.layouts.packed import types
from smearsynth.layouts.raster import window
from smearsynth.options import build

DIFFERENTIAL = {"red": 0.8, "eosinophil": 0.1, "platelet": 0.1}


@pytest.fixture(scope="module")
def cells(tmp_path_factory):
    return read(make_catalogue(tmp_path_factory.mktemp("world"), each=6))


def options(
    *, differential=DIFFERENTIAL, size=(320, 400), border="cut", scale=(0.9, 1.1), shapes="train", **packed
) -> LayoutOptions:
    packed["differential"] = [{"type": name, "share": share} for name, share in differential.items()]
    section = {"kind": "packed", "size": list(size), "border": border, "scale": list(scale), "shapes": shapes, "packed": packed}
    return build(LayoutOptions, section, where="layouts")


def masks(layout: dict, size) -> list[np.ndarray]:
    """Filled on a wider frame, so that its border changes nothing."""
    height, width = size
    wide = (height + 400, width + 400)
    return [
        coco.fill([coco.from_flat(cell["polygon"]) + 200], wide)[200 : 200 + height, 200 : 200 + width]
        for cell in layout["cells"]
    ]


@pytest.mark.parametrize("gap", [0.0, 2.0, 5.5])
def test_no_two_cells_are_nearer_than_the_gap(cells, gap):
    asked = options(coverage=0.3, min_gap=gap)
    (layout,) = draw(asked, TYPES, cells, range(1), seed=1)
    found = masks(layout, asked.size)
    for i, mask in enumerate(found):
        others = np.any([other for j, other in enumerate(found) if j != i], axis=0)
        assert distance_transform_edt(~others)[mask].min() > gap


@pytest.mark.parametrize("coverage", [0.1, 0.25, 0.4, 0.5])
@pytest.mark.parametrize("border", ["cut", "inside"])
def test_coverage_is_reached_and_nothing_discarded_up_to_one_half(cells, coverage, border):
    asked = options(coverage=coverage, border=border, min_gap=1.0, size=(400, 400))
    for layout in draw(asked, TYPES, cells, range(3), seed=2):
        found = masks(layout, asked.size)
        union = np.any(found, axis=0)
        assert layout["achieved"]["discarded"] == 0
        assert layout["achieved"]["coverage"] == pytest.approx(union.mean(), abs=1e-6)
        largest = max(mask.sum() for mask in found) / union.size
        assert abs(union.mean() - coverage) <= largest


def test_count_is_exact_and_types_are_as_near_to_the_differential_as_cells_allow(cells):
    for layout in draw(options(count=60, size=(512, 512)), TYPES, cells, range(4), seed=3):
        achieved = layout["achieved"]
        assert achieved["count"] == len(layout["cells"]) == 60
        assert achieved["discarded"] == 0
        for name, share in {"red_blood_cell": 0.8, "eosinophil": 0.1, "platelet": 0.1}.items():
            assert abs(achieved["differential"][name] - share) <= 2 / 60


def test_rare_types_come_as_often_as_asked_over_many_slides():
    shares = {2: 0.88, 15: 0.1, 18: 0.02}
    drawn = np.array(
        [[next(sequence) for _ in range(12)] for s in range(800) for sequence in [types(shares, np.random.default_rng(s))]]
    )
    for key, share in shares.items():
        # Systematic sampling varies less than a binomial, whose standard error this is.
        assert np.mean(drawn == key) == pytest.approx(share, abs=4 * np.sqrt(share * (1 - share) / drawn.size))


def test_a_kind_is_shared_out_by_the_catalogue(cells):
    (layout,) = draw(options(differential={"white": 1.0}, count=20, size=(600, 600)), TYPES, cells, range(1), seed=3)
    assert set(layout["achieved"]["differential"]) == {"eosinophil", "lymphocyte"}
    assert layout["asked"]["differential"] == {"eosinophil": 0.5, "lymphocyte": 0.5}


@pytest.mark.parametrize("share", [0.1, 0.3])
def test_overlap_keeps_its_bound_pair_by_pair_and_white_cells_never_overlap(cells, share):
    asked = options(differential={"red": 0.6, "white": 0.4}, coverage=0.6, overlap=share, min_gap=0.0)
    (layout,) = draw(asked, TYPES, cells, range(1), seed=4)
    found = masks(layout, asked.size)
    white = [TYPES[cell["category_id"]].kind == "white" for cell in layout["cells"]]
    largest = 0.0
    for i in range(len(found)):
        for j in range(i):
            common = (found[i] & found[j]).sum()
            assert not (white[i] and white[j] and common)
            largest = max(largest, common / min(found[i].sum(), found[j].sum()))
    assert 0 < largest <= share
    assert layout["achieved"]["max_overlap"] == pytest.approx(largest, abs=1e-6)


def test_inside_means_wholly_inside(cells):
    asked = options(count=40, border="inside")
    (layout,) = draw(asked, TYPES, cells, range(1), seed=5)
    for cell in layout["cells"]:
        points = np.rint(coco.from_flat(cell["polygon"]))
        assert points.min() >= 0
        assert (points.max(0) < (asked.size[1], asked.size[0])).all()


def test_the_affine_maps_the_source_outline_and_keeps_its_area(cells):
    by_id = {cell.id: cell for cell in cells.cells}
    (layout,) = draw(options(count=25, scale=(0.7, 1.4)), TYPES, cells, range(1), seed=6)
    mirrored = 0
    for cell in layout["cells"]:
        source = by_id[cell["source_id"]]
        matrix = np.array(cell["affine"])
        there = source.polygons[0] @ matrix[:, :2].T + matrix[:, 2]
        assert np.abs(there - coco.from_flat(cell["polygon"])).max() < 0.02
        assert source.category_id == cell["category_id"]
        determinant = np.linalg.det(matrix[:, :2])
        mirrored += determinant < 0
        assert 0.7**2 - 1e-3 <= abs(determinant) <= 1.4**2 + 1e-3
        # A similarity: both singular values are the scale.
        assert np.ptp(np.linalg.svd(matrix[:, :2])[1]) < 1e-4
    assert 0 < mirrored < len(layout["cells"])


def test_a_slide_depends_on_seed_and_index_alone(cells):
    asked = options(count=20)
    together = draw(asked, TYPES, cells, range(4), seed=7)
    alone = [draw(asked, TYPES, cells, range(i, i + 1), seed=7)[0] for i in (3, 1, 0, 2)]
    assert json.dumps(together) == json.dumps([alone[2], alone[1], alone[3], alone[0]])
    assert draw(asked, TYPES, cells, range(1), seed=8) != together[:1]


def test_paint_order_is_red_white_platelet_and_z_grows(cells):
    (layout,) = draw(options(differential={"red": 0.5, "white": 0.2, "platelet": 0.3}, count=30), TYPES, cells, range(1), seed=9)
    kinds = [("red", "white", "platelet").index(TYPES[cell["category_id"]].kind) for cell in layout["cells"]]
    assert kinds == sorted(kinds)
    assert np.all(np.diff([cell["z"] for cell in layout["cells"]]) > 0)


def test_only_shapes_of_the_split(cells):
    split = {cell.id: cell.split for cell in cells.cells}
    for shapes, expected in (("train", {"train"}), ("test", {"test"}), ("all", {"train", "test"})):
        (layout,) = draw(options(count=40, size=(512, 512), shapes=shapes), TYPES, cells, range(1), seed=10)
        assert {split[cell["source_id"]] for cell in layout["cells"]} == expected


def test_cells_are_no_lattice(cells):
    """Directions to the nearest neighbour spread over the circle: a lattice would have a few of them."""
    (layout,) = draw(
        options(differential={"red": 1.0}, coverage=0.4, scale=(1, 1), size=(600, 600)), TYPES, cells, range(1), seed=11
    )
    centres = np.array([coco.from_flat(cell["polygon"]).mean(0) for cell in layout["cells"]])
    apart = centres[:, None] - centres[None]
    distance = np.hypot(*apart.transpose(2, 0, 1)) + np.eye(len(centres)) * 1e9
    near = apart[np.arange(len(centres)), distance.argmin(1)]
    angle = np.arctan2(near[:, 1], near[:, 0])
    for fold in (4, 6):
        assert abs(np.exp(1j * fold * angle).mean()) < 0.35
    assert distance.min(1).std() > 0.5


def test_a_shortfall_is_reported(cells):
    asked = options(differential={"white": 1.0}, count=42, size=(256, 256), border="cut", min_gap=3.0)
    (layout,) = draw(asked, TYPES, cells, range(1), seed=12)
    assert layout["achieved"]["discarded"] == 42 - layout["achieved"]["count"] > 0
    assert layout["asked"]["count"] == 42


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"count": 10, "differential": {"red": 0.5, "white": 0.3}}, "sum to 0.8"),
        ({"count": 10, "differential": {"red": 1.2, "white": -0.2}}, "got -0.2"),
        ({"count": 10, "differential": {"red": 0.9, "lymphocite": 0.1}}, "no such cell type"),
        ({"count": 10, "differential": {"red": 0.9, "monoblast": 0.1}}, "monoblast has no whole cell"),
        ({"count": 10, "differential": {"red": 0.9, "background": 0.1}}, "no such cell type"),
        ({"coverage": 0.85}, "cannot be reached"),
        ({"coverage": 0.4, "count": 3}, "give one of them"),
        ({}, "give one of them"),
        ({"count": 10, "overlap": 0.2, "min_gap": 1.0}, "both above 0"),
        ({"count": 4000, "border": "inside"}, "do not fit"),
        ({"count": 4000, "border": "cut"}, "do not fit"),
        ({"count": 10, "border": "inside", "scale": (9.0, 9.0)}, "enlarge layouts.size"),
        ({"count": 10, "size": (256, 9000)}, "256 to 8192"),
    ],
)
def test_what_cannot_be_is_said_before_anything_is_drawn(cells, change, words):
    with pytest.raises(UserError, match=words):
        draw(options(**change), TYPES, cells, range(1), seed=1)


def test_a_table_tells_what_was_asked_for_and_achieved(tmp_path, capsys):
    def layout(index, asked, achieved):
        return {"index": index, "asked": asked, "achieved": {"discarded": 0, "max_overlap": 0.1, **achieved}, "cells": []}

    shares = {"red": 0.8, "eosinophil": 0.2}
    wanted = {"count": 10, "coverage": None, "differential": shares, "max_overlap": 0.2}
    short = {"count": 8, "coverage": 0.3, "differential": {"red": 0.75, "platelet": 0.25}, "discarded": 2}
    dense = {"count": None, "coverage": 0.5, "differential": shares, "max_overlap": 0.2}
    shards = [
        [layout(0, wanted, {"count": 10, "coverage": 0.4, "differential": shares}), layout(1, wanted, short)],
        [layout(1234567, dense, {"count": 31, "coverage": 0.42, "differential": shares})],
    ]
    for number, shard in enumerate(shards):
        write_json(tmp_path / f"{number:04d}.json", {"layouts": shard})
    arguments = ["asked", "--layouts", str(tmp_path), "--out", str(tmp_path / "asked.tsv"), "--count"]
    assert dispatch("smearsynth.layouts", ("asked",), [*arguments, "2"]) == 0
    rows = [list(row.values()) for row in read_tsv(tmp_path / "asked.tsv")]
    assert rows == [
        ["0", "10", "10", "0", "n/a", "0.4", "0", "0.2", "0.1"],
        ["1", "10", "8", "2", "n/a", "0.3", "0.25", "0.2", "0.1"],
        ["1234567", "n/a", "31", "0", "0.5", "0.42", "0", "0.2", "0.1"],
    ]
    assert "2 of 3 slides have fewer cells than were asked for, or cover less" in capsys.readouterr().err
    assert dispatch("smearsynth.layouts", ("asked",), [*arguments, "3"]) == 2
    assert "0002.json: is not there" in capsys.readouterr().err


def test_windows_are_the_pixels_that_coco_fills_on_a_frame_wide_enough():
    rng = np.random.default_rng(0)
    for _ in range(60):
        polygon = np.rint(rng.uniform(-30, 90, 2) + 25 * rng.normal(size=(rng.integers(3, 12), 2)))
        part = window(polygon, (70, 80))
        full = np.zeros((70, 80), bool)
        full[part.slices] = part.mask
        assert (full == coco.fill([polygon + 200], (500, 500))[200:270, 200:280]).all()
