"""A tiny run as the stages hand it on: pairs, generated cells, losses, a layout, slides. Cells are noisy discs."""

import json
from pathlib import Path

import cv2
import numpy as np

from smearsynth import coco, images
from smearsynth.files import write_json, write_tsv
from smearsynth.taxonomy import Taxonomy

SIZE = 32
TAXONOMY = [
    {"id": 2, "name": "red_blood_cell", "kind": "red", "colour": [230, 60, 50]},
    {"id": 15, "name": "eosinophil", "kind": "white", "colour": [250, 140, 30]},
    {"id": 18, "name": "lymphocyte", "kind": "white", "colour": [40, 160, 220]},
    {"id": 20, "name": "monoblast", "kind": "white", "colour": [110, 70, 40]},
]
STAIN = {2: (225, 170, 165), 15: (215, 120, 110), 18: (110, 70, 150)}
"""Cytoplasm of the types that have cells; no monoblast was found."""
NUCLEUS = (90, 40, 130)
TAXONOMY_JSON = json.dumps(TAXONOMY)
TYPES = Taxonomy.from_config(TAXONOMY)


def cell(category_id: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """A cell on black, uint8 (SIZE, SIZE, 3), and its mask."""
    rng = np.random.default_rng(seed)
    mask = np.zeros((SIZE, SIZE), np.uint8)
    cv2.ellipse(mask, (16, 16), (int(rng.integers(9, 13)), int(rng.integers(9, 13))), 0, 0, 360, 1, -1)
    picture = np.tile(np.array(STAIN[category_id], float), (SIZE, SIZE, 1))
    if category_id == 15:
        for x in (13, 19):
            cv2.circle(picture, (x, 16), 3, NUCLEUS, -1)
    picture += rng.normal(0, 6, picture.shape)
    return np.where(mask[..., None], np.clip(picture, 1, 255), 0).astype(np.uint8), mask.astype(bool)


def make_pairs(folder: Path, *, train: int = 8, test: int = 4) -> Path:
    """``pairs/index.json`` with its pictures."""
    pairs = []
    for category_id in STAIN:
        for number in range(train + test):
            cell_id = len(pairs) + 1
            picture, mask = cell(category_id, cell_id)
            label = np.where(mask[..., None], np.array(TYPES[category_id].colour), 0).astype(np.uint8)
            images.write(folder / f"images/{cell_id:06d}.png", np.concatenate([picture, label], 1))
            split, fold = ("train", number % 2) if number < train else ("test", None)
            entry = {"file": f"images/{cell_id:06d}.png", "cell_id": cell_id, "category_id": category_id}
            pairs.append({**entry, "split": split, "fold": fold})
    write_json(folder / "index.json", {"size": SIZE, "categories": TAXONOMY, "pairs": pairs})
    return folder / "index.json"


def make_generated(folder: Path, pairs: Path, *, change=lambda picture, mask: picture) -> Path:
    """``index.json`` of generated held-out cells: the real ones after `change`, black outside the mask."""
    cells = []
    for entry in json.loads(pairs.read_text())["pairs"]:
        if entry["split"] == "test":
            pair = images.read(pairs.parent / entry["file"])
            mask = pair[:, SIZE:].any(2)
            drawn = np.clip(change(pair[:, :SIZE].astype(float), mask), 0, 255)
            images.write(folder / entry["file"], np.where(mask[..., None], drawn, 0).astype(np.uint8))
            cells.append(entry)
    write_json(folder / "index.json", {"size": SIZE, "categories": TAXONOMY, "cells": cells})
    return folder / "index.json"


def make_losses(path: Path, *, steps: int = 60, discriminator: float = 1.2, generator: float = 0.9) -> Path:
    """``losses.tsv`` of a training that settles at the given losses, with a falling L1."""
    rows = []
    for step in range(steps):
        l1 = 0.05 + 0.3 * np.exp(-step / 10)
        rows.append([step * 10, float(generator + 100 * l1), float(generator), float(l1), float(discriminator)])
    write_tsv(path, ["step", "gen_total_loss", "gen_gan_loss", "gen_l1_loss", "disc_loss"], rows)
    return path


def square(x: float, y: float, side: float) -> list[float]:
    """A flat polygon."""
    return [x, y, x + side, y, x + side, y + side, x, y + side]


def make_layout(path: Path) -> Path:
    """A shard with one layout of three cells."""
    cells = [
        {"category_id": category_id, "source_id": 1, "polygon": square(x, 10, 19), "affine": [[1, 0, 0], [0, 1, 0]], "z": z}
        for category_id, x, z in ((2, 10, 0.1), (15, 50, 0.5), (2, 90, 0.9))
    ]
    layout = {"index": 0, "asked": {}, "achieved": {}, "cells": cells}
    write_json(path, {"size": [64, 128], "layouts": [layout]})
    return path


def make_slides(folder: Path, *, count: int = 2) -> Path:
    """``slides/instances.json`` with pictures of 64 × 128 pixels, two cells on each."""
    pictures, annotations = [], []
    for number in range(1, count + 1):
        name = f"0000/{number - 1:06d}.png"
        images.write(folder / "images" / name, np.full((64, 128, 3), 200 + number, np.uint8))
        pictures.append({"id": number, "file_name": name, "width": 128, "height": 64})
        for category_id, x in ((2, 10), (15, 60)):
            mask = coco.fill([coco.from_flat(square(x, 10, 19))], (64, 128))
            entry = coco.annotation(mask, id=len(annotations) + 1, image_id=number, category_id=category_id)
            annotations.append({**entry, "occluded_rate": 0.25, "z": 0.5})
    data = {"images": pictures, "annotations": annotations, "categories": TYPES.categories()}
    write_json(folder / "instances.json", data)
    return folder / "instances.json"


def make_catalogue(folder: Path) -> Path:
    """``cells/catalogue.json``: a picture with two red cells, one with an eosinophil."""
    pictures = [
        {"id": 1, "file_name": "a.png", "width": 64, "height": 64, "split": "train", "fold": 0},
        {"id": 2, "file_name": "b.png", "width": 64, "height": 64, "split": "test", "fold": None},
    ]
    cells = [(1, 1, 2), (2, 1, 2), (3, 2, 15)]
    annotations = [
        {"id": number, "image_id": image, "category_id": kind, "segmentation": [square(20, 20, 20)], "origin": "given"}
        for number, image, kind in cells
    ]
    data = {"images": pictures, "annotations": annotations, "categories": TYPES.categories()}
    write_json(folder / "catalogue.json", data)
    return folder / "catalogue.json"
