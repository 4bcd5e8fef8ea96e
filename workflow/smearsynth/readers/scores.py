"""How often a reader is right: per type, overall, and what is taken for what."""

from collections.abc import Sequence

import numpy as np


def confusion(true: Sequence[int], named: Sequence[int], types: Sequence[int]) -> np.ndarray:
    """Counts, shape (types, types), with the true type in rows and the named one in columns."""
    place = {category_id: i for i, category_id in enumerate(types)}
    counts = np.zeros((len(types), len(types)), int)
    for asked, got in zip(true, named, strict=True):
        counts[place[asked], place[got]] += 1
    return counts


def per_type(counts: np.ndarray) -> list[tuple[int, int, float | None]]:
    """Cells, cells named rightly and their share, for every row of a `confusion`; None where there is no cell."""
    return [(int(row.sum()), int(row[i]), float(row[i] / row.sum()) if row.sum() else None) for i, row in enumerate(counts)]


def mean_of_types(counts: np.ndarray) -> float | None:
    """The mean of the shares of all types that have cells ("balanced accuracy")."""
    shares = [share for _, _, share in per_type(counts) if share is not None]
    return float(np.mean(shares)) if shares else None
