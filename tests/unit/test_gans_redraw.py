"""Cells drawn anew in their own surroundings: nothing changes outside the outline, and no cell beyond the share is used."""

import json
from types import SimpleNamespace

import numpy as np
import pytest
import window_world

from smearsynth.cells import catalogue
from smearsynth.errors import UserError
from smearsynth.files import read_json, write_json
from smearsynth.gans import redraw, sampling
from smearsynth.pairs import crops, windows

COLOUR = np.array([9, 130, 250], np.uint8)


class Flat:
    """Draws every cell in one colour."""

    def draw(self, masks, category_ids, *, keys):
        return [np.where(mask[..., None], COLOUR, 0).astype(np.uint8) for mask in masks]


@pytest.fixture
def world(tmp_path, monkeypatch):
    monkeypatch.setattr(sampling, "load", lambda folder, device, tries: Flat())
    told = window_world.make(tmp_path)
    options = json.dumps({"window": 32, "size": 32, "kinds": ["white"]})
    where = {"options": options, "taxonomy": json.dumps(window_world.TAXONOMY), "catalogue": told, "out": tmp_path / "windows"}
    windows.run(SimpleNamespace(**where))
    return tmp_path


def trained_on(world, share):
    cells = [e["cell_id"] for e in read_json(world / "windows/index.json")["cells"] if crops.within(e, share)]
    write_json(world / "model/model.json", {"cells": cells, "steps": 7})


def draw(world, *, share=1.0, per_type=6, out="drawn"):
    options = json.dumps({"preset": "default", "default": {"steps": 1}})
    where = {"model": world / "model", "catalogue": world / "catalogue.json", "windows": world / "windows/index.json"}
    redraw.run(SimpleNamespace(options=options, seed=5, share=share, per_type=per_type, out=world / out, **where))
    return world / out / "index.json"


def test_outside_the_outline_is_the_real_window_and_inside_the_drawn_cell(world):
    trained_on(world, 1.0)
    index = draw(world)
    real = crops.read(world / "windows/index.json", split="train")
    cells = {cell.id: cell for cell in catalogue.read(world / "catalogue.json").cells}
    entries = read_json(index)["cells"]
    for entry, picture in zip(entries, crops.read(index).pixels, strict=True):
        window = real.pixels[list(real.cell_ids).index(entry["of"])]
        _, mask = redraw.around(cells[entry["of"]].picture(), cells[entry["of"]], 32, black=False)
        ways = [(redraw.turned(window, t, m), redraw.turned(mask, t, m)) for t in range(4) for m in (False, True)]
        matching = [told for way, told in ways if np.array_equal(way[~told], picture[~told])]
        assert matching
        # The innermost pixels of an 11 px square lie 5 px inside it, beyond the edge's 3.
        assert any((picture[told][:, None] == COLOUR).all(-1).any() for told in matching)
    assert {e["category_id"] for e in entries} == {18, 21} and len(entries) == 12
    assert {e["split"] for e in entries} == {"synthetic"}


def test_a_cell_is_the_same_whatever_is_drawn_with_it(world):
    trained_on(world, 1.0)
    few, many = crops.read(draw(world, per_type=2)), crops.read(draw(world, per_type=5, out="more"))
    assert np.array_equal(few.pixels[:2], many.pixels[:2]) and np.array_equal(few.pixels[2:], many.pixels[5:7])


def test_only_cells_of_the_share_are_drawn_from(world):
    trained_on(world, 0.2)
    index = read_json(draw(world, share=0.2))
    assert {e["of"] for e in index["cells"]} <= set(read_json(world / "model/model.json")["cells"]) == set(index["trained_on"])


def test_a_model_that_saw_more_than_the_share_is_refused(world):
    trained_on(world, 1.0)
    with pytest.raises(UserError, match="beyond a share"):
        draw(world, share=0.2)


def test_the_edge_comes_in_over_three_pixels():
    mask = np.zeros((21, 21), bool)
    mask[3:18, 3:18] = True
    drawn = np.where(mask[..., None], 200, 0).astype(np.uint8) * np.ones(3, np.uint8)
    row = redraw.set_in(np.full((21, 21, 3), 100, np.uint8), drawn, mask)[10, :, 0]
    assert list(row[:3]) == [100] * 3 and row[10] == 200
    assert (np.diff(row[2:8].astype(int)) >= 0).all() and 100 < row[3] < 200
