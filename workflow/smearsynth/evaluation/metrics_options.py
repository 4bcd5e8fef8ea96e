"""What the metrics on sets of cells may be told: a dataclass for each command, so that a change reruns only what it concerns."""

from dataclasses import dataclass
from typing import Literal

from smearsynth.errors import Problem, raise_all
from smearsynth.evaluation.interval_options import interval
from smearsynth.options import at_least, unfit


@dataclass(frozen=True)
class ExtractorOptions:
    """A network whose layer gives the features of a picture.

    Parameters
    ----------
    network : str
        ``cells``: the run's reader, its last layer but one, with its probabilities; ``keras:NAME``: an application of Keras with
        its ImageNet weights, averaged over the picture; ``file:PATH:LAYER``: a layer of a network stored as HDF5: a whole Keras
        model, or weights of SqueezeNet 1.1 (their architecture is known here).
    size : int or None
        Side in pixels to which pictures are resized, None for the network's usual one.
    weights : str or None
        Of an application: a file, or a URL to fetch it from; None lets Keras fetch its own, checked by Keras.
    sha256 : str or None
        Of the weights' file, 64 hexadecimal digits; must be given for a URL.
    """

    network: str
    size: int | None = None
    weights: str | None = None
    sha256: str | None = None

    def __post_init__(self) -> None:
        kind, _, rest = self.network.partition(":")
        known = self.network == "cells" or (kind == "keras" and rest != "") or (kind == "file" and all(rest.rpartition(":")))
        digits = self.sha256 is None or (len(self.sha256) == 64 and set(self.sha256.lower()) <= set("0123456789abcdef"))
        problems = unfit(
            self,
            ("network", known, "cells, keras:NAME or file:PATH:LAYER"),
            ("size", self.size is None or self.size >= 32, "null, or at least 32 pixels"),
        )
        if self.weights is not None and kind != "keras":
            problems.append(Problem("weights", f"given for {self.network}", "null; only keras:NAME takes weights"))
        if self.remote and self.sha256 is None:
            problems.append(Problem("sha256", "missing for weights that are fetched", "give the SHA-256 of the file"))
        problems += unfit(self, ("sha256", digits, "64 hexadecimal digits, as sha256sum prints them"))
        raise_all(problems)

    @property
    def remote(self) -> bool:
        """Whether the weights are to be fetched from a URL."""
        return self.weights is not None and self.weights.startswith(("https://", "http://"))


@dataclass(frozen=True)
class FeaturesOptions:
    """The section ``evaluation.features``.

    Parameters
    ----------
    extractors : dict of str to ExtractorOptions
        Short names, used in paths, to networks.
    device : str
    threads : int
    """

    extractors: dict[str, ExtractorOptions]
    device: Literal["auto", "cpu", "gpu"]
    threads: int

    def __post_init__(self) -> None:
        problems = at_least(self, {"threads": 1})
        if not self.extractors:
            problems.append(Problem("extractors", "none", "name at least one, such as cells: {network: cells}"))
        problems += [
            Problem(f"extractors.{name}", "not a name for a path", "letters, digits and _ only")
            for name in self.extractors
            if not name.isidentifier()
        ]
        raise_all(problems)


@dataclass(frozen=True)
class DistancesOptions:
    """The section ``evaluation.distances``.

    Parameters
    ----------
    subsets, subset_size : int
        Subsets of the kernel distance and pictures in each (Bińkowski et al. 2018: 100 of 1,000).
    neighbours : int
        Neighbour whose distance is the radius of a ball (Kynkäänniemi et al. 2019: 3; Naeem et al. 2020: 5).
    splits : int
        Parts over which the inception score is averaged (Salimans et al. 2016: 10).
    """

    subsets: int
    subset_size: int
    neighbours: int
    splits: int

    def __post_init__(self) -> None:
        raise_all(at_least(self, {"subsets": 2, "subset_size": 2, "neighbours": 1, "splits": 1}))


@dataclass(frozen=True)
class PerceptualOptions:
    """The section ``evaluation.perceptual`` (LPIPS).

    Parameters
    ----------
    backbone : ExtractorOptions
        Whose layers are compared; a layer named in ``file:PATH:LAYER`` plays no part.
    heads : str or None
        File of the learnt weights of the layers (``squeeze.pth`` or ``vgg.pth`` of lpips 0.1); None weighs all channels alike.
    pairs : int
        Random pairs of cells of the same type that are compared, at most.
    device : str
    threads : int
    """

    backbone: ExtractorOptions
    heads: str | None
    pairs: int
    device: Literal["auto", "cpu", "gpu"]
    threads: int

    def __post_init__(self) -> None:
        raise_all(at_least(self, {"pairs": 2, "threads": 1}))


@dataclass(frozen=True)
class TwoSampleOptions:
    """The section ``evaluation.two_sample``.

    Parameters
    ----------
    steps, batch : int
        Optimiser steps of the network on pixels, and pictures a step.
    learning_rate : float
    folds : int
        Parts of which each is judged by a network trained on the others.
    most : int
        Pictures of each side, at most.
    ridge : float
        Penalty of the logistic regression on standardised features.
    level : float
        Coverage of the intervals.
    device : str
    threads : int
    """

    steps: int
    batch: int
    learning_rate: float
    folds: int
    most: int
    ridge: float
    level: float
    device: Literal["auto", "cpu", "gpu"]
    threads: int

    def __post_init__(self) -> None:
        problems = at_least(self, {"steps": 1, "batch": 2, "folds": 2, "most": 4, "threads": 1}) + interval(self)
        rate = ("learning_rate", 0 < self.learning_rate <= 1, "above 0, at most 1; 2.0e-3 is usual")
        raise_all(problems + unfit(self, rate, ("ridge", self.ridge > 0, "above 0; 1.0 is usual")))


@dataclass(frozen=True)
class MemorisationOptions:
    """The section ``evaluation.memorisation``.

    Parameters
    ----------
    draws : int
        Random choices of as many training as held-out cells of each type, over which the comparison is averaged.
    suspect : float
        A synthetic cell is a suspected copy where its distance to the nearest training cell, over that to the nearest held-out
        cell, is below that of this share of the held-out cells themselves.
    gallery : int
        Synthetic cells in the gallery of the closest, of each model.
    resamples : int
    level : float
        Of the bootstrap interval.
    """

    draws: int
    suspect: float
    gallery: int
    resamples: int
    level: float

    def __post_init__(self) -> None:
        suspect = ("suspect", 0 < self.suspect <= 0.5, "above 0, at most 0.5; 0.01 is usual")
        raise_all(at_least(self, {"draws": 1, "gallery": 1}) + interval(self) + unfit(self, suspect))
