"""What the stage `readers` may be told."""

from dataclasses import dataclass
from typing import Literal

from smearsynth.errors import Problem, raise_all
from smearsynth.readers.architectures import ARCHITECTURES, SMALLEST


@dataclass(frozen=True)
class Augmentation:
    """How training cells are varied, each cell anew in every step.

    Parameters
    ----------
    rotate : bool
        Turn by quarters, every second cell by any angle: a cell has no upright position.
    mirror : bool
        Mirror every second cell.
    scale : float
        Largest change of size of every second cell, as a share: 0.1 draws a factor from 0.9 to 1.1.
    brightness : float
        Largest change of brightness, as a share.
    colour : float
        Largest change of each colour channel on its own, as a share: another stain or white balance.
    """

    rotate: bool
    mirror: bool
    scale: float
    brightness: float
    colour: float

    def __post_init__(self) -> None:
        raise_all(
            Problem(name, f"got {getattr(self, name)}", "a share from 0 (off) to 0.5")
            for name in ("scale", "brightness", "colour")
            if not 0 <= getattr(self, name) <= 0.5
        )


@dataclass(frozen=True)
class ReaderOptions:
    """A classifier of single cells and its training.

    Parameters
    ----------
    architecture : str
        A key of `architectures.ARCHITECTURES`.
    window : int
        Side of the square around a cell that is looked at, in pixels of the pairs. With `size` it sets the scale, so that
        neither depends on how large the pairs are.
    size : int
        Side of the picture that the network sees, in pixels; a multiple of 16.
    steps : int
        Optimiser steps, whatever the number of cells, so that arms of different sizes are trained equally long.
    batch : int
        Cells per step.
    learning_rate : float
        Peak rate of Adam; it rises over the first twentieth of the steps and falls to 0 along a cosine.
    label_smoothing : float
        Share of the target that is spread over all types.
    balance : bool
        Draw every type equally often instead of every cell.
    device : str
        Where it computes: ``auto`` (a GPU if one is visible), ``cpu``, ``gpu`` (an error if none is visible).
    threads : int
        Threads of the network's arithmetic. Part of the result: another count gives other rounding.
    augmentation : Augmentation
        Variation of the training cells.
    weights : str
        What training starts from: ``none`` (random weights), ``imagenet`` (fetched by Keras, with its checksum), or the path of a
        weights file or of a folder that holds the files under Keras's names. The cnn knows ``none`` only.
    """

    architecture: str
    window: int
    size: int
    steps: int
    batch: int
    learning_rate: float
    label_smoothing: float
    balance: bool
    device: Literal["auto", "cpu", "gpu"]
    threads: int
    augmentation: Augmentation
    weights: str = "none"

    def __post_init__(self) -> None:
        problems = []
        if self.architecture not in ARCHITECTURES:
            problems.append(Problem("architecture", f"got {self.architecture!r}", f"one of {', '.join(ARCHITECTURES)}"))
        elif self.size % 16 or self.size < SMALLEST[self.architecture]:
            least = SMALLEST[self.architecture]
            problems.append(Problem("size", f"got {self.size}", f"a multiple of 16 pixels, at least {least}"))
        if self.architecture == "cnn" and self.weights != "none":
            problems.append(Problem("weights", f"got {self.weights!r}", "the cnn is trained from nothing: weights: none"))
        for name in ("window", "steps", "batch", "threads"):
            if getattr(self, name) < 1:
                problems.append(Problem(name, f"got {getattr(self, name)}", "a whole number above 0"))
        if not 0 < self.learning_rate <= 1:
            problems.append(Problem("learning_rate", f"got {self.learning_rate}", "above 0, at most 1; 2.0e-3 is usual"))
        if not 0 <= self.label_smoothing < 1:
            problems.append(Problem("label_smoothing", f"got {self.label_smoothing}", "from 0 (off) to below 1"))
        raise_all(problems)
