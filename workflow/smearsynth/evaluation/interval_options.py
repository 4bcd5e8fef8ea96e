"""What intervals may be told, whatever they are of."""

from typing import Any

from smearsynth.errors import Problem
from smearsynth.options import unfit


def interval(options: Any) -> list[Problem]:
    """The problems of ``level``, an interval's coverage, and of ``resamples`` where it is a bootstrap's."""
    return unfit(
        options,
        ("resamples", getattr(options, "resamples", 100) >= 100, "at least 100; 2000 is usual"),
        ("level", 0.5 <= options.level < 1, "from 0.5 to below 1; 0.95 is usual"),
    )
