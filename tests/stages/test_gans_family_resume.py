"""A training of the family that is killed ends with the same bytes as one that is not: real processes, real SIGKILL."""

import os
import random
import signal
import time
from pathlib import Path

import pytest

from smearsynth.files import read_tsv
from training_world import draw_windows, family_command, finish, half_written, outputs, start


@pytest.fixture(scope="module")
def index(tmp_path_factory) -> Path:
    return draw_windows(tmp_path_factory.mktemp("windows"))


@pytest.mark.parametrize("model", ["wgan_gp_ac", "default"])
def test_killed_at_any_moment_it_ends_with_the_same_bytes(model, index, tmp_path):
    """Weights, losses, validation, events and grids, after a kill within a checkpoint's write and one at a random moment."""
    whole, killed = tmp_path / "whole", tmp_path / "killed"
    code, said = finish(start(family_command(index, whole, model=model)))
    assert code == 0, said
    code, said = finish(start(family_command(index, killed, model=model), before=half_written(4)))
    assert code == -signal.SIGKILL, said
    assert any(path.name.startswith(".") for path in (killed / "state").iterdir()), "nothing was half-written"
    process = start(family_command(index, killed, model=model))
    seen, until = set(killed.glob("state/step-*")), time.monotonic() + 200
    while set(killed.glob("state/step-*")) <= seen and process.poll() is None and time.monotonic() < until:
        time.sleep(0.002)
    time.sleep(random.Random(os.getpid()).uniform(0, 0.3))
    process.send_signal(signal.SIGKILL)
    finish(process)
    code, said = finish(start(family_command(index, killed, model=model)))
    assert code == 0, said
    assert outputs(killed / "out") == outputs(whole / "out")
    rows = read_tsv(whole / "out" / "validation.tsv")
    assert len(rows) == 10 and all(row["training_accuracy"] != "n/a" for row in rows)
