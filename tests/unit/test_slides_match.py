"""Slides in the light and stain of a microscope's fields: pictures whose stain is known, slides whose masks are."""

import json

import cv2
import numpy as np
import pytest
from slide_world import TAXONOMY_JSON, TYPES, make_catalogue, read

from smearsynth import images
from smearsynth.cli import dispatch
from smearsynth.errors import UserError
from smearsynth.files import read_json, read_tsv, write_json
from smearsynth.layouts.draw import draw
from smearsynth.layouts.options import LayoutOptions
from smearsynth.options import build
from smearsynth.slides import match, stain
from smearsynth.slides.stain import DENSE, RED, SMEAR, Stain

COMMANDS = ("match", "render")
STAINS = {
    "pink": Stain(np.array([253.0, 228, 203]), np.array([0.24, 0.35, 0.20]), np.array([1.10, 1.85, 0.40])),
    "grey": Stain(np.array([190.0, 177, 156]), np.array([0.30, 0.38, 0.18]), np.array([0.60, 1.35, 0.30])),
    "pale": Stain(np.array([200.0, 201, 195]), np.array([0.08, 0.19, 0.13]), np.array([0.40, 0.75, -0.09])),
}
SHAPE = (320, 400)


def field(of: Stain, *, seed: int = 0, white: bool = True, reds: int = 18) -> tuple[np.ndarray, np.ndarray]:
    """A smear in a stain, with grain and light that falls off to one side; what each pixel shows, of white cells their nuclei."""
    rng = np.random.default_rng(seed)
    densities, shown = np.zeros((*SHAPE, 3)), np.zeros(SHAPE, np.uint8)
    if white:
        middle, nucleus = (200, 160), np.zeros(SHAPE, np.uint8)
        plasm = cv2.circle(np.zeros(SHAPE, np.uint8), middle, 42, 1, -1) > 0
        cv2.ellipse(nucleus, middle, (30, 24), 20, 0, 360, 1, -1)
        densities[plasm], shown[plasm] = 0.4 * of.dense, 255
        densities[nucleus > 0], shown[nucleus > 0] = of.dense, DENSE
    for _ in range(reds):
        x, y = rng.integers((20, 20), (SHAPE[1] - 20, SHAPE[0] - 20))
        if np.hypot(x - 200, y - 160) < 75:
            continue
        disk = cv2.circle(np.zeros(SHAPE, np.uint8), (int(x), int(y)), 19, 1, -1) > 0
        # Where two lie above each other their densities would add; one colour keeps what is expected plain.
        densities[disk], shown[disk] = of.red, RED
    fall = np.linspace(1.01, 0.99, SHAPE[1])[None, :, None]
    grain = rng.normal(0, 1.0, (*SHAPE, 3))
    picture = cv2.GaussianBlur(of.light * np.exp(-densities) * fall, (0, 0), 0.8) + grain
    return np.clip(np.rint(picture), 0, 255).astype(np.uint8), shown


def near(found: Stain, wanted: Stain, *, light: float = 2.0, density: float = 0.02) -> None:
    assert np.abs(found.light - wanted.light).max() <= light
    assert np.abs(found.red - wanted.red).max() <= density
    assert np.abs(found.dense - wanted.dense).max() <= 2.5 * density


@pytest.mark.parametrize("name", STAINS)
def test_the_stain_of_a_field_is_what_it_was_drawn_in(name):
    near(stain.measure(field(STAINS[name])[0]), STAINS[name])


@pytest.mark.parametrize("name", STAINS)
def test_regions_are_where_the_cells_are(name):
    picture, shown = field(STAINS[name])
    found = stain.regions(picture)
    for kind, least in ((SMEAR, 0.8), (RED, 0.6), (DENSE, 0.7)):
        assert (shown[found == kind] == kind).mean() > 0.99
        assert (found == kind).sum() > least * (shown == kind).sum()


@pytest.mark.parametrize("target", STAINS)
@pytest.mark.parametrize("own", STAINS)
def test_a_restained_field_has_the_other_stain(own, target):
    picture, _ = field(STAINS[own])
    result = stain.restained(picture, stain.measure(picture), STAINS[target])
    near(stain.measure(result), STAINS[target], density=0.03)
    if own == target:
        assert np.abs(result.astype(int) - picture).max() <= 3


def test_the_fall_of_the_light_stays_and_nothing_outshines_it():
    picture, shown = field(STAINS["pink"])
    target = STAINS["grey"]
    result = stain.restained(picture, stain.measure(picture), target)
    left, right = (result[:, part][shown[:, part] == SMEAR].mean() for part in (slice(0, 60), slice(-60, None)))
    assert 1.01 < left / right < 1.03
    assert result.max(axis=(0, 1)).tolist() <= (target.light * 1.03 + 6).tolist()


def test_without_nuclei_on_one_side_red_cells_alone_are_brought_over():
    picture, _ = field(STAINS["pink"])
    target = Stain(STAINS["grey"].light, STAINS["grey"].red, None)
    result = stain.measure(stain.restained(picture, stain.measure(picture), target))
    assert np.abs(result.red - target.red).max() < 0.03
    plain, _ = field(STAINS["pink"], white=False)
    own = stain.measure(plain)
    assert own.dense is None
    assert np.abs(stain.measure(stain.restained(plain, own, STAINS["grey"])).red - STAINS["grey"].red).max() < 0.03


def test_two_red_cells_above_each_other_are_no_nucleus():
    of = STAINS["pink"]
    densities = np.zeros((*SHAPE, 3))
    for x in range(40, 380, 60):
        for shift in (0, 14):
            densities[cv2.circle(np.zeros(SHAPE, np.uint8), (x + shift, 160), 19, 1, -1) > 0] += of.red
    found = stain.measure(np.rint(of.light * np.exp(-densities)).astype(np.uint8))
    assert found.dense is None and np.abs(found.red - of.red).max() < 0.02


@pytest.mark.parametrize(
    "picture", [np.full((64, 64, 3), 230, np.uint8), np.zeros((64, 64, 3), np.uint8), np.full((1, 1, 3), 9, np.uint8)]
)
def test_a_picture_without_cells_has_no_stain_and_stays_as_it_was_painted(picture):
    assert stain.measure(picture) is None
    painter = match.matched(lambda *_: picture, list(STAINS.values()), seed=1)
    assert painter({"index": 0}, [], picture.shape[:2]) is picture


def test_what_a_field_does_not_show_is_the_median_of_the_others():
    one, two, three = STAINS.values()
    found = stain.completed([one, two, Stain(three.light, three.red, None)])
    assert found[2].dense.tolist() == ((one.dense + two.dense) / 2).tolist()
    assert found[0] is not one and found[0].red.tolist() == one.red.tolist()
    assert stain.completed([Stain(one.light, None, None)])[0].red is None


def test_distances_are_grey_levels():
    one = np.zeros((3, 256), int)
    one[:, 100] = 10
    other = np.roll(one, 7, axis=1) * 3
    assert stain.distance(one, other).tolist() == [7, 7, 7]
    assert stain.distance(one, 0 * one) is None


def test_each_slide_takes_one_of_the_fields_whatever_is_painted_before():
    picture, _ = field(STAINS["pink"])
    targets = list(STAINS.values())

    def painted(indices):
        painter = match.matched(lambda *_: picture, targets, seed=4)
        return {i: painter({"index": i}, [], SHAPE) for i in indices}

    there, back = painted(range(12)), painted(reversed(range(12)))
    assert all((there[i] == back[i]).all() for i in range(12))
    assert len({there[i].tobytes() for i in range(12)}) == len(targets)


@pytest.fixture
def fields(tmp_path):
    folder = tmp_path / "fields"
    for seed, (name, of) in enumerate([("a", STAINS["grey"]), ("b", STAINS["grey"]), ("c", STAINS["grey"])]):
        images.write(folder / f"{name}.png", field(of, seed=seed, white=name != "c")[0])
    return folder


def test_the_command_writes_what_render_reads(fields, tmp_path):
    assert dispatch("smearsynth.slides", COMMANDS, ["match", "--pictures", str(fields), "--out", str(tmp_path / "m.json")]) == 0
    assert [one["file"] for one in read_json(tmp_path / "m.json")["fields"]] == ["a.png", "b.png", "c.png"]
    for found in match.read(tmp_path / "m.json"):
        near(found, STAINS["grey"])


def test_fields_that_show_no_smear_are_named_all_at_once(fields, tmp_path, capsys):
    for name in ("x", "y"):
        images.write(fields / f"{name}.png", np.full((80, 80, 3), 210, np.uint8))
    arguments = ["match", "--pictures", str(fields), "--out", str(tmp_path / "m.json")]
    assert dispatch("smearsynth.slides", COMMANDS, arguments) == 2
    told = capsys.readouterr().err
    assert "x.png: no cells stand out" in told and "y.png: no cells stand out" in told and "a.png" not in told
    (tmp_path / "empty").mkdir()
    (tmp_path / "a.txt").write_text("")
    for wrong in (tmp_path / "empty", tmp_path / "a.txt", tmp_path / "none.png"):
        assert (
            dispatch("smearsynth.slides", COMMANDS, ["match", "--pictures", str(wrong), "--out", str(tmp_path / "m.json")]) == 2
        )
        assert wrong.name in capsys.readouterr().err
    assert not (tmp_path / "m.json").exists()


@pytest.mark.parametrize(
    "content",
    [
        {},
        {"fields": []},
        {"fields": [{"file": "a", "light": [1, 2]}]},
        {"fields": [{"file": "a", "light": [1, 2, "3"]}]},
        {"fields": [{"file": "a", "light": [0, 9, 9]}]},
        {"fields": [{"file": "a", "light": [9, 9, 9], "red": [0, 0, 1e9]}]},
        [1],
    ],
)
def test_another_file_is_no_match(content, tmp_path):
    write_json(tmp_path / "m.json", content)
    with pytest.raises(UserError, match=r"m\.json(.|\n)*slides match"):
        match.read(tmp_path / "m.json")


def test_rendered_slides_get_the_stain_and_keep_their_masks(fields, tmp_path):
    file = make_catalogue(tmp_path / "world", each=5)
    arguments = ["patches", "--options", '{"kind": "whole", "smallest": 12}', "--taxonomy", TAXONOMY_JSON, "--seed", "1"]
    out = ["--catalogue", str(file), "--out", str(tmp_path / "background")]
    assert dispatch("smearsynth.backgrounds", ("patches",), [*arguments, *out]) == 0
    packed = {"count": 22, "min_gap": 2, "differential": [{"type": "red", "share": 0.8}, {"type": "white", "share": 0.2}]}
    options = build(LayoutOptions, {"kind": "packed", "size": [256, 288], "packed": packed}, where="layouts")
    write_json(tmp_path / "layouts.json", {"size": [256, 288], "layouts": draw(options, TYPES, read(file), range(2), seed=5)})
    assert dispatch("smearsynth.slides", COMMANDS, ["match", "--pictures", str(fields), "--out", str(tmp_path / "m.json")]) == 0

    def render(name, *more):
        arguments = ["render", "--options", '{"renderer": "cutout", "cells": "real"}', "--taxonomy", TAXONOMY_JSON, "--seed", "5"]
        arguments += [
            "--catalogue",
            str(file),
            "--layouts",
            str(tmp_path / "layouts.json"),
            "--backgrounds",
            str(tmp_path / "background"),
        ]
        arguments += ["--out-images", str(tmp_path / name / "0000"), "--out", str(tmp_path / name / "0000.json"), *more]
        assert dispatch("smearsynth.slides", COMMANDS, arguments) == 0
        return read_json(tmp_path / name / "0000.json")

    before, after = render("before"), render("after", "--match", str(tmp_path / "m.json"))
    assert json.dumps(before["annotations"]) == json.dumps(after["annotations"])
    for image in after["images"]:
        found = stain.measure(images.read(tmp_path / "after" / image["file_name"]))
        assert np.abs(found.light - STAINS["grey"].light).max() <= 3
        assert np.abs(found.red - STAINS["grey"].red).max() <= 0.05
    arguments = ["slides_match", "--fields", str(fields), "--before", str(tmp_path / "before/0000")]
    arguments += ["--after", str(tmp_path / "after/0000"), "--out", str(tmp_path / "shown")]
    assert dispatch("smearsynth.studies", ("slides_match",), arguments) == 0
    rows = read_tsv(tmp_path / "shown/match.tsv")
    assert [row["region"] for row in rows] == ["smear"] * 3 + ["red"] * 3 + ["dense"] * 3
    for row in rows[:6]:
        assert row["moved_away"] == "no" and float(row["after"]) < 0.35 * float(row["before"])
    assert images.read(tmp_path / "shown/match.png").shape[0] > 1000
    (tmp_path / "after/0000/000001.png").unlink()
    assert dispatch("smearsynth.studies", ("slides_match",), arguments) == 2
