"""Pairs: real cell on black, label of the type's colour beside it, nothing lost in silence."""

import hashlib
import json
from types import SimpleNamespace

import numpy as np
import pytest

from smearsynth import coco, images
from smearsynth.cells.catalogue import Cell
from smearsynth.errors import UserError
from smearsynth.files import read_json, read_tsv, write_json
from smearsynth.options import build
from smearsynth.pairs import draw, drawing
from smearsynth.pairs.options import PairsOptions

TAXONOMY = [
    {"id": 2, "name": "red_blood_cell", "kind": "red", "colour": [230, 60, 50]},
    {"id": 18, "name": "lymphocyte", "kind": "white", "colour": [40, 160, 220]},
]


def disk(x: float, y: float, r: float, points: int = 40) -> np.ndarray:
    angles = np.arange(points) * 2 * np.pi / points
    return np.stack([x + r * np.cos(angles), y + r * np.sin(angles)], axis=1)


@pytest.fixture
def catalogue(tmp_path):
    """Two pictures with three cells: two small ones and a large one at the frame."""
    rng = np.random.default_rng(0)
    pictures, cells = [], []
    polygons = [[(2, disk(30, 25, 9))], [(18, disk(70, 60, 20)), (2, disk(5, 70, 12))]]
    for i, (found, split, fold) in enumerate(zip(polygons, ("train", "test"), (1, None), strict=True), start=1):
        pixels = rng.integers(1, 255, (90, 100, 3), dtype=np.uint8)
        images.write(tmp_path / f"images/{i}.png", pixels)
        sha = hashlib.sha256(pixels.tobytes()).hexdigest()
        entry = {"id": i, "file_name": f"images/{i}.png", "width": 100, "height": 90, "sha256": sha, "split": split, "fold": fold}
        pictures.append(entry)
        for category_id, polygon in found:
            flat = [coco.to_flat(np.clip(polygon, 0, (99, 89)))]
            cells.append(
                {"id": len(cells) + 1, "image_id": i, "category_id": category_id, "segmentation": flat, "origin": "given"}
            )
    path = tmp_path / "catalogue.json"
    write_json(path, {"images": pictures, "annotations": cells, "categories": []})
    return path


def run(catalogue, out, **options):
    draw.run(SimpleNamespace(options=json.dumps(options), taxonomy=json.dumps(TAXONOMY), catalogue=catalogue, out=out))
    return read_json(out / "index.json")


def test_left_is_the_cell_on_black_and_right_its_colour(catalogue, tmp_path):
    index = run(catalogue, tmp_path / "pairs", size=64)
    assert [entry["cell_id"] for entry in index["pairs"]] == [1, 2, 3]
    entry = index["pairs"][1]
    pair = images.read(tmp_path / "pairs" / entry["file"])
    assert pair.shape == (64, 128, 3)
    real, label = pair[:, :64], pair[:, 64:]
    inside = label.any(2)
    assert (label[inside] == (40, 160, 220)).all()
    assert (real[~inside] == 0).all() and real[inside].any(1).all()
    # The cell stands at its picture's own resolution, in the middle of the window.
    source = images.read(catalogue.parent / "images/2.png")
    mask = coco.fill([disk(70, 60, 20)], (90, 100))
    np.testing.assert_array_equal(real[inside], source[mask])
    rows, columns = np.nonzero(inside)
    assert abs((rows.min() + rows.max()) / 2 - 31.5) <= 1 and abs((columns.min() + columns.max()) / 2 - 31.5) <= 1


def test_larger_cells_grow_the_windows_or_are_scaled_and_say_so(catalogue, tmp_path):
    grown = run(catalogue, tmp_path / "grown", size=32, larger="grow")
    assert grown["size"] == 64 and {entry["scale"] for entry in grown["pairs"]} == {1.0}
    scaled = run(catalogue, tmp_path / "scaled", size=32, larger="scale")
    assert scaled["size"] == 32
    assert [entry["scale"] < 1 for entry in scaled["pairs"]] == [False, True, False]
    pair = images.read(tmp_path / "scaled" / scaled["pairs"][1]["file"])
    box = coco.box(pair[:, 32:].any(2))
    assert max(box[2:]) >= 29 and min(box[:2]) >= 0 and box[0] + box[2] <= 32
    assert read_tsv(tmp_path / "scaled/counts.tsv")[1]["scaled"] == "1"


def test_counts_tell_every_cell(catalogue, tmp_path):
    run(catalogue, tmp_path / "pairs", size=64, limit=1)
    rows = {row["name"]: row for row in read_tsv(tmp_path / "pairs/counts.tsv")}
    assert rows["red_blood_cell"]["cells"] == "2"
    assert rows["red_blood_cell"]["pairs"] == "1" and rows["red_blood_cell"]["beyond_limit"] == "1"
    assert read_json(tmp_path / "pairs/colours.json") == {"red_blood_cell": [230, 60, 50], "lymphocyte": [40, 160, 220]}


def test_the_limit_chooses_the_same_cells_in_any_order(catalogue):
    from smearsynth.cells.catalogue import read

    cells = list(read(catalogue).cells)
    first = {cell.id for cell in drawing.limited(cells, 1)}
    assert first == {cell.id for cell in drawing.limited(cells[::-1], 1)}
    renumbered = [Cell(cell.id + 100, cell.category_id, cell.polygons, cell.image, cell.origin, cell.path) for cell in cells]
    assert {i + 100 for i in first} == {cell.id for cell in drawing.limited(renumbered, 1)}


def test_the_same_bytes_twice(catalogue, tmp_path):
    for name in ("a", "b"):
        run(catalogue, tmp_path / name, size=64)
    for path in sorted((tmp_path / "a").rglob("*.*")):
        assert path.read_bytes() == (tmp_path / "b" / path.relative_to(tmp_path / "a")).read_bytes()


def test_a_type_outside_the_taxonomy_is_named(catalogue, tmp_path):
    data = read_json(catalogue)
    data["annotations"][1]["category_id"] = 99
    write_json(catalogue, data)
    with pytest.raises(UserError, match="cell 2: type 99"):
        run(catalogue, tmp_path / "pairs", size=64)
    assert not (tmp_path / "pairs").exists()


@pytest.mark.parametrize("values", [{"size": 8}, {"size": 64, "limit": 0}, {"size": 64, "larger": "drop"}])
def test_options_out_of_range(values):
    with pytest.raises(UserError):
        build(PairsOptions, values, where="pairs")
