"""The finder of red cells, platelets and empty patches, and the command that completes a source."""

import json

import cv2
import numpy as np
import pytest
import yaml

from cell_world import TAXONOMY, taxonomy
from smearsynth import coco, images
from smearsynth.cells import finder, outline
from smearsynth.cells.outline_options import OutlineOptions
from smearsynth.cells.phantoms import draw
from smearsynth.cli import dispatch
from smearsynth.errors import UserError
from smearsynth.files import read_json, read_tsv, write_json
from smearsynth.options import build
from smearsynth.seeds import rng

SIDE = 240
SMEAR, RED, PALE, STAIN, CYTOPLASM = (250, 228, 204), (205, 160, 152), (240, 212, 192), (80, 45, 130), (190, 170, 205)
ROUND_RED = [(40, 45), (190, 50), (45, 195)]
"""Middles of the red cells of `field` that lie alone."""


def noisy(picture, number=0):
    noise = np.random.default_rng(number).normal(0, 2, picture.shape)
    return np.clip(cv2.GaussianBlur(picture, (0, 0), 0.8) + noise, 0, 255).astype(np.uint8)


def red(canvas, middle, radius=24):
    cv2.circle(canvas, middle, radius, RED, -1)
    cv2.circle(canvas, middle, radius // 3, PALE, -1)


def field(number=0):
    """A white cell in the middle, three red cells alone, two that overlap, one cut by the border, and a platelet."""
    canvas = np.full((SIDE, SIDE, 3), SMEAR, np.uint8)
    for middle in [*ROUND_RED, (185, 190), (205, 214), (SIDE - 4, 110)]:
        red(canvas, middle)
    white = np.zeros((SIDE, SIDE), np.uint8)
    cv2.circle(white, (120, 120), 34, 1, -1)
    canvas[white > 0] = CYTOPLASM
    cv2.circle(canvas, (116, 122), 20, STAIN, -1)
    cv2.circle(canvas, (118, 40), 9, (150, 110, 180), -1)
    return noisy(canvas, number), white.astype(bool)


def everything(picture, taken):
    some = finder.candidates(picture, taken)
    judged = [(finder.judge(candidate, np.pi * 24**2), candidate) for candidate in some]
    return {kind: [c for k, c in judged if k == kind] for kind in ("red", "platelet")}


def middles(candidates):
    return sorted(tuple(round(float(v)) for v in (c.polygon.min(0) + c.polygon.max(0)) / 2) for c in candidates)


def near(found, expected):
    return len(found) == len(expected) and all(np.hypot(*np.subtract(a, b)) < 3 for a, b in zip(found, sorted(expected)))


@pytest.mark.parametrize("number", range(3))
def test_only_whole_single_red_cells_are_found(number):
    found = everything(*field(number))
    assert near(middles(found["red"]), ROUND_RED)
    assert near(middles(found["platelet"]), [(118, 40)])


def test_the_outline_of_a_red_cell_holds_its_pallor():
    picture, taken = field()
    for candidate in everything(picture, taken)["red"]:
        mask = coco.fill([candidate.polygon], taken.shape)
        assert abs(mask.sum() / (np.pi * 24**2) - 1) < 0.1
        x, y = candidate.polygon.mean(0).round().astype(int)
        assert mask[y, x]


def test_what_is_found_keeps_away_from_annotated_cells_and_the_border():
    picture, taken = field()
    cv2.circle(canvas := taken.astype(np.uint8), ROUND_RED[0], 10, 1, -1)
    found = everything(picture, canvas.astype(bool))
    assert near(middles(found["red"]), ROUND_RED[1:])
    for candidate in finder.candidates(picture, taken):
        mask = coco.fill([candidate.polygon], taken.shape)
        assert not (mask & taken).any()
        assert not (mask[[0, -1]].any() or mask[:, [0, -1]].any())


@pytest.mark.parametrize("turns", [1, 2, 3])
def test_a_turned_picture_has_the_same_cells(turns):
    picture, taken = field()
    there, back = everything(picture, taken), everything(np.rot90(picture, turns).copy(), np.rot90(taken, turns).copy())
    for kind in there:
        assert np.allclose(sorted(c.area for c in there[kind]), sorted(c.area for c in back[kind]), rtol=0.02)


def test_a_patch_holds_no_pixel_of_any_cell():
    for number in range(6):
        phantom = draw("monocyte", rng(3, "finder", number))
        taken = phantom.instances[0].mask
        found = finder.patch(phantom.picture, taken, smallest=16, largest=64)
        if found is None:
            continue
        x, y, side = found
        part = (slice(y, y + side + 1), slice(x, x + side + 1))
        assert 16 <= side <= 64 and min(x, y) > 0 and x + side < 359 and y + side < 359
        assert not any(instance.mask[part].any() for instance in phantom.instances if instance.kind != "background")


def test_phantoms_have_patches():
    """Else the test above could pass without a patch."""
    phantoms = [draw("lymphocyte", rng(3, "finder", number)) for number in range(4)]
    assert any(finder.patch(p.picture, p.instances[0].mask, smallest=16, largest=64) for p in phantoms)


def test_red_cells_of_phantoms_are_their_masks():
    drawn = [draw("lymphocyte", rng(5, "finder", number)) for number in range(10)]
    offers = [finder.candidates(p.picture, p.instances[0].mask) for p in drawn]
    size = finder.red_size([c for some in offers for c in some])
    best = []
    for phantom, some in zip(drawn, offers):
        reds = [instance.mask for instance in phantom.instances if instance.kind == "red_blood_cell"]
        for candidate in some:
            if finder.judge(candidate, size) == "red":
                mask = coco.fill([candidate.polygon], phantom.picture.shape[:2])
                best.append(max(np.sum(mask & other) / np.sum(mask | other) for other in reds))
    assert len(best) >= 5
    assert np.mean(np.array(best) > 0.8) >= 0.9


@pytest.mark.parametrize("picture", [np.full((90, 90, 3), 220, np.uint8), np.zeros((90, 90, 3), np.uint8)])
def test_a_blank_picture_has_nothing(picture):
    taken = np.zeros((90, 90), bool)
    assert finder.candidates(picture, taken) == []
    assert finder.patch(picture, taken, smallest=16, largest=64) is None


def test_noise_has_no_cells():
    picture = np.random.default_rng(0).integers(0, 256, (160, 160, 3), np.uint8)
    assert finder.red_size(finder.candidates(picture, np.zeros((160, 160), bool))) is None


def test_a_full_picture_has_no_patch():
    picture, _ = field()
    assert finder.patch(picture, np.ones((SIDE, SIDE), bool), smallest=16, largest=64) is None


# The command.


def source(folder, count=8, **changes):
    """A raw source of `count` pictures; the cell of the second has neither outline nor box, that of the third a box."""
    data = {"info": {}, "images": [], "annotations": [], "categories": taxonomy().categories()}
    for number in range(1, count + 1):
        picture, white = field(number)
        name = f"images/{number:03d}.png"
        images.write(folder / name, picture)
        entry = {
            "id": number,
            "file_name": name,
            "width": SIDE,
            "height": SIDE,
            "source": "made",
            "original": name,
            "sha256": "0",
        }
        data["images"].append(entry)
        cell = coco.annotation(white, id=number, image_id=number, category_id=taxonomy()["monocyte"].id)
        cell |= {"segmentation": [coco.to_flat(p) for p in coco.outline(white)], "origin": "given", "label": "monocyte"}
        if number in (2, 3):
            cell |= {"segmentation": [], "prompt": [84.0, 84.0, 72.0, 72.0] if number == 3 else None}
        data["annotations"].append(cell | changes)
    write_json(folder / "raw.json", data)
    return folder


def complete(folder, jobs=1, out="outlined.json", seed=7, **options):
    arguments = ["outline", "--options", json.dumps(options), "--taxonomy", json.dumps(TAXONOMY), "--seed", str(seed)]
    arguments += ["--jobs", str(jobs), "--raw", str(folder / "raw.json"), "--out", str(folder / out)]
    assert dispatch("smearsynth.cells", ("outline",), [*arguments, "--set-aside", str(folder / "set_aside.tsv")]) == 0
    return read_json(folder / out)


def of_kind(data, kind):
    ids = {cell_type.id for cell_type in taxonomy().of_kind(kind)}
    return [entry for entry in data["annotations"] if entry["category_id"] in ids]


def test_missing_outlines_are_found_and_given_ones_kept(tmp_path):
    data = complete(source(tmp_path), smooth=0.0, find="never")
    assert len(data["annotations"]) == 8
    _, white = field()
    for entry in data["annotations"]:
        mask = coco.fill([coco.from_flat(flat) for flat in entry["segmentation"]], (SIDE, SIDE))
        found = entry["image_id"] in (2, 3)
        assert entry["origin"] == ("found" if found else "given")
        assert np.sum(mask & white) / np.sum(mask | white) > (0.9 if found else 0.999)
        assert ("nucleus" in entry) == found
        if found:
            nucleus = coco.decode(entry["nucleus"])
            assert nucleus.any() and not (nucleus & ~mask).any()
    assert read_tsv(tmp_path / "set_aside.tsv") == []


def test_a_cell_that_cannot_be_found_is_set_aside_with_its_reason(tmp_path):
    source(tmp_path)
    images.write(tmp_path / "images" / "002.png", np.full((SIDE, SIDE, 3), 230, np.uint8))
    data = complete(tmp_path, find="never")
    assert {entry["image_id"] for entry in data["annotations"]} == {1, 3, 4, 5, 6, 7, 8}
    (row,) = read_tsv(tmp_path / "set_aside.tsv")
    assert row["file"] == "images/002.png" and row["status"] == "bad" and "no outline found" in row["what"]


def test_the_result_does_not_depend_on_jobs(tmp_path):
    source(tmp_path)
    complete(tmp_path, jobs=1, out="one.json")
    complete(tmp_path, jobs=2, out="two.json")
    assert (tmp_path / "one.json").read_bytes() == (tmp_path / "two.json").read_bytes()


def test_limits_hold_and_the_choice_follows_the_seed(tmp_path):
    source(tmp_path)
    data = complete(tmp_path, red_cells=6, platelets=3, background=4, per_picture=1)
    assert [len(of_kind(data, kind)) for kind in ("red", "platelet", "background")] == [6, 3, 4]
    for kind in ("red", "platelet", "background"):
        pictures = [entry["image_id"] for entry in of_kind(data, kind)]
        assert len(set(pictures)) == len(pictures)
        assert all(entry["origin"] == "found" for entry in of_kind(data, kind))
    other = complete(tmp_path, seed=8, red_cells=6, platelets=3, background=4, per_picture=1)
    assert [e["bbox"] for e in of_kind(other, "red")] != [e["bbox"] for e in of_kind(data, "red")]


def test_a_patch_stays_a_square_of_empty_smear(tmp_path):
    data = complete(source(tmp_path), smooth=3.0)
    patches = of_kind(data, "background")
    assert patches
    for entry in patches:
        assert entry["bbox"][2] == entry["bbox"][3] and entry["area"] == entry["bbox"][2] ** 2
        others = [e for e in data["annotations"] if e["image_id"] == entry["image_id"] and e is not entry]
        mask = coco.fill([coco.from_flat(entry["segmentation"][0])], (SIDE, SIDE))
        for other in others:
            assert not (mask & coco.fill([coco.from_flat(other["segmentation"][0])], (SIDE, SIDE))).any()


def test_kinds_that_a_source_has_are_searched_only_when_forced(tmp_path):
    source(tmp_path, category_id=taxonomy()["red_blood_cell"].id)
    data = complete(tmp_path, out="lacking.json")
    assert len(of_kind(data, "red")) == 8 and of_kind(data, "platelet")
    assert len(of_kind(complete(tmp_path, out="always.json", find="always"), "red")) > 8


def test_polygons_are_smooth_and_keep_their_area(tmp_path):
    source(tmp_path)
    stairs, smooth = complete(tmp_path, smooth=0.0, find="never"), complete(tmp_path, smooth=2.0, find="never")
    for a, b in zip(stairs["annotations"], smooth["annotations"]):
        assert abs(b["area"] / a["area"] - 1) < 0.02

        def bends(entry):
            steps = np.diff(np.vstack([p := coco.from_flat(entry["segmentation"][0]), p[:2]]), axis=0)
            return np.abs(np.diff(np.unwrap(np.arctan2(steps[:, 1], steps[:, 0])))).sum()

        assert bends(b) < 0.5 * bends(a)


def test_wrong_options_are_told_at_once():
    with pytest.raises(UserError) as error:
        build(OutlineOptions, {"smooth": -1.0, "red_cells": -1, "per_picture": 0, "smallest_patch": 99}, where="cells.outline")
    assert len(error.value.problems) == 4


def test_outline_imports_no_more_than_it_needs():
    """Its digest decides reruns: it must not follow the readers of sources."""
    from smearsynth.provenance import dependencies

    assert not any(name.startswith(("smearsynth.gans", "smearsynth.cells.sources")) for name in dependencies(outline.__name__))


@pytest.mark.real_data
def test_what_is_found_in_real_fields_is_what_experts_boxed(smearsynth_data):
    folder = smearsynth_data / "txl_pbc"
    data = read_json(folder / "instances_boxes.json")
    pictures = data["images"][:40]
    offers, patches = [], []
    for image in pictures:
        picture = images.read(folder / "images" / image["file_name"])
        boxes = [(e["category_id"], e["bbox"]) for e in data["annotations"] if e["image_id"] == image["id"]]
        taken = np.zeros(picture.shape[:2], np.uint8)
        for category, (x, y, w, h) in boxes:
            if category == 2:
                taken[int(y) : int(y + h), int(x) : int(x + w)] = 1
        offers.append((boxes, finder.candidates(picture, taken.astype(bool))))
        patches.append((boxes, finder.patch(picture, taken.astype(bool), smallest=24, largest=96)))
    size = finder.red_size([c for _, some in offers for c in some])
    right = []
    for boxes, some in offers:
        for candidate in some:
            if finder.judge(candidate, size) == "red":
                x, y = (candidate.polygon.min(0) + candidate.polygon.max(0)) / 2
                reds = [(b[0] + b[2] / 2, b[1] + b[3] / 2) for category, b in boxes if category == 1]
                right.append(min(np.hypot(x - a, y - b) for a, b in reds) < 10)
    assert len(right) > 40 and np.mean(right) >= 0.95
    clear = []
    for boxes, patch in patches:
        if patch:
            x, y, side = patch
            clear.append(not any(x < b[0] + b[2] / 2 < x + side and y < b[1] + b[3] / 2 < y + side for _, b in boxes))
    assert len(clear) > 20 and np.mean(clear) >= 0.98


def test_the_configuration_in_the_project_is_valid():
    from pathlib import Path

    values = yaml.safe_load((Path(__file__).parents[2] / "config.yaml").read_text())["cells"]["outline"]
    build(OutlineOptions, values, where="cells.outline")
