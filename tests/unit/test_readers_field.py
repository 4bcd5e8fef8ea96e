"""Field reader: its classes, its training patches, its targets, its thresholds; no training."""

import json
from dataclasses import replace

import numpy as np
import pytest
from field_reader_world import OPTIONS, TYPES, make_slides

from smearsynth import coco, images
from smearsynth.errors import UserError
from smearsynth.files import read_json, write_json
from smearsynth.layouts.raster import Window
from smearsynth.options import build
from smearsynth.readers import field_classes, field_data, field_thresholds, field_training
from smearsynth.readers.field_options import FieldAugmentation, FieldReaderOptions
from smearsynth.readers.field_reading import Found, even
from smearsynth.readers.field_sources import IGNORED, Field, Maps, Slides, scaled, white_balanced
from smearsynth.slides import runs

STILL = FieldAugmentation(turn=False, scale=0.0, light=0.0, stain=0.0, noise=0.0, blur=0.0)
PLAIN = replace(build(FieldReaderOptions, OPTIONS, where="readers.field"), augmentation=STILL, balance=0.0, white_balance=False)
KINDS = field_classes.all_classes(TYPES, by="kinds")


def disc(shape, row, column, radius) -> np.ndarray:
    rows, columns = np.ogrid[: shape[0], : shape[1]]
    return (rows - row) ** 2 + (columns - column) ** 2 <= radius**2


def fields(instances, pictures, options=PLAIN, *, seed=1, um_per_px=None) -> field_data.Fields:
    source = Slides(instances, pictures, um_per_px=um_per_px, least_visible=options.least_visible)
    numbers = KINDS.numbers(source.categories, where="slides", taxonomy=TYPES)
    return field_data.Fields([source], [numbers], options, shares=[1.0], seed=seed)


# Classes


def test_kinds_of_one_type_keep_its_name_and_the_others_get_a_free_id():
    assert [(t.name, t.kind) for t in KINDS.types] == [("red_blood_cell", "red"), ("white", "white"), ("platelet", "platelet")]
    assert [t.id for t in KINDS.types] == [2, 1, 30]
    by_type = field_classes.all_classes(TYPES, by="types")
    assert [t.id for t in by_type.types] == [2, 15, 18, 30]
    assert field_classes.from_json(json.loads(json.dumps(field_classes.to_json(KINDS)))) == KINDS


def test_categories_of_any_file_become_classes():
    own = [{"id": 7, "name": "myelocyte", "supercategory": "white"}, {"id": 8, "name": "dirt", "supercategory": "other"}]
    assert KINDS.numbers(own, where="file", taxonomy=TYPES) == {7: 2, 8: IGNORED}
    with pytest.raises(UserError) as caught:
        field_classes.all_classes(TYPES, by="types").numbers(own, where="file", taxonomy=TYPES)
    assert [problem.what for problem in caught.value.problems] == ["unknown type 'myelocyte'", "unknown type 'dirt'"]


def test_a_reader_asked_for_types_it_was_not_trained_on():
    assert KINDS.only(["platelet"]) == {30}
    with pytest.raises(UserError, match="not trained on") as caught:
        KINDS.only(["lymphocyte", "platelet", "eosinophil"])
    assert len(caught.value.problems) == 2


# Training patches


def test_a_slide_becomes_its_owner_map(tmp_path):
    instances, pictures = make_slides(tmp_path, count=2)
    data = read_json(instances)
    mine = [entry for entry in data["annotations"] if entry["image_id"] == 1]
    mine[3]["occluded_rate"] = 0.9
    write_json(instances, data)
    field = fields(instances, pictures).field(0, 0)
    for number, entry in enumerate(mine, start=1):
        expected = IGNORED if number == 4 else number
        assert (field.owners[coco.decode(entry["segmentation"])] == expected).all()
        kind = TYPES[entry["category_id"]].kind
        assert KINDS.types[field.classes[number - 1] - 1].kind == kind
    assert (field.owners == 0).sum() == field.owners.size - sum(entry["area"] for entry in mine)


def test_label_maps_of_real_fields_teach_and_those_of_the_test_do_not(tmp_path):
    entries = []
    for number, split in enumerate(("train", "test", "train", "train")):
        owners = np.zeros((40, 60), np.uint16)
        owners[disc(owners.shape, 12, 14, 8)] = 1
        owners[disc(owners.shape, 26, 40, 5)] = 2
        owners[30:, :10] = 3
        for folder, image in (("pictures", np.full((40, 60, 3), 50 * number, np.uint8)), ("owners", owners)):
            images.write(tmp_path / folder / f"{number}.png", image)
        cells = [{"owner": at, "category_id": kind} for at, kind in enumerate((18, 30, 11), start=1)]
        entry = {"file": f"pictures/{number}.png", "owners": f"owners/{number}.png", "split": split, "height": 40, "width": 60}
        entries.append({**entry, "um_per_px": 0.2, "cells": cells})
    categories = [{"id": t.id, "name": t.name, "kind": t.kind} for t in TYPES.types]
    write_json(tmp_path / "index.json", {"categories": categories, "fields": entries})
    source = Maps(tmp_path / "index.json")
    assert len(source) == 3 and source.um_per_px(0) == 0.2 and source.cells(1) == [18, 30, 11]
    field = source.field(1, KINDS.numbers(source.categories, where="index", taxonomy=TYPES))
    assert (field.picture == 100).all() and field.classes.tolist() == [2, 3, IGNORED]
    assert set(np.unique(field.owners)) == {IGNORED, 0, 1, 2} and (field.owners[30:, :10] == IGNORED).all()


def test_held_fields_teach_nothing(tmp_path):
    some = fields(*make_slides(tmp_path, count=10), replace(PLAIN, patch=96, margin=0))
    assert len(some.held[0]) == 2 and sorted(some.held[0] + some.taught[0]) == list(range(10))
    whole = np.stack([some.field(0, index).picture for index in range(10)]).astype(int)
    seen = set()
    for step in range(12):
        for patch in field_data.patches(some, replace(PLAIN, patch=96), seed=5, step=step):
            (same,) = np.flatnonzero(np.abs(whole - patch.picture).max((1, 2, 3)) <= 1)
            seen.add(int(same))
    assert seen == set(some.taught[0])


def test_a_step_depends_on_seed_and_number_alone(tmp_path):
    instances, pictures = make_slides(tmp_path, count=4)
    varied = build(FieldReaderOptions, OPTIONS, where="readers.field")
    one, other = fields(instances, pictures, varied), fields(instances, pictures, varied)
    for step in range(3):
        field_data.patches(one, varied, seed=5, step=step)
    again = field_data.patches(other, varied, seed=5, step=2)
    for a, b, c in zip(
        field_data.patches(one, varied, seed=5, step=2), again, field_data.patches(other, varied, seed=6, step=2), strict=True
    ):
        assert (a.picture == b.picture).all() and (a.owners == b.owners).all()
        assert (a.picture != c.picture).any()


def test_patches_are_brought_to_the_readers_resolution(tmp_path):
    instances, pictures = make_slides(tmp_path, count=2)
    coarse = fields(instances, pictures, replace(PLAIN, um_per_px=0.2), um_per_px=0.1)
    whole = fields(instances, pictures).field(0, 0)
    half = coarse.field(0, 0)
    assert half.picture.shape == (48, 48, 3) and set(np.unique(half.owners)) <= set(np.unique(whole.owners))
    area = np.bincount(whole.owners.ravel()) / 4
    assert np.abs(np.bincount(half.owners.ravel(), minlength=len(area)) - area)[1:].max() < 16
    with pytest.raises(UserError, match="resolution is not known"):
        fields(instances, pictures, replace(PLAIN, um_per_px=0.2))


def test_beyond_a_small_field_nothing_is_taught():
    field = Field(np.full((40, 100, 3), 200, np.uint8), np.ones((40, 100), np.int32), np.array([1]))
    patch = field_data.crop(field, np.random.default_rng(0), PLAIN, None)
    assert patch.picture.shape == (64, 64, 3) and (patch.picture == 200).all()
    assert (patch.owners[:40] == 1).all() and (patch.owners[40:] == IGNORED).all()


def test_balanced_patches_show_the_rare_class():
    owners = np.zeros((400, 400), np.int32)
    for number in range(60):
        owners[disc(owners.shape, 30 + 40 * (number % 10), 20 + 60 * (number // 10), 8)] = number + 1
    owners[disc(owners.shape, 385, 385, 5)] = 61
    field = Field(np.zeros((400, 400, 3), np.uint8), owners, np.array([1] * 60 + [3]))

    def share(balance):
        seen = 0
        for seed in range(200):
            rng = np.random.default_rng(seed)
            middle = field_data._around(field, rng) if balance else None
            seen += (field_data.crop(field, rng, PLAIN, middle).owners == 61).any()
        return seen / 200

    assert share(False) < 0.05 and 0.4 < share(True) < 0.6


def test_turning_keeps_picture_and_owners_together():
    owners = np.zeros((64, 64), np.int32)
    owners[disc(owners.shape, 20, 40, 9)] = 1
    picture = np.repeat((owners * 90 + 60).astype(np.uint8)[..., None], 3, 2)
    patch = Field(picture, owners, np.array([1]))
    places = set()
    for seed in range(24):
        turned = field_data.vary(patch, np.random.default_rng(seed), replace(STILL, turn=True))
        assert (turned.picture[..., 0] == turned.owners * 90 + 60).all()
        places.add(tuple(np.argwhere(turned.owners).min(0)))
    assert len(places) == 8


def test_nothing_switched_on_changes_nothing_and_the_light_stays_light():
    rng = np.random.default_rng(0)
    patch = Field(rng.integers(0, 256, (32, 32, 3)).astype(np.uint8), np.zeros((32, 32), np.int32), np.zeros(0, int))
    still = field_data.vary(patch, np.random.default_rng(1), STILL).picture.astype(int)
    assert np.abs(still - patch.picture).max() <= 1
    white = replace(patch, picture=np.full((32, 32, 3), 250, np.uint8))
    for seed in range(20):
        stained = field_data.vary(white, np.random.default_rng(seed), replace(STILL, stain=0.5)).picture
        assert stained.min() >= 244


def test_another_lamp_gives_the_same_picture():
    scene = np.full((60, 60, 3), 220.0)
    scene[disc((60, 60), 30, 30, 12)] = (150, 90, 120)
    first, second = (white_balanced((scene * lamp).astype(np.uint8)).astype(int) for lamp in ((1, 1, 1), (0.9, 0.8, 0.7)))
    assert np.abs(first - second).max() <= 2 and (first[0, 0] == 235).all()


def test_scaling_keeps_every_owner_in_its_place():
    owners = np.arange(12, dtype=np.int32).reshape(3, 4)
    field = Field(np.zeros((3, 4, 3), np.uint8), owners, np.ones(11, int))
    assert (scaled(field, 2).owners == owners.repeat(2, 0).repeat(2, 1)).all()
    assert (scaled(scaled(field, 3), 1 / 3).owners == owners).all()
    assert scaled(field, 0.01).picture.shape == (1, 1, 3)


def test_shares():
    class Of(list):
        name = "s"

    two = [Of(range(30)), Of(range(10))]
    assert field_data.shares_of(two, None) == [0.75, 0.25]
    assert field_data.shares_of(two, [1, 3]) == [0.25, 0.75]
    for wrong in ([1], [1, 0], [1, -1], [1, 2, 3]):
        with pytest.raises(UserError, match="--shares"):
            field_data.shares_of(two, wrong)


# Targets


def test_targets_of_a_disc_by_hand():
    owners = np.zeros((48, 96), np.int32)
    owners[disc(owners.shape, 24, 24, 12)] = 1
    owners[disc(owners.shape, 24, 72, 4)] = 2
    owners[40:, 48:] = IGNORED
    patch = Field(np.zeros((48, 96, 3), np.uint8), owners, np.array([3, 1]))
    depth, rays, one_hot = field_training.targets(patch, rays=8, grid=2, classes=3)
    assert depth.shape == (24, 48, 1) and rays.shape == (24, 48, 9) and one_hot.shape == (24, 48, 4)
    assert depth[12, 12, 0] == pytest.approx(1) and depth[12, 36, 0] == pytest.approx(1) and depth[0, 0, 0] == 0
    assert np.abs(rays[12, 12, :8] - 12).max() <= 1.5 and np.abs(rays[12, 36, :8] - 4).max() <= 1.5
    # Of a third of the diameter, an error of a pixel weighs three times as much.
    assert rays[12, 36, 8] / rays[12, 12, 8] == pytest.approx(3, rel=0.15) and (rays[..., 8] > 0).sum() == (depth > 0).sum()
    assert (depth[20:, 24:] == -1).all() and (one_hot[20:, 24:] == -1).all() and (depth[:20] >= 0).all()
    assert (one_hot[0, 0] == [1, 0, 0, 0]).all()
    taught = np.where(one_hot < 0, 0, one_hot)
    # Large or small, a cell weighs the same.
    assert taught[..., 3].sum() == pytest.approx(taught[..., 1].sum(), rel=1e-5) and taught[..., 2].sum() == 0


def test_outlines_go_on_under_other_cells_where_that_is_told():
    lower, upper = disc((64, 64), 32, 24, 14), disc((64, 64), 32, 42, 10)
    owners = np.where(upper, 2, np.where(lower, 1, 0)).astype(np.int32)
    hidden = np.where(upper & lower, 1, 0).astype(np.int32)
    picture, classes = np.zeros((64, 64, 3), np.uint8), np.array([1, 1])
    seen, whole = (
        field_training.targets(Field(picture, owners, classes, below), rays=4, grid=2, classes=1) for below in (None, hidden)
    )
    # From the lower one's middle: its radius all round, but the nearer edge of the upper one where only what is seen counts.
    assert np.abs(whole[1][16, 12, :4] - 14).max() <= 1.5
    assert sorted(np.round(seen[1][16, 12, :4] - 8).astype(int))[0] in (-1, 0, 1) and (seen[1][16, 12, :4] > 12).sum() == 3
    # The upper one, and how far it is to what is seen, stay as they are.
    assert np.array_equal(seen[1][16, 21], whole[1][16, 21]) and np.array_equal(seen[0], whole[0])


def test_slides_tell_what_is_hidden(tmp_path):
    shape = (48, 64)
    whole = [disc(shape, 24, 20, 12), disc(shape, 24, 34, 12), disc(shape, 30, 28, 6)]
    # The second lies on the first, the third, a platelet, on both.
    seen = [whole[0] & ~whole[1] & ~whole[2], whole[1] & ~whole[2], whole[2]]
    cells = [
        coco.annotation(part, id=at + 1, image_id=1, category_id=(2, 2, 30)[at])
        | {"amodal_segmentation": runs.encode(Window(0, 0, whole[at]), shape), "z": (at + 1) / 3, "occluded_rate": 0.0}
        for at, part in enumerate(seen)
    ]
    entry = {"id": 1, "file_name": "a.png", "height": shape[0], "width": shape[1]}
    images.write(tmp_path / "a.png", np.zeros((*shape, 3), np.uint8))
    # In the file in another order than that of painting.
    for order in ([0, 1, 2], [2, 0, 1]):
        file = tmp_path / "instances.json"
        some = [cells[at] for at in order]
        write_json(file, {"images": [entry], "annotations": some, "categories": TYPES.categories()})
        source = Slides(file, tmp_path, um_per_px=None, least_visible=0.0, whole=True)
        field = source.field(0, KINDS.numbers(source.categories, where="slides", taxonomy=TYPES))
        for number, at in enumerate(order, start=1):
            assert np.array_equal(field.owners == number, seen[at])
        wanted = np.zeros(shape, int)
        wanted[whole[0] & (whole[1] | whole[2])] = 1 + order.index(0)
        wanted[whole[1] & whole[2]] = 1 + order.index(1)
        assert np.array_equal(field.hidden, wanted)


def test_varied_patches_carry_what_is_hidden_along():
    rng = np.random.default_rng(5)
    owners = rng.integers(0, 9, (100, 100)).astype(np.int32)
    field = Field(np.repeat(owners[..., None], 3, 2).astype(np.uint8), owners, np.ones(9, int), owners * 7)
    turned = replace(STILL, turn=True, scale=0.2)
    for seed in range(6):
        drawn = field_data.crop(field, np.random.default_rng(seed), replace(PLAIN, patch=64, augmentation=turned), None)
        patch = field_data.vary(drawn, np.random.default_rng(seed), turned)
        assert patch.hidden is not None and np.array_equal(patch.hidden, patch.owners * 7)


def test_a_framed_patch_goes_on_mirrored_and_teaches_nothing_there():
    rng = np.random.default_rng(2)
    picture = rng.integers(0, 256, (40, 40, 3)).astype(np.uint8)
    patch = Field(picture, np.ones((40, 40), np.int32), np.array([1]), np.full((40, 40), 2, np.int32))
    seen = set()
    for seed in range(200):
        framed = field_data.framed(patch, np.random.default_rng(seed), 6)
        taught = framed.owners == 1
        rows, columns = np.flatnonzero(taught.any(1)), np.flatnonzero(taught.any(0))
        ends = (rows[0], 39 - rows[-1], columns[0], 39 - columns[-1])
        seen.add(ends)
        assert set(ends) <= {0, 6} and (framed.owners[~taught] == IGNORED).all() and (framed.hidden[~taught] == 0).all()
        assert np.array_equal(framed.picture[taught], picture[taught])
        if ends[0]:
            assert np.array_equal(framed.picture[:6], framed.picture[6:12][::-1])
    assert len(seen) == 16
    still = field_data.framed(patch, rng, 0)
    assert np.array_equal(still.picture, picture) and np.array_equal(still.owners, patch.owners)


def test_targets_of_an_empty_patch():
    patch = Field(np.zeros((32, 32, 3), np.uint8), np.zeros((32, 32), np.int32), np.zeros(0, int))
    depth, rays, one_hot = field_training.targets(patch, rays=8, grid=2, classes=2)
    assert (depth == 0).all() and (rays == 0).all() and (one_hot == [1, 0, 0]).all()


# Thresholds


def test_the_best_threshold_by_hand():
    scores = np.array([0.9, 0.8, 0.6, 0.4, 0.3])
    hit = np.array([True, True, False, True, False])
    # F1 of the first k of 4 cells: 2/5, 4/6, 4/7, 6/8, 6/9. Of 4 cells 6/8 is uncertain by sqrt(3/16/4) = 0.22: 4/6 is as good.
    assert field_thresholds.best(scores, hit, 4) == pytest.approx((0.7, 4 / 6, 0.75))
    # Of 400 cells it is uncertain by 0.02.
    many = field_thresholds.best(np.repeat(scores, 100), np.repeat(hit, 100), 400)
    assert many == pytest.approx((0.35, 0.75, 0.75))
    assert field_thresholds.best(scores, np.zeros(5, bool), 4) == (0.5, 0.0, 0.0)
    assert field_thresholds.best(np.zeros(0), np.zeros(0, bool), 0) == (0.5, 0.0, 0.0)
    # Equal scores are taken together.
    _, f1, largest = field_thresholds.best(np.array([0.7, 0.7, 0.7]), np.array([True, False, False]), 1)
    assert f1 == largest == pytest.approx(0.5)


def test_where_many_thresholds_do_equally_well_the_highest_is_taken():
    """95 clear cells, then one by one a few faint ones among as many mistakes: F1 hardly changes, real dirt would come in."""
    scores = np.r_[np.linspace(0.9, 0.6, 95), np.linspace(0.5, 0.1, 8)]
    hit = np.r_[np.ones(95, bool), np.tile([True, False], 4)]
    score, f1, largest = field_thresholds.best(scores, hit, 100)
    assert 0.6 < score < 0.7
    assert largest > f1 > largest - np.sqrt(largest * (1 - largest) / 100)


def test_each_cell_is_found_once_by_the_best_candidate_of_its_class():
    owners = np.zeros((60, 90), np.int32)
    owners[disc(owners.shape, 20, 20, 9)] = 1
    owners[disc(owners.shape, 20, 60, 9)] = 2
    owners[40:, :] = IGNORED
    field = Field(np.zeros((60, 90, 3), np.uint8), owners, np.array([1, 2]))
    angle = np.linspace(0, 2 * np.pi, 32, endpoint=False)

    def ring(row, column, radius):
        return np.column_stack([column + radius * np.cos(angle), row + radius * np.sin(angle)])

    outlines = np.stack([ring(20, 20, 9), ring(20, 21, 9), ring(20, 60, 9), ring(52, 45, 6), ring(20, 80, 5)])
    found = Found(outlines, np.array([1, 1, 1, 1, 2]), np.array([0.9, 0.8, 0.7, 0.6, 0.5]))
    hit, told = field_thresholds.hits(found, field)
    assert hit.tolist() == [True, False, False, False, False]
    assert told.tolist() == [True, True, True, False, True]


def test_even_scores_put_every_threshold_at_a_half():
    found = Found(np.zeros((4, 3, 2)), np.array([1, 1, 2, 2]), np.array([0.2, 0.6, 0.1, 0.8]))
    assert even(found, (0.2, 0.8)).tolist() == pytest.approx([0.5, 0.75, 0.0625, 0.5])


# Options


@pytest.mark.parametrize(
    "wrong",
    [{"patch": 62}, {"grid": 3}, {"held": 0.0}, {"balance": 1.5}, {"um_per_px": 0.0}, {"steps": 0}, {"tile": 64}, {"rays": 4}],
)
def test_options_out_of_range(wrong):
    with pytest.raises(UserError, match=next(iter(wrong))):
        build(FieldReaderOptions, {**OPTIONS, **wrong}, where="readers.field")
