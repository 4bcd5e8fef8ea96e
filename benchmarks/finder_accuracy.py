"""How certain the red cells, platelets and empty patches are that the finder supplies, against boxes that experts drew.

    python benchmarks/finder_accuracy.py --data DATA/txl_pbc --out FOLDER

DATA/txl_pbc holds TXL-PBC (arXiv 2407.13214): ``images/`` and ``instances_boxes.json`` with boxes named RBC, WBC and
Platelets. The finder's constants were chosen on the pictures of the half ``tuning``; ``held_out`` was looked at only for the
report. The ellipses in the WBC boxes stand for the annotated cells that the finder keeps away from. Writes ``finder.tsv``, a
row per half and measure, and ``finder_worst.png``: what was found (red) where experts drew no such box (green: RBC, blue:
platelets, black: WBC).
"""

import argparse
import hashlib
import time
from pathlib import Path

import cv2
import numpy as np

from smearsynth import images
from smearsynth.cells import finder
from smearsynth.files import read_json, write_tsv

KINDS = {"red": "RBC", "platelet": "Platelets"}
COLOURS = {"RBC": (0, 150, 0), "WBC": (0, 0, 0), "Platelets": (0, 0, 255)}
SMALLEST, LARGEST = 24, 96
Box = tuple[float, float, float, float]


def half(name: str) -> str:
    """To which half a picture belongs, by the SHA-256 of its file name."""
    return ("tuning", "held_out")[int(hashlib.sha256(name.encode()).hexdigest(), 16) % 2]


def overlap(a: Box, b: Box) -> float:
    """Common area of two boxes (x, y, width, height)."""
    width = min(a[0] + a[2], b[0] + b[2]) - max(a[0], b[0])
    height = min(a[1] + a[3], b[1] + b[3]) - max(a[1], b[1])
    return max(0.0, width) * max(0.0, height)


def iou(a: Box, b: Box) -> float:
    """Intersection over union of two boxes."""
    common = overlap(a, b)
    return common / (a[2] * a[3] + b[2] * b[3] - common)


def box_of(polygon: np.ndarray) -> Box:
    """The box around the pixels of an outline."""
    low, high = polygon.min(0), polygon.max(0)
    return (low[0], low[1], high[0] - low[0] + 1, high[1] - low[1] + 1)


def taken(boxes: list[Box], shape: tuple[int, int]) -> np.ndarray:
    """The mask of the ellipses in boxes."""
    canvas = np.zeros(shape, np.uint8)
    for x, y, width, height in boxes:
        middle, axes = (round(x + width / 2), round(y + height / 2)), (round(width / 2), round(height / 2))
        cv2.ellipse(canvas, middle, axes, 0, 0, 360, 1, -1)
    return canvas.astype(bool)


def judge(data: dict, folder: Path, which: str) -> tuple[list[list], list[tuple]]:
    """Rows of the table, and (picture, boxes, polygon) of what was found wrongly, for one half."""
    names = {category["id"]: category["name"] for category in data["categories"]}
    pictures = []
    spent = 0.0
    for image in data["images"]:
        if half(image["file_name"]) != which:
            continue
        boxes: dict[str, list[Box]] = {name: [] for name in names.values()}
        for entry in data["annotations"]:
            if entry["image_id"] == image["id"]:
                boxes[names[entry["category_id"]]].append(tuple(entry["bbox"]))
        picture = images.read(folder / "images" / image["file_name"])
        cells = taken(boxes["WBC"], picture.shape[:2])
        began = time.process_time()
        some = finder.candidates(picture, cells)
        patch = finder.patch(picture, cells, smallest=SMALLEST, largest=LARGEST)
        spent += time.process_time() - began
        pictures.append((picture, boxes, some, patch))
    size = finder.red_size([candidate for _, _, some, _ in pictures for candidate in some])
    rows, wrong = [], []
    for kind, name in KINDS.items():
        found, hits, missed = 0, 0, 0
        for picture, boxes, some, _ in pictures:
            polygons = [c.polygon for c in some if size and finder.judge(c, size) == kind]
            right = [any(iou(box_of(polygon), box) >= 0.5 for box in boxes[name]) for polygon in polygons]
            found, hits = found + len(right), hits + sum(right)
            missed += sum(all(iou(box_of(polygon), box) < 0.5 for polygon in polygons) for box in boxes[name])
            wrong += [(picture, boxes, polygon) for polygon, ok in zip(polygons, right) if not ok]
        drawn = sum(len(boxes[name]) for _, boxes, _, _ in pictures)
        rows.append([which, kind, len(pictures), found, "precision (IoU of boxes ≥ 0.5)", hits / max(1, found)])
        rows.append([which, kind, len(pictures), drawn, "recall (IoU of boxes ≥ 0.5)", 1 - missed / max(1, drawn)])
    clear = {"no box touches it": 0, "no box covers over 5 % of it": 0, "no box has its middle in it": 0}
    count = 0
    for picture, boxes, _, patch in pictures:
        if patch is None:
            continue
        x, y, side = patch
        square = (x, y, side + 1, side + 1)
        everything = [box for some in boxes.values() for box in some]
        common = [overlap(square, box) for box in everything]
        middles = [overlap(square, (box[0] + box[2] / 2, box[1] + box[3] / 2, 1e-6, 1e-6)) for box in everything]
        count += 1
        clear["no box touches it"] += not any(common)
        clear["no box covers over 5 % of it"] += max(common, default=0) <= 0.05 * side**2
        clear["no box has its middle in it"] += not any(middles)
        if any(common):
            wrong.append((picture, boxes, np.array([(x, y), (x + side, y), (x + side, y + side), (x, y + side)], float)))
    rows += [[which, "background", len(pictures), count, f"share: {what}", n / max(1, count)] for what, n in clear.items()]
    rows.append([which, "all", len(pictures), len(pictures), "seconds a picture, one core", spent / max(1, len(pictures))])
    return rows, wrong


def sheet(wrong: list[tuple], *, columns: int = 6, side: int = 300) -> np.ndarray:
    """What was found wrongly, with the experts' boxes."""
    tiles = []
    for picture, boxes, polygon in wrong[:24]:
        tile = picture.copy()
        for name, some in boxes.items():
            for x, y, width, height in some:
                cv2.rectangle(tile, (int(x), int(y)), (int(x + width), int(y + height)), COLOURS[name], 1)
        cv2.polylines(tile, [np.rint(polygon).astype(np.int32)], True, (255, 0, 0), 2)
        tiles.append(cv2.resize(tile, (side, side)))
    tiles += [np.full((side, side, 3), 255, np.uint8)] * (-len(tiles) % columns or (columns if not tiles else 0))
    return np.vstack([np.hstack(tiles[at : at + columns]) for at in range(0, len(tiles), columns)])


def main() -> None:
    """Measure both halves, print and write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    args = parser.parse_args()
    data = read_json(args.data / "instances_boxes.json")
    rows, wrong = [], []
    for which in ("tuning", "held_out"):
        some, bad = judge(data, args.data, which)
        rows, wrong = rows + some, wrong + bad
    columns = ["half", "kind", "pictures", "n", "measure", "value"]
    write_tsv(args.out / "finder.tsv", columns, rows)
    images.write(args.out / "finder_worst.png", sheet(wrong))
    print((args.out / "finder.tsv").read_text(), end="")


if __name__ == "__main__":
    main()
