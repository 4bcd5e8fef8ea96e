"""What the windows of single cells may be told."""

from dataclasses import dataclass
from typing import Literal

from smearsynth.errors import raise_all
from smearsynth.options import unfit

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
        size = 32 <= self.size <= 4096 and self.size % 16 == 0
        kinds = bool(self.kinds) and set(self.kinds) <= set(KINDS)
        raise_all(
            unfit(
                self,
                ("window", 16 <= self.window <= 4096, "between 16 and 4096 px"),
                ("size", size, "between 32 and 4096 px, a multiple of 16, as the networks halve it four times"),
                ("kinds", kinds, f"one or more of {', '.join(KINDS)}"),
            )
        )
