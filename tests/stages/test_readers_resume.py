"""A reader whose training is killed ends with the same weights, bit for bit, as one that is not: real processes, real SIGKILL."""

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from smearsynth import coco, images
from smearsynth.files import write_json
from training_world import half_written, outputs

TAXONOMY = [
    {"id": 2, "name": "red_blood_cell", "kind": "red", "colour": [230, 60, 50]},
    {"id": 18, "name": "lymphocyte", "kind": "white", "colour": [40, 160, 220]},
]
STAIN = {2: (215, 150, 150), 18: (120, 90, 180)}
FIELD = {
    **{"classes": "kinds", "um_per_px": None, "rays": 8, "grid": 2, "depth": 1, "filters": 4, "features": 8},
    **{"patch": 32, "margin": 4, "batch": 2, "steps": 30, "learning_rate": 0.004, "balance": 0.5, "least_visible": 0.2},
    **{"outline": "seen", "held": 0.2, "white_balance": False, "tile": 256, "device": "cpu", "threads": 1},
    "augmentation": {"turn": True, "scale": 0.1, "light": 0.05, "stain": 0.1, "noise": 2.0, "blur": 0.0},
}
CELLS = {
    **{"architecture": "cnn", "window": 32, "size": 32, "steps": 30, "batch": 2, "learning_rate": 0.003, "balance": True},
    **{"label_smoothing": 0.05, "device": "cpu", "threads": 1},
    "augmentation": {"rotate": True, "mirror": True, "scale": 0.1, "brightness": 0.1, "colour": 0.1},
}


def start(arguments: list, run: Path, *, before: str = "") -> subprocess.Popen:
    """A training as a process of its own that saves a state with each step; `before` is code that runs in it first."""
    call = "from smearsynth.cli import dispatch\nsys.exit(dispatch('smearsynth.readers', ('train', 'field_train'), sys.argv[1:]))"
    places = ["--state", run / "state", "--out", run / "out"]
    environment = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": ""}
    told = [sys.executable, "-c", f"import sys\n{OFTEN}\n{before}\n{call}", *map(str, [*arguments, *places])]
    return subprocess.Popen(told, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def finish(process: subprocess.Popen) -> tuple[int, str]:
    """Exit code and what the process said."""
    said, _ = process.communicate(timeout=240)
    return process.returncode, said


def after(process: subprocess.Popen, folder: Path, *, states: int = 1) -> None:
    """Wait until a training has saved some states more than were there."""
    seen, until = {path.name for path in folder.glob("step-*")}, time.monotonic() + 120
    while process.poll() is None and time.monotonic() < until:
        now = {path.name for path in folder.glob("step-*")}
        states -= len(now - seen)
        seen |= now
        if states <= 0:
            return
        time.sleep(0.002)


OFTEN = """
from smearsynth.readers import learning
learning.SECONDS = 0.0
"""

SLOT_LOST = """
from smearsynth.gans import loop
whole = loop.resume
def forgetful(training, *rest):
    step = whole(training, *rest)
    for variable in training.model.optimizer.variables:
        if "velocity" in variable.path or "momentum" in variable.path:
            variable.assign(0 * variable)
    return step
loop.resume = forgetful
"""


@pytest.fixture(scope="module")
def field(tmp_path_factory) -> list:
    """The arguments of a field reader's training: five slides of discs."""
    folder, rng = tmp_path_factory.mktemp("slides"), np.random.default_rng(3)
    rows, columns = np.mgrid[:64, :64]
    pictures, cells = [], []
    for number in range(1, 6):
        picture = rng.integers(225, 240, (64, 64, 3)).astype(np.uint8)
        for at, (row, column) in enumerate([(14, 14), (14, 46), (46, 14), (46, 46)]):
            kind = (2, 18)[(number + at) % 2]
            mask = np.hypot(rows - row, columns - column) < rng.uniform(6, 11)
            picture[mask] = STAIN[kind]
            made = coco.annotation(mask, id=len(cells) + 1, image_id=number, category_id=kind)
            cells.append({**made, "occluded_rate": 0.0})
        images.write(folder / f"{number}.png", picture)
        pictures.append({"id": number, "file_name": f"{number}.png", "height": 64, "width": 64})
    write_json(folder / "instances.json", {"images": pictures, "annotations": cells, "categories": TAXONOMY})
    told = ["--options", json.dumps(FIELD), "--taxonomy", json.dumps(TAXONOMY), "--seed", 4]
    return ["field_train", *told, "--slides", folder / "instances.json", folder]


@pytest.fixture(scope="module")
def whole(field, tmp_path_factory) -> dict[str, str]:
    """What an uninterrupted training of a field reader gives."""
    run = tmp_path_factory.mktemp("whole")
    code, said = finish(start(field, run))
    assert code == 0, said
    return outputs(run / "out")


@pytest.fixture(scope="module")
def killed(field, tmp_path_factory) -> Path:
    """A run whose process was killed while it wrote its fourth state."""
    run = tmp_path_factory.mktemp("killed")
    code, said = finish(start(field, run, before=half_written(4)))
    assert code == -signal.SIGKILL, said
    assert any(path.name.startswith(".") for path in (run / "state").iterdir()), "nothing was half-written"
    return run


def test_a_field_reader_killed_at_any_moment_ends_with_the_same_bytes(field, whole, killed, tmp_path):
    """Killed in a state's write, at a random moment, by SIGTERM, and its last state damaged: weights, losses, thresholds."""
    run = tmp_path / "run"
    shutil.copytree(killed, run)
    process = start(field, run)
    after(process, run / "state")
    time.sleep(random.Random(os.getpid()).uniform(0, 0.1))
    process.send_signal(signal.SIGKILL)
    assert finish(process)[0] == -signal.SIGKILL
    process = start(field, run)
    after(process, run / "state")
    process.send_signal(signal.SIGTERM)
    code, said = finish(process)
    assert code == 143 and "stopped by SIGTERM" in said, said
    last = max(run.glob("state/step-*"))
    content = bytearray(last.read_bytes())
    content[len(content) // 2] ^= 1
    last.write_bytes(content)
    code, said = finish(start(field, run))
    assert code == 0 and "is damaged and is not used" in said and "going on after step" in said, said
    assert outputs(run / "out") == whole


def test_lost_optimiser_state_would_be_noticed(field, whole, killed, tmp_path):
    """The comparison above is able to fail: without the moments of Adam the weights come out different."""
    run = tmp_path / "run"
    shutil.copytree(killed, run)
    code, said = finish(start(field, run, before=SLOT_LOST))
    assert code == 0 and "going on after step" in said, said
    assert outputs(run / "out")["weights_best.h5"] != whole["weights_best.h5"]


def test_a_reader_of_single_cells_killed_at_a_random_moment_ends_with_the_same_bytes(tmp_path):
    """Its dropout and the moving averages of its normalisation go on too."""
    rng, entries = np.random.default_rng(5), []
    for number in range(1, 13):
        kind = (2, 18)[number % 2]
        picture = rng.integers(-60, 60, (32, 32, 3)) + STAIN[kind]
        images.write(tmp_path / f"cells/{number}.png", np.clip(picture, 0, 255).astype(np.uint8))
        split = "test" if number > 8 else "train"
        entries.append({"file": f"{number}.png", "cell_id": number, "category_id": kind, "split": split})
    write_json(tmp_path / "cells/index.json", {"cells": entries})
    told = ["--options", json.dumps(CELLS), "--taxonomy", json.dumps(TAXONOMY), "--seed", 3]
    train = ["train", *told, "--cells", tmp_path / "cells/index.json"]
    code, said = finish(start(train, tmp_path / "whole"))
    assert code == 0, said
    run = tmp_path / "run"
    process = start(train, run)
    after(process, run / "state", states=3)
    time.sleep(random.Random(os.getpid()).uniform(0, 0.2))
    process.send_signal(signal.SIGKILL)
    assert finish(process)[0] == -signal.SIGKILL
    code, said = finish(start(train, run))
    assert code == 0 and "going on after step" in said, said
    assert outputs(run / "out") == outputs(tmp_path / "whole/out")
