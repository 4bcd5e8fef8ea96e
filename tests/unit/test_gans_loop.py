"""The training loop, with a training of one number."""

import errno
import os
import signal

import numpy as np
import pytest

from smearsynth.errors import UserError
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


class Weight(Number):
    """One that is trained, and that a step spoils although the loss taken before it was a number."""

    trainable, name = True, "critic/kernel"


class Spoiling(Halving):
    """After step `spoilt`, the weight is no number."""

    def __init__(self, spoilt: int):
        super().__init__()
        self.weight, self.spoilt = Weight(), spoilt

    def update(self, batch):
        losses = super().update(batch)
        if batch + 1 == self.spoilt:
            self.weight.assign(np.inf)
        return losses


@pytest.mark.parametrize(("spoilt", "kept"), [(5, []), (Halving.steps, ["step-000000005"])])
def test_spoilt_weights_are_never_saved(spoilt, kept, tmp_path):
    """In a step that saves, and in the last one, after which no loss is taken any more."""
    with pytest.raises(UserError, match=rf"training step {spoilt}(.|\n)*critic/kernel"):
        train(Spoiling(spoilt), tmp_path)
    assert [path.name[:14] for path in tmp_path.glob("step-*")] == kept


def test_a_second_training_with_a_state_is_refused(tmp_path):
    with loop.locked(tmp_path), pytest.raises(UserError, match="another process trains with this state"):
        train(Halving(), tmp_path)


def test_a_file_system_without_locks_is_told_and_trained_on(tmp_path, monkeypatch, capsys):
    def none(handle, operation):
        raise OSError(errno.ENOSYS, "Function not implemented")

    monkeypatch.setattr(loop.fcntl, "flock", none)
    assert len(train(Halving(), tmp_path).rows) > 0
    assert "cannot be locked (Function not implemented)" in capsys.readouterr().out
