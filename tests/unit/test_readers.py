"""Readers: pictures, variation, drawing of batches, scores; a small one learns and gives the same bytes twice."""

import json

import numpy as np
import pytest
from tiny_run import SIZE, TAXONOMY_JSON, cell, make_generated, make_pairs

from smearsynth import images
from smearsynth.cli import dispatch
from smearsynth.errors import UserError
from smearsynth.files import read_tsv, sha256
from smearsynth.options import build
from smearsynth.readers import pictures, scores
from smearsynth.readers.augmentation import vary
from smearsynth.readers.options import ReaderOptions
from smearsynth.readers.training import batches, draw

STILL = {"rotate": False, "mirror": False, "scale": 0.0, "brightness": 0.0, "colour": 0.0}
VARIED = {"rotate": True, "mirror": True, "scale": 0.1, "brightness": 0.1, "colour": 0.05}
OPTIONS = {
    "architecture": "cnn",
    "window": 32,
    "size": 32,
    "steps": 60,
    "batch": 12,
    "learning_rate": 0.003,
    "label_smoothing": 0.0,
    "balance": True,
    "device": "cpu",
    "threads": 1,
    "augmentation": VARIED,
}


def readers(*arguments) -> int:
    return dispatch("smearsynth.readers", ("train", "name"), [str(a) for a in arguments])


# Pictures


def test_fit_pads_what_is_smaller_and_cuts_what_is_larger_than_the_window():
    wide = np.full((20, 60, 3), 90, np.uint8)
    fitted = pictures.fit(wide, window=40, size=40)
    assert fitted.shape == (40, 40, 3)
    assert (fitted[10:30] == 90).all() and (fitted[:10] == 0).all() and (fitted[30:] == 0).all()
    assert pictures.fit(wide, window=40, size=16).mean() == pytest.approx(45, abs=1)


def test_a_cell_looks_the_same_whatever_the_size_of_its_pair():
    small = cell(15, 1)[0]
    large = np.pad(small, ((20, 20), (20, 20), (0, 0)))
    assert (pictures.fit(small, window=48, size=32) == pictures.fit(large, window=48, size=32)).all()


def test_read_takes_the_real_half_of_a_pair(tmp_path):
    cells = pictures.read(make_pairs(tmp_path), window=SIZE, size=SIZE, split="test")
    assert len(cells) == 12 and set(cells.splits) == {"test"}
    assert (cells.pixels[0] == cell(cells.category_ids[0], cells.cell_ids[0])[0]).all()


def test_read_a_folder_whose_types_nobody_tells(tmp_path):
    images.write(tmp_path / "b" / "two.png", np.zeros((8, 8, 3), np.uint8))
    images.write(tmp_path / "a.png", np.full((10, 8, 3), 7, np.uint8))
    cells = pictures.read(tmp_path, window=16, size=16)
    assert cells.files == ("a.png", "b/two.png") and cells.category_ids == (None, None)
    (tmp_path / "empty").mkdir()
    with pytest.raises(UserError, match="no pictures"):
        pictures.read(tmp_path / "empty", window=16, size=16)


def test_read_refuses_what_is_no_index(tmp_path):
    (tmp_path / "index.json").write_text("[1]")
    with pytest.raises(UserError, match="neither 'pairs' nor 'cells'"):
        pictures.read(tmp_path / "index.json", window=16, size=16)


# Variation and batches


def test_nothing_switched_on_changes_nothing():
    batch = np.stack([cell(15, seed)[0] for seed in range(3)])
    assert (vary(batch, np.random.default_rng(0), **STILL) == batch).all()


def test_black_stays_black_and_colours_stay_near():
    batch = np.stack([cell(2, seed)[0] for seed in range(8)])
    varied = vary(batch, np.random.default_rng(0), **{**STILL, "brightness": 0.2, "colour": 0.1})
    assert (varied[batch.sum(3) == 0] == 0).all()
    inside = batch.sum(3) > 0
    ratio = varied[inside].astype(float) / batch[inside]
    assert 0.7 < ratio.min() < 0.95 and 1.05 < ratio.max() < 1.33


def test_a_mirrored_cell_is_the_cell_or_its_mirror_image():
    batch = np.stack([cell(15, 3)[0]] * 16)
    varied = vary(batch, np.random.default_rng(0), **{**STILL, "mirror": True})
    kinds = {(one == batch[0]).all() for one in varied}
    assert kinds == {True, False}
    assert all((one == batch[0]).all() or (one == batch[0][:, ::-1]).all() for one in varied)


def test_a_turned_cell_keeps_its_area():
    batch = np.stack([cell(18, 3)[0]] * 24)
    varied = vary(batch, np.random.default_rng(0), **{**STILL, "rotate": True})
    quarters = [np.rot90(batch[0], turns) for turns in range(4)]
    exact = [any((one == turned).all() for turned in quarters) for one in varied]
    assert 4 <= sum(exact) <= 20
    areas = (varied.sum(3) > 150).sum((1, 2)) / (batch[0].sum(2) > 150).sum()
    assert np.abs(areas - 1).max() < 0.06


def test_balanced_batches_draw_each_class_equally():
    labels = np.array([0] * 990 + [1] * 10)
    even = labels[draw(labels, np.random.default_rng(0), batch=2000, balance=True)]
    plain = labels[draw(labels, np.random.default_rng(0), batch=2000, balance=False)]
    assert even.mean() == pytest.approx(0.5, abs=0.04)
    assert plain.mean() == pytest.approx(0.01, abs=0.01)


def test_a_step_does_not_depend_on_how_many_there_are():
    pixels, labels = np.stack([cell(k, s)[0] for k in (2, 18) for s in range(4)]), np.repeat([0, 1], 4)
    short, long = (build(ReaderOptions, {**OPTIONS, "steps": steps}, where="readers") for steps in (2, 5))
    for (a, b), (c, d) in zip(batches(pixels, labels, short, seed=3), batches(pixels, labels, long, seed=3), strict=False):
        assert (a == c).all() and (b == d).all()


# Scores


def test_scores_by_hand():
    counts = scores.confusion([1, 1, 1, 2], [1, 1, 2, 2], [1, 2, 3])
    assert counts.tolist() == [[2, 1, 0], [0, 1, 0], [0, 0, 0]]
    assert scores.per_type(counts) == [(3, 2, pytest.approx(2 / 3)), (1, 1, 1.0), (0, 0, None)]
    assert scores.mean_of_types(counts) == pytest.approx((2 / 3 + 1) / 2)


# Options


@pytest.mark.parametrize(
    "wrong", [{"architecture": "vgg"}, {"size": 40}, {"steps": 0}, {"learning_rate": 0.0}, {"label_smoothing": 1.0}]
)
def test_options_out_of_range(wrong):
    with pytest.raises(UserError, match=next(iter(wrong))):
        build(ReaderOptions, {**OPTIONS, **wrong}, where="readers")


# Commands


def train(out, pairs, **changes) -> int:
    options = json.dumps({**OPTIONS, **changes})
    given = ("--options", options, "--taxonomy", TAXONOMY_JSON, "--seed", 4, "--pairs", pairs)
    return readers("train", *given, "--state", f"{out}.state", "--out", out)


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    folder = tmp_path_factory.mktemp("reader")
    pairs = make_pairs(folder / "pairs")
    assert train(folder / "cnn", pairs) == 0
    return folder


def test_a_reader_learns_and_names(trained):
    rows = {row["type"]: row for row in read_tsv(trained / "cnn" / "test.tsv")}
    assert rows["all cells"]["cells"] == "12"
    assert float(rows["all cells"]["accuracy"]) >= 0.9
    assert (
        sum(int(v) for row in read_tsv(trained / "cnn" / "confusion.tsv") for k, v in row.items() if k != "true \\ named") == 12
    )
    generated = make_generated(trained / "generated", trained / "pairs" / "index.json")
    for source, out in ((trained / "pairs" / "index.json", "real.tsv"), (generated, "generated.tsv")):
        assert readers("name", "--model", trained / "cnn", "--cells", source, "--split", "test", "--out", trained / out) == 0
    assert read_tsv(trained / "real.tsv") == read_tsv(trained / "generated.tsv")


def test_the_same_training_gives_the_same_bytes(trained):
    assert train(trained / "again", trained / "pairs" / "index.json") == 0
    for name in ("reader.weights.h5", "model.json", "test.tsv", "confusion.tsv"):
        assert sha256(trained / "cnn" / name) == sha256(trained / "again" / name), name


def test_a_training_goes_on_only_from_a_state_of_the_same_options_and_cells(tmp_path, capsys):
    pairs = make_pairs(tmp_path / "pairs")
    assert train(tmp_path / "cnn", pairs, steps=2) == 0 and train(tmp_path / "cnn", pairs, steps=2) == 0
    said = capsys.readouterr().out
    assert "going on after step 2 of 2" in said and "starting anew" not in said
    first = next(entry for entry in json.loads(pairs.read_text())["pairs"] if entry["split"] == "train")
    picture = images.read(pairs.parent / first["file"])
    images.write(pairs.parent / first["file"], picture // 2)
    assert train(tmp_path / "cnn", pairs, steps=2) == 0
    assert "starting anew" in capsys.readouterr().out


def test_an_answer_does_not_depend_on_the_other_cells(trained):
    from smearsynth.readers import reader

    loaded = reader.load(trained / "cnn")
    cells = pictures.read(trained / "pairs" / "index.json", window=32, size=32)
    _, together = loaded.name(cells.pixels)
    _, alone = loaded.name(cells.pixels[5:6])
    assert (together[5] == alone[0]).all()


def test_pairs_of_one_type_are_refused(tmp_path, capsys):
    pairs = make_pairs(tmp_path)
    index = json.loads(pairs.read_text())
    index["pairs"] = [e for e in index["pairs"] if e["category_id"] == 2 or (e["category_id"] == 15 and e["split"] == "test")]
    pairs.write_text(json.dumps(index))
    assert train(tmp_path / "cnn", pairs) == 2
    message = capsys.readouterr().err
    assert "eosinophil has test cells and no training cell" in message and "at least two types" in message
    assert not (tmp_path / "cnn").exists()
