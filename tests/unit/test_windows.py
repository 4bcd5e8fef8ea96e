"""Windows of single cells: the cell in the middle, its surroundings kept or black, shares nested and stratified."""

import json
from types import SimpleNamespace

import numpy as np
import pytest
import window_world

from smearsynth.cells import catalogue
from smearsynth.errors import UserError
from smearsynth.files import read_json
from smearsynth.options import build
from smearsynth.pairs import crops, windows
from smearsynth.pairs.window_options import WindowOptions


@pytest.fixture
def world(tmp_path):
    return window_world.make(tmp_path)


def cut(world, out, **options):
    windows.run(
        SimpleNamespace(options=json.dumps(options), taxonomy=json.dumps(window_world.TAXONOMY), catalogue=world, out=out)
    )
    return out / "index.json"


def test_the_cell_alone_is_in_the_middle_and_black_around(world, tmp_path):
    index = cut(world, tmp_path / "w", window=32, size=32, surroundings="black")
    for picture in crops.read(index).pixels:
        rows, columns = np.nonzero(picture.any(2))
        assert (rows.min(), rows.max(), columns.min(), columns.max()) == (11, 21, 11, 21)
        assert (picture[11:22, 11:22] == 200).all()


def test_surroundings_are_the_pictures_own_and_the_window_stays_inside(world, tmp_path):
    index = cut(world, tmp_path / "w", window=48, size=48)
    cells = {cell.id: cell for cell in catalogue.read(world).cells}
    read = crops.read(index)
    for picture, cell_id in zip(read.pixels, read.cell_ids, strict=True):
        whole = cells[cell_id].picture()
        column, row = windows.middle(cells[cell_id])
        top, left = np.clip(row - 24, 0, 70 - 48), np.clip(column - 24, 0, 80 - 48)
        assert np.array_equal(picture, whole[top : top + 48, left : left + 48])


def test_a_window_larger_than_the_picture_is_mirrored():
    picture = np.arange(5 * 7 * 3, dtype=np.uint8).reshape(5, 7, 3)
    result = windows.window(picture, (3, 2), 9, black=False)
    assert result.shape == (9, 9, 3)
    assert np.array_equal(result[2:7, 1:8], picture)
    assert np.array_equal(result[1, 1:8], picture[0]) and np.array_equal(result[0, 1:8], picture[1])


def test_only_the_kinds_asked_for(world, tmp_path):
    index = cut(world, tmp_path / "w", window=32, size=32)
    assert set(crops.read(index).category_ids) == {18, 21}
    assert [c["id"] for c in read_json(index)["categories"]] == [18, 21]
    index = cut(world, tmp_path / "red", window=32, size=32, kinds=["red"])
    assert set(crops.read(index).category_ids) == {2}


def test_shares_are_of_training_cells_nested_and_in_every_type(world, tmp_path):
    index = cut(world, tmp_path / "w", window=32, size=32)
    whole = crops.read(index, split="train")
    before: set[int] = set()
    for share in (0.01, 0.1, 0.5, 1.0):
        some = crops.read(index, split="train", share=share)
        assert before <= set(some.cell_ids)
        before = set(some.cell_ids)
        for category_id in (18, 21):
            count = (whole.category_ids == category_id).sum()
            assert (some.category_ids == category_id).sum() == max(1, int(np.ceil(share * count - 1e-9)))
    assert before == set(whole.cell_ids)
    test = crops.read(index, split="test", share=0.01)
    assert len(test) == len(crops.read(index, split="test")) and np.isnan(test.parts).all()


def test_no_cells_of_a_kind_is_said(world, tmp_path):
    with pytest.raises(UserError, match="no cells of kind platelet"):
        cut(world, tmp_path / "w", window=32, size=32, kinds=["platelet"])


def test_what_cannot_be_a_window_is_said_at_once():
    with pytest.raises(UserError) as error:
        build(WindowOptions, {"window": 2, "size": 40, "kinds": ["green"]}, where="pairs.windows")
    assert len(error.value.problems) == 3
