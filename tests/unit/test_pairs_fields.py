"""Label maps of whole fields: on drawn smears whose cells are known, and from a catalogue to files."""

import json
from types import SimpleNamespace

import cv2
import numpy as np
import pytest
from scipy import ndimage

from smearsynth import coco, images
from smearsynth.cells import finder
from smearsynth.errors import UserError
from smearsynth.evaluation import field_labels as measured
from smearsynth.files import read_json, write_json
from smearsynth.options import build
from smearsynth.pairs import field_labels, field_maps, field_parting, fields
from smearsynth.pairs.field_labels import FieldLabels, Reds, Unlabelled
from smearsynth.pairs.field_options import FieldOptions

TAXONOMY = [
    {"id": 2, "name": "red_blood_cell", "kind": "red", "colour": [230, 60, 50]},
    {"id": 7, "name": "platelet", "kind": "platelet", "colour": [170, 140, 250]},
    {"id": 18, "name": "lymphocyte", "kind": "white", "colour": [40, 160, 220]},
]
SMEAR, RED, PALE, AZURE, NUCLEUS = (250, 230, 205), (205, 160, 170), (245, 222, 200), (150, 90, 190), (80, 30, 120)
REDS = Reds(np.pi * 14**2, 2.0)
WHITE = (60, 60, 22)


def disc(shape, x, y, radius):
    rows, columns = np.mgrid[: shape[0], : shape[1]]
    return np.hypot(columns - x, rows - y) <= radius


def smear(reds, platelets=(), *, pallor=True, white=WHITE, shape=(150, 150)):
    """A picture, the mask of its white cell and of its nucleus."""
    picture = np.full((*shape, 3), SMEAR, np.uint8)
    for x, y in reds:
        picture[disc(shape, x, y, 14)] = RED
        if pallor:
            picture[disc(shape, x, y, 5)] = PALE
    for x, y in platelets:
        picture[disc(shape, x, y, 6)] = AZURE
    cell, nucleus = disc(shape, *white), disc(shape, white[0], white[1], 0.6 * white[2])
    picture[cell] = (200, 180, 215)
    picture[nucleus] = NUCLEUS
    picture = cv2.GaussianBlur(picture, (0, 0), 0.7)
    noise = np.random.default_rng(3).normal(0, 1.5, picture.shape)
    return np.clip(np.rint(picture + noise), 0, 255).astype(np.uint8), cell, nucleus


def labels(reds, platelets=(), **options) -> FieldLabels:
    picture, cell, _ = smear(reds, platelets, **options)
    found = field_labels.label(picture, [cell], REDS)
    assert isinstance(found, FieldLabels), found
    return found


def of(found, kind):
    return [found.owners == k for k, one in enumerate(found.kinds, start=2) if one == kind]


def overlap(mask, other):
    return np.count_nonzero(mask & other) / np.count_nonzero(mask | other)


def matched(masks, places, radius, *, least):
    assert len(masks) == len(places)
    for x, y in places:
        assert max(overlap(mask, disc((150, 150), x, y, radius)) for mask in masks) >= least


def test_lone_cells_are_whole_with_their_pallor():
    places = [(20, 20), (120, 25), (115, 110)]
    found = labels(places)
    assert set(found.kinds) == {"red"}
    matched(of(found, "red"), places, 14, least=0.8)
    assert np.abs(np.array(found.light) - SMEAR).max() <= 3


@pytest.mark.parametrize("apart", [28, 25, 22])
def test_touching_and_overlapping_cells_are_parted(apart):
    places = [(25, 120), (25 + apart, 120)]
    matched(of(labels([*places, (120, 30)]), "red"), [*places, (120, 30)], 14, least=0.75)


def test_three_in_a_row_and_a_cell_that_touches_the_annotated_one_are_cells_of_their_own():
    places = [(20, 125), (46, 125), (72, 125), (95, 60)]
    matched(of(labels(places), "red"), places, 14, least=0.75)


def test_cells_that_the_frame_cuts_are_labelled_with_their_pallor():
    places = [(0, 30), (110, 149), (149, 0)]
    matched(of(labels(places), "red"), places, 14, least=0.75)


def test_the_gap_between_cells_is_smear():
    side = 27
    places = [(90, 95), (90 + side, 95), (90, 95 + side), (90 + side, 95 + side)]
    found = labels(places, white=(35, 35, 20))
    assert len(of(found, "red")) == 4
    assert found.owners[95 + side // 2, 90 + side // 2] == 0


def test_platelets_alone_and_on_a_red_cell():
    places = [(20, 115), (118, 30)]
    found = labels([(120, 25), (115, 110)], places)
    matched(of(found, "platelet"), places, 6, least=0.6)
    assert len(of(found, "red")) == 2


def test_annotated_cells_keep_exactly_their_masks_and_owners_are_dense_connected_and_stable():
    reds, platelets = [(20, 20), (46, 22), (0, 75), (95, 60), (120, 120), (140, 138)], [(20, 115)]
    picture, cell, _ = smear(reds, platelets)
    one, other = (field_labels.label(picture, [cell], REDS) for _ in range(2))
    assert isinstance(one, FieldLabels)
    assert isinstance(other, FieldLabels)
    assert one.kinds == other.kinds
    np.testing.assert_array_equal(one.owners, other.owners)
    np.testing.assert_array_equal(one.owners == 1, cell)
    assert set(np.unique(one.owners)) == set(range(len(one.kinds) + 2))
    for owner in range(1, len(one.kinds) + 2):
        assert ndimage.label(one.owners == owner, np.ones((3, 3)))[1] == 1


def test_a_white_cell_that_nobody_annotated_leaves_the_field_out():
    picture, cell, _ = smear([(20, 20)])
    assert isinstance(field_labels.label(picture, [cell], REDS), FieldLabels)
    found = field_labels.label(picture, [disc((150, 150), 120, 120, 5)], REDS)
    assert isinstance(found, Unlabelled)
    assert "white cell" in found.reason


@pytest.mark.parametrize("grey", [0, 128, 255])
def test_a_picture_without_contrast_has_no_label_map(grey):
    found = field_labels.label(np.full((80, 90, 3), grey, np.uint8), [disc((80, 90), 40, 40, 9)], REDS)
    assert isinstance(found, Unlabelled)
    assert "contrast" in found.reason


def test_the_common_red_cell_is_measured_though_platelets_are_more():
    places = [(x, y) for x in (20, 60, 100, 140) for y in (130, 90)]
    picture, cell, _ = smear(places, [(x, 14) for x in range(10, 140, 16)], white=(75, 45, 14), shape=(150, 160))
    found = field_labels.common(finder.candidates(picture, cell))
    assert found is not None
    assert found.radius == pytest.approx(14, rel=0.08)
    assert field_labels.common([]) is None


def test_a_disc_is_solid_and_a_crescent_is_not():
    whole = disc((60, 60), 30, 30, 20)
    assert field_parting.solidity(whole) > 0.95
    assert field_parting.solidity(whole & ~disc((60, 60), 38, 30, 18)) < 0.6


# From a catalogue to files


def make(folder, *, shift=(0, 0), side=300):
    """Six pictures with a white cell each, one of them found by a finder as well; two are of the test split."""
    places = [(40, 40), (240, 50), (230, 220), (240, 140), (60, 240)]
    pictures, cells = [], []
    for i in range(1, 7):
        picture = np.full((side, side, 3), SMEAR, np.uint8)
        for x, y in places:
            picture[disc((side, side), x + 3 * i, y, 28)] = RED
        mask = disc((side, side), 140, 140, 40)
        picture[mask], picture[disc((side, side), 140, 140, 25)] = (200, 180, 215), NUCLEUS
        images.write(folder / f"images/{i}.png", cv2.GaussianBlur(picture, (0, 0), 1.2))
        split = "test" if i > 4 else "train"
        image = {"id": i, "file_name": f"images/{i}.png", "width": side, "height": side, "um_per_px": 0.1}
        pictures.append({**image, "source": "drawn", "original": f"{i}.jpg", "split": split, "fold": None})
        outline = [coco.to_flat(polygon + shift) for polygon in coco.outline(mask)]
        cells.append({"id": 2 * i - 1, "image_id": i, "category_id": 18, "segmentation": outline, "origin": "given"})
        red = [coco.to_flat(polygon) for polygon in coco.outline(disc((side, side), 40 + 3 * i, 40, 28))]
        cells.append({"id": 2 * i, "image_id": i, "category_id": 2, "segmentation": red, "origin": "found", "label": ""})
    write_json(folder / "catalogue.json", {"images": pictures, "annotations": cells, "categories": []})
    return folder / "catalogue.json"


def run(catalogue, out, taxonomy=TAXONOMY, **options):
    fields.run(SimpleNamespace(options=json.dumps(options), taxonomy=json.dumps(taxonomy), catalogue=catalogue, out=out))
    return out / "index.json"


def test_from_a_catalogue_to_files_and_back(tmp_path, capsys):
    index = run(make(tmp_path), tmp_path / "fields", scale=0.5)
    assert "6 fields with 30 red, 6 white cells" in capsys.readouterr().out
    maps = field_maps.read(index)
    assert [len(field_maps.read(index, split=split)) for split in ("train", "test")] == [4, 2]
    for one in maps:
        picture, owners, nuclei = one.picture(), one.owners(), one.dense()
        assert picture.shape == (150, 150, 3)
        assert owners.dtype == np.uint16
        assert one.um_per_px == pytest.approx(0.2)
        assert one.category_ids.tolist() == [18, 2, 2, 2, 2, 2]
        assert overlap(nuclei, disc((150, 150), 69.75, 69.75, 12.5)) > 0.85
        assert not (nuclei & (owners != 1)).any()
        for cell in one.entry["cells"]:
            mask = owners == cell["owner"]
            assert (cell["area"], cell["bbox"]) == (np.count_nonzero(mask), coco.box(mask))
            assert (cell["cell_id"] is None) == (cell["owner"] > 1)
            assert cell["whole"]


def test_the_same_bytes_again(tmp_path):
    catalogue = make(tmp_path)
    one, other = (run(catalogue, tmp_path / name, scale=0.5).parent for name in ("one", "other"))
    files = sorted(path.relative_to(one) for path in one.rglob("*.*"))
    assert len(files) == 19
    assert all((one / file).read_bytes() == (other / file).read_bytes() for file in files)


def test_at_full_scale_annotated_cells_keep_exactly_their_masks(tmp_path):
    (first, *_) = field_maps.read(run(make(tmp_path), tmp_path / "fields", scale=1.0))
    np.testing.assert_array_equal(first.owners() == 1, disc((300, 300), 140, 140, 40))


def test_annotated_cells_outside_their_pictures_are_told_together(tmp_path):
    with pytest.raises(UserError) as error:
        run(make(tmp_path, shift=(500, 0)), tmp_path / "fields", scale=0.5, red_diameter=56.0)
    assert "1.png, cell 1: lies outside" in str(error.value)
    assert not (tmp_path / "fields").exists()


def test_without_lone_red_cells_their_diameter_is_asked_for(tmp_path):
    catalogue = make(tmp_path)
    data = read_json(catalogue)
    data["images"] = data["images"][:1]
    data["annotations"] = data["annotations"][:2]
    for x, y in ((40, 40), (240, 50)):
        picture = images.read(tmp_path / "images/1.png").copy()
        picture[disc((300, 300), x + 3, y, 34)] = SMEAR
        images.write(tmp_path / "images/1.png", picture)
    write_json(catalogue, data)
    with pytest.raises(UserError, match="red_diameter"):
        run(catalogue, tmp_path / "fields", scale=0.5)
    (one,) = field_maps.read(run(catalogue, tmp_path / "fields", scale=0.5, red_diameter=56.0))
    assert (one.category_ids == 2).sum() == 3


def test_taxonomies_and_options_that_do_not_fit(tmp_path):
    with pytest.raises(UserError, match="kind platelet"):
        run(make(tmp_path), tmp_path / "fields", [TAXONOMY[0], TAXONOMY[2]], scale=0.5)
    with pytest.raises(UserError, match=r"between 0\.1 and 1"):
        build(FieldOptions, {"scale": 3.0}, where="pairs.fields")
    with pytest.raises(UserError, match="at least 12 px"):
        build(FieldOptions, {"scale": 0.1, "red_diameter": 40.0}, where="pairs.fields")


def test_files_that_do_not_fit_their_index_are_refused(tmp_path):
    index = run(make(tmp_path), tmp_path / "fields", scale=0.5)
    (first, *_) = field_maps.read(index)
    images.write(index.parent / first.entry["owners"], np.full((150, 150), 9, np.uint16))
    with pytest.raises(UserError, match="owner 9, but the index lists 6 cells"):
        first.owners()
    images.write(index.parent / first.entry["dense"], np.zeros((150, 149), np.uint8))
    with pytest.raises(UserError, match="149 × 150 px"):
        first.dense()
    write_json(tmp_path / "other.json", [])
    with pytest.raises(UserError, match="no index of fields"):
        field_maps.read(tmp_path / "other.json")


# Against experts' boxes


def test_each_box_is_recovered_by_one_label_only():
    box, near, far = [10.0, 10.0, 20.0, 20.0], [12.0, 10.0, 20.0, 20.0], [25.0, 10.0, 20.0, 20.0]
    assert measured.recovered([box, near], [box]) == 1
    assert measured.recovered([box, near], [box, near]) == 2
    assert measured.recovered([far], [box]) == 0
    assert measured.recovered([], [box]) == 0


def test_as_many_boxes_as_can_be_are_recovered_though_fewer_would_overlap_more():
    true = [[0.0, 0.0, 20.0, 20.0], [6.5, 0.0, 20.0, 20.0], [13.0, 0.0, 20.0, 20.0]]
    # Each but the last is all but the next true box, and has half of its own.
    found = [[6.3, 0.0, 20.0, 20.0], [12.8, 0.0, 20.0, 20.0], [19.4, 0.0, 20.0, 20.0]]
    overlaps = coco.overlaps(found, true)
    assert overlaps[[0, 1], [1, 2]].sum() > overlaps[[0, 1, 2], [0, 1, 2]].sum()
    assert measured.recovered(found, true) == 3


def test_boxes_are_compared_at_the_pictures_scale(tmp_path, capsys):
    index = run(make(tmp_path), tmp_path / "fields", scale=0.5)
    boxes, pictures = [], []
    for i in range(1, 7):
        pictures.append({"id": i, "file_name": f"{i}.jpg", "width": 300, "height": 300})
        # Six cells are boxed, and one that is not there; one of the five red cells is not boxed.
        for x, y, radius, kind in [(40, 40, 28, 1), (240, 50, 28, 1), (230, 220, 28, 1), (60, 240, 28, 1), (150, 20, 20, 1)]:
            box = [x + 3 * i - radius, y - radius, 2 * radius, 2 * radius]
            boxes.append({"id": len(boxes) + 1, "image_id": i, "category_id": kind, "bbox": box, "area": 4 * radius**2})
    categories = [{"id": 1, "name": "RBC"}]
    write_json(tmp_path / "boxes.json", {"images": pictures, "annotations": boxes, "categories": categories})
    options = json.dumps({"kinds": {"RBC": "red"}, "count_from": 0.5, "resamples": 100, "level": 0.95})
    call = {"options": options, "seed": 1, "fields": index, "boxes": tmp_path / "boxes.json", "half": "both"}
    measured.run(SimpleNamespace(**call, out=tmp_path / "table.tsv"))
    lines = [line.split("\t") for line in (tmp_path / "table.tsv").read_text().splitlines()]
    red = dict(zip(*lines[:2], strict=True))
    assert [red[key] for key in ("kind", "fields", "boxes", "labels", "recovered")] == ["red", "6", "30", "30", "24"]
    assert float(red["recall"]) == float(red["precision"]) == pytest.approx(0.8)
    elsewhere = {**pictures[0], "file_name": "elsewhere.jpg"}
    write_json(tmp_path / "boxes.json", {"images": [elsewhere], "annotations": [], "categories": categories})
    with pytest.raises(UserError, match="none of its fields has boxes"):
        measured.run(SimpleNamespace(**call, out=tmp_path / "table.tsv"))
