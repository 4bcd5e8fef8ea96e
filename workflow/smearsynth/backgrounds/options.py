"""What the `backgrounds` section may say."""

from dataclasses import dataclass
from typing import Literal

from smearsynth.errors import Problem, raise_all


@dataclass(frozen=True)
class BackgroundOptions:
    """The `backgrounds` section.

    Parameters
    ----------
    kind : str
        ``whole``: seamless, from the cell-free patches of the training pictures; ``blocks``: the thesis's (3.6).
    styles : int
        Pictures whose light and grain are kept, at most; each slide has those of one. Only ``whole``.
    smallest : int
        Side in pixels of the smallest cell-free patch that is used. Only ``whole``.
    unevenness : float
        How strongly the light varies over a slide, relative to what the training pictures show; 0 is even light.
        Only ``whole``.
    """

    kind: Literal["whole", "blocks"]
    styles: int = 64
    smallest: int = 24
    unevenness: float = 1.0

    def __post_init__(self) -> None:
        problems = []
        if not 1 <= self.styles <= 10_000:
            problems.append(Problem("styles", f"got {self.styles}", "from 1 to 10000"))
        if not 8 <= self.smallest <= 512:
            problems.append(Problem("smallest", f"got {self.smallest}", "from 8 to 512 px"))
        if not 0 <= self.unevenness <= 10:
            problems.append(Problem("unevenness", f"got {self.unevenness}", "from 0 to 10"))
        raise_all(problems)
