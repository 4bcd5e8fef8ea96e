"""Whole runs: what a user finds afterwards, the same bytes however it was run, and what a mistake looks like."""

import hashlib
import json
import re
import zipfile

import numpy as np
import yaml
from pycocotools.coco import COCO

from smearsynth import coco, images
from smearsynth.files import read_tsv

RUN = "results/small"


def digests(folder, pattern: str) -> dict[str, str]:
    """SHA-256 of every file that matches, by path below `folder`."""
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.glob(pattern))
        if path.is_file()
    }


def test_every_target_of_a_run_is_there(finished):
    run = finished.folder / RUN
    for path in (
        "cells/catalogue.json",
        "pairs/index.json",
        "gans/all/generator.weights.h5",
        "slides/instances.json",
        "slides/previews/000000.png",
        "evaluation/all/verdict.tsv",
        "studies/thesis/figure_3_1.html",
        "studies/thesis/table_4_1.tsv",
        "studies/thesis/drawn.tsv",
        "studies/thesis/amount.png",
        "layouts/asked.tsv",
        "studies/thesis/figure_4_17.png",
        "studies/thesis/whole.png",
        "evaluation/answer.md",
        "evaluation/family/100/two_sample.tsv",
        "evaluation/family/100/memorisation.png",
        *(f"studies/hazra2022/table_{number}.md" for number in range(1, 7)),
        *(f"studies/hazra2022/figure_{number}.png" for number in range(1, 12)),
    ):
        assert (run / path).stat().st_size > 0, path
    assert finished.planned() == set()


def test_the_drawn_workflow_is_the_rule_graph(finished):
    graph = finished.snakemake("hazra2022", "--rulegraph", "dot").stdout
    names = dict(re.findall(r'^\s*(\d+)\[label = "(\w+)"', graph, re.M))
    edges = {(names[child], names[parent]) for parent, child in re.findall(r"^\s*(\d+) -> (\d+)$", graph, re.M)}
    rows = read_tsv(finished.folder / RUN / "studies/hazra2022/figure_2.tsv")
    assert {(row["rule"], row["reads from"]) for row in rows} == edges


def test_the_slides_annotations_are_exact(finished):
    run = finished.folder / RUN
    peer = COCO(run / "slides/instances.json")
    data = json.loads((run / "slides/instances.json").read_text())
    assert coco.check(data) == []
    assert [image["id"] for image in data["images"]] == [1, 2, 3]
    assert [image["index"] for image in data["images"]] == [0, 1, 2]
    for image in data["images"]:
        path = run / "slides/images" / image["file_name"]
        assert hashlib.sha256(path.read_bytes()).hexdigest() == image["sha256"]
        assert images.read(path).shape == (image["height"], image["width"], 3)
        owners = np.zeros((image["height"], image["width"]), int)
        for entry in peer.loadAnns(peer.getAnnIds(imgIds=image["id"])):
            mask = peer.annToMask(entry).astype(bool)
            owners += mask
            assert mask.sum() == entry["area"] and coco.box(mask) == entry["bbox"]
            whole = coco.decode(entry["amodal_segmentation"])
            assert (whole | ~mask).all()
            assert abs(1 - mask.sum() / whole.sum() - entry["occluded_rate"]) < 1e-4
        assert owners.max() <= 1, "a pixel belongs to one cell"


def test_another_run_with_one_core_and_another_shard_size_makes_the_same_bytes(finished, fresh):
    fresh.settings(lambda content: content["slides"].update(per_job=3))
    fresh.snakemake("all", "hazra2022", cores=1)
    one, other = finished.folder / RUN, fresh.folder / RUN
    made = ("gans/all/*.*", "gans/all/samples/*", "gans/family/*/*/*.*", "gans/family/*/*/cells/**/*")
    for pattern in ("cells/**/*", "pairs/**/*", *made, "readers/**/*", "evaluation/**/*"):
        assert digests(one, pattern) == digests(other, pattern), pattern
    # The shard's name is the folder of a slide; all else of its picture and annotations is the same.
    slides = [
        {path.split("/")[-1]: digest for path, digest in digests(run, "slides/images/*/*.png").items()} for run in (one, other)
    ]
    assert slides[0] == slides[1] and len(slides[0]) == 3
    texts = [re.sub(r'"file_name":"\d+/', '"file_name":"', (run / "slides/instances.json").read_text()) for run in (one, other)]
    assert texts[0] == texts[1]
    figures = [
        {k: v for k, v in digests(run, "studies/thesis/*").items() if not k.endswith(("slides.tsv",))} for run in (one, other)
    ]
    assert figures[0] == figures[1]


def test_slides_are_matched_to_fields_and_shown_beside_what_they_would_have_been(finished):
    """The stain of fields goes into every shard but the one that shows how slides were without it: the same bytes as before."""
    settings = ("--config", "slides={match: data/given/lymphocyte}")
    shown = f"{RUN}/slides/match/shown/match.tsv"
    plan = finished.snakemake(shown, "-n", "-p", *settings).stdout
    drawn = [line for line in plan.splitlines() if "smearsynth.slides render" in line]
    told = [f"--match {RUN}/slides/match/fields.json" in line for line in drawn]
    assert sorted(told) == [False, True] and "match/before" in drawn[told.index(False)]
    assert "--fields data/given/lymphocyte/0.png data/given/lymphocyte/1.png" in plan
    finished.snakemake(f"{RUN}/slides/match/fields.json", f"{RUN}/slides/match/before", *settings)
    before, slides = (finished.folder / RUN / "slides" / name for name in ("match/before", "images/0000"))
    assert {p.name: p.read_bytes() for p in before.glob("*.png")} == {p.name: p.read_bytes() for p in slides.glob("*.png")}
    assert finished.snakemake("slides", "-n", "--config", "slides={match: data/nowhere}", check=False).returncode != 0


def test_lint_finds_nothing(finished):
    done = finished.snakemake("--lint", check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_report_holds_slides_and_figures(finished):
    finished.snakemake("--report", f"{RUN}/report.zip")
    with zipfile.ZipFile(finished.folder / RUN / "report.zip") as report:
        names = report.namelist()
        text = report.read(next(name for name in names if name.endswith("report.html"))).decode()
    assert "Thesis" in text and any("figure_3_5" in name for name in names)


def test_mistakes_are_told_before_any_job_without_traceback(fresh):
    def break_it(content):
        content["slidse"] = 1
        content["gans"]["training"]["default"]["generator_rate"] = "fast"

    fresh.settings(break_it)
    done = fresh.snakemake("-n", check=False)
    told = done.stdout + done.stderr
    assert done.returncode != 0
    assert "did you mean 'slides'" in told and "'fast' is not of type 'number'" in told and "Traceback" not in told


def test_a_damaged_picture_fails_its_rule_with_its_name_and_the_fix(fresh):
    path = fresh.folder / "data/given/monocyte/0.png"
    path.write_bytes(path.read_bytes()[:200])
    fresh.settings(lambda content: content["cells"]["sources"][1].update(max_set_aside=0.0))
    done = fresh.snakemake(f"{RUN}/cells/sources/given/raw.json", check=False)
    told = done.stdout + done.stderr
    assert done.returncode != 0
    assert "monocyte/0.png" in told and "fix:" in told and "smearsynth" in told


def test_the_demo_has_a_slide_of_every_kind_of_cell():
    # The demo's own settings: what make run shows must contain what the README promises.
    from pathlib import Path

    config = yaml.safe_load((Path(__file__).parents[2] / "config.yaml").read_text())
    kinds = {entry["type"] for entry in config["layouts"]["packed"]["differential"]}
    assert {"red", "white", "platelet"} <= kinds
