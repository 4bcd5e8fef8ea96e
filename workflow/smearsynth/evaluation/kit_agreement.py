"""Agreement of readers beyond chance, for answers that are names: Cohen's and Fleiss' kappa, Krippendorff's alpha."""

import numpy as np


def cohen(one: np.ndarray, other: np.ndarray) -> float:
    """Cohen's kappa of two readers, or of two readings by one (Cohen 1960).

    Parameters
    ----------
    one, other : ndarray of int, shape (n,)
        Answers to the same items.

    Returns
    -------
    float
        1 for full agreement, 0 for what chance gives; nan without items, or if both always give the same one answer.
    """
    if len(one) == 0:
        return float("nan")
    names = np.union1d(one, other)
    expected = sum((one == name).mean() * (other == name).mean() for name in names)
    return float(((one == other).mean() - expected) / (1 - expected)) if expected < 1 else float("nan")


def fleiss(answers: np.ndarray) -> float:
    """Fleiss' kappa (Fleiss 1971).

    Parameters
    ----------
    answers : ndarray of int, shape (readers, n)
        At least two readers; no answer is missing.

    Returns
    -------
    float
        As `cohen`.
    """
    readers, items = answers.shape
    if items == 0:
        return float("nan")
    counts = np.stack([(answers == name).sum(0) for name in np.unique(answers)], 1)
    observed = ((counts**2).sum(1) - readers) / (readers * (readers - 1))
    expected = ((counts.sum(0) / counts.sum()) ** 2).sum()
    return float((observed.mean() - expected) / (1 - expected)) if expected < 1 else float("nan")


def krippendorff(answers: np.ndarray, *, missing: int = -1) -> float:
    """Krippendorff's alpha for nominal data (Krippendorff 2011), which allows missing answers.

    Parameters
    ----------
    answers : ndarray of int, shape (readers, n)
    missing : int
        Stands for no answer. Items with fewer than two answers do not count.

    Returns
    -------
    float
        As `cohen`.
    """
    paired = answers[:, (answers != missing).sum(0) > 1]
    names = np.unique(paired[paired != missing])
    counts = np.stack([(paired == name).sum(0) for name in names], 1) if len(names) else np.zeros((0, 1))
    of_item, of_name, total = counts.sum(1), counts.sum(0), counts.sum()
    chance = (total**2 - (of_name**2).sum()) / (total - 1) if total > 1 else 0.0
    if chance == 0:
        return float("nan")
    differing = ((of_item**2 - (counts**2).sum(1)) / (of_item - 1)).sum()
    return float(1 - differing / chance)
