"""What the step that completes a source's outlines may be told."""

from dataclasses import dataclass
from typing import Literal

from smearsynth.errors import Problem, raise_all


@dataclass(frozen=True)
class OutlineOptions:
    """The section ``cells.outline``.

    Parameters
    ----------
    smooth : float
        Standard deviation in pixels of the smoothing along an outline; 0 leaves outlines as they are.
    find : str
        ``lacking``: red cells, platelets and empty background are searched in sources that annotate none of that kind;
        ``always``: in every source; ``never``.
    red_cells, platelets, background : int
        How many of a kind are kept of a source, at most, chosen by hash.
    per_picture : int
        How many of a kind are kept of one picture, at most.
    smallest_patch, largest_patch : int
        Sides in pixels of the square patches of empty background.
    """

    smooth: float = 1.5
    find: Literal["lacking", "always", "never"] = "lacking"
    red_cells: int = 400
    platelets: int = 200
    background: int = 200
    per_picture: int = 2
    smallest_patch: int = 24
    largest_patch: int = 96

    def __post_init__(self) -> None:
        problems = []
        if not 0 <= self.smooth <= 20:
            problems.append(Problem("smooth", f"got {self.smooth}", "from 0 (off) to 20 px"))
        for name in ("red_cells", "platelets", "background"):
            if getattr(self, name) < 0:
                problems.append(Problem(name, f"got {getattr(self, name)}", "0 or more"))
        if self.per_picture < 1:
            problems.append(Problem("per_picture", f"got {self.per_picture}", "1 or more"))
        if not 8 <= self.smallest_patch <= self.largest_patch <= 1024:
            what = f"got {self.smallest_patch} and {self.largest_patch}"
            problems.append(Problem("smallest_patch, largest_patch", what, "from 8 to 1024 px, the smallest first"))
        raise_all(problems)
