"""Export slides for other tools: YOLO, QuPath, Label Studio, label images, Hugging Face."""

import argparse
import json
import shutil
from collections.abc import Iterator
from pathlib import Path

from smearsynth import images
from smearsynth.errors import UserError, within
from smearsynth.files import atomic_folder, inside, write_json, write_text, write_tsv
from smearsynth.slides.exports import imagefolder, labels, labelstudio, qupath, yolo
from smearsynth.slides.listing import slides
from smearsynth.taxonomy import Taxonomy


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's flags."""
    parser.add_argument("--format", required=True, choices=list(FORMATS))
    parser.add_argument("--instances", type=Path, required=True, help="COCO file of slides, or an index of shards")
    parser.add_argument("--images", type=Path, required=True, help="folder that file_name is relative to")
    parser.add_argument("--taxonomy", required=True, help="the section taxonomy, as JSON")
    parser.add_argument("--out", type=Path, required=True, help="folder")


def run(args: argparse.Namespace) -> None:
    """Write the folder of one format."""
    taxonomy = Taxonomy.from_config(json.loads(args.taxonomy))
    with within(str(args.instances)), atomic_folder(args.out) as folder:
        FORMATS[args.format](slides(args.instances, taxonomy=taxonomy), args.images, taxonomy, folder)


def _copy(image: dict, source: Path, folder: Path) -> str:
    """Copy a slide's picture and return its new name; the slide's index makes it unique."""
    file = inside(source, image["file_name"], where=source)
    if not file.is_file():
        raise UserError.of(str(file), "no such file", "give the folder that file_name is relative to with --images")
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(file, folder / file.name)
    return file.name


def _yolo(found: Iterator, source: Path, taxonomy: Taxonomy, folder: Path, *, boxes: bool = False) -> None:
    for image, cells in found:
        name = _copy(image, source, folder / "images")
        write_text(folder / "labels" / Path(name).with_suffix(".txt"), yolo.lines(image, cells, taxonomy, boxes=boxes))
    write_text(folder / "data.yaml", yolo.data_yaml(taxonomy))


def _yolo_boxes(found: Iterator, source: Path, taxonomy: Taxonomy, folder: Path) -> None:
    _yolo(found, source, taxonomy, folder, boxes=True)


def _qupath(found: Iterator, source: Path, taxonomy: Taxonomy, folder: Path) -> None:
    for image, cells in found:
        name = _copy(image, source, folder)
        write_json(folder / Path(name).with_suffix(".geojson"), qupath.collection(image, cells, taxonomy))


def _labelstudio(found: Iterator, source: Path, taxonomy: Taxonomy, folder: Path) -> None:
    tasks = []
    for image, cells in found:
        name = _copy(image, source, folder / "images")
        tasks.append(labelstudio.task(image, cells, taxonomy, file_name=f"images/{name}"))
    write_json(folder / "tasks.json", tasks)
    write_text(folder / "labelling.xml", labelstudio.labelling(taxonomy))


def _labels(found: Iterator, source: Path, taxonomy: Taxonomy, folder: Path) -> None:
    rows = []
    for image, cells in found:
        name = _copy(image, source, folder / "images")
        images.write(folder / "labels" / name, labels.picture(image, cells))
        rows.extend(labels.rows(name, cells, taxonomy))
    write_tsv(folder / "labels.tsv", labels.COLUMNS, rows)


def _imagefolder(found: Iterator, source: Path, taxonomy: Taxonomy, folder: Path) -> None:
    lines = []
    for image, cells in found:
        name = _copy(image, source, folder / "train")
        images.write(folder / "train" / "labels" / name, labels.picture(image, cells))
        lines.append(imagefolder.line(image, cells, taxonomy, file_name=name, labels=f"labels/{name}"))
    write_text(folder / "train" / "metadata.jsonl", "".join(lines))


FORMATS = {
    "yolo": _yolo,
    "yolo_boxes": _yolo_boxes,
    "qupath": _qupath,
    "labelstudio": _labelstudio,
    "labels": _labels,
    "imagefolder": _imagefolder,
}
