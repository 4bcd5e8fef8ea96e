"""The commands on sets of cells, on a tiny run with answers known beforehand: a model that copies, one that is blurred."""

import json

import cv2
import numpy as np
import pytest
from tiny_run import SIZE, TAXONOMY, TAXONOMY_JSON, cell

from smearsynth import images
from smearsynth.cli import dispatch
from smearsynth.errors import UserError
from smearsynth.evaluation import cell_sets, feature_files, judges, nearest
from smearsynth.evaluation.ceilings import spoil
from smearsynth.evaluation.feature_files import Features
from smearsynth.evaluation.metrics_options import TwoSampleOptions
from smearsynth.files import read_json, read_tsv, write_json
from smearsynth.pairs import crops

COMMANDS = ("features", "distances", "perceptual", "nearest", "memorisation", "two_sample")
TYPES = (2, 15)
DISTANCES = {"subsets": 10, "subset_size": 20, "neighbours": 3, "splits": 2}
MEMORISATION = {"draws": 10, "suspect": 0.1, "gallery": 3, "resamples": 100, "level": 0.95}
TRAINING = {"steps": 2, "batch": 8, "learning_rate": 1e-3, "device": "cpu", "threads": 1}
TWO_SAMPLE = {**TRAINING, "folds": 2, "most": 20, "ridge": 1.0, "level": 0.95}


def evaluation(*arguments) -> int:
    return dispatch("smearsynth.evaluation", COMMANDS, [str(a) for a in arguments])


def write_index(folder, cells):
    """An index of cells given as (picture, category id or None, split, part)."""
    entries = []
    for number, (picture, category_id, split, part) in enumerate(cells, 1):
        images.write(folder / f"images/{number:06d}.png", picture)
        entry = {"file": f"images/{number:06d}.png", "cell_id": number, "category_id": category_id}
        entries.append({**entry, "split": split, "fold": None, "part": part})
    write_json(folder / "index.json", {"size": SIZE, "window": SIZE, "categories": TAXONOMY, "cells": entries})
    return folder / "index.json"


def describe(path, index, split, how=None):
    """Features that need no network: the picture at 4 × 4 pixels; a classifier that goes by green over red."""
    found = crops.read(index, split=split)
    pixels = spoil(found.pixels, how, seed=1) if how else found.pixels
    values = np.stack([cv2.resize(p, (4, 4), interpolation=cv2.INTER_AREA).ravel() for p in pixels]).astype(np.float32)
    mean = pixels.mean((1, 2))
    one = (mean[:, 1] > 0.66 * mean[:, 0]).astype(np.float32)
    features = Features(
        *("4 × 4 pixels", values, np.stack([one, 1 - one], 1), np.array(TYPES)),
        *(found.category_ids, found.cell_ids, found.parts),
    )
    feature_files.write(path, features)
    return path


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    """Real windows, a model that copies training cells, one without labels whose cells are blurred, and features of all."""
    folder = tmp_path_factory.mktemp("sets")
    real, copies, soft = [], [], []
    for number in range(160):
        category_id = TYPES[number % 2]
        picture, _ = cell(category_id, number)
        split = "train" if number < 100 else "test"
        real.append((picture, category_id, split, number / 100 if split == "train" else None))
        if number < 40:
            # The first 40 of the training cells, the lower half one level bluer.
            copy = np.minimum(picture, 254)
            copy[SIZE // 2 :, :, 2] += 1
            copies.append((copy, category_id, "synthetic", None))
        if number >= 120:
            blurred = cv2.GaussianBlur(cell(category_id, 1000 + number)[0], (0, 0), 3)
            soft.append((blurred, None, "synthetic", None))
    paths = {"cells": write_index(folder / "windows", real)}
    paths["copies"], paths["soft"] = write_index(folder / "copies", copies), write_index(folder / "soft", soft)
    for split in ("train", "test"):
        paths[f"{split}.npz"] = describe(folder / f"{split}.npz", paths["cells"], split)
    for how in ("noise", "blurred"):
        paths[f"{how}.npz"] = describe(folder / f"{how}.npz", paths["cells"], "train", how)
    for name in ("copies", "soft"):
        paths[f"{name}.npz"] = describe(folder / f"{name}.npz", paths[name], "synthetic")
    return paths


def flags(world, *names):
    """The flags of a command, by name."""
    known = {
        "--cells": ["--cells", world["cells"]],
        "--real": ["--train", world["train.npz"], "--test", world["test.npz"]],
        "--synthetic": ["--synthetic", *(f"{name}={world[name]}" for name in ("copies", "soft"))],
        "--features": ["--features", *(f"{name}={world[name + '.npz']}" for name in ("copies", "soft"))],
        "--ceiling": ["--ceiling", *(f"{name}={world[name + '.npz']}" for name in ("noise", "blurred"))],
        "--spoil": ["--ceiling", "noise", "blurred"],
        "--seed": ["--seed", 1],
    }
    return [part for name in names for part in known[name]]


def by_model(path) -> dict:
    return {row["model"]: row for row in read_tsv(path)}


def distances(world, tmp_path, *more):
    drawn = ["--synthetic", *(f"{name}={world[name + '.npz']}" for name in ("copies", "soft"))]
    out = ["--out", tmp_path / "metrics.tsv", "--types-out", tmp_path / "types.tsv"]
    common = flags(world, "--real", "--ceiling", "--seed")
    options = ["--options", json.dumps(DISTANCES), "--taxonomy", TAXONOMY_JSON]
    assert evaluation("distances", *options, *common, *drawn, *out, *more) == 0
    return by_model(tmp_path / "metrics.tsv"), read_tsv(tmp_path / "types.tsv")


def test_distances_of_a_copy_and_of_spoilt_cells(world, tmp_path):
    rows, types = distances(world, tmp_path)
    order = ["real against real", "real training", "copies", "soft", "ceiling: noise", "ceiling: blurred"]
    assert list(rows) == order
    fid = [float(rows[name]["fid_test"]) for name in order]
    assert fid[1] < fid[3] < fid[4]
    assert float(rows["copies"]["kid_train"]) < 3 * float(rows["copies"]["kid_train_spread"])
    assert float(rows["ceiling: noise"]["kid_test"]) > 100 * float(rows["real training"]["kid_test_spread"])
    assert float(rows["copies"]["class_recall"]) == 1 and float(rows["copies"]["inception_score"]) == pytest.approx(2, abs=0.05)
    assert rows["soft"]["class_recall"] == "n/a" and rows["real training"]["fid_train"] == "n/a"
    # Copies of training cells are nearer to them than real cells that were held out.
    assert float(rows["copies"]["fid_train"]) < float(rows["real against real"]["fid_train"])
    assert all("below 2048" in row["fid_warning"] for row in rows.values())
    # Real and spoilt rows have the numbers of the models' rows; the floor has two halves.
    assert [rows[name]["cells"] for name in order] == ["30", "40", "40", "40", "40", "40"]
    assert {rows[name]["held_out_cells"] for name in order[1:]} == {"60"}
    assert {row["type"] for row in types if row["model"] == "copies"} == {"red_blood_cell", "eosinophil"}
    assert not [row for row in types if row["model"] == "soft"]
    assert "fid" not in " ".join(types[0])


def test_distances_to_a_share_of_the_training_cells(world, tmp_path):
    rows, _ = distances(world, tmp_path, "--share", 0.4)
    assert (rows["copies"]["training_cells"], rows["real training"]["cells"]) == ("40", "40")
    # The model saw 40 cells and drew them again.
    assert float(rows["copies"]["fid_train"]) < 0.2 * float(rows["real training"]["fid_test"])


def test_distances_take_lpips_from_its_table(world, tmp_path):
    (tmp_path / "lpips.tsv").write_text("model\tlpips\tlpips_spread\ncopies\t0.25\t0.03\n")
    rows, _ = distances(world, tmp_path, "--lpips", tmp_path / "lpips.tsv")
    assert (rows["copies"]["lpips"], rows["copies"]["lpips_spread"], rows["soft"]["lpips"]) == ("0.25", "0.03", "n/a")


def test_features_of_different_networks_are_not_compared(world, tmp_path, capsys):
    found = feature_files.read(world["copies.npz"])
    feature_files.write(tmp_path / "other.npz", Features("another", *(getattr(found, name) for name in feature_files.COLUMNS)))
    with pytest.raises(UserError, match="features of another, others of 4 × 4 pixels"):
        feature_files.same_extractor({"a": found, "b": feature_files.read(tmp_path / "other.npz")})


def test_feature_files_are_the_same_bytes_and_refuse_others(world, tmp_path):
    found = feature_files.read(world["train.npz"])
    feature_files.write(tmp_path / "again.npz", found)
    assert (tmp_path / "again.npz").read_bytes() == world["train.npz"].read_bytes()
    assert len(found.share(0.25)) == 25 and len(found.share(1.0)) == 100
    (tmp_path / "broken.npz").write_bytes(b"PK")
    for name, what in (("broken.npz", "no features in it"), ("none.npz", "no such file")):
        with pytest.raises(UserError, match=what):
            feature_files.read(tmp_path / name)
    with pytest.raises(UserError, match="other cells"):
        feature_files.read_for(world["train.npz"], np.arange(3))
    with pytest.raises(UserError, match="NAME=PATH"):
        feature_files.named_path("model.npz")


def test_nearest_training_cell(world, tmp_path):
    common = flags(world, "--cells", "--synthetic", "--spoil", "--seed")
    assert evaluation("nearest", *common, "--out", tmp_path / "nearest.tsv") == 0
    rows = by_model(tmp_path / "nearest.tsv")
    copies = rows["copies"]
    assert float(copies["l1"]) == pytest.approx(1 / 6 / 255, rel=1e-2) and float(copies["psnr"]) == pytest.approx(55.9, abs=0.1)
    assert float(copies["l2"]) == pytest.approx(1 / 6 / 255**2, rel=2e-2) and float(copies["ssim"]) > 0.9
    assert copies["compared_with"] == "nearest real training cell of the type"
    assert rows["soft"]["compared_with"] == "nearest real training cell"
    assert float(rows["ceiling: noise"]["ssim"]) < 0.1 < float(rows["real against real"]["ssim"])


def test_nearest_of_a_type_without_training_cells(world):
    train = crops.read(world["cells"], split="train")
    found = nearest.nearest_of_type(train.pixels[:3], np.array([2, 18, 15]), train)
    assert found.tolist()[:2] == [0, -1] and train.category_ids[found[2]] == 15


def test_memorisation_finds_the_model_that_copies(world, tmp_path):
    common = flags(world, "--cells", "--real", "--synthetic", "--features", "--seed")
    out = ["--out", tmp_path / "memorisation.tsv", "--gallery", tmp_path / "memorisation.png"]
    assert evaluation("memorisation", "--options", json.dumps(MEMORISATION), *common, "--share", 0.6, *out) == 0
    rows = by_model(tmp_path / "memorisation.tsv")
    nearer = {name: float(row["nearer_to_training"]) for name, row in rows.items()}
    # 60 training and 60 held-out cells: all of them are compared with, so that a copy finds its original every time.
    assert nearer["copies"] == 1 and nearer["ceiling: the training cells"] == 1
    assert float(rows["copies"]["suspects_share"]) > 0.9 and rows["copies"]["matched_cells"] == "60"
    assert rows["ceiling: the training cells"]["suspects_share"] == "1"
    assert float(rows["real against real"]["low"]) < 0.5 < nearer["copies"]
    assert float(rows["real against real"]["suspects_share"]) < 0.4
    picture = images.read(tmp_path / "memorisation.png")
    assert picture.shape == (2 * (18 + 3 * 64), 72 + 3 * 64, 3)


def says(world, tmp_path, ids):
    """The copies of training cells 1 to 40, whose index says what their model was trained on."""
    told = {**read_json(world["copies"]), "trained_on": ids}
    for entry in told["cells"]:
        images.write(tmp_path / entry["file"], images.read(world["copies"].parent / entry["file"]))
    write_json(tmp_path / "index.json", told)
    return {**world, "copies": tmp_path / "index.json"}


def test_cells_kept_for_validation_are_no_training_cells(world, tmp_path):
    """Copies of cells 1 to 40: 41 to 60 cannot be what was copied, 1 to 20 for half of them."""
    out = ["--out", tmp_path / "memorisation.tsv", "--gallery", tmp_path / "memorisation.png"]
    found = {}
    for first, last in ((41, 60), (1, 20)):
        told = says(world, tmp_path, list(range(first, last + 1)))
        common = flags(told, "--cells", "--real", "--synthetic", "--features", "--seed")
        assert evaluation("memorisation", "--options", json.dumps(MEMORISATION), *common, "--share", 0.6, *out) == 0
        rows = by_model(tmp_path / "memorisation.tsv")
        found[first] = rows["copies"]
        # The other model does not say, and counts as trained on all; so do the ends, which take what any model was trained on.
        assert {rows[name]["training_cells"] for name in rows if name != "copies"} == {"60"}
        assert rows["copies"]["training_cells"] == "20"
    assert float(found[41]["suspects_share"]) < 0.3 and 0.45 < float(found[1]["suspects_share"]) < 0.7


def test_where_all_models_say_what_they_were_trained_on_the_ends_take_no_other_cells(world, tmp_path):
    told = says(world, tmp_path, [*range(1, 21), 1000])
    out = ["--out", tmp_path / "m.tsv", "--gallery", tmp_path / "m.png"]
    real = flags(told, "--cells", "--real", "--seed")
    one = ["--synthetic", f"copies={told['copies']}", "--features", f"copies={told['copies.npz']}"]
    assert evaluation("memorisation", "--options", json.dumps(MEMORISATION), *real, *one, *out) == 0
    rows = by_model(tmp_path / "m.tsv")
    assert {row["training_cells"] for row in rows.values()} == {"20"}
    assert rows["ceiling: the training cells"]["cells"] == "20"
    nearest_flags = [*flags(told, "--cells", "--spoil", "--seed"), *one[:2], "--out", tmp_path / "nearest.tsv"]
    assert evaluation("nearest", *nearest_flags) == 0
    assert {row["training_cells"] for row in by_model(tmp_path / "nearest.tsv").values()} == {"20"}


def test_the_nearest_training_cell_is_none_that_was_kept_for_validation(world, tmp_path):
    told = says(world, tmp_path, list(range(41, 101)))
    common = flags(told, "--cells", "--synthetic", "--spoil", "--seed")
    assert evaluation("nearest", *common, "--out", tmp_path / "nearest.tsv") == 0
    rows = by_model(tmp_path / "nearest.tsv")
    assert float(rows["copies"]["psnr"]) < 40 and rows["copies"]["training_cells"] == "60"
    assert rows["soft"]["training_cells"] == rows["real against real"]["training_cells"] == "100"


def test_a_model_of_other_cells_is_refused(world, tmp_path, capsys):
    told = says(world, tmp_path, [1001, 1002])
    out = ["--out", tmp_path / "memorisation.tsv", "--gallery", tmp_path / "memorisation.png"]
    common = flags(told, "--cells", "--real", "--synthetic", "--features", "--seed")
    assert evaluation("memorisation", "--options", json.dumps(MEMORISATION), *common, *out) == 2
    said = capsys.readouterr().err
    assert "trained on none of the 100 training cells" in said and "index.json" in said
    says(world, tmp_path, ["a"])
    assert evaluation("memorisation", "--options", json.dumps(MEMORISATION), *common, *out) == 2
    assert "trained_on[0] is 'a', not a whole number" in capsys.readouterr().err


def test_memorisation_needs_held_out_cells(world, tmp_path, capsys):
    few = write_index(
        tmp_path / "few", [(cell(2, n)[0], 2, "train" if n < 8 else "test", 0.0 if n < 8 else None) for n in range(11)]
    )
    real = ["--cells", few, "--train", describe(tmp_path / "train.npz", few, "train")]
    real += ["--test", describe(tmp_path / "test.npz", few, "test")]
    out = ["--out", tmp_path / "m.tsv", "--gallery", tmp_path / "m.png"]
    common = flags(world, "--synthetic", "--features", "--seed")
    assert evaluation("memorisation", "--options", json.dumps(MEMORISATION), *real, *common, *out) == 2
    assert "3 held-out cells" in capsys.readouterr().err


def test_two_sample_tells_spoilt_cells_by_their_features(world, tmp_path):
    common = flags(world, "--cells", "--real", "--synthetic", "--features", "--ceiling", "--seed")
    assert evaluation("two_sample", "--options", json.dumps(TWO_SAMPLE), *common, "--out", tmp_path / "two.tsv") == 0
    rows = by_model(tmp_path / "two.tsv")
    assert list(rows) == ["real against real", "copies", "soft", "ceiling: noise", "ceiling: blurred"]
    for row in rows.values():
        assert row["cells"] == row["held_out_cells"] == "20"
        assert 0 <= float(row["low"]) <= float(row["accuracy"]) <= float(row["high"]) <= 1
    assert float(rows["ceiling: noise"]["features_accuracy"]) == 1
    assert float(rows["real against real"]["features_low"]) < 0.5


def test_perceptual_distances_over_the_reader(world, tmp_path):
    train_reader(world, tmp_path / "reader")
    options = {"backbone": {"network": "cells"}, "heads": None, "pairs": 6, "device": "cpu", "threads": 1}
    common = flags(world, "--cells", "--synthetic", "--spoil", "--seed")
    reader = ["--reader", tmp_path / "reader"]
    assert evaluation("perceptual", "--options", json.dumps(options), *common, *reader, "--out", tmp_path / "lpips.tsv") == 0
    rows = by_model(tmp_path / "lpips.tsv")
    assert rows["soft"]["pairs_of"] == "any types" and rows["copies"]["pairs_of"] == "the same type"
    assert {row["calibrated"] for row in rows.values()} == {"no"} and rows["copies"]["pairs"] == "6"
    assert float(rows["ceiling: noise"]["to_held_out"]) > float(rows["real training"]["to_held_out"])

    options = {"extractors": {"cells": {"network": "cells"}}, "device": "cpu", "threads": 1}
    flags_ = ["--options", json.dumps(options), "--cells", world["cells"], "--split", "test", *reader]
    assert evaluation("features", *flags_, "--extractor", "cells", "--out", tmp_path / "f.npz") == 0
    found = feature_files.read(tmp_path / "f.npz")
    assert found.values.shape == (60, 192) and found.probabilities.sum(1) == pytest.approx(np.ones(60), abs=1e-5)
    assert found.types.tolist() == list(TYPES) and found.extractor.startswith("cells (cnn, 32 px, ")
    assert evaluation("features", *flags_, "--extractor", "sells", "--out", tmp_path / "f.npz") == 2


def train_reader(world, folder):
    """A reader of two steps, written as the stage readers does."""
    from smearsynth.readers import reader, training
    from smearsynth.readers.options import Augmentation, ReaderOptions

    still = Augmentation(rotate=False, mirror=False, scale=0.0, brightness=0.0, colour=0.0)
    options = ReaderOptions("cnn", SIZE, SIZE, 2, 8, 1e-3, 0.0, True, "cpu", 1, still)
    cells = crops.read(world["cells"], split="train")
    labels = (cells.category_ids == TYPES[1]).astype(int)
    one = training.learning(cells.pixels, labels, options, seed=1, classes=2)
    for step in range(one.steps):
        one.update(one.batch(step))
    folder.mkdir()
    reader.save(folder, reader.Reader(one.model, options, TYPES), seed=1, trained_on={})


def test_spoilt_cells():
    pixels = np.stack([cell(2, seed)[0] for seed in range(3)])
    noise = spoil(pixels, "noise", seed=1)
    assert np.array_equal(noise[:2], spoil(pixels[:2], "noise", seed=1)) and 120 < noise.mean() < 135
    assert len(np.unique(spoil(pixels, "mean", seed=1).reshape(3, -1), axis=0)) == 1
    blurred = spoil(pixels, "blurred", seed=1)
    assert blurred.std() < pixels.std() and blurred.mean() == pytest.approx(pixels.mean(), abs=5)


def test_same_numbers_of_each_type():
    rng = np.random.default_rng(1)
    one, other = np.array([1] * 5 + [2] * 3 + [3]), np.array([1] * 2 + [2] * 6 + [4])
    left, right = cell_sets.same_numbers(one, other, rng)
    assert np.array_equal(one[left], other[right])
    assert np.bincount(one[left], minlength=4).tolist() == [0, 2, 3, 0]
    left, right = cell_sets.same_numbers(one, np.full(4, -1), rng)
    assert len(left) == len(right) == 4 and len(set(left)) == 4


def test_logistic_regression_finds_a_plane():
    """Weights of the minimum satisfy the gradient equation; two well-separated clouds are told apart without a mistake."""
    rng = np.random.default_rng(2)
    values, labels = rng.normal(size=(200, 3)), np.repeat([0, 1], 100)
    values[labels == 1, 0] += 10
    others = np.array([[0.0, 0, 0], [10.0, 0, 0]])
    assert judges.logistic(values, labels, others, ridge=1.0).tolist() == [0, 1]


def test_judges_see_only_other_cells():
    """A judge that knows by heart what it has seen is right for cells that are there twice, and for no others."""

    def by_heart(values, labels, others):
        known = dict(zip(values[:, 0].tolist(), labels.tolist(), strict=True))
        return np.array([known.get(value, -1) for value in others[:, 0].tolist()])

    once, twice = np.arange(20.0)[:, None], np.repeat(np.arange(10.0), 2)[:, None]
    assert not judges.cross_judged(once, np.repeat([0, 1], 10), by_heart, folds=2).any()
    assert judges.cross_judged(twice, np.repeat([0, 1], 10), by_heart, folds=2).all()


def test_interval_of_a_share_is_wilsons():
    """80 of 100 at 95 %: 0.7112 to 0.8666 (Wilson 1927)."""
    share, low, high = judges.share_right(np.arange(100) < 80, level=0.95)
    assert (share, low, high) == pytest.approx((0.8, 0.7112, 0.8666), abs=1e-4)


def test_the_network_starts_anew_for_every_fold():
    """What it learnt of one set says nothing about the next: the same cells are judged alike before and after others."""
    options = TwoSampleOptions(3, 8, 1e-2, 2, 20, 1.0, 0.95, "cpu", 1)
    judge = judges.network(options, seed=1, size=SIZE)
    dark, light = (np.full((10, SIZE, SIZE, 3), value, np.uint8) for value in (40, 200))
    noise = np.random.default_rng(3).integers(256, size=(20, SIZE, SIZE, 3), dtype=np.uint8)
    labels = np.repeat([0, 1], 10)
    first = judge(np.concatenate([dark, light]), labels, noise)
    judge(np.concatenate([light, dark]), labels, noise)
    assert np.array_equal(judge(np.concatenate([dark, light]), labels, noise), first)
