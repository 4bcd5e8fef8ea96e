"""Training sets of field readers, each a mixture of sources."""

import re
from dataclasses import dataclass

from smearsynth.errors import Problem, raise_all, unknown

OWN = ("slides", "fields", "boxes")
"""Sources of a run: its slides, real fields with classical labels, and real fields with experts' boxes."""


@dataclass(frozen=True)
class FieldArm:
    """A training set.

    Parameters
    ----------
    name : str
        Of its folder in the results.
    sources : dict of str to float
        One of `OWN`, or another run, to its share of the training patches; shares are relative to each other.
    """

    name: str
    sources: dict[str, float]

    def __post_init__(self) -> None:
        problems = []
        if not re.fullmatch(r"[A-Za-z0-9_-]+", self.name):
            problems.append(Problem("name", f"got {self.name!r}", "letters, digits, - and _"))
        if not self.sources:
            problems.append(Problem(f"sources of {self.name}", "none", f"name one or more, such as {', '.join(OWN)}"))
        problems += [
            Problem(f"sources.{name}", f"got a share of {share:g}", "above 0; equal shares are drawn equally often")
            for name, share in self.sources.items()
            if share <= 0
        ]
        raise_all(problems)


@dataclass(frozen=True)
class FieldArmsOptions:
    """The section ``readers.field_arms``.

    Parameters
    ----------
    arms : tuple of FieldArm
        All are trained for the same steps.
    repetitions : int
        Trainings of each arm that is compared, from seed, seed + 1 and so on.
    others : dict of str to str
        Further sources: a name to the results folder of another run, whose slides are taken.
    um_per_px : float or None
        Resolution of slides whose annotations do not tell, in micrometres a pixel.
    """

    arms: tuple[FieldArm, ...]
    repetitions: int
    others: dict[str, str]
    um_per_px: float | None

    def __post_init__(self) -> None:
        names = [arm.name for arm in self.arms]
        problems = [
            Problem("arms", f"two arms are called {name}", "give every arm its own name")
            for name in sorted(set(names))
            if names.count(name) > 1
        ]
        problems += [
            Problem(f"others.{name}", "is a source of every run", "give the other run another name")
            for name in self.others
            if name in OWN
        ]
        known = (*OWN, *self.others)
        problems += [
            unknown(f"{arm.name}.sources", source, known, word="source")
            for arm in self.arms
            for source in arm.sources
            if source not in known
        ]
        if not 1 <= self.repetitions <= 9:
            problems.append(Problem("repetitions", f"got {self.repetitions}", "1 to 9 trainings of each arm"))
        if self.um_per_px is not None and not 0.01 <= self.um_per_px <= 2:
            problems.append(Problem("um_per_px", f"got {self.um_per_px}", "null, or 0.01 to 2 micrometres a pixel"))
        raise_all(problems)
