"""What the stage `readers` may be told."""

from dataclasses import dataclass
from typing import Any, Literal

from smearsynth.errors import Problem, raise_all
from smearsynth.options import at_least, unfit
from smearsynth.readers.architectures import ARCHITECTURES, SMALLEST


def training(options: Any, architecture: str) -> list[Problem]:
    """The problems of the steps, learning rate and weights that a network is trained with."""
    weights = architecture != "cnn" or options.weights == "none"
    return at_least(options, {"steps": 1}) + unfit(
        options,
        ("learning_rate", 0 < options.learning_rate <= 1, "above 0, at most 1; 2.0e-3 is usual"),
        ("weights", weights, "the cnn is trained from nothing: weights: none"),
    )


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
        shares = ("scale", "brightness", "colour")
        raise_all(unfit(self, *((name, 0 <= getattr(self, name) <= 0.5, "a share from 0 (off) to 0.5") for name in shares)))


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
        problems = at_least(self, {"window": 1, "batch": 1, "threads": 1}) + training(self, self.architecture)
        problems += unfit(
            self,
            ("architecture", self.architecture in ARCHITECTURES, f"one of {', '.join(ARCHITECTURES)}"),
            ("size", self.size % 16 == 0 and self.size >= SMALLEST, f"a multiple of 16 pixels, at least {SMALLEST}"),
            ("label_smoothing", 0 <= self.label_smoothing < 1, "from 0 (off) to below 1"),
        )
        raise_all(problems)
