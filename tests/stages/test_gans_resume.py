"""A training that is killed ends with the same weights, bit for bit, as one that is not: real processes, real SIGKILL."""

import os
import random
import shutil
import signal
import time
from pathlib import Path

import pytest

from smearsynth.gans import checkpoint
from training_world import command, draw_pairs, finish, half_written, outputs, start

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
    code, said = finish(start(command(index, run), before=half_written(2)))
    assert code == -signal.SIGKILL, said
    assert any(path.name.startswith(".") for path in (run / "state").iterdir()), "nothing was half-written"
    return run


def copied(run: Path, to: Path) -> Path:
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
