"""Every export opens in its tool's own parser: those that are installed; `pip install smearsynth[tools]` brings the rest."""

import hashlib
import json
import tarfile

import cv2
import jsonschema
import numpy as np
import pytest
from geojson_schema import COLLECTION, rings
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval
from slide_world import TAXONOMY_JSON, TYPES

from smearsynth import coco, images
from smearsynth.cli import dispatch
from smearsynth.files import sha256, write_json
from smearsynth.layouts.raster import Window, own
from smearsynth.slides.annotations import annotate

SHAPE = (120, 150)
CELLS = [
    (2, (40, 40), 24),
    (30, (40, 42), 8),  # a platelet on a red cell: a hole
    (2, (100, 60), 20),
    (15, (148, 2), 12),  # cut by the frame
    (18, (30, 95), 15),
]


def circle(middle: tuple[int, int], radius: int) -> Window:
    frame = np.zeros(SHAPE, np.uint8)
    cv2.circle(frame, middle, radius, 1, -1)
    return Window(0, 0, frame.astype(bool))


@pytest.fixture(scope="module")
def slides(tmp_path_factory):
    """Two slides in a folder: instances.json and images/."""
    folder = tmp_path_factory.mktemp("slides")
    windows = [circle(middle, radius) for _, middle, radius in CELLS]
    layout = [{"category_id": kind, "z": k / 5, "source_id": k} for k, (kind, _, _) in enumerate(CELLS)]
    pictures, cells = [], []
    for number in (1, 2):
        name = f"0000/{number - 1:06d}.png"
        images.write(folder / "images" / name, np.full((*SHAPE, 3), 200, np.uint8))
        digest = sha256(folder / "images" / name)
        pictures.append({"id": number, "file_name": name, "height": SHAPE[0], "width": SHAPE[1], "sha256": digest})
        cells += annotate(layout, windows, own(windows, SHAPE), image_id=number, first_id=len(cells) + 1)
    write_json(folder / "instances.json", {"images": pictures, "annotations": cells, "categories": TYPES.categories()})
    return folder, cells


def export(slides, name: str, out) -> None:
    folder, _ = slides
    flags = ["--format", name, "--instances", str(folder / "instances.json"), "--images", str(folder / "images")]
    assert dispatch("smearsynth.slides", ("export",), ["export", *flags, "--taxonomy", TAXONOMY_JSON, "--out", str(out)]) == 0


def agreement(one: np.ndarray, other: np.ndarray) -> float:
    """Intersection over union of two masks."""
    return float((one & other).sum() / (one | other).sum())


def test_pycocotools_reads_the_slides_and_finds_them_the_same_as_themselves(slides):
    folder, cells = slides
    truth = COCO(str(folder / "instances.json"))
    assert sorted(truth.anns) == [cell["id"] for cell in cells]
    for cell in cells:
        assert (truth.annToMask(truth.anns[cell["id"]]).astype(bool) == coco.decode(cell["segmentation"])).all()
    results = [{k: c[k] for k in ("image_id", "category_id", "segmentation")} | {"score": 1.0} for c in cells]
    scored = COCOeval(truth, truth.loadRes(results), "segm")
    scored.evaluate()
    scored.accumulate()
    scored.summarize()
    assert scored.stats[0] == 1.0


def test_qupath_files_are_geojson_by_the_letter(slides, tmp_path):
    export(slides, "qupath", tmp_path / "qupath")
    files = sorted((tmp_path / "qupath").glob("*.geojson"))
    assert len(files) == 2
    for file in files:
        content = json.loads(file.read_text())
        jsonschema.Draft202012Validator(COLLECTION).validate(content)
        for ring in (ring for feature in content["features"] for ring in rings(feature["geometry"])):
            assert ring[0] == ring[-1]


@pytest.mark.parametrize(
    "spoil",
    [
        lambda c: c.pop("features"),
        lambda c: c["features"][0].pop("properties"),
        lambda c: c["features"][0]["geometry"].update(type="Polygone"),
        lambda c: c["features"][0]["geometry"]["coordinates"][0].__delitem__(slice(3, None)),
        lambda c: c["features"][0].update(coordinates=[]),
    ],
)
def test_the_schema_refuses_what_is_no_geojson(slides, tmp_path, spoil):
    export(slides, "qupath", tmp_path / "qupath")
    content = json.loads((tmp_path / "qupath/000000.geojson").read_text())
    spoil(content)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.Draft202012Validator(COLLECTION).validate(content)


def test_geojson_pydantic_reads_the_qupath_files(slides, tmp_path):
    geojson = pytest.importorskip("geojson_pydantic")
    export(slides, "qupath", tmp_path / "qupath")
    for file in (tmp_path / "qupath").glob("*.geojson"):
        assert len(geojson.FeatureCollection.model_validate_json(file.read_text()).features) == len(CELLS)


@pytest.mark.parametrize("name", ["yolo", "yolo_boxes"])
def test_a_yolo_loader_finds_the_cells(slides, tmp_path, name):
    supervision = pytest.importorskip("supervision")
    export(slides, name, tmp_path / name)
    read = supervision.DetectionDataset.from_yolo(
        images_directory_path=str(tmp_path / name / "images"),
        annotations_directory_path=str(tmp_path / name / "labels"),
        data_yaml_path=str(tmp_path / name / "data.yaml"),
        force_masks=name == "yolo",
    )
    assert len(read) == 2
    for path, _, found in read:
        cells = [c for c in slides[1] if c["image_id"] == int(path[-10:-4]) + 1]
        assert [read.classes[i] for i in found.class_id] == [TYPES[c["category_id"]].name for c in cells]
        for k, cell in enumerate(cells):
            x, y, width, height = cell["bbox"]
            assert found.xyxy[k] == pytest.approx([x, y, x + width, y + height], abs=1.5)
            if name == "yolo":
                # It fills an outline with its border: some half a pixel more all around, which is much of a platelet.
                assert agreement(found.mask[k], coco.decode(cell["segmentation"])) > 0.8


def test_label_studios_converter_turns_its_tasks_into_coco(slides, tmp_path):
    converter = pytest.importorskip("label_studio_sdk.converter.converter")
    export(slides, "labelstudio", tmp_path / "ls")
    there = converter.Converter((tmp_path / "ls/labelling.xml").read_text(), str(tmp_path), download_resources=False)
    # A task that Label Studio has imported has ids; the file to import needs none.
    tasks = json.loads((tmp_path / "ls/tasks.json").read_text())
    for number, task in enumerate(tasks, start=1):
        task["id"] = number
        task["annotations"][0] |= {"id": number, "completed_by": 1}
    write_json(tmp_path / "exported.json", tasks)
    there.convert_to_coco(str(tmp_path / "exported.json"), str(tmp_path / "coco"), str(tmp_path / "coco/i"), is_dir=False)
    content = json.loads((tmp_path / "coco/result.json").read_text())
    names = {c["id"]: c["name"] for c in content["categories"]}
    cells = slides[1]
    assert [names[a["category_id"]] for a in content["annotations"]] == [TYPES[c["category_id"]].name for c in cells]
    for entry, cell in zip(content["annotations"], cells, strict=True):
        assert entry["bbox"] == pytest.approx(cell["bbox"], abs=1.0)


def pack(slides, out) -> None:
    folder, _ = slides
    flags = ["--instances", str(folder / "instances.json"), "--images", str(folder / "images"), "--taxonomy", TAXONOMY_JSON]
    assert dispatch("smearsynth.slides", ("pack",), ["pack", *flags, "--out", str(out)]) == 0


def test_a_tar_file_holds_each_slide_s_files_side_by_side_and_the_same_bytes_again(slides, tmp_path):
    folder, cells = slides
    pack(slides, tmp_path / "0000.tar")
    with tarfile.open(tmp_path / "0000.tar") as tar:
        assert tar.getnames() == ["000000.png", "000000.json", "000001.png", "000001.json"]
        content = {name: tar.extractfile(name).read() for name in tar.getnames()}
    for stem in ("000000", "000001"):
        told = json.loads(content[f"{stem}.json"])
        assert hashlib.sha256(content[f"{stem}.png"]).hexdigest() == told["sha256"]
        own = [cell for cell in cells if cell["image_id"] == int(stem) + 1]
        assert [one["segmentation"] for one in told["cells"]] == [cell["segmentation"] for cell in own]
        assert [one["category"] for one in told["cells"]] == [TYPES[cell["category_id"]].name for cell in own]
    pack(slides, tmp_path / "again.tar")
    assert (tmp_path / "again.tar").read_bytes() == (tmp_path / "0000.tar").read_bytes()
    (folder / "images/0000/000001.png").rename(folder / "away.png")
    with pytest.raises(AssertionError):
        pack(slides, tmp_path / "lost.tar")
    (folder / "away.png").rename(folder / "images/0000/000001.png")
    assert not (tmp_path / "lost.tar").exists()


def test_datasets_streams_the_tar_files(slides, tmp_path):
    datasets = pytest.importorskip("datasets")
    _, cells = slides
    pack(slides, tmp_path / "0000.tar")
    read = datasets.load_dataset("webdataset", data_files=[str(tmp_path / "0000.tar")], split="train", streaming=True)
    first = next(iter(read))
    assert np.array(first["png"]).shape == (*SHAPE, 3)
    assert len(first["json"]["cells"]) == sum(cell["image_id"] == 1 for cell in cells)


def test_datasets_loads_the_imagefolder(slides, tmp_path):
    datasets = pytest.importorskip("datasets")
    export(slides, "imagefolder", tmp_path / "hf")
    read = datasets.load_dataset("imagefolder", data_dir=str(tmp_path / "hf"), split="train", cache_dir=str(tmp_path / "cache"))
    assert len(read) == 2
    for row in read:
        assert row["image"].size == (SHAPE[1], SHAPE[0])
        assert len(row["objects"]["bbox"]) == len(CELLS)
