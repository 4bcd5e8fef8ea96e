"""How a classifier trained on real cells names synthetic ones."""

import numpy as np

from smearsynth.evaluation.tstr_scores import Scores, confusions, scores


def compare(true: np.ndarray, named: np.ndarray) -> Scores | None:
    """Compare types that were asked for with names (n,); None where no type was asked for (ids below 0)."""
    if not len(true) or (true < 0).any():
        return None
    types, places = np.unique(np.concatenate([true, named]), return_inverse=True)
    return scores(confusions(places[: len(true)], places[len(true) :], len(types)))
