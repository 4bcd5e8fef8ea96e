"""Intervals by bootstrap over cells or pictures: the percentile interval of Efron (1979)."""

from collections.abc import Callable

import numpy as np


def interval(
    statistic: Callable[[np.ndarray], float],
    count: int,
    rng: np.random.Generator,
    *,
    resamples: int,
    level: float,
) -> tuple[float, float] | None:
    """The percentile interval of a statistic.

    Parameters
    ----------
    statistic : callable
        Takes indices (n,) of cells drawn with replacement from ``range(count)`` and gives a number; NaN where it is undefined,
        such as a ratio whose denominator is 0.
    count : int
        Number of cells.
    rng : Generator
    resamples : int
    level : float
        Coverage, such as 0.95.

    Returns
    -------
    tuple of float or None
        Lower and upper end, None with fewer than two cells or where the statistic is undefined in over a tenth of the resamples.
    """
    if count < 2:
        return None
    return percentiles(np.array([statistic(rng.integers(count, size=count)) for _ in range(resamples)]), level=level)


def percentiles(drawn: np.ndarray, *, level: float) -> tuple[float, float] | None:
    """The interval of a statistic that was computed on resamples already.

    Parameters
    ----------
    drawn : ndarray of float, shape (resamples,)
        NaN where it is undefined.
    level : float

    Returns
    -------
    tuple of float or None
        None where over a tenth of the resamples is undefined.
    """
    defined = drawn[np.isfinite(drawn)]
    if len(defined) < 0.9 * len(drawn):
        return None
    low, high = np.quantile(defined, [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high)


def weights(count: int, rng: np.random.Generator, *, resamples: int) -> np.ndarray:
    """How often each of `count` pictures stands in each resample; int (resamples, count).

    Statistics that are sums over pictures come from one product with it, and several that share it are paired.
    """
    return rng.multinomial(count, np.full(count, 1 / count), size=resamples)
