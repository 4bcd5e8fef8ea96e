"""What synthetic cells are worth to a classifier: known scores, intervals that cover, comparisons, and the plain answer."""

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tiny_run import TAXONOMY

from smearsynth.cli import dispatch
from smearsynth.evaluation.tstr_answer import headline
from smearsynth.evaluation.tstr_arms import Arm
from smearsynth.evaluation.tstr_compare import GAIN, LOSS, NEITHER, compare
from smearsynth.evaluation.tstr_intervals import cell_weights, ends, resampled
from smearsynth.evaluation.tstr_scores import Scores, confusions, scores
from smearsynth.files import read_tsv, sha256, write_json, write_tsv

OPTIONS = json.dumps({"resamples": 400, "level": 0.95, "share": 0.8, "periods": [2]})

# Scores


def test_scores_of_a_table_worked_by_hand():
    found = scores(np.array([[8, 2, 0], [1, 5, 4], [0, 0, 10]]))
    assert found.accuracy == pytest.approx(23 / 30)
    assert found.recall == pytest.approx((0.8 + 0.5 + 1) / 3)
    assert found.precision == pytest.approx((8 / 9 + 5 / 7 + 10 / 14) / 3)
    assert found.sensitivity == pytest.approx([0.8, 0.5, 1.0])
    # True negatives of the first type: all cells of the others but the one that was taken for it.
    assert found.specificity == pytest.approx([19 / 20, 18 / 20, 16 / 20])
    assert found.type_accuracy == pytest.approx([27 / 30, 23 / 30, 26 / 30])


def test_a_type_without_cells_is_undefined_and_one_never_named_has_precision_0():
    found = scores(np.array([[4, 0, 0], [3, 0, 0], [0, 0, 0]]))
    assert np.isnan(found.sensitivity[2]) and np.isnan(found.type_accuracy[2])
    assert found.precision == pytest.approx((4 / 7 + 0) / 2) and found.recall == pytest.approx(0.5)


@given(st.integers(2, 5), st.integers(0, 10_000))
def test_scores_agree_with_counting_cell_by_cell(types, seed):
    rng = np.random.default_rng(seed)
    true, named = rng.integers(types, size=40), rng.integers(types, size=40)
    found = scores(confusions(true, named, types))
    assert found.accuracy == pytest.approx((true == named).mean())
    for one in range(types):
        here = true == one
        if here.any() and not here.all():
            assert found.sensitivity[one] == pytest.approx((named[here] == one).mean())
            assert found.specificity[one] == pytest.approx((named[~here] != one).mean())
            assert found.type_accuracy[one] == pytest.approx((here == (named == one)).mean())


def test_weighted_confusions_are_those_of_cells_that_stand_several_times():
    rng = np.random.default_rng(0)
    true, named, weights = rng.integers(3, size=20), rng.integers(3, size=20), rng.integers(0, 4, (5, 20))
    found = confusions(true, named, 3, weights)
    for way in range(5):
        assert (found[way] == confusions(np.repeat(true, weights[way]), np.repeat(named, weights[way]), 3)).all()


def test_a_vector_holds_the_scores_and_gives_them_back():
    found = scores(np.random.default_rng(0).integers(1, 9, (4, 3, 3)))
    again = Scores.from_vector(found.vector())
    assert found.vector().shape == (4, 13)
    for name in ("accuracy", "precision", "recall", "f1", "type_accuracy", "specificity", "sensitivity"):
        assert (getattr(found, name) == getattr(again, name)).all()


# Intervals


def test_resamples_keep_the_number_of_cells_of_each_type():
    true = np.repeat([0, 1, 2], [10, 3, 1])
    weights = cell_weights(true, np.random.default_rng(0), resamples=50)
    for label, count in ((0, 10), (1, 3), (2, 1)):
        assert (weights[:, true == label].sum(1) == count).all()
    assert len(np.unique(weights, axis=0)) > 40


def test_identical_repetitions_leave_the_error_of_a_share():
    true = np.zeros(400, int)
    named = np.tile((np.arange(400) % 4 == 0).astype(int), (3, 1))
    measured, drawn = resampled(true, [named], 2, np.random.default_rng(0), resamples=2000)
    assert measured[0, 0] == pytest.approx(0.75)
    low, high = ends(drawn[0, :, 0], level=0.95)
    assert high - low == pytest.approx(2 * 1.96 * np.sqrt(0.75 * 0.25 / 400), rel=0.08)


def trainings(rng, truth, *, seeds, cells, spread):
    """Repetitions whose accuracy scatters about the truth: each naming each cell right with its own chance."""
    right = rng.random((seeds, cells)) < np.clip(truth + rng.normal(0, spread, (seeds, 1)), 0, 1)
    return (~right).astype(int)


@pytest.mark.parametrize("spread", [0.0, 0.05])
def test_intervals_of_a_gain_cover_the_truth_about_as_often_as_they_say(spread):
    hits, trials = 0, 150
    for trial in range(trials):
        rng = np.random.default_rng(trial)
        arms = [trainings(rng, truth, seeds=3, cells=300, spread=spread) for truth in (0.6, 0.7, 0.65, 0.7)]
        _, drawn = resampled(np.zeros(300, int), arms, 2, rng, resamples=300)
        low, high = ends(drawn[1, :, 0] - drawn[0, :, 0], level=0.95)
        hits += low <= 0.1 <= high
    assert hits >= 0.89 * trials
    if spread:
        assert hits < trials


def test_scatter_between_repetitions_widens_the_interval():
    rng = np.random.default_rng(0)
    steady = [np.tile(trainings(rng, 0.7, seeds=1, cells=300, spread=0), (3, 1)) for _ in range(2)]
    shaken = [trainings(np.random.default_rng(one), 0.7, seeds=3, cells=300, spread=0.1) for one in range(2)]
    widths = []
    for arms in (steady, shaken):
        _, drawn = resampled(np.zeros(300, int), arms, 2, np.random.default_rng(0), resamples=500)
        low, high = ends(drawn[0, :, 0], level=0.95)
        widths.append(high - low)
    assert widths[1] > 1.3 * widths[0]


# Comparison


def arm(name, named, true, *, model=None, types=(2, 15, 18)):
    about = {"pictures": 30, "steps": 5, "seeds": len(named), "real_cells": 9, "synthetic_cells": 9, "categories": TAXONOMY}
    return Arm(0.1, "cnn", name, model, about, np.arange(len(true)), true, np.asarray(named), {}, types)


def mostly(true, chances, seed, *, seeds=3):
    """What repetitions name that are right with a chance per type."""
    rng = np.random.default_rng(seed)
    wrong = (true + rng.integers(1, 3, (seeds, len(true)))) % 3
    return np.where(rng.random((seeds, len(true))) < np.array(chances)[true], true, wrong)


TRUE = np.repeat([0, 1, 2], 120)


def judged(*arms):
    return compare(list(arms), np.random.default_rng(0), resamples=600, level=0.95)


def test_a_gain_of_one_type_is_found_there_and_nowhere_else():
    base = arm("original", mostly(TRUE, [0.5, 0.7, 0.7], 0), TRUE)
    mixed = arm("original_synthetic", mostly(TRUE, [0.85, 0.7, 0.7], 1), TRUE, model="wgan_gp_ac")
    first, second = judged(base, mixed)
    assert first.gain is None and second.gain.word == GAIN
    assert second.gain.value == pytest.approx(0.35 / 3, abs=0.03) and second.gain.low > 0.03
    assert [one.word for one in second.type_gains] == [GAIN, NEITHER, NEITHER]
    assert second.ratio.value == pytest.approx(float(second.scores.accuracy / first.scores.accuracy))


def test_equal_arms_differ_by_nothing_and_a_worse_one_loses():
    base = arm("original", mostly(TRUE, [0.7, 0.7, 0.7], 0), TRUE)
    same = arm("original_synthetic", mostly(TRUE, [0.7, 0.7, 0.7], 1), TRUE, model="a")
    worse = arm("synthetic", mostly(TRUE, [0.4, 0.4, 0.4], 2), TRUE, model="a")
    found = judged(base, same, worse)
    assert found[1].gain.word == NEITHER and found[2].gain.word == LOSS and found[2].ratio.high < 0.8


def test_arms_are_compared_on_the_same_cells():
    named = mostly(TRUE, [0.6, 0.6, 0.6], 0, seeds=1)
    better = named.copy()
    better[0, np.flatnonzero(named[0] != TRUE)[:20]] = TRUE[np.flatnonzero(named[0] != TRUE)[:20]]
    gain = judged(arm("original", named, TRUE), arm("synthetic", better, TRUE, model="a"))[1].gain
    # Only 20 of 360 cells differ, so that the gain is far surer than either accuracy.
    assert gain.value == pytest.approx(20 / 360) and gain.low > 0.02 and gain.high < 0.09


def test_the_headline_says_what_does_better_and_what_was_not_tried():
    base = arm("original", mostly(TRUE, [0.5, 0.5, 0.5], 0), TRUE)
    mixed = arm("original_synthetic", mostly(TRUE, [0.7, 0.7, 0.7], 1), TRUE, model="a")
    best, same = (arm("augmentation_1", mostly(TRUE, [right] * 3, 2), TRUE) for right in (0.9, 0.7))
    told = {
        name: headline([judged(base, mixed, *more)], level=0.95)
        for name, more in (("none", []), ("best", [best]), ("same", [same]))
    }
    assert all(text.startswith("Yes, for cnn on 10 % of the real cells (a): +") for text in told.values())
    assert "But varying the same real cells does better: cnn on 10 % of the real cells (a): by " in told["best"]
    assert "does better" not in told["same"] + told["none"] and "was not tried" not in told["same"] + told["best"]
    assert "add augmentation_1" in told["none"]
    assert "luck of the classifier's trainings, not of another training of a generator" in told["none"]
    single = [
        arm(name, mostly(TRUE, [0.6] * 3, 4, seeds=1), TRUE, model=model)
        for name, model in (("original", None), ("original_synthetic", "a"))
    ]
    once = headline([judged(*single)], level=0.95)
    assert "of the test cells alone: not of the luck of the classifier's training, which was done once" in once
    assert "the luck of the classifier's training, which was done once" not in told["none"]


def test_the_best_augmentation_is_the_one_to_beat():
    base = arm("original", mostly(TRUE, [0.6, 0.6, 0.6], 0), TRUE)
    weak = arm("augmentation_1", mostly(TRUE, [0.55, 0.55, 0.55], 1), TRUE)
    strong = arm("augmentation_2", mostly(TRUE, [0.85, 0.85, 0.85], 2), TRUE)
    mixed = arm("original_synthetic", mostly(TRUE, [0.75, 0.75, 0.75], 3), TRUE, model="a")
    found = judged(base, weak, strong, mixed)[3]
    assert found.over_augmentation[0] == "augmentation_2" and found.over_augmentation[1].word == LOSS
    assert found.gain.word == GAIN


# The command


def make_arm(folder, name, named, *, share=0.1, model=None, pictures=30, own=True):
    ids = np.array([2, 15, 18])
    rows = [[seed, cell + 1, ids[TRUE[cell]], ids[one]] for seed, names in enumerate(named) for cell, one in enumerate(names)]
    write_tsv(folder / "names.tsv", ["seed", "cell_id", "category_id", "named"], rows)
    cells = [[0, "test", 1, 2, 2], [0, "test", 2, 15, 2], [0, "validation", 3, 18, 18]] if own else []
    write_tsv(folder / "own.tsv", ["seed", "part", "source", "category_id", "named"], cells)
    about = {"arm": name, "architecture": "cnn", "share": share, "synthetic": {"model": model, "share": share} if model else None}
    about |= {"seeds": len(named), "pictures": pictures, "steps": 5, "real_cells": 9, "synthetic_cells": 9 if model else 0}
    write_json(folder / "model.json", {**about, "types": ids.tolist(), "categories": TAXONOMY})
    return folder


def tstr(out, *folders) -> int:
    arguments = ["tstr", "--options", OPTIONS, "--seed", "1", "--out", str(out), "--arms", *map(str, folders)]
    return dispatch("smearsynth.evaluation", ("tstr",), arguments)


@pytest.fixture
def folders(tmp_path):
    base = make_arm(tmp_path / "o", "original", mostly(TRUE, [0.5, 0.7, 0.7], 0))
    mixed = make_arm(tmp_path / "m", "original_synthetic", mostly(TRUE, [0.85, 0.7, 0.7], 1), model="wgan_gp_ac")
    alone = make_arm(tmp_path / "s", "synthetic", mostly(TRUE, [0.3, 0.3, 0.3], 2), model="wgan_gp_ac")
    full = make_arm(tmp_path / "f", "original", mostly(TRUE, [0.9, 0.9, 0.9], 3), share=1.0)
    more = make_arm(tmp_path / "g", "original_synthetic", mostly(TRUE, [0.9, 0.9, 0.9], 4), share=1.0, model="wgan_gp_ac")
    return [mixed, base, alone, full, more]


def test_the_answer_says_for_whom_for_which_types_and_by_how_much(tmp_path, folders):
    assert tstr(tmp_path / "out", *folders) == 0
    rows = read_tsv(tmp_path / "out/tstr.tsv")
    assert [(row["share"], row["arm"]) for row in rows] == [
        ("1", "original"),
        ("1", "original_synthetic"),
        ("0.1", "original"),
        ("0.1", "synthetic"),
        ("0.1", "original_synthetic"),
    ]
    assert rows[4]["verdict"] == "gain" and rows[1]["verdict"] == "no significant difference" and rows[0]["verdict"] == "n/a"
    assert float(rows[4]["accuracy"]) - float(rows[2]["accuracy"]) == pytest.approx(float(rows[4]["gain"]), abs=1e-5)
    assert rows[0]["own_cells"] == "2" and rows[0]["own_accuracy"] == "0.5" and rows[0]["own_validation_accuracy"] == "1"
    types = read_tsv(tmp_path / "out/tstr_types.tsv")
    assert len(types) == 15 and {row["type"] for row in types} == {"red_blood_cell", "eosinophil", "lymphocyte"}
    assert [row["verdict"] for row in types[-3:]] == ["gain", "no significant difference", "no significant difference"]
    text = (tmp_path / "out/answer.md").read_text()
    head = text.splitlines()[2]
    assert head.startswith("Yes, for cnn on 10 % of the real cells (wgan_gp_ac): +")
    assert "No significant gain for cnn on 100 % of the real cells (wgan_gp_ac)" in head
    assert "Types that gain: red_blood_cell +" in text and "which does not reach 0.8" in text


def test_the_order_of_the_arms_does_not_matter_and_bytes_are_the_same(tmp_path, folders):
    assert tstr(tmp_path / "a", *folders) == tstr(tmp_path / "b", *reversed(folders)) == 0
    for name in ("tstr.tsv", "tstr_types.tsv", "answer.md"):
        assert sha256(tmp_path / "a" / name) == sha256(tmp_path / "b" / name)


def test_without_synthetic_cells_nothing_is_claimed(tmp_path, folders):
    assert tstr(tmp_path / "out", folders[1]) == 0
    assert "nothing can be said" in (tmp_path / "out/answer.md").read_text()


def test_one_repetition_is_said_to_know_of_cells_alone(tmp_path):
    base = make_arm(tmp_path / "o", "original", mostly(TRUE, [0.5] * 3, 0, seeds=1), own=False)
    mixed = make_arm(tmp_path / "m", "original_synthetic", mostly(TRUE, [0.5] * 3, 1, seeds=1), model="x", own=False)
    assert tstr(tmp_path / "out", base, mixed) == 0
    assert "not of another run of the training" in (tmp_path / "out/answer.md").read_text()
    assert read_tsv(tmp_path / "out/tstr.tsv")[0]["own_accuracy"] == "n/a"


def test_unequal_arms_and_twice_the_same_are_refused(tmp_path, folders, capsys):
    other = make_arm(tmp_path / "x", "augmentation_1", mostly(TRUE, [0.5] * 3, 0), pictures=31)
    assert tstr(tmp_path / "out", folders[1], other) == 2
    assert "31 pictures against 30" in capsys.readouterr().err
    assert tstr(tmp_path / "out", folders[1], folders[1]) == 2
    assert "the same arm" in capsys.readouterr().err
