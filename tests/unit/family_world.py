"""Windows of drawn cells for tests of the family: a disk for one type, a ring for the other."""

from pathlib import Path

import numpy as np

from smearsynth import images
from smearsynth.files import write_json

SIZE = 32


def draw_windows(folder: Path, *, counts: tuple[int, ...] = (9, 6), test: int = 2, size: int = SIZE) -> Path:
    """Windows with an index; the last `test` of each type are held out."""
    random = np.random.default_rng(3)
    categories = [{"id": 3 + 2 * i, "name": f"t{i}", "kind": "white", "colour": [40 * i, 90, 10]} for i in range(len(counts))]
    y, x = np.mgrid[:size, :size]
    entries = []
    for place, count in enumerate(counts):
        for member in range(count):
            away = np.hypot(y - size / 2, x - size / 2 + random.uniform(-2, 2))
            shape = away < random.uniform(9, 13) if place == 0 else abs(away - random.uniform(8, 10)) < 3
            picture = np.where(shape[..., None], (90, 40 + 60 * place, 140), (240, 225, 205))
            number = len(entries) + 1
            images.write(folder / f"images/{number:06d}.png", (picture + random.integers(-9, 9, picture.shape)).astype(np.uint8))
            split = "train" if member < count - test else "test"
            part = member / (count - test) if split == "train" else None
            entry = {"file": f"images/{number:06d}.png", "cell_id": number, "category_id": categories[place]["id"]}
            entries.append({**entry, "split": split, "fold": None, "part": part})
    write_json(folder / "index.json", {"size": size, "window": size, "categories": categories, "cells": entries})
    return folder / "index.json"
