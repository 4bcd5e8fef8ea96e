"""What the stage `evaluation` may be told."""

from dataclasses import dataclass

from smearsynth.errors import Problem, raise_all


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
        problems = []
        if self.resamples < 100:
            problems.append(Problem("resamples", f"got {self.resamples}", "at least 100; 2000 is usual"))
        if not 0.5 <= self.level < 1:
            problems.append(Problem("level", f"got {self.level}", "from 0.5 to below 1; 0.95 is usual"))
        if not 0 < self.share <= 1:
            problems.append(Problem("share", f"got {self.share}", "above 0, at most 1"))
        if not self.periods or min(self.periods) < 2:
            problems.append(Problem("periods", f"got {list(self.periods)}", "whole numbers of pixels from 2"))
        raise_all(problems)
