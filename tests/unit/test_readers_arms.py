"""Training sets that are compared: equal numbers, composition, augmentation ranges, cuts without leaks, the command."""

import json

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tiny_run import SIZE, STAIN, TAXONOMY, cell

from smearsynth import images
from smearsynth.cli import dispatch
from smearsynth.errors import UserError
from smearsynth.files import read_json, read_tsv, sha256, write_json
from smearsynth.options import build
from smearsynth.readers import learning
from smearsynth.readers.arm_augmentation import AUGMENTATIONS, Ranges, augmented
from smearsynth.readers.arms import ArmSet, Stock, compose, divided, quotas, repeated, singled
from smearsynth.readers.arms_options import ARMS, NEED_SYNTHETIC, ArmsOptions

OFF = {"scale": 0.0, "rotation": 0.0, "translation": 0.0, "colour": 0.0, "contrast": 0.0, "saturation": 0.0}
RANGES = Ranges(scale=0.15, rotation=180.0, translation=0.1, colour=0.1, contrast=0.3, saturation=0.3)
STILL = {"rotate": False, "mirror": False, "scale": 0.0, "brightness": 0.0, "colour": 0.0}
OPTIONS = {
    "arms": ["original", "synthetic", "original_synthetic"],
    "shares": [1.0],
    "models": ["wgan_gp_ac"],
    "networks": [{"name": "cnn", "steps": 25, "learning_rate": 0.003}],
    "compared": ["cnn"],
    "seeds": 2,
    "pictures": 30,
    "synthetic": 0.5,
    "counts": "real",
    "target": None,
    "size": None,
    "batch": 8,
    "label_smoothing": 0.0,
    "device": "cpu",
    "threads": 1,
    "ranges": {name: getattr(RANGES, name) for name in OFF},
    "augmentation": STILL,
    "own": {"seeds": 1, "test": 0.3, "validation": 0.2},
}


def stock(counts, *, first=0) -> Stock:
    """Cells of a different grey each, so that a picture tells which cell it shows."""
    labels = np.repeat(np.arange(len(counts)), counts)
    pixels = np.zeros((len(labels), 8, 8, 3), np.uint8)
    pixels += (first + np.arange(len(labels), dtype=np.uint8))[:, None, None, None]
    return Stock(pixels, labels)


REAL, SYNTHETIC = stock([20, 6, 2]), stock([15, 15, 15], first=100)


def composed(arm, **changes) -> ArmSet:
    settings = {"classes": 3, "pictures": 90, "ranges": RANGES, "rng": np.random.default_rng(0)}
    return compose(arm, REAL, SYNTHETIC, **{**settings, **changes})


# Composition


@given(st.lists(st.integers(1, 50), min_size=1, max_size=8), st.integers(0, 300), st.sampled_from(["real", "equal"]))
def test_quotas_add_up_and_leave_no_type_out(cells, more, counts):
    found = quotas(np.repeat(np.arange(len(cells)), cells), len(cells), len(cells) + more, counts=counts)
    assert found.sum() == len(cells) + more and found.min() >= 1
    if counts == "equal":
        assert np.ptp(found) <= 1
    else:
        exact = 1 + np.array(cells) / sum(cells) * more
        assert np.abs(found - exact).max() < 1


@given(st.integers(1, 9), st.integers(0, 40))
def test_cells_are_repeated_equally_often(cells, quota):
    found = repeated(np.arange(cells), quota, np.random.default_rng(0))
    assert len(found) == quota and np.ptp(np.bincount(found, minlength=cells)) <= 1


@pytest.mark.parametrize("arm", ARMS)
@pytest.mark.parametrize("pictures", [3, 31, 200])
def test_every_arm_has_exactly_the_pictures_that_were_asked_for(arm, pictures):
    made = composed(arm, pictures=pictures)
    assert made.pixels.shape == (pictures, 8, 8, 3) and len(made.labels) == len(made.sources) == pictures
    assert set(made.labels) == {0, 1, 2}


@pytest.mark.parametrize("arm", [arm for arm in ARMS if arm != "class_balanced"])
def test_all_arms_but_the_balanced_one_hold_the_same_number_of_each_type(arm):
    assert np.bincount(composed(arm).labels).tolist() == np.bincount(composed("original").labels).tolist()


@pytest.mark.parametrize("arm", ["original", "synthetic", "original_synthetic", "class_balanced"])
def test_pictures_are_the_cells_they_are_said_to_be_with_their_types(arm):
    made = composed(arm)
    for pixels, label, source in zip(made.pixels, made.labels, made.sources, strict=True):
        origin, place = (REAL, source) if source >= 0 else (SYNTHETIC, -1 - source)
        assert (pixels == origin.pixels[place]).all() and label == origin.labels[place]


def test_original_is_every_real_cell_again_and_again_and_no_other():
    sources = composed("original", pictures=28 * 3).sources
    assert set(sources) == set(range(28))
    for label in range(3):
        times = np.bincount(sources, minlength=28)[REAL.labels == label]
        assert np.ptp(times) <= 1


def test_synthetic_holds_no_real_cell_and_the_mixture_half_of_each():
    assert (composed("synthetic").sources < 0).all()
    mixed = composed("original_synthetic")
    assert abs((mixed.sources < 0).mean() - 0.5) < 0.03
    assert set(mixed.sources[mixed.sources >= 0]) == set(range(28))
    assert (composed("original_synthetic", share=0.9).sources < 0).mean() > 0.8


def test_balanced_keeps_all_rare_cells_thins_frequent_ones_and_tops_up_to_the_target():
    made = composed("class_balanced", target=10)
    assert np.bincount(made.labels).tolist() == [30, 30, 30]
    for label, real, drawn in ((0, 10, 0), (1, 6, 4), (2, 2, 8)):
        sources = np.unique(made.sources[made.labels == label])
        assert (sources >= 0).sum() == real and (sources < 0).sum() == drawn
    # Without a target there are as many different cells as there are real ones (28), as near as types can be equal.
    assert len(np.unique(composed("class_balanced").sources)) == 30


def test_a_set_is_drawn_from_its_generator_alone():
    for arm in ARMS:
        first, again = composed(arm), composed(arm)
        assert (first.pixels == again.pixels).all()
    other = composed("synthetic", pictures=30, rng=np.random.default_rng(1))
    assert (composed("synthetic", pictures=30).sources != other.sources).any()


def test_arms_say_what_they_lack():
    with pytest.raises(UserError, match="no synthetic cells"):
        compose("synthetic", REAL, None, classes=3, pictures=9, rng=np.random.default_rng(0), ranges=RANGES)
    with pytest.raises(UserError, match="no synthetic cell of class 2"):
        compose("synthetic", REAL, stock([3, 3]), classes=3, pictures=9, rng=np.random.default_rng(0), ranges=RANGES)
    with pytest.raises(UserError, match="at least one a type"):
        composed("original", pictures=2)


# Augmentation


def test_the_three_arms_vary_what_the_paper_says():
    assert {name: set(kinds) for name, kinds in AUGMENTATIONS.items()} == {
        "augmentation_1": {"scale", "rotation", "colour"},
        "augmentation_2": {"translation", "contrast", "scale"},
        "augmentation_3": {"saturation", "scale", "rotation"},
    }


@pytest.mark.parametrize("kind", OFF)
def test_a_range_of_nothing_and_a_kind_that_is_not_asked_for_change_nothing(kind):
    pixels = np.random.default_rng(0).integers(0, 256, (4, 16, 16, 3), np.uint8)
    assert (augmented(pixels, [kind], Ranges(**OFF), np.random.default_rng(0)) == pixels).all()
    others = [other for other in OFF if other != kind]
    assert (augmented(pixels, others, Ranges(**{**OFF, kind: 0.1}), np.random.default_rng(0)) == pixels).all()


def varied(kind: str, amount: float, picture: np.ndarray, count: int = 60) -> np.ndarray:
    pixels = np.repeat(picture[None], count, 0)
    return augmented(pixels, [kind], Ranges(**{**OFF, kind: amount}), np.random.default_rng(0)).astype(float)


def disc(side: int = 64, radius: int = 12) -> np.ndarray:
    picture = np.zeros((side, side, 3), np.uint8)
    cv2.circle(picture, (side // 2, side // 2), radius, (200, 100, 50), -1)
    return picture


def test_scaling_stays_within_its_range_and_uses_it():
    area = (disc()[..., 0] > 100).sum()
    factors = np.sqrt((varied("scale", 0.2, disc())[..., 0] > 100).sum((1, 2)) / area)
    assert factors.min() > 0.77 and factors.max() < 1.23 and factors.min() < 0.85 and factors.max() > 1.15


def test_translation_moves_by_at_most_its_share_of_the_side():
    moved = varied("translation", 0.1, disc())[..., 0]
    rows = (moved.sum(2) * np.arange(64)).sum(1) / moved.sum((1, 2))
    assert np.abs(rows - 32).max() <= 6.5 and np.abs(rows - 32).max() > 5


def test_rotation_turns_to_both_sides_and_no_farther():
    bar = np.zeros((65, 65, 3), np.uint8)
    bar[32, 8:57] = bar[31, 8:57] = bar[33, 8:57] = 255
    angles = []
    for one in varied("rotation", 30.0, bar)[..., 0]:
        rows, columns = np.nonzero(one > 100)
        angles.append(np.degrees(np.arctan(np.polyfit(columns, rows, 1)[0])))
    assert -31 < min(angles) < -24 and 24 < max(angles) < 31


def test_colour_contrast_and_saturation_change_what_they_are_named_for():
    flat = np.full((8, 8, 3), 100, np.uint8)
    gains = varied("colour", 0.2, flat)[:, 0, 0] / 100
    assert 0.79 <= gains.min() < 0.83 and 1.17 < gains.max() <= 1.21
    assert np.abs(gains[:, 0] - gains[:, 1]).max() > 0.1
    halves = np.full((8, 8, 3), 80, np.uint8)
    halves[4:] = 120
    spread = varied("contrast", 0.5, halves)
    assert np.abs(spread.mean((1, 2, 3)) - 100).max() < 0.6
    widths = spread[:, 7, 0, 0] - spread[:, 0, 0, 0]
    assert 19 <= widths.min() < 26 and 54 < widths.max() <= 61
    tinted = np.tile(np.array([120, 90, 60], np.uint8), (8, 8, 1))
    chroma = varied("saturation", 0.5, tinted)[:, 0, 0]
    assert np.abs(chroma.mean(1) - 90).max() < 0.6
    assert 29 <= np.ptp(chroma, axis=1).min() < 38 and 82 < np.ptp(chroma, axis=1).max() <= 91


def test_what_comes_in_from_outside_is_more_of_the_picture():
    pale = np.full((16, 16, 3), 230, np.uint8)
    assert (
        augmented(pale[None], AUGMENTATIONS["augmentation_1"], Ranges(**{**OFF, "rotation": 45.0}), np.random.default_rng(0))
        == 230
    ).all()


# The paper's protocol


@pytest.mark.parametrize("arm", ARMS)
def test_the_cut_of_a_set_in_itself_leaves_all_copies_of_a_cell_on_one_side(arm):
    made = composed(arm)
    parts = divided(made.sources, made.labels, np.random.default_rng(0), test=0.3, validation=0.2)
    assert set(parts) == {"train", "validation", "test"}
    for source in np.unique(made.sources):
        assert len(set(parts[made.sources == source])) == 1
    asked = singled(made.sources, parts)
    assert sorted(made.sources[asked]) == sorted(set(made.sources[parts != "train"]))


def test_the_cut_has_the_papers_shares_and_trains_on_every_type():
    labels = np.repeat([0, 1, 2], [100, 10, 1])
    parts = divided(np.arange(111), labels, np.random.default_rng(0), test=0.3, validation=0.2)
    assert [(parts[:100] == part).sum() for part in ("test", "validation", "train")] == [30, 14, 56]
    assert parts[110] == "train"


# The options


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"arms": ["orginal"]}, "did you mean 'original'"),
        ({"shares": [0.0]}, "shares above 0"),
        ({"networks": [{"name": "cn", "steps": 1, "learning_rate": 0.1}]}, "did you mean 'cnn'"),
        ({"compared": ["vgg"]}, "compared"),
        ({"networks": [OPTIONS["networks"][0]] * 2}, "each name once"),
        ({"models": []}, "an arm needs synthetic cells"),
        ({"own": {"seeds": 3, "test": 0.3, "validation": 0.2}}, "at most seeds"),
        ({"synthetic": 1.0}, "below 1"),
        ({"ranges": {**OFF, "rotation": 200.0}}, "0 \\(off\\) to 180"),
    ],
)
def test_options_that_make_no_sense_are_refused(change, message):
    with pytest.raises(UserError, match=message):
        build(ArmsOptions, {**OPTIONS, **change}, where="readers.arms")


# The command


def make_cells(folder, *, split=None, count=6, types=tuple(STAIN), extra=()):
    """``index.json`` of windows, or of synthetic cells."""
    cells = []
    for category_id in types:
        for number in range(count):
            cell_id = len(cells) + 1
            images.write(folder / f"{cell_id:06d}.png", cell(category_id, cell_id + (1000 if split else 0))[0])
            kind = split or ("train" if number < count // 2 else "test")
            part = number / (count // 2) if kind == "train" else None
            entry = {"file": f"{cell_id:06d}.png", "cell_id": cell_id, "category_id": category_id, "split": kind}
            cells.append({**entry, "fold": None, "part": part})
    write_json(folder / "index.json", {"size": SIZE, "window": SIZE, "categories": TAXONOMY, "cells": cells, **dict(extra)})
    return folder / "index.json"


def run_arm(out, arm, windows, *more, options=OPTIONS) -> int:
    command = ["arm", "--options", json.dumps(options), "--seed", "3", "--architecture", "cnn", "--arm", arm]
    command += ["--cells", str(windows), "--state", f"{out}.state", "--out", str(out), *map(str, more)]
    return dispatch("smearsynth.readers", ("arm",), command)


def ended_after(monkeypatch, steps: int) -> list:
    """Let trainings end after some steps, all of them together; the list gets an entry with each step."""
    done: list[int] = []
    whole = learning.Learning.update

    def update(self, batch):
        if len(done) == steps:
            raise KeyboardInterrupt
        done.append(1)
        return whole(self, batch)

    monkeypatch.setattr(learning.Learning, "update", update)
    return done


def test_the_command_trains_tests_and_says_what_it_did_twice_the_same(tmp_path, monkeypatch):
    windows = make_cells(tmp_path / "w", count=12)
    drawn = make_cells(tmp_path / "s", split="synthetic", count=5, extra={"model": "wgan_gp_ac", "share": 1.0}.items())
    about = {}
    once = {**OPTIONS, "seeds": 1, "own": {**OPTIONS["own"], "seeds": 0}}
    for arm, options in (("original", OPTIONS), ("synthetic", once), ("original_synthetic", once)):
        synthetic = ["--synthetic", drawn] if arm in NEED_SYNTHETIC else []
        assert run_arm(tmp_path / arm, arm, windows, *synthetic, options=options) == 0
        about[arm] = read_json(tmp_path / arm / "model.json")
    assert len({(one["pictures"], one["steps"]) for one in about.values()}) == 1
    assert {sum(made["pictures"].values()) for one in about.values() for made in one["sets"]} == {30}
    assert about["synthetic"]["sets"][0]["synthetic_pictures"] == 30 and about["original"]["sets"][0]["synthetic_pictures"] == 0
    assert about["synthetic"]["synthetic"] == {"model": "wgan_gp_ac", "share": 1.0} and about["original"]["synthetic"] is None
    names = read_tsv(tmp_path / "original/names.tsv")
    held = {entry["cell_id"] for entry in read_json(windows)["cells"] if entry["split"] == "test"}
    for seed in ("0", "1"):
        assert {int(row["cell_id"]) for row in names if row["seed"] == seed} == held
    assert np.mean([row["named"] == row["category_id"] for row in names]) > 0.6
    own = read_tsv(tmp_path / "original/own.tsv")
    assert {row["part"] for row in own} == {"test", "validation"} and {row["seed"] for row in own} == {"0"}
    assert len({row["source"] for row in own}) == len(own) < 18
    # Ended in the second of its three trainings of 25 steps, it goes on there: the first is not repeated.
    monkeypatch.setattr(learning, "SECONDS", 0.0)
    ended_after(monkeypatch, 40)
    assert run_arm(tmp_path / "again", "original", windows) == 130
    monkeypatch.undo()
    steps = ended_after(monkeypatch, 1000)
    assert run_arm(tmp_path / "again", "original", windows) == 0
    assert len(steps) == 35 and not (tmp_path / "again.state/training").exists()
    for name in ("names.tsv", "own.tsv", "model.json"):
        assert sha256(tmp_path / "again" / name) == sha256(tmp_path / "original" / name)


def test_a_share_of_the_real_cells_is_that_share(tmp_path):
    windows = make_cells(tmp_path / "w", count=12)
    options = {**OPTIONS, "networks": [{**OPTIONS["networks"][0], "steps": 1}], "seeds": 1, "own": {**OPTIONS["own"], "seeds": 0}}
    assert run_arm(tmp_path / "o", "original", windows, "--share", "0.5", options=options) == 0
    about = read_json(tmp_path / "o/model.json")
    assert about["real_cells"] == 9 and about["sets"][0]["different_real"] == 9 and about["pictures"] == 30


def test_a_set_too_small_for_the_real_cells_says_so(tmp_path, capsys):
    windows = make_cells(tmp_path / "w", count=12)
    options = {**OPTIONS, "networks": [{**OPTIONS["networks"][0], "steps": 1}], "seeds": 1, "pictures": 12}
    assert run_arm(tmp_path / "o", "original", windows, options=options) == 0
    assert "6 of 18 real cells are not in a set of 12 pictures" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arm", "drawn", "message"),
    [
        ("synthetic", None, "no synthetic cells"),
        ("synthetic", {"types": (2, 15)}, "no lymphocyte"),
        ("class_balanced", {"extra": {"share": 1.0}.items()}, "saw 100% of the real cells, for an arm that stands for 50%"),
        ("orignal", None, "did you mean 'original'"),
    ],
)
def test_unfair_or_impossible_comparisons_are_refused(tmp_path, capsys, arm, drawn, message):
    windows = make_cells(tmp_path / "w")
    more = ["--synthetic", make_cells(tmp_path / "s", split="synthetic", **drawn)] if drawn else []
    assert run_arm(tmp_path / "o", arm, windows, "--share", "0.5", *more) == 2
    assert message in capsys.readouterr().err and not (tmp_path / "o").exists()


def test_cells_without_types_cannot_be_an_arm(tmp_path, capsys):
    windows = make_cells(tmp_path / "w")
    drawn = make_cells(tmp_path / "s", split="synthetic")
    index = read_json(drawn)
    write_json(drawn, {**index, "cells": [{**entry, "category_id": None} for entry in index["cells"]]})
    assert run_arm(tmp_path / "o", "synthetic", windows, "--synthetic", drawn) == 2
    assert "class-conditional model" in capsys.readouterr().err


def test_a_reader_is_trained_on_windows_as_on_pairs(tmp_path):
    windows = make_cells(tmp_path / "w", count=12)
    options = {"architecture": "cnn", "window": 32, "size": 32, "steps": 40, "batch": 12, "learning_rate": 0.003}
    options |= {"label_smoothing": 0.0, "balance": True, "device": "cpu", "threads": 1, "augmentation": STILL}
    command = ["train", "--options", json.dumps(options), "--taxonomy", json.dumps(TAXONOMY), "--seed", "1"]
    command += ["--cells", str(windows), "--state", str(tmp_path / "state"), "--out", str(tmp_path / "r")]
    assert dispatch("smearsynth.readers", ("train",), command) == 0
    assert {path.name for path in (tmp_path / "r").iterdir()} >= {"reader.weights.h5", "model.json", "test.tsv"}
    overall = read_tsv(tmp_path / "r/test.tsv")[-2]
    assert overall["type"] == "all cells" and overall["cells"] == "18" and float(overall["accuracy"]) > 0.6
