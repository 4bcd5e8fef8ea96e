"""What the training loop needs of a reader: a Keras model that learns targets from pictures."""

import hashlib
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from smearsynth.gans import checkpoint, engine, loop
from smearsynth.gans.journal import Journal

SECONDS = 60.0
"""Between states: what is lost at most where a process dies at once. The state of a large network, 280 MB, takes one or two."""

Batch = tuple[np.ndarray, Any]
"""Float32 pictures (batch, side, side, 3) in [-1, 1], and what the model is to say of them."""


def adam(*, steps: int, peak: float) -> Any:
    """Adam whose rate rises over the first twentieth of the steps and falls to 0 along a cosine."""
    import keras

    warm = max(1, steps // 20)
    rate = keras.optimizers.schedules.CosineDecay(0.0, max(1, steps - warm), warmup_target=peak, warmup_steps=warm)
    return keras.optimizers.Adam(rate, name="adam")


class Learning:
    """A model under training, as `smearsynth.gans.loop.Training`.

    Parameters
    ----------
    model : keras.Model
        Compiled, its weights those that training starts from.
    draw : callable
        The batch of a step (from 0), which follows from the step's number alone.
    steps : int
        Of the optimiser.
    """

    columns = ("loss",)

    def __init__(self, model: Any, draw: Callable[[int], Batch], *, steps: int):
        self.model, self.batch, self.steps = model, draw, steps
        # The slots must be there before a state is put into them.
        model.optimizer.build(model.trainable_variables)
        self._saved = time.monotonic()

    @property
    def variables(self) -> list[Any]:
        """Weights, moving averages, the seeds of dropout, the optimiser's slots and its step, which the rate follows from."""
        return [*self.model.variables, *self.model.optimizer.variables]

    def saves(self, step: int) -> bool:
        """Whether `SECONDS` have passed since the last state. The clock decides when a state is saved, never what is in it."""
        now = time.monotonic()
        due = now - self._saved >= SECONDS
        self._saved = now if due else self._saved
        return due

    def update(self, batch: Batch) -> list[float]:
        """One step of the optimiser; returns its loss."""
        found = self.model.train_on_batch(*batch, return_dict=True)
        self.model.reset_metrics()
        return [float(found["loss"])]


def train(learning: Learning, options: Any, *, module: str, told: dict[str, Any], state: Path) -> Journal:
    """Train to the end, from the latest state in a folder if it is of this training.

    Parameters
    ----------
    learning : Learning
        Freshly built.
    options : dataclass
        Of the training, with ``device`` and ``threads``.
    module : str
        The command's, see `checkpoint.fingerprint`.
    told : dict
        What decides the batches beside the options: data and seed.
    state : Path
        Folder of the states.

    Returns
    -------
    Journal
        The loss of each step.

    Raises
    ------
    UserError, SystemExit
        See `loop.train`.
    """
    device = engine.configure(device=options.device, threads=options.threads)
    start = digest(*map(engine.to_numpy, learning.variables))
    whole = {**told, "start": start, "device": device, "engine": engine.version()}
    return loop.train(
        learning,
        state=state,
        fingerprint=checkpoint.fingerprint(module, options, whole),
        log_every=1,
        checkpoint_every=learning.steps,
    )


def digest(*arrays: np.ndarray) -> str:
    """SHA-256 over arrays, in hexadecimal."""
    found = hashlib.sha256()
    for array in arrays:
        found.update(f"{array.shape} {array.dtype}".encode() + array.tobytes())
    return found.hexdigest()
