"""The commands of the stage evaluation on a tiny run, with answers known beforehand."""

import json

import numpy as np
import pytest
from tiny_run import TAXONOMY_JSON, make_generated, make_pairs

from smearsynth.cli import dispatch
from smearsynth.evaluation.options import EvaluationOptions
from smearsynth.evaluation.verdict import judge
from smearsynth.files import read_tsv, write_tsv

OPTIONS = {"resamples": 200, "level": 0.95, "share": 0.8, "periods": [2, 4]}


def evaluation(*arguments) -> int:
    return dispatch("smearsynth.evaluation", ("verdict", "paired", "artefacts"), [str(a) for a in arguments])


def by_type(path) -> dict:
    return {row["type"]: row for row in read_tsv(path)}


@pytest.fixture
def pairs(tmp_path):
    return make_pairs(tmp_path / "pairs")


def names(path, cells):
    """A table of names from (cell id, true type, named type)."""
    write_tsv(path, ["file", "cell_id", "category_id", "named", "probability"], [["x.png", *cell, 0.9] for cell in cells])
    return path


def verdict(tmp_path, real, generated) -> int:
    return evaluation(
        *("verdict", "--options", json.dumps(OPTIONS), "--taxonomy", TAXONOMY_JSON, "--seed", 1),
        *("--real", names(tmp_path / "real.tsv", real)),
        *("--generated", names(tmp_path / "generated.tsv", generated)),
        *("--out", tmp_path / "verdict.tsv"),
    )


def test_verdict_counts_per_type(tmp_path):
    real = [(n, 2, 2) for n in range(10)] + [(n, 15, 15 if n < 18 else 2) for n in range(10, 20)]
    generated = [(n, 2, 2) for n in range(10)] + [(n, 15, 15 if n < 14 else 18) for n in range(10, 20)]
    assert verdict(tmp_path, real, generated) == 0
    rows = by_type(tmp_path / "verdict.tsv")
    assert list(rows) == ["red_blood_cell", "eosinophil", "all cells"]
    assert float(rows["red_blood_cell"]["ratio"]) == 1 and rows["red_blood_cell"]["verdict"] == "yes"
    assert float(rows["eosinophil"]["real"]) == 0.8 and float(rows["eosinophil"]["generated"]) == 0.4
    assert float(rows["eosinophil"]["ratio"]) == 0.5 and rows["eosinophil"]["verdict"] in ("no", "unlikely")
    assert float(rows["all cells"]["ratio"]) == pytest.approx(14 / 18, abs=1e-5)
    low, high = float(rows["eosinophil"]["ratio_low"]), float(rows["eosinophil"]["ratio_high"])
    assert low < 0.5 < high


def test_verdict_of_some_cells_says_how_many_are_left_out(tmp_path, capsys):
    real = [(n, 2, 2 if n < 3 else 15) for n in range(6)]
    assert verdict(tmp_path, real, [(n, 2, 2) for n in range(3)]) == 0
    assert "3 of 6" in capsys.readouterr().err
    assert by_type(tmp_path / "verdict.tsv")["red_blood_cell"]["cells"] == "3"


def test_verdict_refuses_a_cell_without_a_real_one(tmp_path, capsys):
    assert verdict(tmp_path, [(1, 2, 2)], [(1, 2, 2), (7, 2, 2)]) == 2
    assert "cell 7" in capsys.readouterr().err


def test_a_real_accuracy_of_0_has_no_ratio():
    options = EvaluationOptions(200, 0.95, 0.8, (2,))
    row = judge(np.zeros(5, bool), np.ones(5, bool), np.random.default_rng(0), options)
    assert row[-4:] == [None, None, None, "n/a"]


def paired(tmp_path, pairs, generated) -> dict:
    out = tmp_path / "paired.tsv"
    flags = ("--taxonomy", TAXONOMY_JSON, "--seed", 1, "--pairs", pairs, "--generated", generated, "--out", out)
    assert evaluation("paired", *flags) == 0
    return by_type(out)


def test_paired_of_equal_cells(tmp_path, pairs):
    rows = paired(tmp_path, pairs, make_generated(tmp_path / "same", pairs))
    assert set(rows) == {"red_blood_cell", "eosinophil", "lymphocyte", "all cells"}
    for row in rows.values():
        assert (float(row["l1"]), float(row["l2"]), row["psnr"], float(row["ssim"])) == (0, 0, "n/a", 1)
        assert float(row["reference_l1"]) > 0
    assert rows["all cells"]["cells"] == "12"


def test_paired_of_shifted_colours(tmp_path, pairs):
    rows = paired(tmp_path, pairs, make_generated(tmp_path / "dark", pairs, change=lambda picture, mask: picture - 25.5))
    # uint8 cuts the half off, so that every channel is 26 darker.
    assert float(rows["all cells"]["l1"]) == pytest.approx(26 / 255, rel=1e-3)


def artefacts(tmp_path, pairs, generated, options=OPTIONS) -> int:
    flags = ("--options", json.dumps(options), "--taxonomy", TAXONOMY_JSON, "--pairs", pairs, "--generated", generated)
    return evaluation("artefacts", *flags, "--out", tmp_path / "artefacts.tsv")


def test_artefacts_find_a_cast_and_a_checkerboard(tmp_path, pairs):
    def spoil(picture, mask):
        picture[..., 0] += 20
        picture[::2] += 8
        return picture

    assert artefacts(tmp_path, pairs, make_generated(tmp_path / "spoilt", pairs, change=spoil)) == 0
    row = by_type(tmp_path / "artefacts.tsv")["lymphocyte"]
    assert float(row["generated_red"]) - float(row["real_red"]) == pytest.approx(24, abs=1)
    assert float(row["cast"]) == pytest.approx(np.hypot(24, np.hypot(4, 4)), abs=1)
    assert float(row["generated_peak_2"]) > 10 * float(row["real_peak_2"])
    assert float(row["generated_peak_4"]) < 10 * float(row["real_peak_4"])


def test_artefacts_of_equal_cells_are_equal(tmp_path, pairs):
    assert artefacts(tmp_path, pairs, make_generated(tmp_path / "same", pairs)) == 0
    for row in by_type(tmp_path / "artefacts.tsv").values():
        assert float(row["cast"]) == 0
        assert row["real_peak_2"] == row["generated_peak_2"]


def test_a_period_that_does_not_divide_the_size(tmp_path, pairs, capsys):
    generated = make_generated(tmp_path / "same", pairs)
    assert artefacts(tmp_path, pairs, generated, {**OPTIONS, "periods": [2, 5, 7]}) == 2
    assert "2 problems" in capsys.readouterr().err


def test_generated_cells_of_another_run(tmp_path, pairs, capsys):
    index = json.loads(make_generated(tmp_path / "other", pairs).read_text())
    index["cells"][0] = {**index["cells"][0], "cell_id": 999}
    index["size"] = 64
    (tmp_path / "other" / "index.json").write_text(json.dumps(index))
    assert artefacts(tmp_path, pairs, tmp_path / "other" / "index.json") == 2
    message = capsys.readouterr().err
    assert "cell 999" in message and "64 pixels" in message


@pytest.mark.parametrize("wrong", [{"resamples": 5}, {"level": 1.5}, {"share": 0.0}, {"periods": []}, {"periods": [1]}])
def test_options_out_of_range(wrong, tmp_path, pairs, capsys):
    assert artefacts(tmp_path, pairs, pairs, {**OPTIONS, **wrong}) == 2
    assert next(iter(wrong)) in capsys.readouterr().err
