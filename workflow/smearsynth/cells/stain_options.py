"""What the stain normalisation may be told."""

from dataclasses import dataclass
from typing import Literal

from smearsynth.errors import Problem, raise_all


@dataclass(frozen=True)
class StainOptions:
    """Whether and how all pictures are brought to one stain.

    Parameters
    ----------
    method : str
        ``none``; ``reinhard`` (Reinhard et al. 2001: mean and spread of L*a*b*), ``reinhard_modified`` (Roy et al. 2021: L* keeps
        its mean, a* and b* are shifted), ``macenko`` (Macenko et al. 2009: the two dyes and their strongest concentrations).
    measured : str
        ``source``: one map of colours for a whole source, from its training pictures of the types that it shares with the
        reference; ``picture_light``: the dye so, but the light by each picture's own empty smear; ``picture``: each picture by
        its own light and dye.
    pixels : str
        ``cells``: what carries dye inside the catalogue's outlines; ``stained``: all that carries dye, which sets shares of red
        cells and nuclei equal that are not, where one source has whole fields and another single cells.
    reference : str, optional
        Source whose training pictures are the reference; None for the one with most of them.
    """

    method: Literal["none", "reinhard", "reinhard_modified", "macenko"] = "none"
    measured: Literal["source", "picture_light", "picture"] = "source"
    pixels: Literal["cells", "stained"] = "cells"
    reference: str | None = None

    def __post_init__(self) -> None:
        if self.method == "none" and self.reference is not None:
            raise_all([Problem("reference", f"got {self.reference!r} with method none", "choose a method, or write null")])
