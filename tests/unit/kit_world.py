"""A small reading kit with indexes of coloured cells and slides, and readers whose answers are known."""

import json

import numpy as np
from tiny_run import SIZE, TAXONOMY, TAXONOMY_JSON, cell

from smearsynth import images
from smearsynth.cli import dispatch
from smearsynth.files import write_json

COMMANDS = ("kit", "kit_score")
OPTIONS = {
    "show": "cells",
    "each": 3,
    "repeats": 4,
    "ask_type": True,
    "size": None,
    "crop": 48,
    "around": ["white"],
    "break_every": None,
}
COLUMNS = "kit,reader,item,shown,judgement,type,milliseconds"


def evaluation(*arguments) -> int:
    return dispatch("smearsynth.evaluation", COMMANDS, [str(a) for a in arguments])


def make_cells(folder, *, split, each, start, size=SIZE):
    """An index of `each` red cells and eosinophils; half of the held-out ones are training cells besides."""
    entries = []
    for category_id in (2, 15):
        for number in range(each):
            name = f"images/{category_id}_{number:03d}.png"
            picture, _ = cell(category_id, start + len(entries))
            images.write(folder / name, np.pad(picture, ((0, size - SIZE), (0, size - SIZE), (0, 0))))
            entries.append({"file": name, "cell_id": len(entries) + 1, "category_id": category_id, "split": split, "part": None})
    if split == "test":
        entries += [{**entry, "split": "train"} for entry in entries[::2]]
    write_json(folder / "index.json", {"size": size, "categories": TAXONOMY, "cells": entries})
    return folder / "index.json"


def make_fields(folder, *, split, count, side=96, um_per_px=None):
    """A COCO file of pictures with a white cell near the middle."""
    pictures, annotations = [], []
    for number in range(1, count + 1):
        rng = np.random.default_rng(number)
        images.write(folder / f"images/{number}.png", rng.integers(0, 255, (side, side, 3), dtype=np.uint8))
        entry = {"id": number, "file_name": f"{number}.png", "height": side, "width": side, "um_per_px": um_per_px}
        pictures.append({**entry, "split": split} if split else entry)
        box = [side / 2 - 8, side / 2 - 8, 16, 16]
        annotations.append({"id": number, "image_id": number, "category_id": 15, "bbox": box, "area": 256.0})
    categories = [{"id": 15, "name": "eosinophil", "supercategory": "white"}]
    write_json(folder / "instances.json", {"images": pictures, "annotations": annotations, "categories": categories})
    return folder / "instances.json"


def make_kit(folder, *, sets=("one", "two"), **changes):
    """A kit of cells, its folder."""
    real = make_cells(folder / "real", split="test", each=8, start=0)
    made = [f"{n}={make_cells(folder / n, split='synthetic', each=5, start=100 * i)}" for i, n in enumerate(sets, 1)]
    options = json.dumps({**OPTIONS, **changes})
    flags = ("--options", options, "--taxonomy", TAXONOMY_JSON, "--seed", 1, "--real", real)
    assert evaluation("kit", *flags, "--synthetic", *made, "--out", folder / "kit") == 0
    return folder / "kit"


def key_of(kit):
    return json.loads((kit / "key.json").read_text())


def answer(path, key, reader, *, judge, name=lambda entry: entry["type"], skip=()):
    """A reader's file of answers, by functions of the key's entries."""
    lines = [
        f"{key['kit']},{reader},{entry['item']},{place},{judge(entry)},{name(entry)},{1000 + place}"
        for place, entry in enumerate(key["items"], 1)
        if place not in skip
    ]
    path.write_text("\r\n".join([COLUMNS, *lines]) + "\r\n")
    return path


def truth(entry):
    """The judgement of a reader who is always right."""
    return "real" if entry["set"] == "real" else "fake"
