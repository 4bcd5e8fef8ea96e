"""Scores of a reading kit: known answers of the statistics, readers whose answers are known, bad files of answers."""

import numpy as np
import pytest
from kit_world import answer, evaluation, key_of, make_kit, truth

from smearsynth.evaluation.kit_agreement import cohen, fleiss, krippendorff
from smearsynth.evaluation.kit_intervals import drawn_readers, ends, resampled_share, wilson
from smearsynth.files import read_tsv

# Statistics


def pairs(table):
    """Answers of two readers from a table of their counts."""
    cells = [(i, j) for i, row in enumerate(table) for j, count in enumerate(row) for _ in range(count)]
    return np.array(cells).T


def test_cohen_on_tables_with_a_known_kappa():
    # Both share 35 of 50 answers, 50 % by chance: (0.7 - 0.5) / (1 - 0.5).
    assert cohen(*pairs([[20, 5], [10, 15]])) == pytest.approx(0.4)
    assert cohen(*pairs([[45, 15], [25, 15]])) == pytest.approx(0.1304, abs=1e-4)
    assert cohen(*pairs([[10, 0], [0, 5]])) == 1 and cohen(*pairs([[0, 5], [5, 0]])) == -1
    assert np.isnan(cohen(*pairs([[7, 0], [0, 0]])))


def test_fleiss_on_its_worked_example():
    # Fourteen readers, ten items, five answers: counts whose kappa is 0.210.
    counts = [
        *([0, 0, 0, 0, 14], [0, 2, 6, 4, 2], [0, 0, 3, 5, 6], [0, 3, 9, 2, 0], [2, 2, 8, 1, 1]),
        *([7, 7, 0, 0, 0], [3, 2, 6, 3, 0], [2, 5, 3, 2, 2], [6, 5, 2, 1, 0], [0, 2, 2, 3, 7]),
    ]
    answers = np.array([np.repeat(np.arange(5), row) for row in counts]).T
    assert fleiss(answers) == pytest.approx(0.210, abs=5e-4)
    # Who gave which answer does not matter.
    rng = np.random.default_rng(1)
    assert fleiss(rng.permuted(answers, axis=0)) == pytest.approx(fleiss(answers))


def test_krippendorff_on_its_worked_example():
    # Three readers, fifteen items, missing answers: alpha of names is 0.691.
    rows = ["-----34121133-3", "1-213343-------", "--21344-21133-4"]
    answers = np.array([[-1 if letter == "-" else int(letter) for letter in row] for row in rows])
    assert krippendorff(answers) == pytest.approx(0.691, abs=1e-3)


def test_alpha_and_kappa_agree_on_many_complete_answers():
    rng = np.random.default_rng(2)
    one = rng.integers(0, 2, 4000)
    two = np.where(rng.random(4000) < 0.7, one, rng.integers(0, 2, 4000))
    assert krippendorff(np.stack([one, two])) == pytest.approx(cohen(one, two), abs=2e-3)
    assert cohen(one, two) == pytest.approx(0.7, abs=0.05)


def test_wilson():
    # Brown, Cai and DasGupta's form: 8 of 10 at 95 %.
    assert wilson(8, 10, level=0.95) == pytest.approx((0.4902, 0.9433), abs=1e-4)
    low, high = wilson(0, 20, level=0.95)
    assert low == 0 and high == pytest.approx(0.1611, abs=1e-4)
    assert wilson(0, 0, level=0.95) is None


def test_interval_over_readers_and_items_covers_the_truth():
    """Readers differ and items differ: the interval has to cover the mean of both about as often as it says."""
    rng, hits = np.random.default_rng(3), 0
    for _ in range(100):
        chance = np.clip(0.7 + rng.normal(0, 0.1, (10, 1)) + rng.normal(0, 0.15, (1, 60)), 0, 1)
        right = (rng.random(chance.shape) < chance).astype(float)
        right[rng.random(right.shape) < 0.1] = np.nan
        drawn = drawn_readers(10, rng, resamples=300)
        low, high = ends(resampled_share(right, drawn, rng), level=0.95)
        hits += low <= 0.695 <= high
    assert 88 <= hits <= 100


# The command


@pytest.fixture(scope="module")
def kit(tmp_path_factory):
    return make_kit(tmp_path_factory.mktemp("kit"), each=4, repeats=6)


def score(kit, out, *files, options="{}"):
    return evaluation("kit_score", "--key", kit / "key.json", "--answers", *files, "--options", options, "--out", out)


def rows(path):
    return {(r["measure"], r["set"], r["type"], r["reader"]): r for r in read_tsv(path)}


def test_a_reader_who_is_always_right(kit, tmp_path):
    out = tmp_path / "kit_scores.tsv"
    assert score(kit, out, answer(tmp_path / "a.csv", key_of(kit), "ann", judge=truth)) == 0
    found = rows(out)
    assert found["accuracy", "all", "all", "all"]["verdict"] == "told apart"
    assert found["accuracy", "all", "all", "ann"]["answers"] == "32" and found["accuracy", "one", "all", "ann"]["answers"] == "16"
    for measure in ("accuracy", "sensitivity", "specificity", "type_real", "type_synthetic", "type_ratio"):
        assert float(found[measure, "two", "all", "all"]["value"]) == 1
    assert found["within judgement: same answer", "all", "all", "ann"]["value"] == "1"
    assert not any(measure.startswith("between") for measure, *_ in found)
    assert "were **told apart** from real ones: 100 %" in out.with_suffix(".md").read_text()


def test_readers_who_call_everything_real(kit, tmp_path):
    files = [answer(tmp_path / f"{n}.csv", key_of(kit), n, judge=lambda entry: "real") for n in ("ann", "bob")]
    assert score(kit, tmp_path / "s.tsv", *files) == 0
    found = rows(tmp_path / "s.tsv")
    assert float(found["accuracy", "all", "all", "all"]["value"]) == 0.5
    assert found["accuracy", "all", "all", "all"]["verdict"] == "not told apart from chance"
    assert found["sensitivity", "all", "all", "bob"]["value"] == "0" and found["specificity", "all", "all", "bob"]["value"] == "1"
    # Of readers who always say the same, chance agreement is full: kappa is undefined.
    assert found["between judgement: Cohen's kappa", "all", "all", "all"]["value"] == "n/a"


def test_types_named_on_real_cells_alone(kit, tmp_path):
    """A reader names every real cell rightly, and of the synthetic eosinophils none."""

    def name(entry):
        return "none_of_these" if entry["set"] != "real" and entry["type"] == "eosinophil" else entry["type"]

    files = [answer(tmp_path / f"{n}.csv", key_of(kit), n, judge=truth, name=name) for n in ("ann", "bob", "cy")]
    assert score(kit, tmp_path / "s.tsv", *files) == 0
    found = rows(tmp_path / "s.tsv")
    assert float(found["type_real", "all", "eosinophil", "all"]["value"]) == 1
    assert float(found["type_ratio", "all", "eosinophil", "all"]["value"]) == 0
    assert float(found["type_ratio", "all", "red_blood_cell", "all"]["value"]) == 1
    assert float(found["type_ratio", "all", "all", "all"]["value"]) == 0.5
    assert found["type_ratio", "all", "all", "all"]["verdict"] == "no"
    # Eight cells of a side: the ratio alone is told.
    assert (
        found["type_ratio", "all", "eosinophil", "all"]["verdict"],
        found["type_ratio", "all", "eosinophil", "all"]["low"],
    ) == (
        "unlikely",
        "n/a",
    )
    assert found["between type: Fleiss' kappa", "all", "all", "all"]["value"] == "1"


def test_missing_answers(kit, tmp_path):
    key = key_of(kit)
    files = [
        answer(tmp_path / "a.csv", key, "ann", judge=truth, skip={1, 2}),
        answer(tmp_path / "b.csv", key, "bob", judge=truth),
    ]
    assert score(kit, tmp_path / "s.tsv", *files) == 0
    assert rows(tmp_path / "s.tsv")["between judgement: Krippendorff's alpha", "all", "all", "all"]["value"] == "1"
    assert "2 of 76 answers are missing" in (tmp_path / "s.md").read_text()


def test_repeats_answered_otherwise(kit, tmp_path):
    def turned(entry):
        return truth(entry) if not entry["again"] else {"real": "fake", "fake": "real"}[truth(entry)]

    assert score(kit, tmp_path / "s.tsv", answer(tmp_path / "a.csv", key_of(kit), "ann", judge=turned)) == 0
    found = rows(tmp_path / "s.tsv")
    # The repeats change the agreement within the reader, and nothing else.
    assert found["within judgement: same answer", "all", "all", "ann"]["value"] == "0"
    assert found["within judgement: Cohen's kappa", "all", "all", "ann"]["value"] == "-1"
    assert found["accuracy", "all", "all", "ann"]["value"] == "1"


def test_a_spreadsheet_may_change_separators(kit, tmp_path):
    path = answer(tmp_path / "a.csv", key_of(kit), "ann", judge=truth)
    other = tmp_path / "b.csv"
    other.write_text("\ufeff" + path.read_text().replace(",", ";"))
    assert score(kit, tmp_path / "one.tsv", path) == score(kit, tmp_path / "two.tsv", other) == 0
    assert (tmp_path / "one.tsv").read_bytes() == (tmp_path / "two.tsv").read_bytes()


def test_everything_wrong_is_told_at_once(kit, tmp_path, capsys):
    key = key_of(kit)
    item = key["items"][0]["item"]
    header = "kit,reader,item,shown,judgement,type,milliseconds"
    texts = {
        "other": f"{header}\n12345678,eve,{item},1,real,eosinophil,9\n",
        "column": f"kit,reader,item,shown,type,milliseconds\n{key['kit']},fay,{item},1,eosinophil,9\n",
        "empty": "",
        "nothing": f"{header}\n",
        "rows": f"{header}\n{key['kit']},gus,{item},1,maybe,eosinophil,9\n{key['kit']},gus,{item},2,real,leopard,soon\n"
        f"{key['kit']},gus,0,3,real,eosinophil,9\n",
    }
    files = [answer(tmp_path / f"{n}.csv", key, name, judge=truth) for n, name in (("a", "Ann"), ("b", "ann"))]
    for name, text in texts.items():
        files.append(tmp_path / f"{name}.csv")
        files[-1].write_text(text)
    (tmp_path / "bytes.csv").write_bytes(b"\xff\xfe\x00")
    assert score(kit, tmp_path / "s.tsv", *files, tmp_path / "bytes.csv", tmp_path / "absent.csv") == 2
    told = capsys.readouterr().err
    for words in (
        *("12 problems", "reader ann also in", "answers to kit 12345678", "no column judgement", "the file is empty"),
        *("no answers, only", "judgement 'maybe'", "already answered in line 2", "type 'leopard'", "milliseconds 'soon'"),
        *("unknown item '0'", "no text in UTF-8", "no such file"),
    ):
        assert words in told, words
    assert not (tmp_path / "s.tsv").exists()
