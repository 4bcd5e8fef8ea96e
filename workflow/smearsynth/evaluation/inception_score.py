"""Inception score (Salimans et al. 2016, section 4): are pictures each of one type, and all types there?"""

import numpy as np


def score(probabilities: np.ndarray) -> float:
    """``exp(mean KL(p(y|x) ‖ p(y)))`` of probabilities (n, k) whose rows sum to 1: from 1 to k."""
    p = np.asarray(probabilities, np.float64)
    whole = p.mean(0)
    # A probability of 0 adds nothing to the sum (p log p tends to 0).
    ratio = np.divide(p, whole, out=np.ones_like(p), where=p > 0)
    return float(np.exp((p * np.log(ratio)).sum(1).mean()))


def split_scores(probabilities: np.ndarray, rng: np.random.Generator, *, splits: int) -> tuple[float, float] | None:
    """Mean and standard deviation of the score over parts of a shuffled set.

    Parameters
    ----------
    probabilities : ndarray, shape (n, k)
    rng : Generator
        Shuffles.
    splits : int
        Parts, of equal size but for one picture. Small parts lower the score: a part of m pictures cannot exceed m.

    Returns
    -------
    tuple of float or None
        None with fewer than two pictures a part.
    """
    if len(probabilities) < 2 * splits:
        return None
    parts = np.array_split(rng.permutation(len(probabilities)), splits)
    found = [score(probabilities[part]) for part in parts]
    return float(np.mean(found)), float(np.std(found))
