"""What the blinded reading kit may be told, and the scoring of its answers."""

from dataclasses import dataclass
from typing import Literal

from smearsynth.errors import Problem, raise_all
from smearsynth.evaluation.interval_options import interval
from smearsynth.options import unfit
from smearsynth.taxonomy import KINDS


@dataclass(frozen=True)
class KitOptions:
    """The section ``evaluation.kit``.

    Parameters
    ----------
    show : str
        ``cells``: single cells; ``fields``: square crops of fields and slides.
    each : int
        Items of each synthetic set, of cells for each type; beside them stand as many real ones.
    repeats : int
        Items that are shown a second time, for the agreement of a reader with themself.
    ask_type : bool
        Whether the type of a cell is asked for too. Not of fields.
    size : int or None
        Side in pixels to which all cells are resized; None leaves them as they are, and then all must be of one size.
    crop : int
        Side in pixels of the crops of fields.
    around : tuple of str
        Kinds of which every crop of a field holds a cell near its middle, as pictures taken around a cell do; none: anywhere.
    break_every : int or None
        Items after which the page offers a break.
    """

    show: Literal["cells", "fields"]
    each: int
    repeats: int
    ask_type: bool
    size: int | None
    crop: int
    around: tuple[str, ...]
    break_every: int | None

    def __post_init__(self) -> None:
        problems = []
        for name, least, fix in (
            ("each", 1, "1 or more"),
            ("repeats", 0, "0 or more"),
            ("size", 16, "null, or at least 16 pixels"),
            ("crop", 32, "at least 32 pixels"),
            ("break_every", 5, "null, or at least 5 items"),
        ):
            value = getattr(self, name)
            if value is not None and value < least:
                problems.append(Problem(name, f"got {value}", fix))
        problems += [
            Problem("around", f"unknown kind {kind!r}", f"of {', '.join(KINDS)}") for kind in self.around if kind not in KINDS
        ]
        raise_all(problems)


@dataclass(frozen=True)
class KitScoreOptions:
    """How answers are scored.

    Parameters
    ----------
    resamples : int
        Bootstrap resamples behind an interval over several readers.
    level : float
        Coverage of the intervals.
    share : float
        Share of the accuracy on real cells that readers have to reach on synthetic ones of a type.
    """

    resamples: int = 2000
    level: float = 0.95
    share: float = 0.8

    def __post_init__(self) -> None:
        raise_all(interval(self) + unfit(self, ("share", 0 < self.share <= 1, "above 0, at most 1")))
