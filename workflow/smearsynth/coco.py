"""COCO annotations: masks ↔ run lengths ↔ polygons; check, merge, write."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from pycocotools import mask as rle

from smearsynth import run_lengths
from smearsynth.errors import Problem, UserError
from smearsynth.files import dumps, write_json

Polygon = np.ndarray
"""Vertices (n, 2) as (x, y) in pixels; integer coordinates are pixel centres."""


def encode(mask: np.ndarray) -> dict:
    """Run lengths of a boolean mask (height, width), with counts as text (pycocotools gives bytes)."""
    packed = rle.encode(np.asfortranarray(mask, dtype=np.uint8))
    return {"size": [int(side) for side in packed["size"]], "counts": packed["counts"].decode("ascii")}


def decode(segmentation: dict, shape: tuple[int, int] | None = None) -> np.ndarray:
    """The boolean mask (height, width) of run lengths, the inverse of `encode`; see `run_lengths.counts`."""
    told = run_lengths.counts(segmentation, shape)
    return np.repeat(np.arange(len(told)) % 2 == 1, told).reshape(segmentation["size"][::-1]).T


def fill(polygons: list[Polygon], shape: tuple[int, int]) -> np.ndarray:
    """The boolean mask of polygons, boundary pixels included (thesis 3.3: rounded vertices, ``cv2.fillPoly``)."""
    canvas = np.zeros(shape, np.uint8)
    for polygon in polygons:
        cv2.fillPoly(canvas, [np.rint(polygon).astype(np.int32)], 1)
    return canvas.astype(bool)


def outline(mask: np.ndarray) -> list[Polygon]:
    """The outer outlines of a mask, largest first; `fill` gives the mask back, but for its holes."""
    found, _ = cv2.findContours(mask.astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    contours = [contour[:, 0, :].astype(float) for contour in found if len(contour) >= 3]
    return sorted(contours, key=lambda c: -cv2.contourArea(c.astype(np.float32)))


def box(mask: np.ndarray) -> list[float]:
    """``[x, y, width, height]`` of the pixels of a mask that is not empty."""
    rows, columns = np.flatnonzero(mask.any(1)), np.flatnonzero(mask.any(0))
    return [float(columns[0]), float(rows[0]), float(columns[-1] - columns[0] + 1), float(rows[-1] - rows[0] + 1)]


def overlaps(some: Sequence[Sequence[float]], others: Sequence[Sequence[float]]) -> np.ndarray:
    """Intersection over union of each of `some` boxes with each of `others`, all ``[x, y, width, height]``; 0 to 1, (n, m)."""
    if not some or not others:
        return np.zeros((len(some), len(others)))
    return np.asarray(rle.iou(np.array(some, float), np.array(others, float), [0] * len(others)))


def to_flat(polygon: Polygon, *, digits: int = 2) -> list[float]:
    """``[x1, y1, x2, y2, …]`` as COCO stores a polygon."""
    return [round(float(value), digits) for value in np.asarray(polygon).reshape(-1)]


def from_flat(flat: list[float]) -> Polygon:
    """The inverse of `to_flat`."""
    return np.asarray(flat, float).reshape(-1, 2)


def annotation(mask: np.ndarray, *, id: int, image_id: int, category_id: int) -> dict:
    """A COCO annotation whose box and area come from `mask` (height, width), which must not be empty."""
    return {
        "id": id,
        "image_id": image_id,
        "category_id": category_id,
        "iscrowd": 0,
        "bbox": box(mask),
        "area": float(np.count_nonzero(mask)),
        "segmentation": encode(mask),
    }


def by_image(data: dict, *, where: str | Path) -> dict[int, list[dict]]:
    """The annotations of each image by its id, in the file's order; an empty list for an image without any.

    An error names `where`, the file.
    """
    result: dict[int, list[dict]] = {image["id"]: [] for image in data["images"]}
    if len(result) != len(data["images"]):
        raise UserError.of(str(where), "two images have the same id", "give every image an id of its own")
    for entry in data["annotations"]:
        if entry["image_id"] not in result:
            what = f"image_id {entry['image_id']!r:.60} does not exist"
            raise UserError.of(str(where), what, "give the id of an image of this file")
        result[entry["image_id"]].append(entry)
    return result


def check(data: Any, *, named: bool = False) -> list[Problem]:
    """What is wrong with a COCO file: ids, references, areas; an empty list if nothing is.

    With `named` every image needs a ``file_name`` and every category a ``name``, as files from outside have them.
    """
    problems = []

    def wrong(where: str, what: str, fix: str) -> None:
        problems.append(Problem(where, what, fix))

    for part in ("images", "annotations", "categories"):
        if not (isinstance(data, dict) and isinstance(data.get(part), list)):
            wrong(part, "missing or not a list", "a COCO file has images, annotations and categories")
    if problems:
        return problems
    for part in ("images", "annotations", "categories"):
        odd = [entry for entry in data[part] if not isinstance(entry, dict) or not _is_id(entry.get("id"))]
        if odd:
            wrong(part, f"{len(odd)} entries without an id, the first {odd[0]!r:.60}", "give every entry an id, a number or text")
    problems += [
        Problem(part, f"an entry has the {name} {entry.get(name)!r:.60}", f"give every entry of {part} a {name}, a text")
        for part, name in (("images", "file_name"), ("categories", "name"))
        for entry in data[part]
        if named and isinstance(entry, dict) and not isinstance(entry.get(name), str)
    ][:1]
    if problems:
        return problems
    for part in ("images", "annotations", "categories"):
        ids = [entry["id"] for entry in data[part]]
        for repeated in sorted(_repeated(ids), key=str):
            wrong(part, f"id {repeated} stands more than once", "ids are unique")
    images = {image["id"]: image for image in data["images"]}
    categories = {category["id"] for category in data["categories"]}
    for entry in data["annotations"]:
        where = f"annotation {entry.get('id')}"
        if not _is_id(entry.get("image_id")) or entry["image_id"] not in images:
            wrong(where, f"image_id {entry.get('image_id')!r:.60} does not exist", "give the id of an image of this file")
        if not _is_id(entry.get("category_id")) or entry["category_id"] not in categories:
            wrong(where, f"category_id {entry.get('category_id')!r:.60} does not exist", "add the category or correct the id")
        area = entry.get("area", 0)
        if not (isinstance(area, int | float) and 0 < area < float("inf")):
            wrong(where, f"area {area!r:.60}", "the area of a cell is above 0")
    return problems


def _is_id(value: object) -> bool:
    return isinstance(value, int | str) and not isinstance(value, bool)


def _repeated(ids: list) -> set:
    counts = Counter(ids)
    return {i for i, count in counts.items() if count > 1}


def merge(parts: list[dict], *, description: str) -> dict:
    """One COCO file of several with the same categories; image and annotation ids are dense, from 1, in the order given."""
    images: list[dict] = []
    annotations: list[dict] = []
    for part in parts:
        new_id = {}
        for image in part["images"]:
            new_id[image["id"]] = len(images) + 1
            images.append({**image, "id": len(images) + 1})
        for entry in part["annotations"]:
            annotations.append({**entry, "id": len(annotations) + 1, "image_id": new_id[entry["image_id"]]})
    categories = parts[0]["categories"] if parts else []
    return {
        "info": {"description": description},
        "licenses": [],
        "images": images,
        "annotations": annotations,
        "categories": categories,
    }


def merged(parts: Iterable[dict], *, description: str) -> Iterator[str]:
    """The text of what `merge` makes of several files, piece by piece: one part is in memory while the next is read.

    Parameters
    ----------
    parts : iterable of dict
        Good COCO files (`check`); gone through twice.
    description : str
        For ``info``.

    Yields
    ------
    str
        As `files.write_json` writes it. Image and annotation ids are dense, from 1, in the order given.
    """
    yield f'{{"info":{dumps({"description": description})},"licenses":[],"images":['
    count = 0
    categories: list[dict] = []
    for part in parts:
        categories = categories or part["categories"]
        for image in part["images"]:
            count += 1
            yield f"{',' if count > 1 else ''}{dumps({**image, 'id': count})}"
    yield '],"annotations":['
    images, count = 0, 0
    for part in parts:
        new_id = {image["id"]: images + number for number, image in enumerate(part["images"], 1)}
        images += len(new_id)
        for entry in part["annotations"]:
            count += 1
            renamed = {**entry, "id": count, "image_id": new_id[entry["image_id"]]}
            yield f"{',' if count > 1 else ''}{dumps(renamed)}"
    yield f'],"categories":{dumps(categories)}}}\n'


def write(path: str | Path, data: dict) -> None:
    """Write a COCO file atomically."""
    write_json(path, data)
