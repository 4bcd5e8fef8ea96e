"""A training of the family that is killed ends with the same bytes as one that is not: real processes, real SIGKILL."""

import hashlib
import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from smearsynth import images
from smearsynth.files import read_tsv, write_json

OPTIONS = {
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


@pytest.fixture(scope="module")
def index(tmp_path_factory) -> Path:
    """Ten windows of two types, all of them different."""
    folder = tmp_path_factory.mktemp("windows")
    random_ = np.random.default_rng(3)
    categories = [{"id": i, "name": f"t{i}", "kind": "white", "colour": [40 * i, 90, 10]} for i in (1, 2)]
    y, x = np.mgrid[:32, :32]
    cells = []
    for number in range(1, 11):
        disk = np.hypot(y - 16, x - 16) < random_.uniform(6, 13)
        picture = np.where(disk[..., None], (90, 40 + 60 * (number % 2), 140), (240, 225, 205)) + random_.integers(
            -9, 9, (32, 32, 3)
        )
        images.write(folder / f"images/{number}.png", picture.astype(np.uint8))
        entry = {"file": f"images/{number}.png", "cell_id": number, "category_id": 1 + number % 2, "split": "train", "fold": 0}
        cells.append({**entry, "part": (number - 1) // 2 / 5})
    write_json(folder / "index.json", {"size": 32, "window": 32, "categories": categories, "cells": cells})
    return folder / "index.json"


def start(index: Path, model: str, run: Path, *, before: str = "") -> subprocess.Popen:
    """A training as a process of its own; `before` is code that runs in it first."""
    flags = ["--options", json.dumps({**OPTIONS, "models": [model]}), "--seed", "5", "--model", model, "--cells", str(index)]
    places = ["--state", str(run / "state"), "--out", str(run / "out")]
    call = "from smearsynth.cli import dispatch\nsys.exit(dispatch('smearsynth.gans', ('family_train',), sys.argv[1:]))"
    environment = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": ""}
    arguments = [sys.executable, "-c", f"import sys\n{before}\n{call}", "family_train", *flags, *places]
    return subprocess.Popen(arguments, env=environment, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True)


def finish(process: subprocess.Popen) -> tuple[int, str]:
    _, said = process.communicate(timeout=400)
    return process.returncode, said


def outputs(folder: Path) -> dict[str, str]:
    """A digest of every file of a model."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


HALF_WRITTEN = """
import os, signal
from smearsynth.gans import checkpoint
whole = checkpoint.np.savez
calls = []
def killed(handle, **arrays):
    calls.append(1)
    whole(handle, **arrays)
    if len(calls) == 4:
        handle.flush()
        handle.truncate(handle.tell() // 2)
        os.kill(os.getpid(), signal.SIGKILL)
checkpoint.np.savez = killed
"""


@pytest.mark.parametrize("model", ["wgan_gp_ac", "default"])
def test_killed_at_any_moment_it_ends_with_the_same_bytes(model, index, tmp_path):
    """Weights, losses, validation, events and grids, after a kill within a checkpoint's write and one at a random moment."""
    whole, killed = tmp_path / "whole", tmp_path / "killed"
    code, said = finish(start(index, model, whole))
    assert code == 0, said
    code, said = finish(start(index, model, killed, before=HALF_WRITTEN))
    assert code == -signal.SIGKILL, said
    assert any(path.name.startswith(".") for path in (killed / "state").iterdir()), "nothing was half-written"
    process = start(index, model, killed)
    seen, until = set(killed.glob("state/step-*")), time.monotonic() + 200
    while set(killed.glob("state/step-*")) <= seen and process.poll() is None and time.monotonic() < until:
        time.sleep(0.002)
    time.sleep(random.Random(os.getpid()).uniform(0, 0.3))
    process.send_signal(signal.SIGKILL)
    finish(process)
    code, said = finish(start(index, model, killed))
    assert code == 0, said
    assert outputs(killed / "out") == outputs(whole / "out")
    rows = read_tsv(whole / "out" / "validation.tsv")
    assert len(rows) == 10 and all(row["training_accuracy"] != "n/a" for row in rows)
