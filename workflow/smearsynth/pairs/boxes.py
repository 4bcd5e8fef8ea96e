"""Make label maps of fields with experts' boxes: the mask in each box, and a part of the pictures that teaches nothing."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from smearsynth import coco, images, progress
from smearsynth.errors import Problem, raise_all
from smearsynth.files import atomic_folder, inside, read_json, sha256, write_json, write_text, write_tsv
from smearsynth.options import loads
from smearsynth.pairs import box_masks, field_making
from smearsynth.pairs.box_masks import Box, BoxedCell
from smearsynth.pairs.box_options import BoxOptions
from smearsynth.pairs.field_labels import Reds

COLOURS = {"red": [230, 60, 50], "white": [40, 160, 220], "platelet": [170, 140, 250]}
"""Of the kinds, RGB."""
COLUMNS = ["split", "kind", "boxes", "found", "ellipses", "covered", "iou", "margin"]


def arguments(parser) -> None:
    """Flags of the command."""
    parser.add_argument("--options", required=True, help="the section pairs.boxes of the configuration, as JSON")
    parser.add_argument("--pictures", type=Path, required=True, help="folder of the pictures")
    parser.add_argument("--boxes", type=Path, required=True, help="COCO file with the boxes")
    what = "folder; gets what pairs fields writes, boxes.tsv with what became of them, and test.txt: the names of the test part"
    parser.add_argument("--out", type=Path, required=True, help=what)


def run(args) -> None:
    """Run the command."""
    options = loads(BoxOptions, args.options, where="pairs.boxes")
    data, kinds = _read(args.boxes, args.pictures, options)
    digests = {image["id"]: sha256(args.pictures / image["file_name"]) for image in data["images"]}
    splits = {number: split(digest, options.test_share) for number, digest in digests.items()}
    raise_all(
        Problem(str(args.boxes), f"no picture falls into the {part} part", "give more pictures, or change pairs.boxes.test_share")
        for part in ("train", "test")
        if part not in splits.values()
    )
    boxes = {
        image_id: [entry for entry in own if kinds[entry["category_id"]] != "ignore"]
        for image_id, own in coco.by_image(data, where=args.boxes).items()
    }
    # What teaches nothing tells nothing either: the size of red cells is that of the training part.
    taught = [args.pictures / image["file_name"] for image in data["images"] if splits[image["id"]] == "train"]
    reds = measured(taught, options, str(args.pictures))
    entries, rows = [], []
    with atomic_folder(args.out) as folder:
        for image in progress.shown(data["images"], total=len(data["images"]), told="fields with boxes", unit="field"):
            picture = field_making.shrunk(images.read(args.pictures / image["file_name"]), options.scale)
            own = boxes[image["id"]]
            at = [scaled(entry["bbox"], options.scale) for entry in own]
            named = [kinds[entry["category_id"]] for entry in own]
            cells = box_masks.cells(picture, at, named, reds)
            rows += [(splits[image["id"]], *row) for row in compared(cells, at, named, picture.shape[:2])]
            entry = {"image_id": image["id"], "original": image["file_name"], "split": splits[image["id"]]}
            entry["um_per_px"] = options.um_per_px / options.scale if options.um_per_px else None
            entries.append({**written(folder, picture, cells, own, named, image["id"]), **entry})
        categories = [
            {"id": c["id"], "name": c["name"], "kind": kinds[c["id"]], "colour": COLOURS[kinds[c["id"]]]}
            for c in data["categories"]
            if kinds.get(c["id"], "ignore") != "ignore"
        ]
        # As in a catalogue of cells, so that an evaluation can refuse what was trained on.
        pictures = [{"file_name": i["file_name"], "sha256": digests[i["id"]], "split": splits[i["id"]]} for i in data["images"]]
        head = {"scale": options.scale, "categories": categories, "images": pictures}
        write_json(folder / "index.json", {**head, "fields": entries, "left_out": []})
        write_tsv(folder / "boxes.tsv", COLUMNS, table(rows, options.scale))
        names = [image["file_name"] for image in data["images"] if splits[image["id"]] == "test"]
        write_text(folder / "test.txt", "".join(f"{name}\n" for name in names))
    print((args.out / "boxes.tsv").read_text(encoding="utf-8"), end="")


def split(digest: str, test_share: float) -> str:
    """``train`` or ``test``, by the SHA-256 of a picture's file: copies of a picture fall on the same side."""
    return "test" if int(digest, 16) < test_share * 16 ** len(digest) else "train"


def measured(pictures: Sequence[Path], options: BoxOptions, where: str) -> Reds:
    """What the red cells of some pictures are like, at the scale of the fields; `where` is for messages."""
    fields = (field_making.shrunk(images.read(path), options.scale) for path in pictures)
    return field_making.measured(
        ((field, np.zeros(field.shape[:2], bool)) for field in fields),
        red_diameter=options.red_diameter,
        scale=options.scale,
        where=where,
        section="pairs.boxes",
    )


def scaled(box: Sequence[float], scale: float) -> Box:
    """A box in pixels of the field."""
    x, y, width, height = (value * scale for value in box)
    return x, y, width, height


def compared(
    cells: list[BoxedCell], boxes: list[Box], kinds: list[str], shape: tuple[int, int]
) -> list[tuple[str, str, float, float | None]]:
    """What became of each box of a field of this shape: kind, fate, overlap and margin.

    The fate is ``found``, ``ellipses`` or ``covered``, the overlap that with the mask's own box, and the margin how far the
    expert's box stands off a found mask in the mean of the four sides, in pixels; None where the frame cuts either.
    """
    by_box = {cell.box: cell for cell in cells}
    result: list[tuple[str, str, float, float | None]] = []
    for at, kind in enumerate(kinds):
        cell = by_box.get(at)
        if cell is None:
            result.append((kind, "covered", 0.0, None))
            continue
        own, box = coco.box(cell.mask), boxes[at]
        margin = (box[2] - own[2] + box[3] - own[3]) / 4 if cell.found and _inside(own, shape) and _inside(box, shape) else None
        result.append((kind, "found" if cell.found else "ellipses", box_masks.overlap(own, box), margin))
    return result


def _inside(box: Sequence[float], shape: tuple[int, int]) -> bool:
    """Whether a box lies off the frame."""
    return box[0] > 0 and box[1] > 0 and box[0] + box[2] < shape[1] and box[1] + box[3] < shape[0]


def table(rows: list[tuple[str, str, str, float, float | None]], scale: float) -> list[list]:
    """For each part and kind: fates, mean overlap of boxes with those of found masks, median margin in pixels of the pictures."""
    result = []
    for part in ("train", "test"):
        for kind in COLOURS:
            own = [row for row in rows if row[:2] == (part, kind)]
            counts = [sum(row[2] == one for row in own) for one in COLUMNS[3:6]]
            overlaps = [row[3] for row in own if row[2] == "found"]
            margins = [row[4] for row in own if row[4] is not None]
            ends = float(np.mean(overlaps)) if overlaps else None, float(np.median(margins)) / scale if margins else None
            result.append([part, kind, len(own), *counts, *ends])
    return result


def written(folder: Path, picture: np.ndarray, cells: list[BoxedCell], boxes: list[dict], kinds: list[str], number: int) -> dict:
    """Write the layers of a field; what the index tells of them and of the cells."""
    height, width = picture.shape[:2]
    owners, entries = np.zeros((height, width), np.uint16), []
    for owner, cell in enumerate(cells, start=1):
        owners[cell.mask] = owner
        source = boxes[cell.box]
        entry = field_making.cell(cell.mask, owner=owner, category_id=source["category_id"], cell_id=source["id"])
        entries.append({**entry, "found": cell.found})
    files = field_making.write(folder, number, picture, owners, [cell.mask for cell in cells if kinds[cell.box] == "white"])
    light = np.median(picture[owners == 0], axis=0) if (owners == 0).any() else np.full(3, 255)
    return {**files, "height": height, "width": width, "light": [round(float(value)) for value in light], "cells": entries}


def _read(path: Path, pictures: Path, options: BoxOptions) -> tuple[dict, dict[int, str]]:
    """The boxes' file and the kinds of its categories; all that is wrong is told at once."""
    data = read_json(path)
    problems = [Problem(f"{path}: {one.where}", one.what, one.fix) for one in coco.check(data, named=True)]
    raise_all(problems)
    used = {entry["category_id"] for entry in data["annotations"]}
    kinds: dict[int, str] = {}
    for category in data["categories"]:
        name = category["name"]
        kind = options.kinds.get(name, name if name in COLOURS else None)
        if kind:
            kinds[category["id"]] = kind
        elif category["id"] in used:
            fix = f"add it to pairs.boxes.kinds: one of {', '.join((*COLOURS, 'ignore'))}"
            problems.append(Problem(str(path), f"category {name!r} is of no known kind", fix))
    missing = [i["file_name"] for i in data["images"] if not inside(pictures, i["file_name"], where=path).is_file()]
    if missing:
        fix = "correct pairs.boxes.images, or take them out of the boxes' file"
        problems.append(Problem(str(pictures), f"{len(missing)} pictures are not there: {', '.join(missing)}", fix))
    raise_all(problems)
    return data, kinds
