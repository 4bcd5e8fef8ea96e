"""Intervals of classifiers' scores by bootstrap over cells and over repetitions of the training.

Both sources of chance count: another set of test cells, and another run of the training. Cells are resampled within their type,
the same for all arms, so that arms are compared on the same cells. A few repetitions cannot be resampled as they are: of three,
the percentile interval would cover the truth three times in four. Their deviations from their arm's mean, widened by
√(seeds / (seeds - 1)), are therefore pooled over the arms of a comparison, and drawn from that pool (the bootstrap of residuals,
Efron and Tibshirani 1993, section 9.4).
"""

from collections.abc import Sequence

import numpy as np

from smearsynth.evaluation.tstr_scores import Scores, confusions, scores


def cell_weights(true: np.ndarray, rng: np.random.Generator, *, resamples: int) -> np.ndarray:
    """How often each cell stands in each resample.

    Parameters
    ----------
    true : ndarray of int, shape (n,)
        Classes; each keeps its number of cells.
    rng : Generator
    resamples : int

    Returns
    -------
    ndarray of uint16, shape (resamples, n)
    """
    weights = np.zeros((resamples, len(true)), np.uint16)
    for label in np.unique(true):
        places = np.flatnonzero(true == label)
        weights[:, places] = rng.multinomial(len(places), np.full(len(places), 1 / len(places)), size=resamples)
    return weights


def resampled(
    true: np.ndarray, named: Sequence[np.ndarray], types: int, rng: np.random.Generator, *, resamples: int
) -> tuple[np.ndarray, np.ndarray]:
    """Scores of several arms on the same cells, as measured and in each resample.

    Parameters
    ----------
    true : ndarray of int, shape (n,)
        Classes of the test cells.
    named : sequence of ndarray of int, each of shape (seeds, n)
        What each arm's repetitions named them.
    types : int
    rng : Generator
    resamples : int

    Returns
    -------
    measured : ndarray of float, shape (arms, scores)
        Means over the repetitions, see `Scores.vector`.
    drawn : ndarray of float, shape (arms, resamples, scores)
        The same in each resample. With one repetition everywhere it knows of cells alone.
    """
    weights = cell_weights(true, rng, resamples=resamples)
    measured, drawn, deviations = [], [], []
    for arm in named:
        single = np.stack([scores(confusions(true, one, types)).vector() for one in arm])
        measured.append(single.mean(0))
        if len(arm) > 1:
            deviations.append((single - single.mean(0)) * np.sqrt(len(arm) / (len(arm) - 1)))
        drawn.append(np.mean([scores(confusions(true, one, types, weights)).vector() for one in arm], axis=0))
    if deviations:
        pool = np.concatenate(deviations)
        for at, arm in enumerate(named):
            chosen = rng.integers(len(pool), size=(resamples, len(arm)))
            drawn[at] = drawn[at] + pool[chosen].mean(1)
    return np.stack(measured), np.stack(drawn)


def ends(drawn: np.ndarray, *, level: float) -> tuple[np.ndarray, np.ndarray]:
    """Lower and upper ends of percentile intervals over the first axis; NaN where anything is undefined."""
    low, high = np.quantile(drawn, [(1 - level) / 2, (1 + level) / 2], axis=0)
    return low, high


def bounded(low: np.ndarray, high: np.ndarray) -> tuple[Scores, Scores]:
    """Intervals of scores, which no share can leave at 0 and 1."""
    return Scores.from_vector(np.clip(low, 0, 1)), Scores.from_vector(np.clip(high, 0, 1))
