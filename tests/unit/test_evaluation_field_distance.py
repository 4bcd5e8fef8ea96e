"""Distance of slides to fields: Gaussians whose distance is known, crops that depend on their picture, ratios, the weak test."""

import json

import numpy as np
import pytest

from smearsynth import images
from smearsynth.cli import dispatch
from smearsynth.errors import UserError
from smearsynth.evaluation import (
    bootstrap,
    field_crops,
    field_distance,
    field_feature_files,
    field_kernel,
    field_two_sample,
    kernel,
)
from smearsynth.evaluation.field_feature_files import CropFeatures
from smearsynth.evaluation.field_options import FieldTwoSampleOptions
from smearsynth.files import read_json, read_tsv, write_json

COMMANDS = ("field_features", "field_distance", "field_two_sample")
TWO_SAMPLE = {"features": 3, "ridge": 1.0, "folds": 4, "resamples": 200, "level": 0.95}
SIGMA = 0.5
DISTANCE = {"resamples": 400, "level": 0.95}


def fields(seed, *, pictures=60, each=5, shift=0.0, shared=0.8, depth=1):
    """Crops of Gaussian pictures: features of deviation `SIGMA`, of whose variance the share `shared` is the picture's own."""
    rng = np.random.default_rng(seed)
    of = np.tile(np.arange(pictures), each)
    own = rng.normal(size=(pictures, depth)) * np.sqrt(shared)
    return shift + SIGMA * (own[of] + rng.normal(size=(len(of), depth)) * np.sqrt(1 - shared)), of


def known(shift):
    """The squared discrepancy of N(0, SIGMA²) and N(shift, SIGMA²) under (xy + 1)³ = x³y³ + 3x²y² + 3xy + 1.

    So it is the squared gap of the third moments, and three times those of the second and of the first.
    """
    return (shift**3 + 3 * shift * SIGMA**2) ** 2 + 3 * shift**4 + 3 * shift**2


def test_one_crop_a_picture_is_the_unbiased_estimate():
    one, other = np.random.default_rng(0).normal(size=(30, 4)), np.random.default_rng(1).normal(size=(20, 4)) + 0.3
    sums = field_kernel.picture_sums(one, np.arange(30), other, np.arange(20))
    assert sums.distance() == pytest.approx(kernel.unbiased(one, other), rel=1e-12)


def test_resamples_are_what_the_drawn_pictures_give():
    (one, of_one), (other, of_other) = fields(0, pictures=6, each=3), fields(1, pictures=5, each=4)
    sums = field_kernel.picture_sums(one, of_one, other, of_other)
    chosen = [1, 2, 4, 5]
    keep = np.isin(of_one, chosen)
    part = field_kernel.picture_sums(one[keep], of_one[keep], other, of_other)
    weights = np.isin(np.arange(6), chosen).astype(int)[None]
    assert sums.distances(weights, np.ones((1, 5), int)) == pytest.approx([part.distance()])
    # Twice of everything is no other set: a picture is not held against its copy.
    twice = sums.distances(np.full((1, 6), 2), np.full((1, 5), 3))
    assert twice == pytest.approx([sums.distance()])
    assert np.isnan(sums.distances(np.array([[3, 0, 0, 0, 0, 0]]), np.ones((1, 5), int)))[0]


@pytest.mark.parametrize("shift", [0.0, 0.5])
def test_the_mean_over_many_sets_is_the_known_distance_though_crops_of_a_picture_are_alike(shift):
    ours, usual = [], []
    for seed in range(200):
        (one, of_one), (other, of_other) = fields(seed, pictures=40), fields(1000 + seed, pictures=40, shift=shift)
        ours.append(field_kernel.picture_sums(one, of_one, other, of_other).distance())
        usual.append(kernel.unbiased(one, other))
    assert abs(np.mean(ours) - known(shift)) < 3 * np.std(ours) / np.sqrt(len(ours))
    # The usual estimate, which takes crops for independent, is too large on each of them.
    more = np.array(usual) - ours
    assert np.mean(more) > 6 * np.std(more) / np.sqrt(len(more))


def too_high(by_picture):
    """How often the lower end of an interval of 90 % lies above the known distance, in 120 sets; 5 % is what it promises."""
    missed = 0
    for seed in range(120):
        (one, of_one), (other, of_other) = fields(seed, pictures=40), fields(5000 + seed, pictures=40, shift=0.5)
        if not by_picture:
            of_one, of_other = np.arange(len(one)), np.arange(len(other))
        sums = field_kernel.picture_sums(one, of_one, other, of_other)
        rng = np.random.default_rng(seed)
        weights = [bootstrap.weights(len(crops), rng, resamples=100) for crops in (sums.crops_one, sums.crops_other)]
        missed += bootstrap.percentiles(sums.distances(*weights), level=0.9)[0] > known(0.5)
    return missed / 120


def test_the_lower_end_over_pictures_keeps_its_promise_and_that_over_crops_does_not():
    assert too_high(by_picture=True) <= 0.09
    assert too_high(by_picture=False) >= 0.15


def drawn(seed, shift, renderer):
    """Distances of a renderer's slides to the same real fields, as the command draws them."""
    real, other = (CropFeatures("x", "c", of, {"a": values}) for values, of in (fields(seed), fields(seed + 10_000, shift=shift)))
    return field_distance.distances(other, real, renderer, resamples=300, seed=3)


def test_the_ratio_of_two_renderers_has_bounds_around_the_known_one():
    near, far = drawn(1, 0.4, "near"), drawn(1, 1.2, "far")
    value, low, high = field_distance.ratio(far, near, level=0.95)
    assert low < value < high
    assert low < known(1.2) / known(0.4) < high
    assert low > 1
    back, back_low, back_high = field_distance.ratio(near, far, level=0.95)
    assert (back, back_low, back_high) == pytest.approx((1 / value, 1 / high, 1 / low))


def test_a_renderer_as_near_as_real_makes_a_ratio_without_upper_end_and_a_careful_lower_one():
    value, low, high = field_distance.ratio(np.array([4.0, *[3.0] * 50]), np.array([-0.1, *[-0.2, 0.3] * 25]), level=0.9)
    assert (value, high) == (None, None)
    assert low == pytest.approx(10)
    assert field_distance.ratio(np.array([-1.0, *[-1.0] * 50]), np.array([1.0] * 51), level=0.9) == (0.0, 0.0, 0.0)


def write_pictures(folder, count, size, colour):
    """A COCO file with pictures beside it whose pixels tell their number and place."""
    entries = []
    for number in range(count):
        rows, columns = np.mgrid[: size[0], : size[1]].astype(np.uint8)
        images.write(folder / f"images/{number}.png", np.stack([np.full_like(rows, 10 * number + colour), rows, columns], axis=2))
        entries.append({"id": number + 1, "file_name": f"{number}.png", "height": size[0], "width": size[1]})
    write_json(folder / "instances.json", {"images": entries, "annotations": [], "categories": []})
    return folder / "instances.json"


def test_a_crop_depends_on_seed_and_index_alone_and_crops_are_spread_evenly(tmp_path):
    chosen = field_crops.pictures(write_pictures(tmp_path, 4, (90, 120), 1))
    few, _ = field_crops.cut(chosen, side=64, count=6, um_per_px=None, seed=5)
    many, of_many = field_crops.cut(chosen, side=64, count=20, um_per_px=None, seed=5)
    np.testing.assert_array_equal(few, many[:6])
    assert np.bincount(of_many).tolist() == [5, 5, 5, 5]
    assert [int(crop[0, 0, 0]) for crop in many] == [10 * at + 1 for at in of_many]
    for crop in many:  # A window of the picture, all of it inside.
        assert crop[-1, 0, 1] - crop[0, 0, 1] == 63 and crop[0, -1, 2] - crop[0, 0, 2] == 63
    assert len({crop.tobytes() for crop in many}) == 20
    other, _ = field_crops.cut(chosen, side=64, count=6, um_per_px=None, seed=6)
    assert (other != few).any()


def test_pictures_are_brought_to_one_resolution(tmp_path):
    source = write_pictures(tmp_path, 2, (100, 140), 1)
    chosen = field_crops.pictures(source, um_per_px=0.1)
    assert field_crops.at_resolution(chosen[0], 0.2).shape == (50, 70, 3)
    assert field_crops.at_resolution(chosen[0], 0.05).shape == (200, 280, 3)
    with pytest.raises(UserError, match=r"(?s)50 × 70 pixels, smaller than a crop of 64.*50 × 70"):
        field_crops.cut(chosen, side=64, count=4, um_per_px=0.2, seed=0)
    (tmp_path / "images/0.png").unlink()
    with pytest.raises(UserError, match=r"(?s)0\.png: no such file.*1\.png: 50 × 70 pixels"):
        field_crops.cut(chosen, side=64, count=4, um_per_px=0.2, seed=0)
    with pytest.raises(UserError, match="2 pictures do not tell their resolution"):
        field_crops.cut(field_crops.pictures(source), side=64, count=4, um_per_px=0.2, seed=0)


def test_pictures_of_several_resolutions_are_not_cut_as_they_are(tmp_path):
    mixed = [*field_crops.pictures(write_pictures(tmp_path, 2, (90, 120), 1), um_per_px=0.1)]
    mixed += field_crops.pictures(tmp_path / "instances.json")
    with pytest.raises(UserError, match=r"several resolutions: 0\.1, unknown"):
        field_crops.cut(mixed, side=64, count=8, um_per_px=None, seed=0)
    assert field_crops.resolution(mixed[:2], None) == 0.1


def test_of_an_index_of_fields_the_test_split_alone_is_taken(tmp_path):
    told = {"um_per_px": 0.19, "width": 90, "height": 80, "cells": []}
    entries = [{"file": f"pictures/{n}.png", "split": s, **told} for n, s in enumerate(("train", "test", "train", "test"))]
    write_json(tmp_path / "index.json", {"fields": entries})
    assert [one.name for one in field_crops.pictures(tmp_path / "index.json")] == ["pictures/1.png", "pictures/3.png"]
    write_json(tmp_path / "index.json", {"fields": entries[:1]})
    with pytest.raises(UserError, match="no pictures in it"):
        field_crops.pictures(tmp_path / "index.json")


def test_crops_around_white_cells_hold_one_near_their_middle_and_leave_out_pictures_without(tmp_path):
    source = write_pictures(tmp_path, 3, (200, 240), 1)
    kinds = [{"id": 1, "name": "red_blood_cell", "supercategory": "red"}, {"id": 2, "name": "monocyte", "supercategory": "white"}]
    boxes = [(1, 1, [10, 10, 40, 40]), (1, 2, [120, 70, 40, 60]), (2, 1, [100, 100, 40, 40]), (3, 2, [0, 0, 10, 10])]
    cells = [{"image_id": image, "category_id": category, "bbox": box} for image, category, box in boxes]
    write_json(source, read_json(source) | {"categories": kinds, "annotations": cells})
    chosen = field_crops.pictures(source, um_per_px=0.1, around=["white"])
    crops, of_picture = field_crops.cut(chosen, side=50, count=40, um_per_px=0.2, seed=5)
    assert sorted(set(of_picture.tolist())) == [0, 2]  # The second has only a red cell.
    found = crops[of_picture == 0].astype(int)
    left, top = found[:, 0, 0, 2] / 2, found[:, 0, 0, 1] / 2  # At half the resolution: the cell's middle is at (70, 50).
    for offset in (70 - (left + 25), 50 - (top + 25)):
        assert np.abs(offset).max() <= 0.2 * 50 + 1 and offset.std() > 2
    # Too near the corner for a crop to hold it in its middle: as near as the picture allows.
    assert (crops[of_picture == 2][:, 0, 0, 1:] <= 2).all()
    # A second white cell, too near for a crop around it to show it alone, is never in the middle of one; alone goes before.
    near = [(1, 2, [20, 20, 20, 20]), (1, 2, [44, 30, 20, 20])]
    cells += [{"image_id": image, "category_id": category, "bbox": box} for image, category, box in near]
    write_json(source, read_json(source) | {"annotations": cells})
    crops, of_picture = field_crops.cut(
        field_crops.pictures(source, um_per_px=0.1, around=["white"]), side=50, count=40, um_per_px=0.2, seed=5
    )
    left = crops[of_picture == 0][:, 0, 0, 2] / 2.0
    assert (left >= 70 - 25 - 11).all()
    with pytest.raises(UserError, match="no picture has a cell of these kinds"):
        field_crops.cut(field_crops.pictures(source, around=["platelet"]), side=50, count=8, um_per_px=None, seed=5)
    with pytest.raises(UserError, match="a folder does not tell where its cells are"):
        field_crops.pictures(tmp_path / "images", around=["white"])


@pytest.mark.parametrize(("shift", "low", "high"), [(0.0, 0.42, 0.58), (9.0, 0.97, 1.0)])
def test_the_weak_judge_is_at_chance_on_equal_sets_and_right_on_distant_ones(shift, low, high):
    (one, of_one), (other, of_other) = fields(1, depth=6), fields(2, depth=6, shift=shift)
    options = FieldTwoSampleOptions(**TWO_SAMPLE)
    row = field_two_sample.judged((one, other), (of_one, of_other), np.random.default_rng(0), options)
    assert row[0] == 3 and row[4] == 6
    for accuracy, lower, upper in (row[1:4], row[5:8]):
        assert lower <= accuracy <= upper
        assert low <= accuracy <= high
        assert upper > lower  # Also where every answer is right.


def test_crops_of_a_judged_picture_are_not_learnt_from():
    # Crops of a picture are all but copies: a judge that saw one of them would know the others' side.
    (one, of_one), (other, of_other) = fields(3, shared=0.999, depth=40), fields(4, shared=0.999, depth=40)
    options = FieldTwoSampleOptions(**{**TWO_SAMPLE, "features": 40})
    row = field_two_sample.judged((one, other), (of_one, of_other), np.random.default_rng(0), options)
    assert row[5] < 0.65


def test_the_weak_judge_does_not_see_what_lies_outside_the_first_components():
    rng = np.random.default_rng(0)
    values = rng.normal(size=(400, 6))
    values[:, :5] += 5 * rng.normal(size=(400, 1))  # What differs most is shared by five features …
    labels = np.repeat([0, 1], 200)
    values[labels == 1, 5] += 2.0  # … and the sets differ in the sixth alone.
    train, test = np.arange(400) % 2 == 0, np.arange(400) % 2 == 1
    shares = [
        (field_two_sample.weak(values[train], labels[train], values[test], features=n, ridge=1.0) == labels[test]).mean()
        for n in (1, 6)
    ]
    assert shares[0] < 0.62 and shares[1] > 0.8


def crop_file(path, seed, extractor="network", **how):
    """Features of two layers: in the early one renderers do not differ, in the late one they do."""
    late, of = fields(seed, depth=4, **how)
    early, _ = fields(seed + 1, depth=4, **{**how, "shift": 0.0})
    field_feature_files.write(path, CropFeatures(extractor, "64 px", of, {"early": early, "late": late}))
    return path


def command(name, *arguments):
    return dispatch("smearsynth.evaluation", COMMANDS, [name, *map(str, arguments)])


def test_the_commands_tell_near_from_far_with_floor_and_ceiling(tmp_path):
    sets = ["--real", crop_file(tmp_path / "real.npz", 0), "--synthetic"]
    sets += [f"near={crop_file(tmp_path / 'near.npz', 10, shift=0.5)}", f"far={crop_file(tmp_path / 'far.npz', 20, shift=2.0)}"]
    sets += ["--ceiling", f"noise={crop_file(tmp_path / 'noise.npz', 0, shift=3.0)}", "--seed", 1]
    tables = [tmp_path / name for name in ("distance.tsv", "ratios.tsv", "two.tsv")]
    assert command("field_distance", *sets, "--options", json.dumps(DISTANCE), "--out", tables[0], "--ratios-out", tables[1]) == 0
    rows = {row["renderer"]: row for row in read_tsv(tables[0])}
    assert list(rows) == ["real against real", "near", "far", "ceiling: noise"]
    assert float(rows["real against real"]["kid_low"]) < 0 < float(rows["near"]["kid_low"])
    assert [float(rows[name]["kid"]) for name in rows] == sorted(float(row["kid"]) for row in rows.values())
    ratios = {(row["one"], row["other"]): float(row["ratio_low"]) for row in read_tsv(tables[1])}
    assert ratios["far", "near"] > 10 > 1 > ratios["near", "far"]
    assert command("field_two_sample", *sets, "--options", json.dumps(TWO_SAMPLE), "--out", tables[2]) == 0
    two = {(row["layer"], row["renderer"]): float(row["accuracy"]) for row in read_tsv(tables[2])}
    assert len(two) == 8
    assert two["early", "far"] < 0.62 and two["late", "far"] > 0.95


def test_features_of_crops_are_those_of_the_network_at_every_depth(tmp_path):
    import keras

    picture = keras.layers.Input((64, 64, 3), name="picture")
    early = keras.layers.Conv2D(2, 3, activation="relu", name="early")(picture)
    keras.Model(picture, keras.layers.Conv2D(3, 3, activation="relu", name="late")(early)).save(tmp_path / "network.h5")
    source = write_pictures(tmp_path, 3, (90, 120), 1)
    extractors = {"tiny": {"network": f"file:{tmp_path / 'network.h5'}:late"}}
    networks = json.dumps({"extractors": extractors, "device": "cpu", "threads": 1})
    options = json.dumps({"side": 64, "crops": 9, "um_per_px": None, "layers": {"tiny": ["early", "late"]}})
    flags = ["--options", options, "--networks", networks, "--extractor", "tiny", "--seed", 5, "--pictures", source]
    (tmp_path / "two.txt").write_text("0.png\n2.png\n")
    for name, more in (
        ("all", ()),
        ("spoilt", ("--spoil", "mean")),
        ("two", ("--images", tmp_path / "two.txt", "--um-per-px", 0.2)),
    ):
        assert command("field_features", *flags, *more, "--out", tmp_path / f"{name}.npz") == 0
    found, spoilt, two = (field_feature_files.read(tmp_path / f"{name}.npz") for name in ("all", "spoilt", "two"))
    model = keras.models.load_model(tmp_path / "network.h5", compile=False)
    crops, of_picture = field_crops.cut(field_crops.pictures(source), side=64, count=9, um_per_px=None, seed=5)
    expected = np.asarray(model.predict_on_batch(images.to_network(crops))).mean((1, 2))
    np.testing.assert_allclose(found.values, expected, rtol=1e-4, atol=1e-6)
    assert {name: values.shape for name, values in found.layers.items()} == {"early": (9, 2), "late": (9, 3)}
    np.testing.assert_array_equal(found.pictures, of_picture)
    np.testing.assert_allclose(spoilt.values, np.repeat(spoilt.values[:1], 9, 0), rtol=1e-5)  # All crops are their mean.
    assert len(np.unique(two.pictures)) == 2
    assert (found.crops, two.crops) == ("64 px at unknown resolution", "64 px at 0.2 µm a pixel")


def test_files_that_do_not_belong_together_are_told_together(tmp_path, capsys):
    real = crop_file(tmp_path / "real.npz", 0)
    other = crop_file(tmp_path / "other.npz", 0, extractor="another network")
    sets = ["--real", real, real, "--synthetic", f"a={other}", f"b={real}", f"b={real}", "--seed", 1]
    outs = ["--out", tmp_path / "a.tsv", "--ratios-out", tmp_path / "b.tsv"]
    assert command("field_distance", *sets, "--options", json.dumps(DISTANCE), *outs) == 2
    said = capsys.readouterr().err
    for part in ("3 problems", "a second file of real fields", "features of another network", "b: given twice"):
        assert part in said
