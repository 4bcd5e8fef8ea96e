"""What a classifier's answers are worth, each type held against all others."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from smearsynth.evaluation import bootstrap


@dataclass(frozen=True)
class Answers:
    """What one or more training runs of a classifier named the same cells.

    Parameters
    ----------
    true : ndarray of int, shape (cells,)
        Category ids.
    named : ndarray of int, shape (runs, cells)
        Category ids.
    """

    true: np.ndarray
    named: np.ndarray

    @property
    def types(self) -> list[int]:
        """Types that have cells, by id."""
        return sorted(set(self.true.tolist()))


def read(rows: Sequence[dict[str, str]], *, cell: str) -> list[Answers]:
    """Answers of a table with the columns seed, category_id, named and `cell`, which tells the cells apart.

    Runs that were asked about the same cells stand together, as on held-out real cells; runs that were each asked about
    cells of their own, as where a set is tested on a part of itself, stand alone.
    """
    asked: dict[tuple, list[list[int]]] = {}
    for seed in dict.fromkeys(row["seed"] for row in rows):
        mine = sorted((row[cell], int(row["category_id"]), int(row["named"])) for row in rows if row["seed"] == seed)
        cells = tuple((name, category_id) for name, category_id, _ in mine)
        asked.setdefault(cells, []).append([named for _, _, named in mine])
    return [Answers(np.array([true for _, true in cells]), np.array(named)) for cells, named in asked.items()]


def tally(true: np.ndarray, named: np.ndarray, types: Sequence[int]) -> np.ndarray:
    """Counts for each type: true positives, false positives, false negatives, true negatives; shape (types, 4)."""
    places = np.array(types)
    rest = len(places)
    row, column = (np.where(ids[:, None] == places, np.arange(rest), rest).min(1) for ids in (true, named))
    confusion = np.bincount(row * (rest + 1) + column, minlength=(rest + 1) ** 2).reshape(rest + 1, rest + 1)
    right = confusion.diagonal()[:rest]
    called, there = confusion.sum(0)[:rest], confusion.sum(1)[:rest]
    return np.stack([right, called - right, there - right, len(true) - called - there + right], 1)


def precision(counts: np.ndarray) -> np.ndarray:
    """Share of the cells called a type that are of it, shape (types,); 0 for a type that is never called."""
    right, wrong = counts[:, 0], counts[:, 1]
    return right / np.maximum(right + wrong, 1)


def sensitivity(counts: np.ndarray) -> np.ndarray:
    """Share of a type's cells that are called it (recall), shape (types,); NaN for a type without cells."""
    return _share(counts[:, 0], counts[:, 0] + counts[:, 2])


def specificity(counts: np.ndarray) -> np.ndarray:
    """Share of the other types' cells that are not called it, shape (types,); NaN where there is no other cell."""
    return _share(counts[:, 3], counts[:, 1] + counts[:, 3])


def accuracy(counts: np.ndarray) -> np.ndarray:
    """Share of all cells that are rightly called it or rightly not, shape (types,).

    With many types it is high for any classifier: one that never calls a type rarer than 1 in 12 has 0.92 for it.
    """
    return _share(counts[:, 0] + counts[:, 3], counts.sum(1))


def _share(part: np.ndarray, whole: np.ndarray) -> np.ndarray:
    return np.divide(part, whole, out=np.full(len(part), np.nan), where=whole > 0)


def macro(answers: Sequence[Answers], measure) -> float:
    """A measure's mean over the types that have cells, then over the runs: every type counts alike."""
    values = [np.nanmean(measure(tally(one.true, named, one.types))) for one in answers for named in one.named]
    return float(np.mean(values))


def interval(
    answers: Sequence[Answers], measure, rng: np.random.Generator, *, resamples: int, level: float
) -> tuple[float, float] | None:
    """Percentile interval of `macro` over cells drawn anew, the same for every run; None unless all runs saw the same cells."""
    if len(answers) != 1:
        return None
    both = answers[0]

    def statistic(drawn: np.ndarray) -> float:
        return macro([Answers(both.true[drawn], both.named[:, drawn])], measure)

    return bootstrap.interval(statistic, len(both.true), rng, resamples=resamples, level=level)
