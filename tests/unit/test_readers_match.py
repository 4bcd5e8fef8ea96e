"""Matching a reader to a microscope: known colours, sizes, distances and scales; no network."""

import json

import numpy as np
import pytest

from smearsynth import images
from smearsynth.cli import dispatch
from smearsynth.errors import UserError
from smearsynth.files import sha256, write_json
from smearsynth.layouts.raster import Window
from smearsynth.readers import field_look, field_match, match, read
from smearsynth.readers.field_look import BINS, LIGHT, REGIONS, Look

RED, NUCLEUS = np.array([0.2, 0.3, 0.17]), np.array([1.05, 1.7, 0.39])


def with_colours(red, nucleus) -> Look:
    return Look(38.0, np.asarray(red, float), None if nucleus is None else np.asarray(nucleus, float), dict.fromkeys(REGIONS))


def test_both_colours_come_over_and_what_is_neither_stays():
    own, target = with_colours([0.1, 0.25, 0.2], [0.3, 0.65, 0.02]), with_colours(RED, NUCLEUS)
    matrix = field_look.between(own, target)
    assert np.abs(matrix @ own.red - RED).max() < 0.02 and np.abs(matrix @ own.nucleus - NUCLEUS).max() < 0.02
    neither = np.cross(own.red, own.nucleus)
    assert np.allclose(matrix @ neither, neither)
    assert np.allclose(field_look.between(target, target), np.eye(3))


def test_without_nuclei_on_either_side_red_cells_alone_come_over():
    for own, target in (
        (with_colours([0.1, 0.25, 0.2], None), with_colours(RED, NUCLEUS)),
        (with_colours([0.1, 0.25, 0.2], NUCLEUS), with_colours(RED, None)),
    ):
        matrix = field_look.between(own, target)
        assert np.abs(matrix @ own.red - RED).max() < 0.01
        across = np.array([0.25, -0.1, 0.0])
        assert np.allclose(matrix @ across, across)


def test_nuclei_of_nearly_the_colour_of_red_cells_do_not_blow_colours_up():
    own = with_colours([0.1, 0.2, 0.1], [0.201, 0.4, 0.2])
    assert np.abs(field_look.between(own, with_colours(RED, NUCLEUS))).max() < 10


def test_the_light_stays_and_the_identity_changes_nothing():
    picture = np.random.default_rng(1).integers(0, 256, (20, 30, 3)).astype(np.uint8)
    assert (field_look.stained(picture, np.eye(3)) == picture).all()
    light = np.full((4, 4, 3), int(LIGHT), np.uint8)
    assert (field_look.stained(light, np.array([[2.0, -1, 0.3], [0.5, 3, 0], [0, 0, 0.1]])) == light).all()


def field(red=RED, nucleus=NUCLEUS):
    """A field with a whole red cell, one that the frame cuts, and a white cell; and its cells."""
    picture = np.full((120, 160, 3), LIGHT)
    cells = []
    for kind, centre, radius, colour in (
        ("red", (40, 40), 19, red),
        ("red", (40, 0), 19, red),
        ("white", (90, 110), 24, nucleus / 4),
    ):
        rows, columns = np.ogrid[:120, :160]
        distance = np.hypot(rows - centre[0], columns - centre[1])
        mask = distance <= radius
        picture[mask] = (LIGHT + 1) * np.exp(-colour) - 1
        if kind == "white":
            picture[distance <= 14] = (LIGHT + 1) * np.exp(-nucleus) - 1
        top, left = np.argwhere(mask).min(0)
        bottom, right = np.argwhere(mask).max(0) + 1
        cells.append((kind, Window(int(top), int(left), mask[top:bottom, left:right])))
    return np.rint(picture).astype(np.uint8), cells


def test_a_field_of_known_colours_and_sizes():
    look = field_look.look([field_look.see(*field())])
    assert look.red_diameter == pytest.approx(38, abs=1) and len(field_look.see(*field()).diameters) == 1
    assert np.abs(look.red - RED).max() < 0.02 and look.nucleus is not None and np.abs(look.nucleus - NUCLEUS).max() < 0.05
    for name, colour in (("smear", np.zeros(3)), ("red", RED)):
        middles = (look.shares[name] * (BINS[:-1] + BINS[1:]) / 2).sum(1)
        assert np.allclose(look.shares[name].sum(1), 1) and np.abs(middles - colour).max() < 0.03
    assert field_look.from_json(json.loads(json.dumps(field_look.to_json(look)))).red_diameter == look.red_diameter


def test_what_nobody_knows_is_not_taken_for_smear():
    picture, cells = field()
    picture[:, 140:] = 60
    unknown = np.zeros(picture.shape[:2], bool)
    assert (
        field_look.see(picture, cells).counts["smear"].sum() > field_look.see(picture, [], unknown=~unknown).counts["smear"].sum()
    )
    unknown[:, 140:] = True
    smear = field_look.look([field_look.see(picture, cells, unknown=unknown)]).shares["smear"]
    assert smear is not None and smear[:, BINS[:-1] > 0.2].sum() == 0


def test_the_distance_of_a_shifted_histogram_is_the_shift():
    one = field_look.look([field_look.see(*field())])
    moved = {name: np.roll(part, 4, axis=1) for name, part in one.shares.items() if part is not None}
    other = Look(one.red_diameter, one.red, one.nucleus, moved)
    for region in REGIONS:
        assert field_look.distance(one, other, region) == pytest.approx([4 * (BINS[1] - BINS[0])] * 3)
    assert field_look.distance(one, with_colours(RED, None), "nucleus") is None


def test_fields_without_a_whole_red_cell_are_refused():
    with pytest.raises(UserError, match="no whole red cell"):
        field_look.look([field_look.see(np.full((50, 50, 3), 235, np.uint8), [])])


# The match, without a network


def found_at(true: float, monkeypatch) -> None:
    """A reader that finds all cells where they look 20 to 60 px wide to it; beyond it finds parts of them."""

    def diameters(reader, pictures, factor):
        seen = true * factor
        if seen < 20:
            return [38.0] * 4
        return [seen] * 30 if seen < 60 else [seen / 4] * 45

    monkeypatch.setattr(field_match, "_diameters", diameters)


def test_the_size_of_red_cells_tells_the_scale(monkeypatch):
    for true in (38.0, 75.0, 130.0, 400.0):
        found_at(true, monkeypatch)
        factor = field_match.scale(None, [np.zeros((600, 500, 3), np.uint8)], 38.0)  # type: ignore[arg-type]
        assert factor * true == pytest.approx(38, rel=1e-6)


def test_too_few_red_cells_tell_no_scale(monkeypatch):
    monkeypatch.setattr(field_match, "_diameters", lambda *given: [38.0] * 4)
    with pytest.raises(UserError, match="cannot be measured"):
        field_match.scale(None, [np.zeros((60, 50, 3), np.uint8)], 38.0)  # type: ignore[arg-type]


def test_a_match_holds_for_its_reader_alone(tmp_path):
    write_json(tmp_path / "reader/model.json", {"reader": "field"})
    content = {"reader": sha256(tmp_path / "reader/model.json"), "factor": 0.5, "stain": np.eye(3).tolist()}
    write_json(tmp_path / "match/match.json", content)
    assert read.matched(tmp_path / "match", tmp_path / "reader") == content
    write_json(tmp_path / "reader/model.json", {"reader": "another"})
    with pytest.raises(UserError, match="another reader"):
        read.matched(tmp_path / "match", tmp_path / "reader")
    write_json(tmp_path / "match/match.json", {"factor": 0.5})
    with pytest.raises(UserError, match="no match in it"):
        read.matched(tmp_path / "match", tmp_path / "reader")
    with pytest.raises(UserError, match=r"no look\.json"):
        match.target_of(tmp_path / "reader")


def test_the_table_and_the_figure(tmp_path):
    target = field_look.look([field_look.see(*field())])
    pale = field_look.look([field_look.see(*field(0.5 * RED, 0.6 * NUCLEUS))])
    looks = {"matched": (pale, target)}
    rows = match.table(looks, target)
    assert len(rows) == 9 and all(row[4] == 0 and row[5] == "no" for row in rows)
    assert all(row[3] > 0.05 for row in rows if row[1] != "smear")
    write_json(tmp_path / "match/looks.json", match.as_json(looks, target))
    images.write(tmp_path / "match/examples/0.png", match.beside(field()[0], field()[0]))
    for name in ("one.png", "two.png"):
        given = ["match", "--match", str(tmp_path / "match"), "--out", str(tmp_path / name)]
        assert dispatch("smearsynth.studies", ("match",), given) == 0
    assert (tmp_path / "one.png").read_bytes() == (tmp_path / "two.png").read_bytes()
    assert images.read(tmp_path / "one.png").std() > 10
