"""What a classifier's confusions say: accuracy, precision, recall, F1, and per type accuracy, specificity and sensitivity."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Scores:
    """Scores of one or many tables of confusions; the leading axes are the tables'.

    Parameters
    ----------
    accuracy : ndarray of float, shape (...)
        Share of all cells that are named rightly.
    precision, recall, f1 : ndarray of float, shape (...)
        Means over the types that have cells ("macro"); recall is also called balanced accuracy.
    type_accuracy, specificity, sensitivity : ndarray of float, shape (..., types)
        Each type against all others: (TP + TN) / all, TN / (TN + FP), TP / (TP + FN). NaN where a type has no cell, or
        the others have none.
    """

    accuracy: np.ndarray
    precision: np.ndarray
    recall: np.ndarray
    f1: np.ndarray
    type_accuracy: np.ndarray
    specificity: np.ndarray
    sensitivity: np.ndarray

    def vector(self) -> np.ndarray:
        """All of them side by side, shape (..., 4 + 3 · types), for what is done to each alike."""
        overall = np.stack([self.accuracy, self.precision, self.recall, self.f1], -1)
        return np.concatenate([overall, self.type_accuracy, self.specificity, self.sensitivity], -1)

    @classmethod
    def from_vector(cls, values: np.ndarray) -> "Scores":
        """The inverse of `vector`."""
        types = (values.shape[-1] - 4) // 3
        return cls(*(values[..., at] for at in range(4)), *(values[..., 4 + at * types :][..., :types] for at in range(3)))


def scores(confusions: np.ndarray) -> Scores:
    """Score tables of confusions.

    Parameters
    ----------
    confusions : ndarray of numbers, shape (..., types, types)
        Counts with the true type in rows and the named one in columns. A type that is never named has precision 0.
    """
    counts = np.asarray(confusions, float)
    total = counts.sum((-2, -1))
    hits = np.diagonal(counts, axis1=-2, axis2=-1)
    asked, called = counts.sum(-1), counts.sum(-2)
    missed, wrong = asked - hits, called - hits
    rest = total[..., None] - asked
    with np.errstate(divide="ignore", invalid="ignore"):
        sensitivity = np.where(asked > 0, hits / asked, np.nan)
        specificity = np.where(rest > 0, (rest - wrong) / rest, np.nan)
        type_accuracy = np.where(asked > 0, 1 - (missed + wrong) / total[..., None], np.nan)
        precision = np.where(called > 0, hits / called, 0.0)
        accuracy = np.where(total > 0, hits.sum(-1) / total, np.nan)
        each = (precision, sensitivity, 2 * hits / (asked + called))
        mean_precision, mean_recall, f1 = (np.where(asked > 0, one, 0).sum(-1) / (asked > 0).sum(-1) for one in each)
    return Scores(accuracy, mean_precision, mean_recall, f1, type_accuracy, specificity, sensitivity)


def confusions(true: np.ndarray, named: np.ndarray, types: int, weights: np.ndarray | None = None) -> np.ndarray:
    """Tables of confusions of the same cells, weighted in several ways.

    Parameters
    ----------
    true, named : ndarray of int, shape (n,)
        Classes from 0.
    types : int
    weights : ndarray of numbers, shape (ways, n), optional
        How often each cell counts; once without it.

    Returns
    -------
    ndarray of float, shape (ways, types, types), or (types, types) without weights
        True type in rows.
    """
    places = np.asarray(true) * types + np.asarray(named)
    if weights is None:
        return np.bincount(places, minlength=types * types).astype(float).reshape(types, types)
    kinds = np.zeros((len(places), types * types), np.float32)
    kinds[np.arange(len(places)), places] = 1
    return (np.asarray(weights, np.float32) @ kinds).astype(float).reshape(-1, types, types)
