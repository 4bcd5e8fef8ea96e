"""Trainings of generators that take seconds, as processes: a few drawn cells, tiny networks."""

import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np

from smearsynth import images
from smearsynth.files import write_json
from smearsynth.pairs import drawing

STEPS = 60
OPTIONS = {
    "preset": "default",
    "device": "cpu",
    "threads": 1,
    "log_every": 7,
    "grid_every": 30,
    "checkpoint_every": 5,
    "default": {"steps": STEPS, "batch": 2, "crop": 32, "filters": 2, "critic_filters": 2},
}
FAMILY_OPTIONS = {
    "steps": 60,
    "batch": 4,
    "filters": 2,
    "critic_filters": 2,
    "device": "cpu",
    "threads": 1,
    "log_every": 7,
    "grid_every": 30,
    "checkpoint_every": 4,
    "validate_every": 6,
}
CATEGORIES = [{"id": i, "name": f"t{i}", "kind": "white", "colour": [40 * i, 90, 10]} for i in (1, 2)]


def draw_pairs(folder: Path) -> Path:
    """Eight cells of two types: a disk with a dark and a pale part, all of them different; their index."""
    rng = np.random.default_rng(3)
    y, x = np.mgrid[:32, :32]
    entries = []
    for number in range(8):
        mask = np.hypot(y - 16, x - 16) < rng.uniform(9, 14)
        nucleus = np.hypot(y - 14, x - rng.uniform(13, 19)) < 5
        picture = np.where(nucleus[..., None], (70, 30, 120), (220, 180, 200)) + rng.integers(-9, 9, (32, 32, 3))
        category = CATEGORIES[number % 2]
        pair = drawing.pair(picture.astype(np.uint8), mask, tuple(category["colour"]))
        images.write(folder / f"images/{number}.png", pair)
        split, fold = ("test", None) if number >= 6 else ("train", number // 2 % 2)
        entry = {
            "file": f"images/{number}.png",
            "cell_id": number + 1,
            "category_id": category["id"],
            "split": split,
            "fold": fold,
        }
        entries.append({**entry, "scale": 1.0})
    write_json(folder / "index.json", {"size": 32, "categories": CATEGORIES, "pairs": entries})
    return folder / "index.json"


def draw_windows(folder: Path) -> Path:
    """Ten windows of two types, all of them different; their index."""
    rng = np.random.default_rng(3)
    y, x = np.mgrid[:32, :32]
    cells = []
    for number in range(1, 11):
        disk = np.hypot(y - 16, x - 16) < rng.uniform(6, 13)
        picture = np.where(disk[..., None], (90, 40 + 60 * (number % 2), 140), (240, 225, 205)) + rng.integers(-9, 9, (32, 32, 3))
        images.write(folder / f"images/{number}.png", picture.astype(np.uint8))
        entry = {"file": f"images/{number}.png", "cell_id": number, "category_id": 1 + number % 2, "split": "train", "fold": 0}
        cells.append({**entry, "part": (number - 1) // 2 / 5})
    write_json(folder / "index.json", {"size": 32, "window": 32, "categories": CATEGORIES, "cells": cells})
    return folder / "index.json"


def command(index: Path, run: Path) -> list[str]:
    """The arguments of one training on pairs."""
    flags = ["--options", json.dumps(OPTIONS), "--seed", "5", "--pairs", str(index), "--select", "all"]
    return ["train", *flags, "--state", str(run / "state"), "--out", str(run / "out")]


def family_command(index: Path, run: Path, *, model: str, **changes: int) -> list[str]:
    """The arguments of one training of the family on windows; `changes` are options."""
    options = {**FAMILY_OPTIONS, "models": [model], **changes}
    flags = ["--options", json.dumps(options), "--seed", "5", "--model", model, "--cells", str(index)]
    return ["family_train", *flags, "--state", str(run / "state"), "--out", str(run / "out")]


def start(arguments: list[str], *, before: str = "") -> subprocess.Popen:
    """A training as a process of its own; `before` is code that runs in it first."""
    call = "from smearsynth.cli import dispatch\nsys.exit(dispatch('smearsynth.gans', (sys.argv[1],), sys.argv[1:]))"
    code = f"import sys\n{before}\n{call}"
    environment = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": ""}
    whole = [sys.executable, "-c", code, *arguments]
    return subprocess.Popen(whole, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)


def finish(process: subprocess.Popen) -> tuple[int, str]:
    """Exit code and what the process said."""
    _, said = process.communicate(timeout=400)
    return process.returncode, said


def outputs(folder: Path) -> dict[str, str]:
    """A digest of every file of a model."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def half_written(count: int) -> str:
    """Code by which a process is killed while it writes its state of this number, counted from 1."""
    return f"""
import os, signal
import numpy as np
whole, calls = np.savez, []
def killed(handle, **arrays):
    calls.append(1)
    whole(handle, **arrays)
    if len(calls) == {count}:
        handle.flush()
        handle.truncate(handle.tell() // 2)
        os.kill(os.getpid(), signal.SIGKILL)
np.savez = killed
"""
