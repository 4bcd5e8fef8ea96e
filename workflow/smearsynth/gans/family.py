"""The family of class-conditional GANs: every model is a recipe, a composition of shared blocks and objectives."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Recipe:
    """What one model of the family is made of.

    Parameters
    ----------
    name : str
        As in the configuration and in paths.
    source : str
        Who published it.
    generator, critic : str
        Blocks of the networks: ``residual``, or ``convolutional``: transposed and with strides, as in DCGAN.
    generator_labels : str
        Where the generator learns the type: ``none``; ``input``, beside the noise; ``planes``, by its own dense layer, reshaped
        and concatenated with the noise's (Hazra et al. 2022, section 3.2); ``modulate``, in every block, whose normalisation is
        scaled and shifted by noise and type.
    critic_labels : str
        ``none``; ``planes``, one for each type beside the picture; ``project``, an inner product of the type's embedding with the
        features (Miyato and Koyama 2018).
    critic_norm : str
        Normalisation in the critic: ``none``, ``batch`` (never with a penalty on single gradients) or ``spectral``.
    objective : str
        ``wasserstein``, ``cross_entropy`` (non-saturating) or ``hinge``.
    constraint : str
        What keeps the critic smooth: ``none``; ``clip``, weights within `clip`; ``interpolated``, gradients of norm 1 between
        real and generated pictures (Gulrajani et al. 2017); ``real``, gradients of norm 0 at real pictures (Mescheder et al.
        2018).
    auxiliary : str
        Second head of the critic: ``none``; ``types``, which names the type; ``codes``, which reads the generator's hidden codes.
    auxiliary_real_only : bool
        The head learns types from real pictures alone; else from generated ones too (Hazra et al. 2022, eq. 6).
    auxiliary_weight, generator_auxiliary_weight : float
        Weights of the head's loss in the critic's and in the generator's.
    optimiser : str
        ``adam`` or ``rmsprop``.
    generator_rate, critic_rate : float
        Learning rates.
    betas : tuple of float
        Adam's.
    critic_steps : int
        Updates of the critic for one of the generator.
    noise : int
        Length of the noise vector.
    penalty : float
        Weight of the constraint's penalty.
    penalty_every : int
        Steps between penalties; the weight counts that often more (Karras et al. 2020, appendix B).
    clip : float
        Bound of the critic's weights with ``clip``.
    joint : bool
        Both networks learn from one forward pass; else the generator after the critic, from pictures of its own.
    augment : tuple of str
        Differentiable augmentations of what the critic sees: colour, shift, cutout (Zhao et al. 2020).
    ema : float or None
        Decay of the averaged weights that draw; 0 draws with the last ones; None takes what the options say for all models.
    spread : bool
        The critic sees how much the pictures of a group differ (Karras et al. 2018, section 3).
    """

    name: str
    source: str
    generator: Literal["residual", "convolutional"]
    critic: Literal["residual", "convolutional"]
    objective: Literal["wasserstein", "cross_entropy", "hinge"]
    generator_rate: float
    critic_rate: float
    betas: tuple[float, float]
    noise: int
    generator_labels: Literal["none", "input", "planes", "modulate"] = "none"
    critic_labels: Literal["none", "planes", "project"] = "none"
    critic_norm: Literal["none", "batch", "spectral"] = "none"
    constraint: Literal["none", "clip", "interpolated", "real"] = "none"
    auxiliary: Literal["none", "types", "codes"] = "none"
    auxiliary_real_only: bool = False
    auxiliary_weight: float = 1.0
    generator_auxiliary_weight: float = 1.0
    optimiser: Literal["adam", "rmsprop"] = "adam"
    critic_steps: int = 1
    penalty: float = 10.0
    penalty_every: int = 1
    clip: float = 0.01
    joint: bool = False
    augment: tuple[str, ...] = ()
    ema: float | None = None
    spread: bool = False

    @property
    def labelled(self) -> bool:
        """Whether its pictures are of a chosen type."""
        return self.generator_labels != "none"


CODES = 2
"""Continuous codes of the models with hidden codes, beside one categorical code with a value for each type."""


def levels(size: int) -> tuple[int, int]:
    """The side of the smallest feature map, 4 to 7 pixels where a recipe can draw `size`, and how often it doubles up to it."""
    doublings = 0
    while size % 2 == 0 and size > 7:
        size, doublings = size // 2, doublings + 1
    return size, doublings


def _dcgan(name: str, source: str, **rest) -> Recipe:
    """The blocks, batch normalisation and optimiser of Radford et al. 2016, which others built on."""
    settled = {
        "generator": "convolutional",
        "critic": "convolutional",
        "critic_norm": "batch",
        "objective": "cross_entropy",
        "generator_rate": 2e-4,
        "critic_rate": 2e-4,
        "betas": (0.5, 0.999),
        "noise": 100,
    }
    return Recipe(name, source, **{**settled, **rest})


def _wgan_gp(name: str, source: str, **rest) -> Recipe:
    """The residual blocks, penalty and optimiser of Gulrajani et al. 2017."""
    settled = {
        "generator": "residual",
        "critic": "residual",
        "objective": "wasserstein",
        "constraint": "interpolated",
        "critic_steps": 5,
        "generator_rate": 1e-4,
        "critic_rate": 1e-4,
        "betas": (0.0, 0.9),
        "noise": 128,
    }
    return Recipe(name, source, **{**settled, **rest})


RECIPES = {
    recipe.name: recipe
    for recipe in (
        # The paper tells the rate, 1.0e-3 at batch 64; half of it suits half that batch. Optimiser and critic steps are assumed.
        _wgan_gp(
            "wgan_gp_ac",
            "Hazra et al. 2022",
            generator_labels="planes",
            auxiliary="types",
            critic_steps=2,
            generator_rate=5e-4,
            critic_rate=5e-4,
        ),
        _dcgan("acgan", "Odena et al. 2017", generator_labels="input", auxiliary="types", noise=110),
        _dcgan(
            "wgan",
            "Arjovsky et al. 2017",
            objective="wasserstein",
            constraint="clip",
            optimiser="rmsprop",
            generator_rate=5e-5,
            critic_rate=5e-5,
            critic_steps=5,
        ),
        _wgan_gp("wgan_gp", "Gulrajani et al. 2017"),
        _dcgan("infogan", "Chen et al. 2016", auxiliary="codes", generator_rate=1e-3, noise=128),
        _wgan_gp("wgan_gp_info", "Hu et al. 2019", auxiliary="codes"),
        _dcgan("dcgan", "Radford et al. 2016"),
        _dcgan("cgan", "Mirza and Osindero 2014", generator_labels="input", critic_labels="planes"),
        Recipe(
            "default",
            "smearsynth",
            generator="convolutional",
            critic="convolutional",
            generator_labels="modulate",
            critic_labels="project",
            critic_norm="spectral",
            objective="hinge",
            auxiliary="types",
            auxiliary_real_only=True,
            generator_auxiliary_weight=0.2,
            generator_rate=2e-4,
            critic_rate=4e-4,
            betas=(0.0, 0.99),
            noise=64,
            joint=True,
            augment=("shift",),
            ema=0.998,
        ),
    )
}
