"""The arms of one comparison held against each other: what synthetic cells bring beside the original ones."""

from dataclasses import dataclass

import numpy as np

from smearsynth.evaluation.tstr_arms import Arm
from smearsynth.evaluation.tstr_intervals import bounded, ends, resampled
from smearsynth.evaluation.tstr_scores import Scores, confusions, scores

GAIN, LOSS, NEITHER = "gain", "loss", "no significant difference"


@dataclass(frozen=True)
class Difference:
    """A number with its interval and a word: `GAIN`, `LOSS` or `NEITHER`, by whether the interval excludes 0."""

    value: float
    low: float
    high: float

    @property
    def word(self) -> str:
        """What may be said of it."""
        if self.low > 0:
            return GAIN
        return LOSS if self.high < 0 else NEITHER


@dataclass(frozen=True)
class Judged:
    """An arm with its scores on real held-out cells.

    Parameters
    ----------
    arm : Arm
    scores, low, high : Scores
        Means over the repetitions and their intervals.
    gain : Difference or None
        Accuracy above that of ``original``; None for itself and where it was not run.
    ratio : Difference or None
        Accuracy as a share of that of ``original``.
    type_gains : tuple of Difference, or None
        Sensitivity above that of ``original``, per type. Their intervals are wider, so that the level holds for all types
        together (Bonferroni).
    over_augmentation : tuple of (str, Difference), or None
        The augmentation that does best here, and the accuracy above its own; for arms with synthetic cells. Since the best
        one is chosen by the same test cells, this leans against synthetic cells.
    own : dict of str to Scores
        The paper's protocol: ``validation`` and ``test``.
    """

    arm: Arm
    scores: Scores
    low: Scores
    high: Scores
    gain: Difference | None
    ratio: Difference | None
    type_gains: tuple[Difference, ...] | None
    over_augmentation: tuple[str, Difference] | None
    own: dict[str, Scores]


def compare(arms: list[Arm], rng: np.random.Generator, *, resamples: int, level: float) -> list[Judged]:
    """Judge the arms of one group, see `tstr_arms.groups`.

    Parameters
    ----------
    arms : list of Arm
        Of one share and one architecture, tested on the same cells.
    rng : Generator
    resamples : int
    level : float
        Coverage of the intervals.
    """
    types = len(arms[0].types)
    measured, drawn = resampled(arms[0].true, [arm.named for arm in arms], types, rng, resamples=resamples)
    places = {arm.arm: at for at, arm in enumerate(arms) if arm.model is None}
    base = places.get("original")
    augmentations = [at for name, at in places.items() if name.startswith("augmentation")]
    best = max(augmentations, key=lambda at: measured[at, 0]) if augmentations else None
    adjusted = 1 - (1 - level) / types

    def difference(first: int, second: int, score: int, at_level: float) -> Difference:
        low, high = ends(drawn[first, :, score] - drawn[second, :, score], level=at_level)
        return Difference(float(measured[first, score] - measured[second, score]), float(low), float(high))

    found = []
    for at, arm in enumerate(arms):
        low, high = bounded(*ends(drawn[at], level=level))
        gain = ratio = type_gains = over = None
        if base is not None and at != base:
            gain = difference(at, base, 0, level)
            if measured[base, 0] > 0 and (drawn[base, :, 0] > 0).all():
                edges = ends(drawn[at, :, 0] / drawn[base, :, 0], level=level)
                ratio = Difference(float(measured[at, 0] / measured[base, 0]), float(edges[0]), float(edges[1]))
            start = measured.shape[1] - types
            type_gains = tuple(difference(at, base, start + one, adjusted) for one in range(types))
        if arm.model is not None and best is not None:
            over = arms[best].arm, difference(at, best, 0, level)
        own = {part: scores(np.sum([confusions(*run, types) for run in runs], axis=0)) for part, runs in arm.own.items()}
        found.append(Judged(arm, Scores.from_vector(measured[at]), low, high, gain, ratio, type_gains, over, own))
    return found
