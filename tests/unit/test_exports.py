"""Exports, each read back by other means and rasterised again."""

import json
import xml.etree.ElementTree as ElementTree

import cv2
import numpy as np
import pytest
import shapely
import yaml
from shapely.geometry import shape as geometry
from skimage.draw import polygon2mask
from slide_world import TAXONOMY_JSON, TYPES

from smearsynth import coco, images
from smearsynth.cli import dispatch
from smearsynth.files import read_tsv, sha256, write_json
from smearsynth.layouts.raster import Window, own
from smearsynth.slides.annotations import annotate
from smearsynth.slides.exports.geometry import one_ring, trace

COMMANDS = ("render", "merge", "preview", "export", "pack")
SHAPE = (120, 150)


def mask_of(*draw) -> Window:
    frame = np.zeros(SHAPE, np.uint8)
    for how, arguments in draw:
        how(frame, *arguments)
    return Window(0, 0, frame.astype(bool))


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """Two slides: a cell with a hole, a cell cut in two, one at the corner, a plain one."""
    folder = tmp_path_factory.mktemp("run")
    windows = [
        mask_of((cv2.circle, ((40, 40), 24, 1, -1))),
        mask_of((cv2.circle, ((40, 42), 8, 1, -1))),  # a platelet on it: a hole
        mask_of((cv2.ellipse, ((105, 60), (30, 14), 20, 0, 360, 1, -1))),
        mask_of((cv2.rectangle, ((100, 30), (108, 100), 1, -1))),  # across it: two parts
        mask_of((cv2.circle, ((148, 2), 12, 1, -1))),
        mask_of((cv2.circle, ((30, 95), 15, 1, -1))),
    ]
    ids = [2, 30, 2, 15, 18, 15]
    pictures, cells = [], []
    for number in (1, 2):
        picture = np.random.default_rng(number).integers(0, 255, (*SHAPE, 3), dtype=np.uint8)
        name = f"0000/{number - 1:06d}.png"
        images.write(folder / "images" / name, picture)
        entry = {
            "id": number,
            "file_name": name,
            "height": SHAPE[0],
            "width": SHAPE[1],
            "sha256": sha256(folder / "images" / name),
        }
        pictures.append(entry)
        layout = [{"category_id": i, "z": k / 6, "source_id": k} for k, i in enumerate(ids)]
        some = windows[: 6 if number == 1 else 3]
        cells += annotate(layout[: len(some)], some, own(some, SHAPE), image_id=number, first_id=len(cells) + 1)
    data = {"images": pictures, "annotations": cells, "categories": TYPES.categories()}
    write_json(folder / "instances.json", data)
    return folder, data


def export(run, name: str, out):
    folder, data = run
    arguments = ["export", "--format", name, "--instances", str(folder / "instances.json"), "--images", str(folder / "images")]
    assert dispatch("smearsynth.slides", COMMANDS, [*arguments, "--taxonomy", TAXONOMY_JSON, "--out", str(out)]) == 0
    return data


def of(data: dict, image_id: int) -> list[dict]:
    return [a for a in data["annotations"] if a["image_id"] == image_id]


def raster(area) -> np.ndarray:
    """Pixels whose centre lies in an area given along the edges of pixels."""
    x, y = np.meshgrid(np.arange(SHAPE[1]) + 0.5, np.arange(SHAPE[0]) + 0.5)
    return shapely.contains_xy(area, x, y)


def same_within_a_pixel(found: np.ndarray, mask: np.ndarray) -> bool:
    """Whether two masks differ only where the second has its border (its own rim, or the pixels beside it)."""
    square = np.ones((3, 3), np.uint8)
    grown = cv2.dilate(mask.astype(np.uint8), square) > 0
    shrunk = cv2.erode(mask.astype(np.uint8), square, borderType=cv2.BORDER_REPLICATE) > 0
    return bool((found <= grown).all() and (shrunk <= found).all())


def test_the_test_masks_have_a_hole_and_two_parts(run):
    areas = [trace(Window(0, 0, coco.decode(a["segmentation"]))) for a in of(run[1], 1)]
    assert len(areas[0].interiors) == 1
    assert areas[2].geom_type == "MultiPolygon" and len(areas[2].geoms) == 2


@pytest.mark.parametrize("seed", range(5))
def test_traced_areas_without_tolerance_are_the_mask_exactly(seed):
    noise = cv2.GaussianBlur(np.random.default_rng(seed).normal(size=SHAPE), (0, 0), 3)
    mask = noise > 0.02
    area = trace(Window(0, 0, mask), tolerance=0)
    assert area.is_valid
    assert area.area == mask.sum()
    assert (raster(area) == mask).all()
    rough = trace(Window(0, 0, mask))
    assert rough.is_valid
    assert same_within_a_pixel(raster(rough), mask)


def test_a_single_ring_covers_the_parts_and_spares_the_holes(run):
    for cell in of(run[1], 1):
        mask = coco.decode(cell["segmentation"])
        ring = one_ring(trace(Window(0, 0, mask), tolerance=0))
        # skimage counts crossings and has (row, column) at pixel centres.
        assert np.count_nonzero(polygon2mask(SHAPE, ring[:, ::-1] - 0.5) != mask) <= 0.03 * mask.sum()
        assert same_within_a_pixel(polygon2mask(SHAPE, ring[:, ::-1] - 0.5), mask)


def test_yolo_outlines(run, tmp_path):
    data = export(run, "yolo", tmp_path / "yolo")
    names = yaml.safe_load((tmp_path / "yolo/data.yaml").read_text())["names"]
    assert "background" not in names.values()
    assert list(names) == list(range(len(names)))
    for image in data["images"]:
        stem = image["file_name"].split("/")[1].replace(".png", "")
        assert sha256(tmp_path / f"yolo/images/{stem}.png") == image["sha256"]
        lines = (tmp_path / f"yolo/labels/{stem}.txt").read_text().splitlines()
        cells = of(data, image["id"])
        assert len(lines) == len(cells)
        for line, cell in zip(lines, cells, strict=True):
            number, *values = line.split()
            assert names[int(number)] == TYPES[cell["category_id"]].name
            points = np.array(values, float).reshape(-1, 2)
            assert points.min() >= 0 and points.max() <= 1
            found = polygon2mask(SHAPE, (points * (SHAPE[1], SHAPE[0]))[:, ::-1] - 0.5)
            assert same_within_a_pixel(found, coco.decode(cell["segmentation"]))


def test_yolo_boxes(run, tmp_path):
    data = export(run, "yolo_boxes", tmp_path / "boxes")
    lines = (tmp_path / "boxes/labels/000000.txt").read_text().splitlines()
    for line, cell in zip(lines, of(data, 1), strict=True):
        _, x, y, w, h = (float(v) for v in line.split())
        box = [(x - w / 2) * SHAPE[1], (y - h / 2) * SHAPE[0], w * SHAPE[1], h * SHAPE[0]]
        assert box == pytest.approx(cell["bbox"], abs=1e-3)


def test_qupath_features(run, tmp_path):
    data = export(run, "qupath", tmp_path / "qupath")
    for image in data["images"]:
        stem = image["file_name"].split("/")[1].replace(".png", "")
        found = json.loads((tmp_path / f"qupath/{stem}.geojson").read_text())
        assert found["type"] == "FeatureCollection"
        cells = of(data, image["id"])
        assert len(found["features"]) == len(cells)
        assert len({feature["id"] for feature in found["features"]}) == len(cells)
        for feature, cell in zip(found["features"], cells, strict=True):
            area = geometry(feature["geometry"])
            mask = coco.decode(cell["segmentation"])
            assert area.is_valid
            assert same_within_a_pixel(raster(area), mask)
            assert area.area == pytest.approx(mask.sum(), rel=0.05)
            assert feature["properties"]["classification"] == {
                "name": TYPES[cell["category_id"]].title,
                "color": list(TYPES[cell["category_id"]].colour),
            }
    kinds = [f["geometry"]["type"] for f in json.loads((tmp_path / "qupath/000000.geojson").read_text())["features"]]
    assert kinds.count("MultiPolygon") == 1


def test_label_studio_tasks(run, tmp_path):
    data = export(run, "labelstudio", tmp_path / "ls")
    tasks = json.loads((tmp_path / "ls/tasks.json").read_text())
    labels = {e.get("value") for e in ElementTree.parse(tmp_path / "ls/labelling.xml").iter("Label")}
    assert len(tasks) == 2
    for task, image in zip(tasks, data["images"], strict=True):
        assert (tmp_path / "ls" / task["data"]["image"].split("?d=")[1]).is_file()
        results = task["annotations"][0]["result"]
        for result, cell in zip(results, of(data, image["id"]), strict=True):
            assert (result["original_width"], result["original_height"]) == (SHAPE[1], SHAPE[0])
            assert result["value"]["polygonlabels"] == [TYPES[cell["category_id"]].name]
            assert set(result["value"]["polygonlabels"]) <= labels
            points = np.array(result["value"]["points"])
            assert points.min() >= 0 and points.max() <= 100
            found = polygon2mask(SHAPE, (points / 100 * (SHAPE[1], SHAPE[0]))[:, ::-1] - 0.5)
            assert same_within_a_pixel(found, coco.decode(cell["segmentation"]))


def test_label_images_are_the_masks_exactly(run, tmp_path):
    data = export(run, "labels", tmp_path / "labels")
    table = read_tsv(tmp_path / "labels/labels.tsv")
    for image in data["images"]:
        name = image["file_name"].split("/")[1]
        labels = cv2.imread(str(tmp_path / "labels/labels" / name), cv2.IMREAD_UNCHANGED)
        assert labels.dtype == np.uint16
        rows = [row for row in table if row["file"] == name]
        cells = {cell["id"]: cell for cell in of(data, image["id"])}
        assert sorted(np.unique(labels)) == [0, *range(1, len(cells) + 1)]
        for row in rows:
            cell = cells.pop(int(row["annotation_id"]))
            assert ((labels == int(row["label"])) == coco.decode(cell["segmentation"])).all()
            assert row["type"] == TYPES[cell["category_id"]].name
        assert not cells


def test_imagefolder_metadata(run, tmp_path):
    data = export(run, "imagefolder", tmp_path / "hf")
    lines = [json.loads(line) for line in (tmp_path / "hf/train/metadata.jsonl").read_text().splitlines()]
    assert len(lines) == 2
    for line, image in zip(lines, data["images"], strict=True):
        cells = of(data, image["id"])
        assert sha256(tmp_path / "hf/train" / line["file_name"]) == image["sha256"]
        assert (tmp_path / "hf/train" / line["labels_file_name"]).is_file()
        assert line["objects"]["bbox"] == [cell["bbox"] for cell in cells]
        assert line["objects"]["category"] == [TYPES[cell["category_id"]].name for cell in cells]


def test_an_index_of_shards_is_shown_and_exported_like_one_file(run, tmp_path):
    """Each shard numbers its images from 1; of an index the numbers go on."""
    folder, data = run
    parts = []
    for k, image in enumerate(data["images"]):
        cells = [cell | {"image_id": 1} for cell in of(data, image["id"])]
        part = {"images": [image | {"id": 1}], "annotations": cells, "categories": data["categories"]}
        write_json(folder / f"shards/{k}.json", part)
        parts.append({"file": f"shards/{k}.json"})
    write_json(folder / "index.json", {"shards": parts})
    export(run, "labels", tmp_path / "whole")
    arguments = ["export", "--format", "labels", "--instances", str(folder / "index.json"), "--images", str(folder / "images")]
    assert (
        dispatch("smearsynth.slides", COMMANDS, [*arguments, "--taxonomy", TAXONOMY_JSON, "--out", str(tmp_path / "parts")]) == 0
    )
    for file in (tmp_path / "whole").rglob("*.*"):
        assert file.read_bytes() == (tmp_path / "parts" / file.relative_to(tmp_path / "whole")).read_bytes()
    for image in data["images"]:
        shown = []
        for name in ("instances", "index"):
            arguments = ["preview", "--instances", str(folder / f"{name}.json"), "--images", str(folder / "images")]
            arguments += ["--slide", str(image["id"]), "--taxonomy", TAXONOMY_JSON, "--out", str(tmp_path / f"{name}.png")]
            assert dispatch("smearsynth.slides", COMMANDS, arguments) == 0
            shown.append((tmp_path / f"{name}.png").read_bytes())
        assert shown[0] == shown[1]


def test_a_missing_picture_is_named(run, tmp_path, capsys):
    folder, _ = run
    arguments = ["export", "--format", "yolo", "--instances", str(folder / "instances.json"), "--images", str(tmp_path)]
    assert dispatch("smearsynth.slides", COMMANDS, [*arguments, "--taxonomy", TAXONOMY_JSON, "--out", str(tmp_path / "out")]) == 2
    assert "000000.png: no such file" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def broken(data, **changes):
    data["annotations"][0]["segmentation"] = data["annotations"][0]["segmentation"] | changes


@pytest.mark.parametrize("command", ["yolo", "labels", "qupath", "labelstudio", "preview"])
@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda data: broken(data, counts="@@@"), "annotation 1: run lengths that cannot be decoded"),
        (lambda data: broken(data, size=[0, 5]), "annotation 1: run lengths of size [0, 5]"),
        (lambda data: broken(data, size=[150, 120]), "annotation 1: run lengths of size [150, 120] for a picture of 120 rows"),
        (lambda data: data.pop("images"), "images"),
    ],
)
def test_damaged_masks_are_told_with_the_name_of_their_file(run, tmp_path, capsys, command, change, told):
    folder, data = run
    data = json.loads(json.dumps(data))
    change(data)
    write_json(tmp_path / "instances.json", data)
    arguments = ["--instances", str(tmp_path / "instances.json"), "--images", str(folder / "images"), "--taxonomy", TAXONOMY_JSON]
    arguments = ["preview", *arguments] if command == "preview" else ["export", "--format", command, *arguments]
    assert dispatch("smearsynth.slides", COMMANDS, [*arguments, "--out", str(tmp_path / "out")]) == 2
    said = capsys.readouterr().err
    assert "instances.json: " in said and told in said
    assert not (tmp_path / "out").exists()


def test_all_damaged_masks_of_a_slide_are_told_with_their_shard(run, tmp_path, capsys):
    folder, data = run
    for name, ids in (("0000.json", ()), ("0001.json", (2, 4))):
        shard = json.loads(json.dumps(data))
        for entry in shard["annotations"]:
            if entry["id"] in ids:
                entry["segmentation"]["counts"] = "@@@"
        write_json(tmp_path / name, shard)
    shards = [{"file": "0000.json"}, {"file": "0001.json"}]
    write_json(tmp_path / "instances.json", {"shards": shards, "categories": data["categories"]})
    arguments = ["--instances", str(tmp_path / "instances.json"), "--images", str(folder / "images"), "--taxonomy", TAXONOMY_JSON]
    for command in (["export", "--format", "yolo"], ["pack"]):
        assert dispatch("smearsynth.slides", COMMANDS, [*command, *arguments, "--out", str(tmp_path / "out")]) == 2
        said = capsys.readouterr().err
        for number in (2, 4):
            assert f"{tmp_path / '0001.json'}: annotation {number}: run lengths that cannot be decoded" in said
        assert "0000.json" not in said and "annotation 3" not in said
        assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("command", ["export", "pack"])
@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda data: data["annotations"][0].update(category_id=77), "category_id 77 is not in the taxonomy"),
        (lambda data: data["images"][0].update(file_name="../outside.png"), "leads out of its folder"),
        (lambda data: data["images"][0].update(file_name="/outside.png"), "is an absolute path"),
    ],
)
def test_cells_of_other_taxonomies_and_pictures_elsewhere_are_refused(run, tmp_path, capsys, command, change, told):
    folder, data = run
    data = json.loads(json.dumps(data))
    change(data)
    write_json(tmp_path / "instances.json", data)
    (tmp_path / "outside.png").write_bytes(b"a secret")
    arguments = [command, "--instances", str(tmp_path / "instances.json"), "--images", str(folder / "images")]
    arguments += ["--taxonomy", TAXONOMY_JSON, "--out", str(tmp_path / "out")]
    arguments += ["--format", "yolo"] if command == "export" else []
    assert dispatch("smearsynth.slides", COMMANDS, arguments) == 2
    assert told in capsys.readouterr().err
    assert not (tmp_path / "out").exists()
