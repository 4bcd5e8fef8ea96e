"""Drawn slides with discs for cells, as the stage `slides` hands them on: red, white with a nucleus, platelets."""

import json
from pathlib import Path

import cv2
import numpy as np

from smearsynth import coco, images
from smearsynth.files import write_json
from smearsynth.taxonomy import Taxonomy

TAXONOMY = [
    {"id": 2, "name": "red_blood_cell", "kind": "red", "colour": [230, 60, 50]},
    {"id": 11, "name": "background", "kind": "background", "colour": [120, 120, 120]},
    {"id": 15, "name": "eosinophil", "kind": "white", "colour": [250, 140, 30]},
    {"id": 18, "name": "lymphocyte", "kind": "white", "colour": [40, 160, 220]},
    {"id": 30, "name": "platelet", "kind": "platelet", "colour": [170, 140, 250]},
]
TAXONOMY_JSON = json.dumps(TAXONOMY)
TYPES = Taxonomy.from_config(TAXONOMY)
RADIUS = {2: 8, 15: 13, 18: 13, 30: 4}
STAIN = {2: (215, 150, 150), 15: (220, 140, 110), 18: (140, 150, 220), 30: (150, 110, 190)}
OPTIONS = {
    "classes": "kinds",
    "um_per_px": None,
    "rays": 16,
    "grid": 2,
    "depth": 1,
    "filters": 16,
    "features": 32,
    "patch": 64,
    "margin": 8,
    "batch": 4,
    "steps": 350,
    "learning_rate": 0.004,
    "balance": 0.5,
    "least_visible": 0.2,
    "outline": "seen",
    "held": 0.2,
    "white_balance": True,
    "tile": 256,
    "device": "cpu",
    "threads": 1,
    "augmentation": {"turn": True, "scale": 0.0, "light": 0.05, "stain": 0.0, "noise": 2.0, "blur": 0.0},
}
"""A reader that learns this world in some seconds."""


def draw(
    seed: int, *, side: int = 96, width: int | None = None, cells: int = 14
) -> tuple[np.ndarray, list[tuple[int, np.ndarray]]]:
    """A slide of `side` pixels, and the type and mask of each cell; no two touch."""
    rng = np.random.default_rng(seed)
    width = width or side
    picture = np.full((side, width, 3), (240, 232, 236), float)
    taken = np.zeros((side, width), bool)
    found = []
    for _ in range(20 * cells):
        kind = int(rng.choice([2, 2, 2, 15, 18, 30, 30]))
        radius, centre = RADIUS[kind], (int(rng.integers(width)), int(rng.integers(side)))
        mask = cv2.circle(np.zeros((side, width), np.uint8), centre, radius, 1, -1).astype(bool)
        if len(found) == cells or (taken & cv2.dilate(mask.astype(np.uint8), np.ones((5, 5))).astype(bool)).any():
            continue
        taken |= mask
        picture[mask] = STAIN[kind]
        if TYPES[kind].kind == "white":
            nucleus = cv2.circle(np.zeros((side, width), np.uint8), centre, radius // 2, 1, -1).astype(bool)
            picture[nucleus] = (90, 50, 140)
        found.append((kind, mask))
    noise = rng.normal(0, 3, picture.shape)
    return np.clip(cv2.GaussianBlur(picture, (0, 0), 0.7) + noise, 0, 255).astype(np.uint8), found


def make_slides(folder: Path, *, count: int = 10, side: int = 96, seed: int = 0, **more) -> tuple[Path, Path]:
    """COCO file and folder of slides; `more` stands in every image's entry."""
    pictures, entries = [], []
    for number in range(count):
        picture, cells = draw(1000 * seed + number, side=side)
        images.write(folder / f"images/0000/{number:06d}.png", picture)
        entry = {"id": number + 1, "file_name": f"0000/{number:06d}.png", "height": side, "width": side}
        pictures.append({**entry, **more})
        for kind, mask in cells:
            made = coco.annotation(mask, id=len(entries) + 1, image_id=number + 1, category_id=kind)
            entries.append({**made, "occluded_rate": 0.0})
    write_json(folder / "instances.json", {"images": pictures, "annotations": entries, "categories": TYPES.categories()})
    return folder / "instances.json", folder / "images"
