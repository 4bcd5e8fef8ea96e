"""What the comparison of training sets may be told: the section ``readers.arms``."""

from dataclasses import dataclass
from typing import Literal

from smearsynth.errors import Problem, raise_all, unknown
from smearsynth.options import at_least, unfit
from smearsynth.readers.architectures import ARCHITECTURES, SMALLEST
from smearsynth.readers.arm_augmentation import AUGMENTATIONS, Ranges
from smearsynth.readers.options import Augmentation, ReaderOptions, training

ARMS = ("original", "synthetic", *AUGMENTATIONS, "original_synthetic", "class_balanced")
"""The seven training sets. All but ``original`` and the augmentations need synthetic cells."""

NEED_SYNTHETIC = ("synthetic", "original_synthetic", "class_balanced")


@dataclass(frozen=True)
class Network:
    """One classifier and how long it is trained: the same for each of its arms.

    Parameters
    ----------
    name : str
        A key of `architectures.ARCHITECTURES`.
    steps : int
        Optimiser steps.
    learning_rate : float
        Peak rate of Adam.
    weights : str
        What it starts from, see `ReaderOptions`.
    """

    name: str
    steps: int
    learning_rate: float
    weights: str = "none"

    def __post_init__(self) -> None:
        problems = training(self, self.name)
        if self.name not in ARCHITECTURES:
            problems.append(unknown("name", self.name, ARCHITECTURES, word="architecture"))
        raise_all(problems)


@dataclass(frozen=True)
class Own:
    """The paper's protocol: each set is cut in three and tested on a part of itself.

    Parameters
    ----------
    seeds : int
        How many of the repetitions are also run in this way; 0 leaves it out.
    test : float
        Share of the set that it is tested on (Hazra et al. 2022: 0.3).
    validation : float
        Share of the rest that is not trained on either (there: 0.2). Nothing is chosen by it; its accuracy is reported.
    """

    seeds: int
    test: float
    validation: float

    def __post_init__(self) -> None:
        problems = unfit(
            self,
            ("seeds", self.seeds >= 0, "0 (leave it out) or more"),
            ("test", 0 < self.test < 1, "above 0, below 1; the paper's is 0.3"),
            ("validation", 0 <= self.validation < 1, "from 0 to below 1; the paper's is 0.2"),
        )
        raise_all(problems)


@dataclass(frozen=True)
class ArmsOptions:
    """Which training sets are compared, and how: equal numbers of pictures and of optimiser steps for all of them.

    Parameters
    ----------
    arms : tuple of str
        Of `ARMS`.
    shares : tuple of float
        Shares of the real training cells, each a comparison of its own.
    models : tuple of str
        Generators whose cells stand for "synthetic".
    networks : tuple of Network
        Classifiers.
    compared : tuple of str
        Those of them that every run compares; a study may ask for others.
    seeds : int
        Repetitions of each training, each with its own choice of pictures, initial weights and batches.
    pictures : int
        Pictures in each set, whatever the arm and the share.
    synthetic : float
        Share of synthetic pictures of each type in ``original_synthetic``.
    counts : str
        Pictures of each type: ``real``, in the proportions of the real cells at that share, or ``equal``. The arm
        ``class_balanced`` is always equal.
    target : int or None
        Different cells of each type in ``class_balanced``; None takes the mean number of real cells of a type, so that the
        set has as many cells as there are real ones.
    size : int or None
        Side of the picture that the classifier sees, in pixels; None takes the windows' own.
    batch, label_smoothing, device, threads
        See `ReaderOptions`.
    ranges : Ranges
        Of the three augmentations.
    augmentation : Augmentation
        Variation in each step, common to all arms. Switched off it is the paper's comparison; switched on it asks whether
        synthetic cells help a classifier that is trained as one usually would.
    own : Own
        The paper's protocol.
    """

    arms: tuple[str, ...]
    shares: tuple[float, ...]
    models: tuple[str, ...]
    networks: tuple[Network, ...]
    compared: tuple[str, ...]
    seeds: int
    pictures: int
    synthetic: float
    counts: Literal["real", "equal"]
    target: int | None
    size: int | None
    batch: int
    label_smoothing: float
    device: Literal["auto", "cpu", "gpu"]
    threads: int
    ranges: Ranges
    augmentation: Augmentation
    own: Own

    def __post_init__(self) -> None:
        names = [network.name for network in self.networks]
        problems = [unknown("arms", arm, ARMS, word="arm") for arm in self.arms if arm not in ARMS]
        problems += [unknown("compared", name, names, word="network") for name in self.compared if name not in names]
        if not names or len(set(names)) < len(names):
            problems.append(Problem("networks", f"got {names}", "one or more, each name once"))
        if not self.models and set(self.arms) & set(NEED_SYNTHETIC):
            problems.append(Problem("models", "none, but an arm needs synthetic cells", "name one or more of gans.family.models"))
        if self.own.seeds > self.seeds:
            problems.append(Problem("own.seeds", f"got {self.own.seeds}", f"at most seeds, {self.seeds}"))
        shares = self.shares != () and all(0 < share <= 1 for share in self.shares)
        size = self.size is None or (self.size % 16 == 0 and self.size >= SMALLEST)
        problems += at_least(self, {"seeds": 1, "pictures": 1}) + unfit(
            self,
            ("arms", self.arms != (), f"one or more of {', '.join(ARMS)}"),
            ("shares", shares, "shares above 0, at most 1, such as [1, 0.1, 0.01]"),
            ("synthetic", 0 < self.synthetic < 1, "above 0, below 1; 0.5 is half and half"),
            ("target", self.target is None or self.target >= 1, "cells of a type above 0, or null"),
            ("size", size, f"a multiple of 16 pixels, at least {SMALLEST}, or null"),
        )
        raise_all(problems)

    def network(self, name: str) -> Network:
        """The network of that name."""
        for network in self.networks:
            if network.name == name:
                return network
        raise_all([unknown("readers.arms.networks", name, [n.name for n in self.networks], word="network")])
        raise AssertionError

    def reader(self, name: str, *, window: int) -> ReaderOptions:
        """The options of one training: those of `name` on pictures of `window` pixels a side."""
        network = self.network(name)
        return ReaderOptions(
            architecture=network.name,
            window=window,
            size=self.size or window,
            steps=network.steps,
            batch=self.batch,
            learning_rate=network.learning_rate,
            label_smoothing=self.label_smoothing,
            balance=False,
            device=self.device,
            threads=self.threads,
            augmentation=self.augmentation,
            weights=network.weights,
        )
