"""What the trainings of one arm named, kept as each of them ends: a killed arm goes on with the one that was under way."""

import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np

from smearsynth.gans import checkpoint, loop


class Answers:
    """The answers of trainings that follow each other, in their order.

    Parameters
    ----------
    state : Path
        Folder; gets ``answers/`` and, while one trains, ``training/``, which may be large and goes when that has ended.
    fingerprint : str
        Names all that decides the trainings: answers of others are cleared.
    """

    def __init__(self, state: Path, fingerprint: str):
        self._folder, self._training = state / "answers", state / "training"
        checkpoint.claim(self._folder, fingerprint)
        found = checkpoint.load(self._folder)
        self._kept = found[1] if found else []
        self._asked = 0

    def next(self, train: Callable[[Path], np.ndarray]) -> np.ndarray:
        """The next answer: the kept one, or that of `train`, which is told the folder of its training's states.

        Raises
        ------
        SystemExit
            143 or 130, with the answer kept, after SIGTERM or SIGINT (Ctrl-C) that came too late for the training to leave.
        """
        if self._asked == len(self._kept):
            with loop.stopping() as stopped:
                self._kept.append(train(self._training))
                checkpoint.save(self._folder, len(self._kept), self._kept, {})
                shutil.rmtree(self._training)
            if stopped:
                stopped.leave(f"training {len(self._kept)}")
        self._asked += 1
        return self._kept[self._asked - 1]

    def close(self) -> None:
        """Take away what a process left that was killed after it had kept its last answer."""
        shutil.rmtree(self._training, ignore_errors=True)
