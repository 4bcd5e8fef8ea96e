"""Every figure and table of the thesis from a tiny run: made, with the right numbers, and the same bytes twice."""

import json
import re

import numpy as np
import pytest
from tiny_run import (
    SIZE,
    TAXONOMY_JSON,
    TYPES,
    make_catalogue,
    make_generated,
    make_layout,
    make_losses,
    make_pairs,
    make_slides,
)

from smearsynth import images
from smearsynth.cli import dispatch
from smearsynth.files import read_tsv, sha256, write_json, write_tsv
from smearsynth.studies import grids, morphology, reported
from smearsynth.studies.pairs import around
from smearsynth.studies.tables import markdown, page
from smearsynth.studies.thesis_amount import reading
from smearsynth.studies.thesis_layout import on_white
from smearsynth.studies.thesis_subset import subset

COMMANDS = tuple(
    f"thesis_{name}"
    for name in (
        "graph",
        "pair",
        "jitter",
        "layout",
        "counts",
        "losses",
        "cells",
        "drawn",
        "slides",
        "verdict",
        "amount",
        "subset",
    )
)
GRAPH = json.dumps({"generation": 3, "iterations": 20, "repulsion": 0.001})
LOSSES = json.dumps({"smoothing": 0.6, "low": 0.1})


def study(name, *arguments) -> int:
    return dispatch("smearsynth.studies", COMMANDS, [f"thesis_{name}", *map(str, arguments)])


def twice(tmp_path, name, *arguments) -> dict[str, str]:
    """Run a command twice; the names and digests of its files, which must agree."""
    found = []
    for folder in ("one", "two"):
        assert study(name, *arguments, "--out", tmp_path / folder) == 0
        found.append({path.name: sha256(path) for path in sorted((tmp_path / folder).iterdir())})
    assert found[0] == found[1]
    return found[0]


def names(numbers, suffix="png") -> set[str]:
    return {f"figure_{chapter}_{number}.{suffix}" for chapter, number in numbers}


# Figures of chapter 3


def test_figure_3_1(tmp_path):
    files = twice(tmp_path, "graph", "--options", GRAPH, "--seed", 1)
    assert set(files) == {"figure_3_1.html", "figure_3_1.png", "figure_3_1.tsv"}
    rows = read_tsv(tmp_path / "one" / "figure_3_1.tsv")
    assert len(rows) == 15 and sum(int(row["degree"]) for row in rows) == 2 * 27
    page = (tmp_path / "one" / "figure_3_1.html").read_text()
    assert 'id="figure_3_1"' in page and len(page) > 1_000_000
    # Nothing is fetched: no script, style or picture comes from elsewhere.
    assert not re.search(r"<(script|link|img)[^>]*(src|href)=[\"']?https?:", page)


def drawn_cells(pairs, folder, *, fold, trained) -> str:
    """The cells of a fold (None: the held-out ones) as a model drew them that was trained on the cells `trained`."""
    cells = [entry for entry in json.loads(pairs.read_text())["pairs"] if entry["fold"] == fold]
    write_json(folder / "index.json", {"cells": cells})
    write_json(folder.parent / "model.json", {"cells": trained})
    return str(folder)


def test_cells_drawn_by_two_folds_are_counted_once_and_only_unseen_ones(tmp_path, capsys):
    pairs = make_pairs(tmp_path / "pairs", train=8, test=4)
    of_fold = {k: [e["cell_id"] for e in json.loads(pairs.read_text())["pairs"] if e["fold"] == k] for k in (0, 1)}
    test = drawn_cells(pairs, tmp_path / "fold0/test_cells", fold=None, trained=of_fold[1])
    own = [drawn_cells(pairs, tmp_path / f"fold{k}/fold{k}_cells", fold=k, trained=of_fold[1 - k]) for k in (0, 1)]
    flags = ("--taxonomy", TAXONOMY_JSON, "--drawn", test, *own)
    assert set(twice(tmp_path, "drawn", *flags)) == {"drawn.tsv", "drawn.md", "drawn.html"}
    rows = {row["category"]: row for row in read_tsv(tmp_path / "one" / "drawn.tsv")}
    kind = TYPES[15].name
    found = {column: rows[kind][column] for column in rows[kind] if column not in ("category id", "category")}
    assert found == {"held out, by fold0": "4", "fold 0, by fold0": "4", "fold 1, by fold1": "4", "different cells": "12"}
    again = drawn_cells(pairs, tmp_path / "fold1/test_cells", fold=None, trained=of_fold[0])
    assert study("drawn", "--taxonomy", TAXONOMY_JSON, "--drawn", test, again, "--out", tmp_path / "same") == 0
    assert {r["category"]: r["different cells"] for r in read_tsv(tmp_path / "same" / "drawn.tsv")}[kind] == "4"
    seen = drawn_cells(pairs, tmp_path / "fold0/fold1_cells", fold=1, trained=of_fold[1])
    assert study("drawn", "--taxonomy", TAXONOMY_JSON, "--drawn", seen, "--out", tmp_path / "seen") == 2
    assert f"{len(of_fold[1])} of {len(of_fold[1])} cells were in the training" in capsys.readouterr().err


def test_figures_3_3_and_3_4(tmp_path):
    pairs = make_pairs(tmp_path / "pairs")
    assert set(twice(tmp_path, "pair", "--taxonomy", TAXONOMY_JSON, "--seed", 1, "--pairs", pairs)) == {
        "figure_3_3.png",
        "figure_3_3.tsv",
    }
    row = read_tsv(tmp_path / "one" / "figure_3_3.tsv")[0]
    assert row["split"] == "train" and TYPES[row["type"]].kind == "white"
    label = images.read(pairs.parent / f"images/{int(row['cell_id']):06d}.png")[:, SIZE:]
    assert int(row["label_pixels"]) == label.any(2).sum()
    study("jitter", "--taxonomy", TAXONOMY_JSON, "--seed", 1, "--pairs", pairs, "--out", tmp_path / "jitter")
    jitters = read_tsv(tmp_path / "jitter" / "figure_3_4.tsv")
    assert len(jitters) == 4 and len({(j["middle_row"], j["middle_column"]) for j in jitters}) > 1


def layout_flags(tmp_path, **changes):
    options = {"generation": 3, "size": [512, 512], "scale": [0.4, 0.8], "attempts": 40, **changes}
    catalogue = make_catalogue(tmp_path / "cells")
    flags = ("--options", json.dumps(options), "--dgm", "{}", "--shapes", "all", "--taxonomy", TAXONOMY_JSON)
    return (*flags, "--seed", 1, "--catalogue", catalogue)


def test_figure_3_5_is_made_by_the_graph(tmp_path):
    assert set(twice(tmp_path, "layout", *layout_flags(tmp_path))) == {"figure_3_5.png", "figure_3_5.tsv"}
    rows = read_tsv(tmp_path / "one" / "figure_3_5.tsv")
    # Generation 3 has 15 nodes, each a red or a white cell that the catalogue has.
    assert len(rows) == 15 and {row["type"] for row in rows} <= {"red_blood_cell", "eosinophil"}
    assert [float(row["z"]) for row in rows] == sorted(float(row["z"]) for row in rows)


def test_figure_3_5_says_when_no_layout_can_be_kept(tmp_path, capsys):
    assert set(twice(tmp_path, "layout", *layout_flags(tmp_path, scale=[9.0, 10.0], attempts=2))) == {
        "figure_3_5.png",
        "figure_3_5.tsv",
    }
    assert read_tsv(tmp_path / "one" / "figure_3_5.tsv") == []
    assert "none of 2 layouts" in capsys.readouterr().err


def test_a_layout_on_white(tmp_path):
    shard = json.loads(make_layout(tmp_path / "0000.json").read_text())
    canvas = on_white(shard["layouts"][0]["cells"], tuple(shard["size"]), TYPES)
    assert (canvas[15, 15] == TYPES["red_blood_cell"].colour).all() and (canvas[0, 0] == 255).all()
    # 20 × 20 pixels each, boundary included.
    assert (canvas != 255).any(2).sum() == 3 * 400


# Chapter 4


def test_table_4_1(tmp_path):
    catalogue = make_catalogue(tmp_path / "cells")
    assert set(twice(tmp_path, "counts", "--taxonomy", TAXONOMY_JSON, "--catalogue", catalogue)) == {
        "table_4_1.tsv",
        "table_4_1.html",
        "table_4_1.md",
    }
    rows = {row["category"]: row for row in read_tsv(tmp_path / "one" / "table_4_1.tsv")}
    red = rows["red_blood_cell"]
    assert (red["images"], red["cells"], red["training cells"], red["held-out cells"]) == ("1", "2", "2", "0")
    assert red["images in the thesis"] == "14" and rows["monoblast"]["cells"] == "0"
    assert (rows["all"]["images"], rows["all"]["cells"]) == ("2", "3")


def test_the_reported_amounts_add_up():
    assert sum(reported.IMAGES.values()) == 264 and len(reported.IMAGES) == 14
    assert min(reported.IMAGES.values()) == 5 and max(reported.IMAGES.values()) == 44


@pytest.mark.parametrize("adversarial", ["cross_entropy", "hinge"])
def test_figures_4_1_to_4_4(tmp_path, adversarial):
    make_losses(tmp_path / "model" / "losses.tsv")
    write_json(tmp_path / "model" / "model.json", {"options": {"preset": "default", "default": {"adversarial": adversarial}}})
    files = twice(tmp_path, "losses", "--options", LOSSES, "--model", tmp_path / "model")
    figures = [(4, number) for number in range(1, 5)]
    assert set(files) == names(figures) | names(figures, "tsv") | {"checks.tsv", "checks.md", "checks.html"}
    found = read_tsv(tmp_path / "one" / "checks.tsv")
    assert len(found) == 5
    assert ("2 log 2 = 1.386" in found[1]["reading"]) == (adversarial == "cross_entropy")
    assert float(read_tsv(tmp_path / "one" / "figure_4_1.tsv")[-1]["smoothed"]) == pytest.approx(1.2)


def test_losses_of_one_row_are_refused(tmp_path, capsys):
    make_losses(tmp_path / "losses.tsv", steps=1)
    assert study("losses", "--options", LOSSES, "--model", tmp_path, "--out", tmp_path / "out") == 2
    assert "gans.log_every" in capsys.readouterr().err


def test_figures_4_5_to_4_16(tmp_path):
    pairs = make_pairs(tmp_path / "pairs")
    generated = make_generated(tmp_path / "generated", pairs)
    flags = ("--taxonomy", TAXONOMY_JSON, "--seed", 1, "--cells", 3, "--pairs", pairs, "--generated", generated)
    files = twice(tmp_path, "cells", *flags)
    assert set(files) == names((4, number) for number in range(5, 17)) | {"cells.png", "cells.tsv"}
    rows = {row["type"]: row for row in read_tsv(tmp_path / "one" / "cells.tsv")}
    assert len(rows) == 12
    assert rows["eosinophil"]["in the run"] == "yes" and rows["eosinophil"]["split"] == "test"
    assert rows["eosinophil"]["training_cells"] == "8"
    # In the taxonomy without cells, and not even there.
    assert rows["monoblast"]["in the run"] == "absent" and rows["basophil"]["in the run"] == "absent"


def test_every_figure_of_a_type_says_what_to_look_for():
    for name in reported.CELL_FIGURES.values():
        assert len(morphology.signs(name)) > 40
    assert len({morphology.signs(name) for name in reported.CELL_FIGURES.values()}) == 12


def test_figures_4_17_to_4_26(tmp_path):
    instances = make_slides(tmp_path / "slides", count=2)
    flags = ("--taxonomy", TAXONOMY_JSON, "--slides", 10, "--instances", instances, "--pictures", tmp_path / "slides" / "images")
    files = twice(tmp_path, "slides", *flags)
    assert set(files) == names((4, number) for number in range(17, 27)) | {"slides.tsv"}
    rows = read_tsv(tmp_path / "one" / "slides.tsv")
    assert (rows[0]["cells"], rows[0]["red"], rows[0]["white"], rows[0]["mean occluded"]) == ("2", "1", "1", "0.25")
    assert float(rows[0]["coverage"]) == pytest.approx(2 * 400 / (64 * 128), rel=1e-5)
    assert rows[2]["slide"] == "absent" and rows[9]["figure"] == "4.26"
    assert (images.read(tmp_path / "one" / "figure_4_18.png") == images.read(tmp_path / "slides/images/0000/000001.png")).all()


def test_slides_of_an_index_of_shards(tmp_path):
    shard = make_slides(tmp_path / "slides", count=2)
    shard.rename(tmp_path / "slides" / "0000.json")
    write_json(tmp_path / "slides" / "instances.json", {"shards": [{"file": "0000.json"}], "categories": []})
    flags = ("--slides", 1, "--instances", tmp_path / "slides/instances.json", "--pictures", tmp_path / "slides/images")
    assert study("slides", "--taxonomy", TAXONOMY_JSON, *flags, "--out", tmp_path / "out") == 0
    assert read_tsv(tmp_path / "out" / "slides.tsv")[0]["slide"] == "0000/000000.png"


def make_verdict(path, ratios):
    columns = [
        "type",
        "cells",
        "real_right",
        "generated_right",
        "real",
        "generated",
        "ratio",
        "ratio_low",
        "ratio_high",
        "verdict",
    ]
    write_tsv(
        path, columns, [[name, 10, 10, 8, 1.0, ratio, ratio, ratio - 0.1, ratio + 0.1, "yes"] for name, ratio in ratios.items()]
    )
    return path


def test_verdict_per_type(tmp_path):
    verdict = make_verdict(tmp_path / "in.tsv", {"eosinophil": 0.9, "red_blood_cell": 0.5})
    files = twice(tmp_path, "verdict", "--taxonomy", TAXONOMY_JSON, "--verdict", verdict, "--level", 0.95, "--share", 0.8)
    assert set(files) == {"verdict.png", "verdict.tsv", "verdict.md", "verdict.html"}
    rows = {row["type"]: row for row in read_tsv(tmp_path / "one" / "verdict.tsv")}
    assert rows["eosinophil"]["generated"] == "0.9" and rows["monoblast"]["verdict"] == "absent"
    assert all(row["people"] == "n/a" for row in rows.values())


def test_verdict_of_people_beside_the_classifier(tmp_path, capsys):
    verdict = make_verdict(tmp_path / "in.tsv", {"eosinophil": 0.9, "all cells": 0.8})
    columns = ["measure", "set", "type", "reader", "answers", "value", "low", "high", "verdict"]
    scores = [("one", "eosinophil", 0.5, "no"), ("one", "all", 0.75, "unlikely"), ("two", "eosinophil", None, "n/a")]
    table = [["type_ratio", of, cell_type, "all", 9, value, None, None, word] for of, cell_type, value, word in scores]
    write_tsv(tmp_path / "kit_scores.tsv", columns, table)
    flags = (
        "--taxonomy",
        TAXONOMY_JSON,
        "--verdict",
        verdict,
        "--level",
        0.95,
        "--share",
        0.8,
        "--people",
        tmp_path / "kit_scores.tsv",
    )
    assert study("verdict", *flags, "--people-set", "one", "--out", tmp_path / "out") == 0
    rows = {row["type"]: row for row in read_tsv(tmp_path / "out" / "verdict.tsv")}
    assert rows["eosinophil"]["people"] == "no (0.50)" and rows["all cells"]["people"] == "unlikely (0.75)"
    assert rows["eosinophil"]["verdict"] == "yes" and rows["monoblast"]["people"] == "n/a"
    for name in ("two", "three"):
        assert study("verdict", *flags, "--people-set", name, "--out", tmp_path / "none") == 2
    assert "with --people-set: one, two" in capsys.readouterr().err


def test_amount_of_data(tmp_path):
    pairs = make_pairs(tmp_path / "pairs")
    assert study("subset", "--seed", 1, "--limit", 3, "--pairs", pairs, "--out", tmp_path / "few" / "index.json") == 0
    few = json.loads((tmp_path / "few" / "index.json").read_text())["pairs"]
    assert len(few) == 3 * 3 + 12 and (tmp_path / "few" / few[0]["file"]).is_file()
    verdicts = [make_verdict(tmp_path / f"{i}.tsv", {"eosinophil": r, "lymphocyte": 0.8}) for i, r in enumerate((0.9, 0.4))]
    write_tsv(tmp_path / "paired.tsv", ["type", "ssim", "reference_ssim"], [["eosinophil", 0.5, 0.2], ["lymphocyte", 0.4, 0.2]])
    paired = [tmp_path / "paired.tsv"] * 2
    models = ("--pairs", pairs, tmp_path / "few" / "index.json", "--verdict", *verdicts, "--paired", *paired)
    files = twice(tmp_path, "amount", "--taxonomy", TAXONOMY_JSON, *models)
    assert set(files) == {"amount.tsv", "amount.md", "amount.html", "amount.png"}
    rows = read_tsv(tmp_path / "one" / "amount.tsv")
    assert [(row["type"], row["training_cells"]) for row in rows] == [
        *(("eosinophil", "8"), ("lymphocyte", "8")),
        *(("eosinophil", "3"), ("lymphocyte", "3")),
    ]


def test_the_reading_of_amounts():
    few = [["a", f"t{n}", n, n / 100, None, None, None, None] for n in (5, 10, 20, 40, 80)]
    text = " ".join(reading(few))
    assert "Spearman +1.00" in text and "a clear trend" in text
    assert "From 100 cells on: nothing in this run" in text and "One model only" in text
    more = [*few, ["b", "t", 200, 0.9, None, None, None, None]]
    assert "From 100 cells on: mean ratio 0.90 over 1." in reading(more) and "One model only" not in " ".join(reading(more))


def test_subsets_grow_and_keep_the_held_out_cells():
    entries = [{"cell_id": n, "category_id": n % 2, "split": "test" if n % 5 == 0 else "train"} for n in range(60)]
    small, large = (subset(entries, limit=limit, seed=1) for limit in (4, 9))
    ids = [{e["cell_id"] for e in part} for part in (small, large)]
    assert ids[0] < ids[1]
    assert sum(e["split"] == "test" for e in small) == 12 and sum(e["split"] == "train" for e in small) == 8
    assert subset(entries, limit=1000, seed=1) == entries


# The arm that failed


def test_a_grid_holds_its_cells_at_their_places():
    pictures = [np.full((32, 32, 3), 10 * (n + 1), np.uint8) for n in range(4)]
    masks = [np.ones((32, 32), bool)] * 3 + [np.zeros((32, 32), bool)]
    colours = [(n, 1, 1) for n in range(4)]
    label, real = grids.grid(pictures, masks, colours, side=2, size=32)
    assert [real[8, 8, 0], real[8, 24, 0], real[24, 8, 0], real[24, 24, 0]] == [10, 20, 30, 0]
    assert (label[:16, 16:] == (1, 1, 1)).all() and (label[16:, 16:] == 0).all()


def test_the_region_of_a_slide_has_the_scale_of_the_grids():
    # Cells of windows of 256 px stand at 64 px in a grid of 4 × 4 on 256 px: 1024 px fit.
    assert grids.region((1024, 1024), window=256, side=4, size=256) == (1024, 1024, 0.25)
    assert grids.region((512, 4096), window=256, side=4, size=256) == (512, 1024, 0.25)


def test_a_layout_as_labels_is_black_between_cells_and_scaled(tmp_path):
    cells = json.loads(make_layout(tmp_path / "l.json").read_text())["layouts"][0]["cells"]
    label = grids.label_picture(cells, TYPES, scale=0.5, size=64)
    assert (label[10, 10] == TYPES["red_blood_cell"].colour).all() and (label[0, 0] == 0).all()
    assert label.any(2).sum() == pytest.approx(3 * 100, rel=0.15)


# Small parts


def test_around_is_a_square_within_the_picture():
    mask = np.zeros((40, 40), bool)
    mask[0:10, 30:40] = True
    rows, columns = around(mask)
    assert (rows, columns) == (slice(0, 12), slice(28, 40))
    assert around(np.ones((40, 40), bool)) == (slice(0, 40), slice(0, 40))


def test_tables_by_hand():
    rows = [["x|y<z", 1.23456], ["z", None]]
    assert markdown(["a", "b"], rows) == "| a | b |\n| --- | ---: |\n| x\\|y<z | 1.23 |\n| z | n/a |\n"
    text = page(["a", "b"], rows, title="t", note="less < more")
    assert '<td>x|y&lt;z</td><td class="number">1.23</td>' in text and "less &lt; more" in text


@pytest.mark.parametrize("wrong", [{"generation": 9}, {"iterations": 0}, {"repulsion": 0.0}])
def test_graph_options_out_of_range(wrong, tmp_path, capsys):
    options = json.dumps({**json.loads(GRAPH), **wrong})
    assert study("graph", "--options", options, "--seed", 1, "--out", tmp_path) == 2
    assert next(iter(wrong)) in capsys.readouterr().err
