"""Readers of fields on real fields with experts' boxes: what is planned, what is left out, what a mistake looks like."""

import re

import numpy as np

from smearsynth import images

SETS = [{"name": "lab", "images": "lab/images", "boxes": "lab/boxes.json", "um_per_px": 0.2, "match": 2}]
ARMS = [
    {"name": "slides", "sources": {"slides": 1}},
    {"name": "fields", "sources": {"fields": 1}},
    {"name": "boxes", "sources": {"boxes": 1}},
    {"name": "all", "sources": {"boxes": 2, "elsewhere": 1, "slides": 0.5}},
]


def prepared(checkout, arms, *, boxes="lab/boxes.json", repetitions=1):
    """Settings with a truth of four pictures, and slides of another run."""
    for number in range(4):
        images.write(checkout.folder / f"data/lab/images/{number}.png", np.zeros((8, 8, 3), np.uint8))
    (checkout.folder / "data/lab/boxes.json").write_text("{}")
    (checkout.folder / "elsewhere/slides/images").mkdir(parents=True)
    (checkout.folder / "elsewhere/slides/instances.json").write_text("{}")

    def change(content):
        content["evaluation"]["field_truths"] = {"arms": arms, "sets": SETS}
        content["readers"]["field_arms"] = {"arms": ARMS, "others": {"elsewhere": "elsewhere"}, "repetitions": repetitions}
        content["pairs"]["boxes"] = {"images": "lab/images", "boxes": boxes}

    checkout.settings(change)


def planned(checkout, *, check=True):
    """What a dry run of the comparison prints."""
    done = checkout.snakemake("evaluation_fields", "-n", "-p", check=check)
    return done.stdout + done.stderr


def test_each_arm_is_told_its_sources_and_the_pictures_that_it_learnt_from_are_not_judged(fresh):
    prepared(fresh, ["slides", "boxes", "all"])
    text = planned(fresh)
    maps = "results/small/pairs/boxes/index.json"
    own = "--slides results/small/slides/instances.json results/small/slides/images"
    other = "--slides elsewhere/slides/instances.json elsewhere/slides/images"
    assert f"{other} {own} --fields {maps} --shares 1 0.5 2 --state" in text
    assert f"--seed 2026 --fields {maps} --state" in text and f"--seed 2026 {own} --state" in text
    assert re.search(
        rf"--seen \S+catalogue.json {maps} --images results/small/pairs/boxes/test.txt --leave-out \d.png \d.png ", text
    )
    assert text.count("--um-per-px 0.2") == 3, "it is told to the match, which tells the reading"
    assert len(re.findall(r"readers match ", text)) == len(re.findall(r"readers read ", text)) == 3


def test_each_arm_is_trained_as_often_as_asked_from_its_own_seeds_and_compared_as_one(fresh):
    prepared(fresh, ["slides", "all"], repetitions=3)
    text = planned(fresh)
    trained = re.findall(r"readers field_train .* --seed (\d+) .* --state \S+/field/(\S+) ", text)
    assert sorted(trained) == sorted(
        (str(2026 + n), arm + end) for arm in ("slides", "all") for n, end in enumerate(("", ".2", ".3"))
    )
    found = re.search(r"--found (slides=.*) --out", text)
    assert found is not None
    folder = "results/small/evaluation/truths/lab/found"
    told = [f"{arm}={folder}/{arm}{end}/instances.json" for arm in ("slides", "all") for end in ("", ".2", ".3")]
    assert found[1].split() == told


def test_without_an_arm_that_learns_from_boxes_all_pictures_but_the_matched_are_judged(fresh):
    prepared(fresh, ["slides", "fields"])
    text = planned(fresh)
    assert "pairs boxes" not in text and "test.txt" not in text and "--leave-out" in text


def test_where_a_part_of_the_boxes_told_their_margins_the_other_part_is_judged(fresh):
    prepared(fresh, ["slides"])
    fresh.settings(lambda content: content["evaluation"]["field_truths"]["sets"][0].update(margins={"red": 0.5, "platelet": 2}))
    text = planned(fresh)
    assert re.search(r"--images results/small/pairs/boxes/test.txt --leave-out \d.png \d.png --margin red=0.5 platelet=2 ", text)


def test_files_that_are_lacking_and_arms_that_nobody_describes_are_named(fresh):
    prepared(fresh, ["slides"])
    (fresh.folder / "data/lab/boxes.json").unlink()
    told = planned(fresh, check=False)
    assert "evaluation.field_truths: lab lacks data/lab/boxes.json; correct images and boxes" in told
    fresh.settings(lambda content: content["evaluation"]["field_truths"].update(arms=["slide"]))
    assert "did you mean 'slides'" in planned(fresh, check=False)
    fresh.settings(lambda content: content["pairs"].update(boxes={"images": None, "boxes": None}))
    assert "no pictures with boxes" in planned(fresh, check=False)


def test_what_the_shipped_generator_and_other_runs_were_trained_on_counts_as_seen(fresh):
    prepared(fresh, ["slides", "all"])
    (fresh.folder / "elsewhere/cells").mkdir()
    (fresh.folder / "elsewhere/cells/catalogue.json").write_text("{}")
    fresh.settings(lambda content: content["slides"].update(field_model="pbc", render={"renderer": "field"}))
    seen = re.findall(r"--seen (.*?) --images", planned(fresh))
    assert seen and all("pbc_fields/seen.json" in one and "elsewhere/cells/catalogue.json" in one for one in seen)


def test_what_is_read_lies_in_a_folder_of_its_own_whatever_its_name(fresh):
    (fresh.folder / "my fields").mkdir()
    fresh.settings(lambda content: content["readers"].setdefault("read", {}).update(match="my fields"))
    written = set()
    for name in ("p.01", "p.02", "of/p.01"):
        (fresh.folder / name).mkdir(parents=True)
        done = fresh.snakemake("read", "-n", "-p", "--config", f"image={name}")
        written |= set(re.findall(r"readers read .* --match '(.*)' +--out (\S+)", done.stdout + done.stderr))
    match = "results/small/readers/match/my fields"
    assert written == {(match, f"results/small/readers/read/{name}") for name in ("p.01", "p.02", "of_p.01")}


def test_a_classifier_of_the_run_may_name_what_is_read(fresh):
    (fresh.folder / "p").mkdir()
    told = {}
    for name in ("cells", "windows"):
        fresh.settings(lambda content, name=name: content["readers"].setdefault("read", {}).update(retype=name, retype_scale=0.5))
        done = fresh.snakemake("read", "-n", "-p", "--config", "image=p")
        told[name] = re.findall(r"readers read .* --retype (\S+) --retype-scale (\S+) --retype-on (\S+) ", done.stdout)
    assert told == {
        "cells": [("results/small/readers/cnn", "0.5", "black")],
        "windows": [("results/small/readers/windows", "0.5", "kept")],
    }
