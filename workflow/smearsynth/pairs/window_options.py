"""What the windows of single cells may be told."""

from dataclasses import dataclass
from typing import Literal

from smearsynth.errors import Problem, raise_all

KINDS = ("white", "red", "platelet", "background")


@dataclass(frozen=True)
class WindowOptions:
    """The section ``pairs.windows`` of the configuration.

    Parameters
    ----------
    window : int
        Side of the square around a cell, in pixels of its picture.
    size : int
        Side of the picture that it becomes, in pixels (Hazra et al. 2022: 128).
    surroundings : str
        ``kept``: what lies around the cell stays, as in the paper; ``black``: the cell alone.
    kinds : tuple of str
        Kinds of cells that get a window.
    """

    window: int
    size: int
    surroundings: Literal["kept", "black"] = "kept"
    kinds: tuple[str, ...] = ("white", "platelet")

    def __post_init__(self) -> None:
        problems = []
        for name, least in (("window", 16), ("size", 32)):
            if not least <= getattr(self, name) <= 4096:
                problems.append(Problem(name, f"{getattr(self, name)} px", f"between {least} and 4096 px"))
        if self.size % 16:
            problems.append(Problem("size", f"{self.size} px", "a multiple of 16, as the networks halve it four times"))
        if not self.kinds or set(self.kinds) - set(KINDS):
            problems.append(Problem("kinds", f"{list(self.kinds)}", f"one or more of {', '.join(KINDS)}"))
        raise_all(problems)
