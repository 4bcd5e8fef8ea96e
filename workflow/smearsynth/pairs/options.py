"""What the pairs stage may be told."""

from dataclasses import dataclass
from typing import Literal

from smearsynth.errors import Problem, raise_all


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
        problems = []
        if not 16 <= self.size <= 4096:
            problems.append(Problem("size", f"{self.size} px", "a window has between 16 and 4096 px"))
        if self.limit is not None and self.limit < 1:
            problems.append(Problem("limit", f"{self.limit} cells of a type", "1 or more, or null for all"))
        raise_all(problems)
