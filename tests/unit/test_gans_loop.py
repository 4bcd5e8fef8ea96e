"""The training loop, with a training of one number."""

import os
import signal

import numpy as np
import pytest

from smearsynth.gans import loop


class Number:
    """A variable, as the loop saves and restores it."""

    def __init__(self):
        self.value = 0.0

    def __array__(self, dtype=None, copy=None):
        return np.array(self.value, dtype)

    def assign(self, value) -> None:
        self.value = float(value)


class Halving:
    """Each step goes half of the way to the step's batch; before step `hit` the process gets a signal."""

    columns = ("distance",)
    steps = 9

    def __init__(self, hit: int = 0, number: int = 0):
        self.weight, self.hit, self.number = Number(), hit, number

    @property
    def variables(self):
        return [self.weight]

    def saves(self, step):
        return False

    def batch(self, step):
        return float(step)

    def update(self, batch):
        if self.hit == batch + 1:
            os.kill(os.getpid(), self.number)
        distance = batch - self.weight.value
        self.weight.assign(self.weight.value + distance / 2)
        return [distance]


def train(training, state):
    return loop.train(training, state=state, fingerprint="one", log_every=2, checkpoint_every=5)


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
def test_a_training_that_is_told_to_leave_saves_and_goes_on_exactly(number, code, tmp_path, capsys):
    """SIGTERM and Ctrl-C: the step under way ends, its state is saved, and the rest is as if nothing had been."""
    whole = Halving()
    losses = train(whole, tmp_path / "whole").rows
    handlers = signal.getsignal(number)
    with pytest.raises(SystemExit) as left:
        train(Halving(3, number), tmp_path / "state")
    assert left.value.code == code
    assert f"stopped by {signal.Signals(number).name} after step 3" in capsys.readouterr().err
    assert [path.name[:14] for path in (tmp_path / "state").glob("step-*")] == ["step-000000003"]
    assert signal.getsignal(number) is handlers
    again = Halving()
    assert train(again, tmp_path / "state").rows == losses
    assert "going on after step 3 of 9" in capsys.readouterr().out
    assert again.weight.value == whole.weight.value


def test_a_signal_in_the_last_step_is_no_reason_to_leave(tmp_path):
    train(Halving(Halving.steps, signal.SIGTERM), tmp_path)
