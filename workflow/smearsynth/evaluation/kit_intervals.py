"""Intervals of shares of right answers: Wilson's for one reader, a bootstrap over readers and items for several."""

import numpy as np
from scipy.stats import norm


def wilson(right: int, count: int, *, level: float) -> tuple[float, float] | None:
    """Wilson's score interval of a share (Wilson 1927); None without answers."""
    if count == 0:
        return None
    z = float(norm.ppf((1 + level) / 2))
    share, widened = right / count, 1 + z**2 / count
    middle = (share + z**2 / (2 * count)) / widened
    half = z / widened * np.sqrt(share * (1 - share) / count + z**2 / (4 * count**2))
    return max(0.0, float(middle - half)), min(1.0, float(middle + half))


def resampled_share(right: np.ndarray, readers: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Share of right answers in each resample of readers and items, both with replacement.

    An answer counts as often as its reader was drawn times as often as its item was (the pigeonhole bootstrap, Owen 2007, which
    errs towards wide intervals).

    Parameters
    ----------
    right : ndarray of float, shape (readers, n)
        1 right, 0 wrong, nan no answer.
    readers : ndarray of int, shape (resamples, readers)
        How often each reader was drawn, see `drawn_readers`: the same for shares that are compared.
    rng : Generator
        Draws the items.

    Returns
    -------
    ndarray of float, shape (resamples,)
        nan where nothing that was drawn has an answer.
    """
    count = right.shape[1]
    if count == 0:
        return np.full(len(readers), np.nan)
    items = rng.multinomial(count, np.full(count, 1 / count), size=len(readers))
    present = np.isfinite(right)
    weights = np.einsum("br,rn,bn->b", readers, present.astype(float), items, optimize=True)
    hits = np.einsum("br,rn,bn->b", readers, np.where(present, right, 0.0), items, optimize=True)
    return np.divide(hits, weights, out=np.full(len(readers), np.nan), where=weights > 0)


def drawn_readers(count: int, rng: np.random.Generator, *, resamples: int) -> np.ndarray:
    """How often each of `count` readers stands in each resample, ndarray of int, shape (resamples, count)."""
    return rng.multinomial(count, np.full(count, 1 / count), size=resamples)


def ends(values: np.ndarray, *, level: float) -> tuple[float, float] | None:
    """Percentile interval; None where over a tenth of the resamples are undefined, as `bootstrap.interval` does."""
    defined = values[np.isfinite(values)]
    if len(defined) < 0.9 * len(values) or len(values) == 0:
        return None
    low, high = np.quantile(defined, [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high)
