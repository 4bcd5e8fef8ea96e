"""The training loop of every network: resumes exactly, says what it does, stops when it has to."""

import fcntl
import math
import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NoReturn, Protocol

import numpy as np

from smearsynth import images
from smearsynth.errors import UserError
from smearsynth.gans import checkpoint
from smearsynth.gans.journal import Journal


class Training(Protocol):
    """What the loop trains; `smearsynth.gans.default.DefaultTraining` is one."""

    steps: int

    @property
    def columns(self) -> tuple[str, ...]:
        """Names of the losses that `update` returns."""

    @property
    def variables(self) -> list[Any]:
        """Every Keras variable that a later step depends on: weights, averages, optimiser slots, iterations."""

    def saves(self, step: int) -> bool:
        """Whether a state is due after `step` steps, beside those of ``checkpoint_every``."""

    def batch(self, step: int) -> Any:
        """What a step (from 0) sees: a function of the seed and the step alone."""

    def update(self, batch: Any) -> list[float]:
        """One step; returns its losses."""


def train(
    training: Training,
    *,
    state: Path,
    fingerprint: str,
    log_every: int,
    checkpoint_every: int,
    grid: Callable[[], np.ndarray] | None = None,
    grid_every: int = 1,
) -> Journal:
    """Train to the end, from the latest state in `state` if it is of this training.

    Parameters
    ----------
    training : Training
        Freshly built.
    state : Path
        Folder for states, the journal and sample grids (``samples/step-*.png``) so far.
    fingerprint : str
        Names options, pairs, code and engine: a state with another one is cleared, never resumed.
    log_every, checkpoint_every : int
        Steps between rows of the journal, states.
    grid : callable, optional
        Draws the same sample cells with the weights as they are; none for a network that draws nothing.
    grid_every : int
        Steps between grids.

    Returns
    -------
    Journal
        The losses.

    Raises
    ------
    UserError
        If another process trains in this folder, or a loss or a weight is no longer a number; the last good state is kept.
    SystemExit
        143 or 130, with a state written, after SIGTERM or SIGINT (Ctrl-C).
    """
    with locked(state), stopping() as stopped:
        journal = Journal(training.columns, log_every)
        first = resume(training, journal, state, fingerprint)

        def save(step: int) -> None:
            if name := spoilt(training.variables):
                fix = "lower the learning rates; the state saved before is kept"
                raise UserError.of(f"training step {step}", f"weights are no longer numbers ({name})", fix)
            arrays = [np.asarray(variable) for variable in training.variables]
            checkpoint.save(state, step, arrays, {"journal": journal.state()})
            journal.write(state)

        progress = Progress(first, training.steps)
        for step in range(first + 1, training.steps + 1):
            values = training.update(training.batch(step - 1))
            if not all(map(math.isfinite, values)):
                told = ", ".join(f"{name} {value:g}" for name, value in zip(training.columns, values, strict=True))
                raise UserError.of(f"training step {step}", f"a loss is no longer a number ({told})", "lower the learning rates")
            journal.add(step, values)
            if grid is not None and (step % grid_every == 0 or step == training.steps):
                images.write(state / "samples" / f"step-{step:09d}.png", grid())
            leave = bool(stopped) and step < training.steps  # Asked once: a signal that comes later finds no state saved.
            if step % checkpoint_every == 0 or step == training.steps or training.saves(step) or leave:
                save(step)
            progress.show(step, dict(zip(training.columns, values, strict=True)))
            if leave:
                stopped.leave(f"step {step}")
        progress.close()
        return journal


def spoilt(variables: list[Any]) -> str | None:
    """The name of a weight that holds what is no number: a step can spoil weights whose loss, taken before it, was finite."""
    trained = (variable for variable in variables if getattr(variable, "trainable", False))
    return next((variable.name for variable in trained if not np.isfinite(np.asarray(variable)).all()), None)


def resume(training: Training, journal: Journal, state: Path, fingerprint: str) -> int:
    """Bring `training` and `journal` to the latest state in the folder, if it is of this training; return its step."""
    known = any(state.glob("step-*.npz"))
    if not checkpoint.claim(state, fingerprint):
        if known:
            print("the state found is of other options, pairs or code: starting anew", flush=True)
        return 0
    found = checkpoint.load(state)
    if found is None:
        return 0
    step, arrays, meta = found
    for variable, value in zip(training.variables, arrays, strict=True):
        variable.assign(value)
    journal.restore(meta["journal"])
    print(f"going on after step {step} of {training.steps}", flush=True)
    return step


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Hold a folder for this process; the lock ends with it, however it ends."""
    folder.mkdir(parents=True, exist_ok=True)
    with open(folder / "lock", "w") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise UserError.of(str(folder), "another process trains with this state", "wait for it, or end it first") from None
        except OSError as error:  # Some shared file systems have no locks; Snakemake's own keeps two runs apart.
            print(f"{folder} cannot be locked ({error.strerror}): see that no other process trains with this state", flush=True)
        yield


class Received(list[int]):
    """Signals, in their order."""

    def __call__(self, number: int, _: object) -> None:
        """Note one."""
        self.append(number)

    def leave(self, done: str) -> NoReturn:
        """End the process for the first one, after telling what was `done` last."""
        name = signal.Signals(self[0]).name
        print(f"stopped by {name} after {done}; the next call goes on from there", file=sys.stderr)
        raise SystemExit(128 + self[0])


@contextmanager
def stopping() -> Iterator[Received]:
    """What is no longer empty after SIGTERM or SIGINT (Ctrl-C). Within another one, that gets these signals too, at the end."""
    received = Received()
    before = {int(number): signal.signal(number, received) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield received
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        for number in received:
            if isinstance(outer := before[number], Received):
                outer.append(number)


class Progress:
    """A bar with the time left on a terminal, a line a minute elsewhere."""

    def __init__(self, first: int, steps: int):
        self.first, self.steps, self.start, self.told = first, steps, time.monotonic(), time.monotonic()
        self.bar = None
        if sys.stderr.isatty():
            from tqdm import tqdm

            self.bar = tqdm(total=steps, initial=first, unit="step", smoothing=0.05)

    def show(self, step: int, losses: dict[str, float]) -> None:
        """Tell where the training is, if it is time to."""
        if self.bar is not None:
            self.bar.update(1)
            return
        now = time.monotonic()
        if now - self.told < 60 and step != self.steps:
            return
        self.told = now
        pace = (now - self.start) / (step - self.first)
        left = pace * (self.steps - step)
        values = ", ".join(f"{name} {value:.3f}" for name, value in losses.items())
        line = f"step {step} of {self.steps}, {1000 * pace:.0f} ms a step, {left / 60:.0f} min left; {values}"
        print(line, file=sys.stderr, flush=True)

    def close(self) -> None:
        """End the bar."""
        if self.bar is not None:
            self.bar.close()
