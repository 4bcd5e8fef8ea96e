"""Label maps of fields with experts' boxes: masks found in them, ellipses, and a part that teaches nothing."""

import json

import numpy as np
import pytest
from field_reader_world import draw

from smearsynth import coco, images
from smearsynth.cli import dispatch
from smearsynth.files import read_json, read_tsv, sha256, write_json
from smearsynth.pairs import box_masks, boxes, field_maps
from smearsynth.pairs.field_labels import FieldLabels, Reds

NAMES = {1: "RBC", 2: "WBC", 3: "Platelets"}
CATEGORY = {2: 1, 15: 2, 18: 2, 30: 3}
OPTIONS = {
    "images": "images",
    "boxes": "boxes.json",
    "kinds": {"RBC": "red", "WBC": "white", "Platelets": "platelet"},
    "um_per_px": 0.4,
    "scale": 1.0,
    "red_diameter": 17.0,
    "test_share": 0.5,
}


def world(folder, *, count=8):
    """Drawn smears, and the boxes of their cells; the true masks by picture."""
    data = {"images": [], "annotations": [], "categories": [{"id": key, "name": name} for key, name in NAMES.items()]}
    masks = {}
    for number in range(1, count + 1):
        picture, cells = draw(number, side=128, cells=12)
        images.write(folder / f"images/{number}.png", picture)
        data["images"].append({"id": number, "file_name": f"{number}.png", "width": 128, "height": 128})
        for kind, mask in cells:
            entry = coco.annotation(mask, id=len(masks) + 1, image_id=number, category_id=CATEGORY[kind])
            data["annotations"].append({**entry, "segmentation": []})
            masks[len(masks) + 1] = mask
    write_json(folder / "boxes.json", data)
    return masks


def command(folder, out, **more):
    """Run the command on a world."""
    flags = ["--options", json.dumps({**OPTIONS, **more}), "--pictures", str(folder / "images")]
    return dispatch("smearsynth.pairs", ("boxes",), ["boxes", *flags, "--boxes", str(folder / "boxes.json"), "--out", str(out)])


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    folder = tmp_path_factory.mktemp("boxes")
    masks = world(folder)
    assert command(folder, folder / "out") == 0
    return folder, masks


def test_masks_are_those_of_the_cells(made):
    folder, masks = made
    overlaps = []
    for field in field_maps.read(folder / "out/index.json"):
        owners = field.owners()
        for cell in field.entry["cells"]:
            own, true = owners == cell["owner"], masks[cell["cell_id"]]
            overlaps.append((own & true).sum() / (own | true).sum())
    assert len(overlaps) == len(masks)
    assert np.mean(overlaps) > 0.75 and min(overlaps) > 0.5


def test_parts_follow_the_pictures_files_and_are_told_as_a_catalogue_tells_them(made, tmp_path):
    folder, _ = made
    index = read_json(folder / "out/index.json")
    for image in index["images"]:
        digest = sha256(folder / "images" / image["file_name"])
        assert image["sha256"] == digest
        assert image["split"] == ("test" if int(digest, 16) / 16**64 < 0.5 else "train")
    of_field = {field["original"]: field["split"] for field in index["fields"]}
    assert of_field == {image["file_name"]: image["split"] for image in index["images"]}
    test = (folder / "out/test.txt").read_text().split()
    assert test == [name for name, part in of_field.items() if part == "test"] and 0 < len(test) < len(of_field)
    assert {field.um_per_px for field in field_maps.read(folder / "out/index.json", split="train")} == {0.4}


def test_a_table_says_what_became_of_every_box(made):
    folder, masks = made
    rows = read_tsv(folder / "out/boxes.tsv")
    assert sum(int(row["boxes"]) for row in rows) == len(masks)
    for row in rows:
        assert int(row["boxes"]) == int(row["found"]) + int(row["ellipses"]) + int(row["covered"])
        assert row["iou"] == "n/a" or float(row["iou"]) >= box_masks.OVERLAP


def test_the_same_bytes_twice(made, tmp_path):
    folder, _ = made
    assert command(folder, tmp_path / "again") == 0
    for path in sorted((folder / "out").rglob("*.*")):
        assert path.read_bytes() == (tmp_path / "again" / path.relative_to(folder / "out")).read_bytes(), path


def test_where_nothing_is_seen_the_cell_is_the_ellipse_in_its_box():
    empty = np.full((60, 80, 3), 235, np.uint8)
    (cell,) = box_masks.cells(empty, [(20.0, 10.0, 30.0, 20.0)], ["red"], Reds(300.0, 0.0))
    assert not cell.found
    assert coco.box(cell.mask) == [20, 10, 30, 20]
    assert abs(cell.mask.sum() - np.pi / 4 * 30 * 20) < 12


def test_an_ellipse_that_the_frame_cuts_goes_on_beyond_it():
    disc = box_masks.ellipse((-10.0, 20.0, 20.0, 20.0), (60, 60))
    cut = box_masks.ellipse((0.0, 20.0, 10.0, 20.0), (60, 60))
    assert (disc == cut).all() and coco.box(cut) == [0, 20, 10, 20]
    below = box_masks.ellipse((20.0, 50.0, 20.0, 10.0), (60, 60))
    assert (below == cut.T[::-1]).all()


def test_no_pixel_belongs_to_two_cells_and_found_ones_come_first():
    empty = np.full((60, 80, 3), 235, np.uint8)
    cells = box_masks.cells(empty, [(10.0, 10.0, 30.0, 30.0), (25.0, 10.0, 30.0, 30.0)], ["red", "white"], Reds(700.0, 0.0))
    assert sum(cell.mask.astype(int) for cell in cells).max() == 1
    assert cells[0].box == 1 and cells[0].mask.sum() > cells[1].mask.sum()


def test_a_heap_that_was_not_parted_is_no_mask_of_one_of_its_cells(monkeypatch):
    heap = np.zeros((60, 80), np.uint16)
    heap[10:30, 10:40] = 1
    heap[40:55, 50:65] = 2
    labels = FieldLabels(heap, ("red", "red"), (235, 235, 235))
    monkeypatch.setattr(box_masks.field_labels, "label", lambda *_: labels)
    empty = np.full((60, 80, 3), 235, np.uint8)
    given = [(10.0, 10.0, 18.0, 20.0), (24.0, 10.0, 16.0, 20.0), (50.0, 40.0, 15.0, 15.0)]
    cells = box_masks.cells(empty, given, ["red"] * 3, Reds(300.0, 0.0))
    assert [(cell.box, cell.found) for cell in cells] == [(2, True), (0, False), (1, False)]
    assert (cells[0].mask == (heap == 2)).all()
    # The heap's label is that of its cell where nobody boxed another.
    assert [cell.found for cell in box_masks.cells(empty, given[::2], ["red"] * 2, Reds(300.0, 0.0))] == [True, True]


def test_each_mask_takes_one_box_and_far_ones_none():
    squares = np.zeros((2, 40, 40), bool)
    squares[0, 5:15, 5:15], squares[1, 20:30, 20:30] = True, True
    given = [(20.0, 20.0, 10.0, 10.0), (21.0, 20.0, 10.0, 10.0), (0.0, 0.0, 5.0, 5.0)]
    assert box_masks.assigned(list(squares), given) == [(1, 0)]
    assert box_masks.assigned([], given) == []


def test_copies_of_a_picture_fall_on_the_same_side():
    digests = [f"{number * 0x9E3779B97F4A7C15 % 2**64:016x}" for number in range(1, 400)]
    parts = [boxes.split(digest, 0.3) for digest in digests]
    assert parts == [boxes.split(digest, 0.3) for digest in digests]
    assert 0.25 < parts.count("test") / len(parts) < 0.35


def test_mistakes_are_told_together(tmp_path, capsys):
    world(tmp_path, count=3)
    (tmp_path / "images/2.png").unlink()
    (tmp_path / "images/3.png").unlink()
    assert command(tmp_path, tmp_path / "out", kinds={"RBC": "red", "WBC": "white"}) == 2
    told = capsys.readouterr().err
    assert "2 pictures are not there: 2.png, 3.png" in told and "'Platelets' is of no known kind" in told
    assert "Traceback" not in told and not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    "change, told",
    [
        ({"boxes": None}, "give both"),
        ({"test_share": 1.0}, "test_share"),
        ({"red_diameter": 4.0}, "at least 12 px"),
        ({"um_per_px": 0.0}, "um_per_px"),
        ({"kinds": {"RBC": "rod"}}, "rod"),
    ],
)
def test_wrong_options_are_named(tmp_path, capsys, change, told):
    world(tmp_path, count=2)
    assert command(tmp_path, tmp_path / "out", **change) == 2
    assert told in capsys.readouterr().err
