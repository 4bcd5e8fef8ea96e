"""What the pairs stage may be told."""

from dataclasses import dataclass
from typing import Literal

from smearsynth.errors import raise_all
from smearsynth.options import unfit


@dataclass(frozen=True)
class PairsOptions:
    """The section ``pairs`` of the configuration.

    Parameters
    ----------
    size : int
        Side of the square window around a cell, in pixels of its picture (thesis: 400, the whole picture).
    larger : str
        What becomes of cells that do not fit: ``scale`` shrinks them into the window and records the factor in the
        index; ``grow`` makes the window of every pair as large as the largest cell needs (a multiple of 32).
    limit : int or None
        At most so many cells of a type, chosen by a hash of picture and outline; None takes all.
    """

    size: int
    larger: Literal["scale", "grow"] = "grow"
    limit: int | None = None

    def __post_init__(self) -> None:
        raise_all(
            unfit(
                self,
                ("size", 16 <= self.size <= 4096, "a window has between 16 and 4096 px"),
                ("limit", self.limit is None or self.limit >= 1, "1 cell of a type or more, or null for all"),
            )
        )
