"""What the generators may be told. The thesis's own values are fixed in the code of its preset."""

from dataclasses import dataclass
from typing import Literal

from smearsynth.errors import raise_all
from smearsynth.options import at_least, unfit


@dataclass(frozen=True)
class ThesisOptions:
    """The preset ``thesis`` (section 3.4), of which only the length is free: the thesis does not tell it.

    Parameters
    ----------
    epochs : int
        Passes over the training pairs, at batch 1.
    """

    epochs: int = 200

    def __post_init__(self) -> None:
        raise_all(at_least(self, {"epochs": 1}))


@dataclass(frozen=True)
class DefaultOptions:
    """The preset ``default``.

    Parameters
    ----------
    steps : int
        Training steps.
    batch : int
        Cells a step.
    crop : int
        Side of the training windows in pixels, a multiple of 32; larger cells are cropped at random.
    filters : int
        Channels of the generator at full resolution; deeper levels have more.
    critic_filters : int
        Channels of the discriminator's first level.
    guide : str
        ``measured``: the generator is told the dense region (nucleus) and the colours of a real training cell of the type;
        ``none``: type and outline only, as in the thesis.
    normalisation : str
        ``pixel``: over the channels of a pixel; ``instance``: over each cell's picture; ``batch``: over the batch.
    adversarial : str
        ``hinge`` or ``cross_entropy`` (thesis).
    l1, tone, features : float
        Weights, beside the adversarial loss, of the mean absolute error, of that of means over 8 × 8 pixels, and of feature
        matching.
    critic_normalisation : str
        Of the discriminator: ``spectral`` (Miyato et al. 2018), ``pixel`` or ``none``.
    augment : tuple of str
        Differentiable augmentations of what the discriminator sees (Zhao et al. 2020): colour, shift, cutout.
    ema : float
        Decay of the averaged weights that draw; 0 draws with the last ones.
    noise : bool
        Noise that makes cells of the same outline differ.
    upsample : str
        ``resize`` by nearest neighbours and convolve, ``smooth`` in between, or ``transposed`` convolution (thesis).
    generator_rate, discriminator_rate : float
        Adam's learning rates (β1 0.0, β2 0.99); both fall linearly to a tenth over the last half.
    precision : str
        ``bfloat16`` or ``float32`` for the convolutions; weights stay float32.
    """

    steps: int = 3000
    batch: int = 8
    crop: int = 128
    filters: int = 24
    critic_filters: int = 48
    guide: Literal["measured", "none"] = "measured"
    normalisation: Literal["pixel", "instance", "batch"] = "pixel"
    adversarial: Literal["hinge", "cross_entropy"] = "hinge"
    l1: float = 1.0
    tone: float = 10.0
    features: float = 2.0
    critic_normalisation: Literal["spectral", "pixel", "none"] = "spectral"
    augment: tuple[str, ...] = ("colour", "shift")
    ema: float = 0.998
    noise: bool = True
    upsample: Literal["smooth", "resize", "transposed"] = "smooth"
    generator_rate: float = 2e-4
    discriminator_rate: float = 4e-4
    precision: Literal["bfloat16", "float32"] = "bfloat16"

    def __post_init__(self) -> None:
        problems = at_least(self, {"steps": 1, "batch": 1, "filters": 1, "critic_filters": 1, "l1": 0, "tone": 0, "features": 0})
        problems += unfit(
            self,
            ("crop", self.crop >= 32 and self.crop % 32 == 0, "a multiple of 32 px"),
            ("ema", 0 <= self.ema < 1, "from 0 (off) to below 1, such as 0.998"),
            ("generator_rate", self.generator_rate > 0, "above 0, such as 2.0e-4"),
            ("discriminator_rate", self.discriminator_rate > 0, "above 0, such as 2.0e-4"),
            ("augment", set(self.augment) <= {"colour", "shift", "cutout"}, "a list of colour, shift, cutout; [] for none"),
        )
        raise_all(problems)


@dataclass(frozen=True)
class GanOptions:
    """The section ``gans`` of the configuration.

    Parameters
    ----------
    preset : str
        ``default``, or ``thesis`` (section 3.4 to the letter); the other one's options are not used.
    device : str
        Where it computes: ``auto`` (a GPU if one is visible), ``cpu``, ``gpu`` (an error if none is visible).
    threads : int
        Threads of an operation. Part of the result: other thread counts give other bits.
    log_every, grid_every, checkpoint_every : int
        Steps between rows of ``losses.tsv`` (means since the row before), sample grids, and states to resume from.
    thesis, default
        The presets.
    """

    preset: Literal["default", "thesis"]
    default: DefaultOptions = DefaultOptions()
    thesis: ThesisOptions = ThesisOptions()
    device: Literal["auto", "cpu", "gpu"] = "auto"
    threads: int = 2
    log_every: int = 50
    grid_every: int = 1000
    checkpoint_every: int = 500

    def __post_init__(self) -> None:
        raise_all(at_least(self, {"threads": 1, "log_every": 1, "grid_every": 1, "checkpoint_every": 1}))
