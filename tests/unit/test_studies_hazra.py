"""Every table and figure of Hazra et al. 2022 from a tiny run: right by hand, absent ones named, the same bytes twice."""

import json

import pytest
from hazra_run import EOSINOPHIL, LYMPHOCYTE, RED, make_arm, make_model, make_names, make_windows
from tiny_run import TAXONOMY_JSON, make_catalogue

from smearsynth import images
from smearsynth.cli import dispatch
from smearsynth.files import read_tsv, sha256, write_tsv
from smearsynth.studies import hazra_reported as reported
from smearsynth.studies.hazra_arms import classifier
from smearsynth.studies.tables import markdown

COMMANDS = tuple(
    f"hazra_{name}" for name in ("counts", "workflow", "networks", "samples", "models", "training", "classifiers", "types")
)
CHOICES = {"minimum_steps": 100, "classifier": "inception_v3", "cells": 3, "resamples": 200, "level": 0.95}
CHOICES |= {"models": ["wgan_gp_ac", "wgan"], "networks": ["inception_v3", "resnet50"], "arms": ["original", "class_balanced"]}
OPTIONS = json.dumps(CHOICES)


def study(name, *arguments) -> int:
    return dispatch("smearsynth.studies", COMMANDS, [f"hazra_{name}", *map(str, arguments)])


def twice(tmp_path, name, *arguments):
    """Run a command twice and ask for the same files with the same bytes; the folder of the first."""
    found = []
    for folder in ("one", "two"):
        assert study(name, *arguments, "--out", tmp_path / folder) == 0
        found.append({path.name: sha256(path) for path in sorted((tmp_path / folder).iterdir())})
    assert found[0] == found[1]
    return tmp_path / "one"


def by(path, *columns) -> dict:
    return {tuple(row[column] for column in columns): row for row in read_tsv(path)}


# What the paper reports


def test_the_papers_own_sums():
    sums = [sum(row.images[at] or 0 for row in reported.TABLE_1) for at in range(3)]
    # Section 2 tells the sizes of the three sets, the abstract that of the final one.
    assert sums == [12756, 10122, 10300] and sum(reported.TABLE_2.values()) == 33177
    assert len(reported.TABLE_1) == 19 and len(reported.TABLE_2) == 12
    families: dict[str, int] = {}
    for row in reported.TABLE_1:
        families[row.family] = families.get(row.family, 0) + row.total
    differ = {family: total - reported.TABLE_2[family] for family, total in families.items() if total != reported.TABLE_2[family]}
    assert differ == {"neutrophil": 1}


def test_the_papers_contradictions():
    # A harmonic mean lies between its two terms; these F1 do not (docs/studies.md).
    models = reported.MODELS.values()
    outside = {m.title for m in models if not min(m.precision, m.recall) <= m.f1 <= max(m.precision, m.recall)}
    assert outside == {"WGAN", "WGAN-GP", "InfoGAN", "WGAN-GP-Info", "CGAN"}
    # 70 % of all, without a fifth of it, are more cells than an epoch's.
    training = round(0.7 * 0.8 * sum(reported.TABLE_2.values()))
    assert training == 18579 > reported.ITERATIONS * reported.BATCH == 16960


def test_names_of_the_sources_are_known():
    codes = ["BAS", "EBO", "EOS", "KSC", "LYA", "LYT", "MMZ", "MOB", "MON", "MYB", "MYO", "NGB", "NGS", "PMB", "PMO"]
    # Dataset-3 has 15 types: those that are not N/A in its column.
    assert {reported.find(code).title for code in codes} == {row.title for row in reported.TABLE_1 if row.images[2]}
    assert reported.find("neutrophil_segmented").family == "neutrophil" == reported.find("BNE").family
    assert reported.find("red_blood_cell") is None


# Tables 1 and 2


@pytest.fixture
def counts(tmp_path):
    names, catalogue = make_names(tmp_path / "names.tsv"), make_catalogue(tmp_path / "cells")
    return twice(tmp_path, "counts", "--taxonomy", TAXONOMY_JSON, "--names", names, "--catalogue", catalogue)


def test_table_1(counts):
    rows = by(counts / "table_1.tsv", "cell type")
    assert len(rows) == 19 + 1 + 1
    eosinophil = rows["eosinophil",]
    assert (eosinophil["barcelona"], eosinophil["munich"], eosinophil["all"], eosinophil["set aside"]) == ("40", "30", "70", "1")
    assert eosinophil["names in the sources"] == "EO, EOS" and eosinophil["paper: all"] == "3538"
    # 0 cells and a source without the name are not the same.
    assert rows["smudge cell",]["munich"] == "5" and rows["smudge cell",]["barcelona"] == "n/a"
    assert rows["monocyte",]["in the run"] == "absent" and rows["monocyte",]["all"] == "n/a"
    assert rows["XYZ",]["munich"] == "7" and rows["XYZ",]["paper: all"] == "n/a"
    assert (rows["all",]["barcelona"], rows["all",]["all"], rows["all",]["paper: all"]) == ("100", "142", "33178")


def test_table_2(counts):
    rows = by(counts / "table_2.tsv", "cell type")
    assert len(rows) == 12 + 1 + 1
    assert (rows["eosinophil",]["cells"], rows["eosinophil",]["held-out"]) == ("1", "1")
    assert rows["lymphocyte",]["in the run"] == "absent" and rows["lymphocyte",]["images in the paper"] == "5038"
    # Two red cells in one picture, which the paper does not count.
    red = rows["red blood cell",]
    assert (red["pictures"], red["cells"], red["images in the paper"]) == ("1", "2", "n/a")
    assert (rows["all",]["pictures"], rows["all",]["cells"]) == ("2", "3")


def test_types_of_one_family_stand_together(tmp_path):
    taxonomy = [
        {"id": at, "name": name, "kind": "white", "colour": [at, 1, 1]}
        for at, name in ((15, "neutrophil_band"), (2, "neutrophil_segmented"))
    ]
    catalogue = make_catalogue(tmp_path / "cells")
    flags = ("--taxonomy", json.dumps(taxonomy), "--names", make_names(tmp_path / "names.tsv"), "--catalogue", catalogue)
    assert study("counts", *flags, "--out", tmp_path / "out") == 0
    row = by(tmp_path / "out" / "table_2.tsv", "cell type")["neutrophil",]
    assert row["types of the run"] == "neutrophil_band, neutrophil_segmented" and row["cells"] == "3"


# Figures 1 and 11


def test_figures_1_and_11(tmp_path):
    windows = make_windows(tmp_path / "windows")
    generated = make_windows(tmp_path / "generated", split="synthetic", count=2)
    flags = ("--options", OPTIONS, "--taxonomy", TAXONOMY_JSON, "--seed", 1, "--cells", windows, "--generated", generated)
    out = twice(tmp_path, "samples", *flags)
    rows = read_tsv(out / "figure_11.tsv")
    kinds = [(row["type"], row["kind"], row["in the run"]) for row in rows]
    assert kinds.count(("eosinophil", "real", "yes")) == 3 and kinds.count(("eosinophil", "generated", "yes")) == 2
    # A type of the run without cells, and one that only the paper has.
    assert ("monoblast", "real", "absent") in kinds and ("smudge_cell", "generated", "absent") in kinds
    assert {row["kind"] for row in read_tsv(out / "figure_1.tsv")} == {"real"}
    assert images.read(out / "figure_1.png").shape[1] > 600


# Tables 3 and 4


@pytest.fixture
def models(tmp_path):
    columns = ["model", "extractor", "cells", "inception_score", "inception_score_spread", "fid_train", "fid_test"]
    columns += ["fid_warning", "class_precision", "kid_test", "kid_test_spread"]
    few = "n = 60, below 2,048"
    rows = [
        ["wgan_gp_ac", "cells", 60, 2.5, 0.1, 40.0, 44.0, few, 0.5, 0.0312, 0.002],
        ["wgan", "cells", 60, 2.0, 0.2, 50.0, 51.0, few, None, None, None],
        ["real training", "cells", 60, 2.9, 0.1, 3.0, 3.5, None, 0.9, -0.001, 0.004],
    ]
    write_tsv(tmp_path / "metrics.tsv", columns, rows)
    write_tsv(tmp_path / "nearest.tsv", ["model", "l1", "psnr"], [["wgan_gp_ac", 0.125, 21.5]])
    folders = [make_model(tmp_path / name, steps=steps) for name, steps in (("wgan_gp_ac", 100), ("wgan", 99))]
    flags = ("--options", OPTIONS, "--metrics", tmp_path / "metrics.tsv", "--nearest", tmp_path / "nearest.tsv", "--models")
    return twice(tmp_path, "models", *flags, *folders)


def test_table_3(models):
    rows = by(models / "table_3.tsv", "model", "numbers of")
    ours, paper = rows["WGAN-GP-AC", "this run"], rows["WGAN-GP-AC", "paper"]
    assert (ours["state"], ours["steps"], ours["IS"], ours["FID, held-out"]) == ("trained", "100", "2.50 ± 0.10", "44")
    assert (paper["IS"], paper["FID, training"], paper["FID, held-out"]) == ("12.36 ± 0.41", "67.2", "n/a")
    assert paper["precision, classifier"] == "0.9683"
    assert rows["WGAN", "this run"]["state"] == "not trained" and rows["WGAN", "this run"]["precision, classifier"] == "n/a"
    assert rows["CGAN", "this run"]["state"] == "absent"
    assert (ours["cells"], ours["warning"], paper["cells"]) == ("60", "n = 60, below 2,048", "n/a")
    assert (ours["features"], ours["KID, held-out"]) == ("cells", "0.0312 ± 0.0020")
    # Eight models, each twice, and the reference row.
    assert len(rows) == 17 and rows["real training", "this run"]["FID, training"] == "3"


def test_table_4(models):
    rows = by(models / "table_4.tsv", "model", "numbers of")
    assert rows["WGAN-GP-AC", "this run"]["l1"] == "0.125" and rows["WGAN-GP-AC", "paper"]["l1"] == "0.098"
    assert rows["WGAN-GP-AC", "this run"]["SSIM"] == "n/a"


# Figures 7 and 8


def test_figures_7_and_8(tmp_path):
    model = make_model(tmp_path / "wgan_gp_ac", steps=20, rows=[[10, 0.5, 1.2, 0.4, 1.5], [20, 0.7, 0.9, None, None]])
    out = twice(tmp_path, "training", "--model", model)
    rows = read_tsv(out / "figure_7.tsv")
    assert [(row["step"], row["training"], row["validation"]) for row in rows] == [("10", "0.5", "0.4"), ("20", "0.7", "n/a")]
    assert rows[0]["validation, paper's last"] == "0.9732"
    # 128 cells at batch 64: two steps show each once.
    assert rows[0]["passes over the cells"] == "5"
    assert read_tsv(out / "figure_8.tsv")[1]["training"] == "0.9"


def test_a_training_without_a_classifier_is_named(tmp_path):
    out = twice(tmp_path, "training", "--model", make_model(tmp_path / "wgan_gp_ac", steps=20))
    assert read_tsv(out / "figure_7.tsv") == [] and (out / "figure_8.png").exists()


def test_a_run_without_the_model_says_so(tmp_path):
    assert study("training", "--out", tmp_path / "training") == 0 and (tmp_path / "training" / "figure_7.png").exists()
    flags = ("--options", OPTIONS, "--taxonomy", TAXONOMY_JSON, "--seed", 1, "--cells", make_windows(tmp_path / "windows"))
    assert study("samples", *flags, "--out", tmp_path / "samples") == 0
    rows = read_tsv(tmp_path / "samples" / "figure_11.tsv")
    assert {row["in the run"] for row in rows if row["kind"] == "generated"} == {"absent"}


# Tables 5 and 6, Figures 9 and 10


@pytest.fixture
def arms(tmp_path):
    # First seed: one eosinophil called lymphocyte; second: all right.
    right = [RED, RED, EOSINOPHIL, EOSINOPHIL, LYMPHOCYTE, LYMPHOCYTE]
    wrong = [RED, RED, EOSINOPHIL, LYMPHOCYTE, LYMPHOCYTE, LYMPHOCYTE]
    return [
        make_arm(tmp_path / "a", "inception_v3", "original", [wrong, right], own=wrong),
        make_arm(tmp_path / "b", "resnet50", "class_balanced", [right]),
        make_arm(tmp_path / "c", "my_own", "synthetic", [[RED] * 6]),
    ]


def test_tables_5_and_6(tmp_path, arms):
    out = twice(tmp_path, "classifiers", "--options", OPTIONS, "--seed", 1, "--arms", *arms)
    rows = by(out / "table_5.tsv", "classifier", "arm")
    assert len(rows) == (6 + 1) * 2
    row = rows["InceptionV3", "original"]
    # Precision of the first seed: 1, 1, 2/3; recall: 1, 1/2, 1. Means over types, then over the seeds.
    assert float(row["precision, real"]) == pytest.approx(((1 + 1 + 2 / 3) / 3 + 1) / 2, abs=1e-5)
    assert float(row["recall, real"]) == pytest.approx((5 / 6 + 1) / 2, abs=1e-5)
    assert float(row["recall, own set"]) == pytest.approx(5 / 6, abs=1e-5)
    assert 0 < float(row["95 % low, recall"]) < float(row["recall, real"]) < float(row["95 % high, recall"]) <= 1
    assert (row["pictures"], row["steps"], row["seeds"], row["real cells"]) == ("48", "30", "2", "6")
    assert (row["precision, paper"], row["recall, paper"]) == ("0.93", "0.92")
    assert rows["VGG19", "synthetic"]["in the run"] == "absent" and rows["VGG19", "synthetic"]["recall, paper"] == "0.96"
    # Everything called a red cell: recall 1/3, precision (1/3 + 0 + 0) / 3.
    named = rows["my_own", "synthetic"]
    assert float(named["precision, real"]) == pytest.approx(1 / 9, abs=1e-5) and named["recall, paper"] == "n/a"
    balanced = by(out / "table_6.tsv", "classifier", "arm")["ResNet", "class_balanced"]
    assert balanced["recall, real"] == "1" and balanced["precision, paper"] == "n/a"


def test_figures_9_and_10(tmp_path, arms):
    out = twice(tmp_path, "types", "--options", OPTIONS, "--taxonomy", TAXONOMY_JSON, "--arms", *arms)
    rows = by(out / "figure_9.tsv", "test", "type")
    row = rows["real", "eosinophil"]
    # First seed: 1 true positive, 0 false positives, 1 false negative, 4 true negatives; second: none wrong.
    assert [float(row[name]) for name in ("accuracy", "specificity", "sensitivity")] == pytest.approx(
        [11 / 12, 1, 0.75], abs=1e-5
    )
    assert float(rows["real", "lymphocyte"]["specificity"]) == pytest.approx((3 / 4 + 1) / 2, abs=1e-5)
    assert float(rows["own", "eosinophil"]["sensitivity"]) == 0.5
    assert read_tsv(out / "figure_10.tsv")[0]["test"] == "absent"


def test_classifiers_go_by_the_papers_names():
    assert [classifier(name) for name in ("inception_v3", "resnet50", "VGG16", "cnn", "mobilenet")] == [
        "inceptionv3",
        "resnet",
        "vgg16",
        "cnn",
        "mobilenet",
    ]


def test_digits_of_a_table():
    cells = [line.strip("| ") for line in markdown(["x"], [[0.96831], [1234.56], [99996.0]], digits=4).splitlines()[2:]]
    assert cells == ["0.9683", "1235", "99996"]


# What is wrong is told


def test_wrong_options_are_told_at_once(capsys, tmp_path):
    flags = ("--seed", 1, "--arms", tmp_path, "--out", tmp_path)
    for change in ({"classifier": "alexnet"}, {"minimum_steps": -1, "classifier": "vgg16", "arms": ["original", "original"]}):
        assert study("classifiers", "--options", json.dumps(CHOICES | change), *flags) == 2
        told = capsys.readouterr().err
        assert all(name in told for name in change)


# Figures 3 to 6

FAMILY = json.dumps({"models": ["wgan_gp_ac"], "steps": 1, "filters": 4, "critic_filters": 4})


def test_figures_3_to_6(tmp_path):
    windows = make_windows(tmp_path / "windows", count=2)
    out = twice(tmp_path, "networks", "--options", FAMILY, "--cells", windows)
    rows = {at: read_tsv(out / f"figure_{at}.tsv") for at in (3, 4, 5, 6)}
    # 32 pixels are three doublings of 4: three blocks up and, for the discriminator, three down.
    assert [row["told"] for row in rows[3] if row["kind"] == "residual block"] == ["up"] * 3
    assert [row["told"] for row in rows[4] if row["kind"] == "residual block"] == ["down"] * 3
    assert rows[3][-1]["output"] == "32 × 32 × 3" and rows[3][-1]["told"] == "tanh"
    # Two heads: a score of the source, a logit for each of the three types that have cells; no label goes in.
    heads = {row["told"]: row for row in rows[4] if row["told"] in ("score of the source", "logits of the type")}
    assert heads["score of the source"]["output"] == "1" and heads["logits of the type"]["output"] == "3"
    assert heads["score of the source"]["takes"] == heads["logits of the type"]["takes"]
    assert [row["layer"] for row in rows[4] if row["kind"] == "InputLayer"] == ["picture"]
    # The way through the block and the short one are added.
    assert rows[5][-1]["kind"] == "Add" and len(rows[5][-1]["takes"].split(", ")) == 2
    assert sum(int(row["parameters"]) for row in rows[5]) == int(next(r for r in rows[3] if r["told"] == "up")["parameters"])


def test_the_parameters_of_a_figure_are_those_of_the_model():
    from smearsynth.gans.family import RECIPES
    from smearsynth.gans.networks import family
    from smearsynth.studies import hazra_networks, layer_graph

    shape = {"size": 32, "types": 3, "filters": 4, "precision": "float32", "seed": 0}
    made = [build(RECIPES["wgan_gp_ac"], **shape) for build in (family.generator, family.critic)]
    drawn = hazra_networks.figures(*map(layer_graph.read, made))
    for model, figure in zip(made, ("figure_3", "figure_4"), strict=True):
        assert sum(node.parameters for node in drawn[figure][1].values()) == model.count_params()
