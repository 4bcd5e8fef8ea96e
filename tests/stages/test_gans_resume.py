"""A training that is killed ends with the same weights, bit for bit, as one that is not: real processes, real SIGKILL."""

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
from smearsynth.files import write_json
from smearsynth.gans import checkpoint
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


def draw_pairs(folder: Path) -> Path:
    """Eight cells of two types: a disk with a dark and a pale part, all of them different."""
    rng = np.random.default_rng(3)
    categories = [{"id": i, "name": f"t{i}", "kind": "white", "colour": [40 * i, 90, 10]} for i in (1, 2)]
    y, x = np.mgrid[:32, :32]
    entries = []
    for number in range(8):
        mask = np.hypot(y - 16, x - 16) < rng.uniform(9, 14)
        nucleus = np.hypot(y - 14, x - rng.uniform(13, 19)) < 5
        picture = np.where(nucleus[..., None], (70, 30, 120), (220, 180, 200)) + rng.integers(-9, 9, (32, 32, 3))
        category = categories[number % 2]
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
    write_json(folder / "index.json", {"size": 32, "categories": categories, "pairs": entries})
    return folder / "index.json"


def command(index: Path, run: Path, *, options: dict = OPTIONS, seed: int = 5) -> list[str]:
    """The arguments of one training."""
    flags = ["--options", json.dumps(options), "--seed", str(seed), "--pairs", str(index), "--select", "all"]
    return ["train", *flags, "--state", str(run / "state"), "--out", str(run / "out")]


def start(arguments: list[str], *, before: str = "") -> subprocess.Popen:
    """A training as a process of its own; `before` is code that runs in it first."""
    call = "from smearsynth.cli import dispatch\nsys.exit(dispatch('smearsynth.gans', ('train',), sys.argv[1:]))"
    code = f"import sys\n{before}\n{call}"
    environment = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": ""}
    return subprocess.Popen([sys.executable, "-c", code, *arguments], env=environment, stderr=subprocess.PIPE, text=True)


def finish(process: subprocess.Popen) -> tuple[int, str]:
    """Exit code and what the process said."""
    _, said = process.communicate(timeout=240)
    return process.returncode, said


def outputs(folder: Path) -> dict[str, str]:
    """A digest of every file of a model."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


HALF_WRITTEN = """
import os, signal
import numpy as np
from smearsynth.gans import checkpoint
whole = np.savez
calls = []
def killed(handle, **arrays):
    calls.append(1)
    whole(handle, **arrays)
    if len(calls) == 2:
        handle.flush()
        handle.truncate(handle.tell() // 2)
        os.kill(os.getpid(), signal.SIGKILL)
checkpoint.np.savez = killed
"""

DISK_FULL = """
import errno
from smearsynth.gans import checkpoint
whole = checkpoint.np.savez
def full(handle, **arrays):
    whole(handle, **arrays)
    raise OSError(errno.ENOSPC, "No space left on device", handle.name)
checkpoint.np.savez = full
"""

SLOT_LOST = """
from smearsynth.gans import default, loop
whole = loop.resume
def forgetful(training, *rest):
    step = whole(training, *rest)
    for optimiser in training.joint.optimisers:
        for variable in optimiser.variables:
            if "velocity" in variable.path or "momentum" in variable.path:
                variable.assign(0 * variable)
    return step
loop.resume = forgetful
"""


@pytest.fixture(scope="module")
def index(tmp_path_factory) -> Path:
    return draw_pairs(tmp_path_factory.mktemp("pairs"))


@pytest.fixture(scope="module")
def whole(index, tmp_path_factory) -> dict[str, str]:
    """What an uninterrupted training gives."""
    run = tmp_path_factory.mktemp("whole")
    code, said = finish(start(command(index, run)))
    assert code == 0, said
    return outputs(run / "out")


@pytest.fixture(scope="module")
def killed(index, tmp_path_factory) -> Path:
    """A run whose process was killed while it wrote its second checkpoint."""
    run = tmp_path_factory.mktemp("killed")
    code, said = finish(start(command(index, run), before=HALF_WRITTEN))
    assert code == -signal.SIGKILL, said
    assert any(path.name.startswith(".") for path in (run / "state").iterdir()), "nothing was half-written"
    return run


def copied(run: Path, to: Path) -> Path:
    import shutil

    shutil.copytree(run, to)
    return to


def test_killed_at_any_moment_it_ends_with_the_same_bytes(index, whole, killed, tmp_path):
    """Killed in a checkpoint's write and at random moments: weights, losses, events and grids are the same."""
    run = copied(killed, tmp_path / "run")
    moments = random.Random(os.getpid())
    for _ in range(2):
        process = start(command(index, run))
        seen = set(run.glob("state/step-*"))
        until = time.monotonic() + 120
        while set(run.glob("state/step-*")) <= seen and process.poll() is None and time.monotonic() < until:
            time.sleep(0.002)
        time.sleep(moments.uniform(0, 0.5))
        process.send_signal(signal.SIGKILL)
        finish(process)
    code, said = finish(start(command(index, run)))
    assert code == 0, said
    assert outputs(run / "out") == whole


def test_lost_optimiser_state_would_be_noticed(index, whole, killed, tmp_path):
    """The comparison above is able to fail: without the moments of Adam the weights come out different."""
    run = copied(killed, tmp_path / "run")
    code, said = finish(start(command(index, run), before=SLOT_LOST))
    assert code == 0, said
    assert outputs(run / "out")["generator.weights.h5"] != whole["generator.weights.h5"]


def test_a_full_disk_is_one_message_and_loses_nothing(index, killed, tmp_path):
    """The states that were whole before are still there, and nothing half-written is."""
    run = copied(killed, tmp_path / "run")
    before = {path.name: path.read_bytes() for path in run.glob("state/step-*")}
    code, said = finish(start(command(index, run), before=DISK_FULL))
    assert code == 2 and "no space left on the disk" in said and "Traceback" not in said
    assert {path.name: path.read_bytes() for path in run.glob("state/step-*")} == before
    assert not list(run.glob("state/.*")) and not (run / "out").exists()


def test_sigterm_saves_and_leaves(index, whole, killed, tmp_path):
    """SIGTERM writes a state after the step under way; the exit code says that it did not end; damage is found."""
    run = copied(killed, tmp_path / "run")
    process = start(command(index, run))
    seen = {path.name for path in run.glob("state/step-*")}
    until = time.monotonic() + 120
    while {path.name for path in run.glob("state/step-*")} <= seen and process.poll() is None and time.monotonic() < until:
        time.sleep(0.002)
    process.send_signal(signal.SIGTERM)
    code, said = finish(process)
    assert code == 143, said
    assert "SIGTERM" in said
    last = max(run.glob("state/step-*"))
    content = bytearray(last.read_bytes())
    content[len(content) // 2] ^= 1
    last.write_bytes(content)
    code, said = finish(start(command(index, run)))
    assert code == 0, said
    assert outputs(run / "out") == whole
    assert len(list(run.glob("state/step-*"))) == checkpoint.KEPT
