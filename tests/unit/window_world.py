"""A catalogue of forty pictures, each with one cell in it, for tests of windows."""

import hashlib
from pathlib import Path

import numpy as np

from smearsynth import coco, images
from smearsynth.files import write_json

TAXONOMY = [
    {"id": 2, "name": "red_blood_cell", "kind": "red", "colour": [230, 60, 50]},
    {"id": 18, "name": "lymphocyte", "kind": "white", "colour": [40, 160, 220]},
    {"id": 21, "name": "monocyte", "kind": "white", "colour": [60, 120, 70]},
]


def make(folder: Path) -> Path:
    """Write forty pictures of a bright square on a dim ground and their catalogue; every fifth is a test picture."""
    rng = np.random.default_rng(1)
    pictures, cells = [], []
    for i in range(1, 41):
        pixels = rng.integers(40, 60, (70, 80, 3), dtype=np.uint8)
        x, y = (int(v) for v in rng.integers(10, 50, 2))
        pixels[y : y + 11, x : x + 11] = 200
        images.write(folder / f"images/{i}.png", pixels)
        split = "test" if i % 5 == 0 else "train"
        sha = hashlib.sha256(pixels.tobytes()).hexdigest()
        pictures.append(
            {"id": i, "file_name": f"images/{i}.png", "width": 80, "height": 70, "sha256": sha, "split": split, "fold": None}
        )
        box = np.array([[x, y], [x + 10, y], [x + 10, y + 10], [x, y + 10]], float)
        category = {0: 2, 1: 18}.get(i % 3, 21)
        cells.append({"id": i, "image_id": i, "category_id": category, "segmentation": [coco.to_flat(box)], "origin": "given"})
    write_json(folder / "catalogue.json", {"images": pictures, "annotations": cells, "categories": []})
    return folder / "catalogue.json"
