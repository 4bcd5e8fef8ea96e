"""What the studies of Hazra et al. 2022 may be told."""

from dataclasses import dataclass
from typing import Literal

from smearsynth.errors import raise_all
from smearsynth.options import unfit

Model = Literal["wgan_gp_ac", "acgan", "wgan", "wgan_gp", "infogan", "wgan_gp_info", "dcgan", "cgan", "default"]
Network = Literal["inception_v3", "resnet50", "vgg16", "cnn", "xception", "vgg19"]
Arm = Literal[
    "original", "synthetic", "augmentation_1", "augmentation_2", "augmentation_3", "original_synthetic", "class_balanced"
]


@dataclass(frozen=True)
class HazraOptions:
    """The figures and tables of Hazra et al. 2022.

    Parameters
    ----------
    models : tuple of str
        Generators of Tables 3 and 4; the paper's eight, and ``default``, ours. Those left out are called absent.
    networks : tuple of str
        Classifiers of Tables 5 and 6, each of which ``readers.arms.networks`` has to describe.
    arms : tuple of str
        Training sets of Tables 5 and 6.
    minimum_steps : int
        A model with fewer training steps is called "not trained" in Tables 3 and 4, whatever its numbers are.
    classifier : str
        Of Figures 9 and 10, one of `networks`; InceptionV3 in the paper.
    cells : int
        Cells of each type in Figures 1 and 11.
    resamples : int
        Of the bootstrap behind the intervals of Tables 5 and 6.
    level : float
        Coverage of these intervals.
    """

    models: tuple[Model, ...]
    networks: tuple[Network, ...]
    arms: tuple[Arm, ...]
    minimum_steps: int
    classifier: Network
    cells: int
    resamples: int
    level: float

    def __post_init__(self) -> None:
        lists = {name: getattr(self, name) for name in ("models", "networks", "arms")}
        networks = ", ".join(self.networks)
        problems = unfit(
            self,
            *((name, len(set(told)) == len(told), "each name once") for name, told in lists.items()),
            ("classifier", not self.networks or self.classifier in self.networks, f"one of networks: {networks}"),
            ("minimum_steps", self.minimum_steps >= 0, "a whole number from 0"),
            ("cells", 1 <= self.cells <= 12, "from 1 to 12"),
            ("resamples", self.resamples >= 100, "100 or more; the ends of an interval need that many"),
            ("level", 0 < self.level < 1, "above 0 and below 1, such as 0.95"),
        )
        raise_all(problems)
