"""What the stage `evaluation` may be told."""

from dataclasses import dataclass

from smearsynth.errors import raise_all
from smearsynth.evaluation.interval_options import interval
from smearsynth.options import unfit


@dataclass(frozen=True)
class EvaluationOptions:
    """How generated cells are held against real ones.

    Parameters
    ----------
    resamples : int
        Bootstrap resamples behind an interval.
    level : float
        Coverage of an interval: 0.95.
    share : float
        Share of the accuracy on real cells that generated cells have to reach.
    periods : tuple of int
        Periods, in pixels of the generator's window, at which a checkerboard is looked for: the last up-sampling by 2
        leaves its trace at period 2, the one before it at 4, and so on.
    """

    resamples: int
    level: float
    share: float
    periods: tuple[int, ...]

    def __post_init__(self) -> None:
        share = ("share", 0 < self.share <= 1, "above 0, at most 1")
        periods = ("periods", min(self.periods, default=0) >= 2, "whole numbers of pixels from 2")
        raise_all(interval(self) + unfit(self, share, periods))
