"""A small world for layouts, backgrounds and slides: a catalogue with drawn pictures, and a generator that needs no training."""

import json
from pathlib import Path

import cv2
import numpy as np

from smearsynth import coco, images
from smearsynth.cells import catalogue
from smearsynth.cells.catalogue import Catalogue
from smearsynth.files import write_json
from smearsynth.taxonomy import Taxonomy

TAXONOMY = [
    {"id": 2, "name": "red_blood_cell", "kind": "red", "colour": [230, 60, 50]},
    {"id": 11, "name": "background", "kind": "background", "colour": [120, 120, 120]},
    {"id": 15, "name": "eosinophil", "kind": "white", "colour": [250, 140, 30]},
    {"id": 18, "name": "lymphocyte", "kind": "white", "colour": [40, 160, 220]},
    {"id": 20, "name": "monoblast", "kind": "white", "colour": [110, 70, 40]},
    {"id": 30, "name": "platelet", "kind": "platelet", "colour": [170, 140, 250]},
]
TAXONOMY_JSON = json.dumps(TAXONOMY)
TYPES = Taxonomy.from_config(TAXONOMY)
SIDE = 96
LIGHTS = ((250, 228, 205), (225, 215, 235), (240, 240, 225))
STAIN = {2: (0.85, 0.66, 0.68), 15: (0.85, 0.5, 0.45), 18: (0.5, 0.4, 0.75), 30: (0.7, 0.5, 0.75)}
RADIUS = {2: 13, 15: 24, 18: 18, 30: 6}


def outline(category_id: int, rng: np.random.Generator) -> np.ndarray:
    """A lumpy closed outline around the middle of a picture, (n, 2)."""
    angle = np.linspace(0, 2 * np.pi, 48, endpoint=False)
    lumps = sum(rng.uniform(-0.06, 0.06) * np.cos(k * angle + rng.uniform(0, 6)) for k in (2, 3, 4))
    radius = RADIUS[category_id] * rng.uniform(0.9, 1.1) * (1 + lumps)
    return np.column_stack([SIDE / 2 + radius * np.cos(angle), SIDE / 2 + radius * np.sin(angle)])


def make_catalogue(folder: Path, *, each: int = 4, test: int = 1) -> Path:
    """Write a catalogue of `each` training and `test` test cells a type (no monoblast), and a background patch a picture."""
    entries, pictures = [], []
    for category_id in STAIN:
        for number in range(each + test):
            rng = np.random.default_rng([category_id, number])
            polygon = outline(category_id, rng)
            mask = coco.fill([polygon], (SIDE, SIDE))
            light = np.array(LIGHTS[number % len(LIGHTS)], float)
            picture = np.tile(light, (SIDE, SIDE, 1)) + cv2.GaussianBlur(rng.normal(0, 2.0, (SIDE, SIDE, 3)), (0, 0), 0.8)
            picture[mask] *= STAIN[category_id]
            if category_id in (15, 18):
                cv2.circle(picture, (SIDE // 2, SIDE // 2), RADIUS[category_id] // 2, (90.0, 40.0, 130.0), -1)
            image_id = len(pictures) + 1
            images.write(folder / f"images/{image_id:03d}.png", np.clip(picture, 0, 255).astype(np.uint8))
            pictures.append(
                {
                    "id": image_id,
                    "file_name": f"images/{image_id:03d}.png",
                    "width": SIDE,
                    "height": SIDE,
                    "source": "world",
                    "split": "train" if number < each else "test",
                    "fold": number % 2 if number < each else None,
                }
            )
            square = np.array([[2, 2], [20, 2], [20, 20], [2, 20]], float)
            for kind, points in ((category_id, polygon), (11, square)):
                entries.append(
                    coco.annotation(coco.fill([points], (SIDE, SIDE)), id=len(entries) + 1, image_id=image_id, category_id=kind)
                    | {"segmentation": [coco.to_flat(points)], "origin": "phantom"}
                )
    file = folder / "catalogue.json"
    write_json(file, {"images": pictures, "annotations": entries, "categories": TYPES.categories()})
    return file


def read(file: Path) -> Catalogue:
    """The catalogue that `make_catalogue` has written."""
    return catalogue.read(file)


class Painter:
    """A generator that colours each mask by its type and key; it counts its calls."""

    def __init__(self) -> None:
        self.calls: list[int] = []

    def draw(self, masks, category_ids, *, keys, only=None):
        self.calls.append(len(masks))
        return [self.one(mask, category, key) for mask, category, key in zip(masks, category_ids, keys, strict=True)]

    def one(self, mask: np.ndarray, category_id: int, key: int) -> np.ndarray:
        rng = np.random.default_rng([category_id, key % 2**32])
        picture = np.zeros((*mask.shape, 3), np.uint8)
        picture[mask] = rng.integers(40, 200, 3) + rng.integers(0, 20, (np.count_nonzero(mask), 3))
        return picture
