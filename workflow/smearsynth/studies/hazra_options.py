"""What the studies of Hazra et al. 2022 may be told."""

from dataclasses import dataclass
from typing import Literal

from smearsynth.errors import Problem, raise_all


@dataclass(frozen=True)
class HazraOptions:
    """The figures and tables of Hazra et al. 2022.

    Parameters
    ----------
    minimum_steps : int
        A model with fewer training steps is called "not trained" in Tables 3 and 4, whatever its numbers are.
    classifier : str
        Of Figures 9 and 10; InceptionV3 in the paper.
    cells : int
        Cells of each type in Figures 1 and 11.
    resamples : int
        Of the bootstrap behind the intervals of Tables 5 and 6.
    level : float
        Coverage of these intervals.
    """

    minimum_steps: int
    classifier: Literal["inceptionv3", "resnet", "vgg16", "cnn", "xception", "vgg19"]
    cells: int
    resamples: int
    level: float

    def __post_init__(self) -> None:
        problems = []
        if self.minimum_steps < 0:
            problems.append(Problem("minimum_steps", f"got {self.minimum_steps}", "a whole number from 0"))
        if not 1 <= self.cells <= 12:
            problems.append(Problem("cells", f"got {self.cells}", "from 1 to 12"))
        if self.resamples < 100:
            problems.append(Problem("resamples", f"got {self.resamples}", "100 or more; the ends of an interval need that many"))
        if not 0 < self.level < 1:
            problems.append(Problem("level", f"got {self.level}", "above 0 and below 1, such as 0.95"))
        raise_all(problems)
