"""Real pictures for the family: which cells are trained on, and what a step sees of them."""

from dataclasses import dataclass

import numpy as np

from smearsynth.pairs.crops import Crops
from smearsynth.seeds import entropy, rng

LEAST = 5
"""Types with fewer cells keep them all for training."""


def held(cells: Crops, share: float) -> np.ndarray:
    """Which cells are kept for validation: of each type with `LEAST` or more the share with the lowest hashes.

    Returns
    -------
    ndarray of bool, shape (n,)
        At least one of such a type is kept if the share is above 0.
    """
    keep = np.zeros(len(cells), bool)
    for category_id in np.unique(cells.category_ids):
        members = np.flatnonzero(cells.category_ids == category_id)
        if share > 0 and len(members) >= LEAST:
            hashes = [entropy(0, "validation", int(cells.cell_ids[i])) for i in members]
            order = sorted(range(len(members)), key=hashes.__getitem__)
            keep[members[order[: max(1, int(share * len(members)))]]] = True
    return keep


@dataclass(frozen=True)
class Draws:
    """The order in which real pictures are shown: every one of a type once before any comes again.

    Parameters
    ----------
    kinds : ndarray of int, shape (n,)
        Type of each picture, from 0.
    sampling : str
        ``types``: types in turn; ``cells``: as frequent as they are.
    seed : int
        Of the orders.
    """

    kinds: np.ndarray
    sampling: str
    seed: int

    def at(self, first: int, count: int) -> np.ndarray:
        """Places of the pictures number `first` to ``first + count - 1`` of the training."""
        if self.sampling == "cells":
            return np.array([self._turn(np.arange(len(self.kinds)), number, "cells") for number in range(first, first + count)])
        present = np.unique(self.kinds)
        places = []
        for number in range(first, first + count):
            kind = int(self._turn(present, number, "types"))
            members = np.flatnonzero(self.kinds == kind)
            places.append(self._turn(members, number // len(present), "type", kind))
        return np.array(places)

    def _turn(self, members: np.ndarray, number: int, *path: str | int) -> int:
        """The one whose turn it is: the order is drawn anew when all have been shown."""
        again, place = divmod(number, len(members))
        return members[rng(self.seed, "order", *path, again).permutation(len(members))[place]]


def turned(pictures: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """Pictures turned by quarters and mirrored at random: uint8 (n, size, size, 3)."""
    result = np.empty_like(pictures)
    for i, way in enumerate(random.integers(8, size=len(pictures))):
        picture = np.rot90(pictures[i], way % 4)
        result[i] = picture[:, ::-1] if way >= 4 else picture
    return result
