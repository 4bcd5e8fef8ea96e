"""Readers of fields held against each other on the same resamples of the same images."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from smearsynth.evaluation import bootstrap
from smearsynth.evaluation.field_matches import Matches

MEASURES = ("ap", "ap50", "count_error", "count_relative", "count_bias")
"""Average precision over the overlaps 0.50 to 0.95, and at 0.50; cells miscounted in an image (mean of absolute errors), the same
over the true cells, and the mean of the errors, above 0 where too many are found."""
LESS_IS_BETTER = ("count_error", "count_relative")
ALL = "all kinds"
"""Mean of the average precisions of all kinds that the truth has."""


@dataclass(frozen=True)
class Estimate:
    """A number with the ends of its interval; all None where it is undefined."""

    value: float | None
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True)
class Difference:
    """How one reader differs from another in one measure of one kind.

    Parameters
    ----------
    kind, measure, one, other : str
    gap : Estimate
        `one` less `other`. The level holds for all kinds together (Bonferroni).
    ratio : Estimate
        `one` over `other`.
    """

    kind: str
    measure: str
    one: str
    other: str
    gap: Estimate
    ratio: Estimate

    @property
    def better(self) -> str | None:
        """The better of the two, None where the interval holds 0."""
        if self.gap.low is None or self.gap.high is None or self.gap.low <= 0 <= self.gap.high:
            return None
        return self.one if (self.gap.low > 0) != (self.measure in LESS_IS_BETTER) else self.other


def measures(matches: Matches, weights: np.ndarray, *, count_from: float) -> np.ndarray:
    """One kind's numbers on resamples.

    Parameters
    ----------
    matches : Matches
    weights : ndarray of int, shape (r, n)
        How often each image counts in each resample.
    count_from : float
        See `FieldsOptions`.

    Returns
    -------
    ndarray of float, shape (r, measures)
        In the order of `MEASURES`; NaN where undefined.
    """
    precisions = np.array([matches.precisions(one) for one in weights])
    wrong = matches.counted(count_from) - matches.truth
    images, true, missed = weights.sum(1), weights @ matches.truth, weights @ np.abs(wrong)
    with np.errstate(divide="ignore", invalid="ignore"):
        relative = np.where(true > 0, missed / true, np.nan)
    return np.stack([precisions.mean(1), precisions[:, 0], missed / images, relative, weights @ wrong / images], axis=1)


def resampled(
    readers: Mapping[str, Sequence[Mapping[str, Matches]]], rng: np.random.Generator, *, count_from: float, resamples: int
) -> dict[str, dict[str, np.ndarray]]:
    """All numbers of all readers, as measured and on resamples of the images that are the same for all.

    Parameters
    ----------
    readers : mapping of str to sequence of mapping of str to Matches
        By name the repetitions of a reader's training, by kind.
    rng : Generator
    count_from : float
    resamples : int

    Returns
    -------
    dict of str to dict of str to ndarray, shape (1 + resamples, measures)
        By name and kind, the latter with `ALL` last: the measured numbers, means over the repetitions, before the resampled ones.
        Where there are repetitions, their spread counts too: their deviations from their reader's mean, widened by √(n / (n - 1))
        and pooled over the readers, are drawn from (bootstrap of residuals, Efron and Tibshirani 1993, section 9.4).
    """
    first = next(iter(readers.values()))[0]
    images = len(next(iter(first.values())).truth)
    kinds = [kind for kind, matches in first.items() if matches.truth.any()]
    weights = np.concatenate([np.ones((1, images), int), bootstrap.weights(images, rng, resamples=resamples)])
    found: dict[str, np.ndarray] = {}
    deviations = []
    for name, repetitions in readers.items():
        each = np.array([[measures(one[kind], weights, count_from=count_from) for kind in kinds] for one in repetitions])
        everything = np.full_like(each[:, :1], np.nan)
        everything[..., :2] = each[..., :2].mean(1, keepdims=True)
        each = np.concatenate([each, everything], axis=1)
        found[name] = each.mean(0)
        if (count := len(each)) > 1:
            deviations.append((each[:, :, 0] - found[name][:, 0]) * np.sqrt(count / (count - 1)))
    if deviations:
        pool = np.concatenate(deviations)
        for name, repetitions in readers.items():
            chosen = rng.integers(len(pool), size=(resamples, len(repetitions)))
            found[name][:, 1:] += pool[chosen].mean(1).transpose(1, 0, 2)
    if images < 2:
        for values in found.values():
            values[:, 1:] = np.nan  # One image says nothing of how images differ.
    return {name: dict(zip([*kinds, ALL], values, strict=True)) for name, values in found.items()}


def estimate(drawn: np.ndarray, *, level: float) -> Estimate:
    """The first of the values, with the interval of the others."""
    if np.isnan(drawn[0]):
        return Estimate(None)
    found = bootstrap.percentiles(drawn[1:], level=level)
    return Estimate(float(drawn[0]), *(found or (None, None)))


def differences(found: Mapping[str, Mapping[str, np.ndarray]], *, level: float) -> list[Difference]:
    """Each reader against each later one, in every kind and measure but the bias, which names no better one."""
    names = list(found)
    kinds = list(found[names[0]])
    adjusted = 1 - (1 - level) / (len(kinds) - 1)
    results = []
    for at, one in enumerate(names):
        for other in names[at + 1 :]:
            for kind in kinds:
                for number, measure in enumerate(MEASURES[:-1]):
                    first, second = found[one][kind][:, number], found[other][kind][:, number]
                    if np.isnan(first[0]) or np.isnan(second[0]):
                        continue
                    with np.errstate(divide="ignore", invalid="ignore"):
                        ratio = np.where(second > 0, first / second, np.nan)
                    gap = estimate(first - second, level=adjusted)
                    results.append(Difference(kind, measure, one, other, gap, estimate(ratio, level=level)))
    return results
