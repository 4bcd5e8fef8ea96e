"""How a classifier trained on real cells names synthetic ones: accuracy, precision, recall and F1."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Classified:
    """Agreement of the names with the types that were asked for; means over the types count every type alike.

    Parameters
    ----------
    accuracy : float
    precision, recall, f1 : float
        Means over the types that were asked for; a type that is never named has precision 0.
    """

    accuracy: float
    precision: float
    recall: float
    f1: float


def compare(true: np.ndarray, named: np.ndarray) -> Classified | None:
    """Compare types that were asked for with names (n,); None where no type was asked for (ids below 0)."""
    true, named = np.asarray(true), np.asarray(named)
    if not len(true) or (true < 0).any():
        return None
    scores = []
    for wanted in np.unique(true):
        hits = int(((true == wanted) & (named == wanted)).sum())
        called, asked = int((named == wanted).sum()), int((true == wanted).sum())
        scores.append((hits / called if called else 0.0, hits / asked, 2 * hits / (called + asked)))
    precision, recall, f1 = np.mean(scores, axis=0)
    return Classified(float((true == named).mean()), float(precision), float(recall), float(f1))
