"""Field maps of phantoms: whole smears of which every pixel's owner is known."""

import dataclasses
from pathlib import Path

import numpy as np

from smearsynth import coco, images
from smearsynth.cells.phantoms import compose
from smearsynth.files import sha256, write_json
from smearsynth.seeds import rng

CATEGORIES = [
    {"id": 2, "name": "red_blood_cell", "kind": "red", "colour": [230, 60, 50]},
    {"id": 15, "name": "eosinophil", "kind": "white", "colour": [250, 140, 30]},
    {"id": 18, "name": "lymphocyte", "kind": "white", "colour": [40, 160, 220]},
    {"id": 30, "name": "platelet", "kind": "platelet", "colour": [170, 140, 250]},
]
IDS = {c["name"]: c["id"] for c in CATEGORIES}
SIDE = 144
UM_PER_PX = 0.19


def draw(kind: str, number: int, *, side: int = SIDE) -> tuple[np.ndarray, np.ndarray, np.ndarray, list[int]]:
    """Picture, owners, dense map and types of a phantom smear around a cell of `kind`."""
    phantom = compose.draw(kind, rng(number, "world", kind), size=side, um_per_px=UM_PER_PX)
    owners = np.zeros((side, side), np.uint16)
    dense = np.zeros((side, side), bool)
    for k, instance in enumerate(phantom.instances, start=1):
        owners[instance.mask] = k
        if instance.nucleus is not None:
            dense |= instance.nucleus
    return phantom.picture, owners, dense, [IDS[instance.kind] for instance in phantom.instances]


def make(folder: Path, *, train: int = 3, test: int = 1) -> Path:
    """Write `train` and `test` fields around cells of each white type, as the command that makes field maps does."""
    fields = []
    for kind in ("eosinophil", "lymphocyte"):
        for number in range(train + test):
            picture, owners, dense, ids = draw(kind, number)
            name = f"{len(fields):04d}.png"
            images.write(folder / "pictures" / name, picture)
            images.write(folder / "owners" / name, owners)
            images.write(folder / "dense" / name, dense * np.uint8(255))
            cells = []
            for k, category_id in enumerate(ids, start=1):
                mask = owners == k
                bbox = [int(v) for v in coco.box(mask)]
                whole = bbox[0] > 0 and bbox[1] > 0 and bbox[0] + bbox[2] < SIDE and bbox[1] + bbox[3] < SIDE
                cells.append(
                    {
                        "owner": k,
                        "category_id": category_id,
                        "cell_id": len(fields) + 1 if k == 1 else None,
                        "bbox": bbox,
                        "area": int(mask.sum()),
                        "whole": whole,
                    }
                )
            fields.append(
                {
                    "file": f"pictures/{name}",
                    "owners": f"owners/{name}",
                    "dense": f"dense/{name}",
                    "image_id": len(fields) + 1,
                    "split": "train" if number < train else "test",
                    "height": SIDE,
                    "width": SIDE,
                    "um_per_px": UM_PER_PX,
                    "cells": cells,
                }
            )
    write_json(folder / "index.json", {"scale": 0.5, "categories": CATEGORIES, "fields": fields})
    return folder / "index.json"


def model(folder: Path, fields) -> Path:
    """Write the model of a generator of a few channels that has not been trained."""
    from smearsynth.gans import field_sampling
    from smearsynth.gans.field_options import FieldOptions

    options = FieldOptions(steps=1, channels=(4, 6, 8), threads=1)
    folder.mkdir(parents=True)
    field_sampling.build_network(options, len(CATEGORIES), precision="float32", seed=4).save_weights(
        folder / "generator.weights.h5"
    )
    fields.styles.save(folder / "styles.npz")
    content = {
        "generator": "field",
        "options": dataclasses.asdict(options),
        "categories": CATEGORIES,
        "um_per_px": UM_PER_PX,
        "weights": sha256(folder / "generator.weights.h5"),
    }
    write_json(folder / "model.json", content)
    return folder
