"""What the section ``gans.field`` may say: the generator of whole fields."""

import math
from dataclasses import dataclass
from typing import Literal

from smearsynth.errors import raise_all
from smearsynth.options import at_least, unfit


@dataclass(frozen=True)
class FieldOptions:
    """The generator of whole fields and its training.

    Parameters
    ----------
    steps : int
        Training steps.
    batch : int
        Crops a step.
    crop : int
        Side of the crops in pixels of the field maps, a multiple of 8 and of the coarsest grid, ``2 ** (len(channels) - 1)``; no
        field may be smaller.
    channels : tuple of int
        Channels of the generator from full resolution down, 2 to 6 levels, each at half the side of the one before. More levels
        see farther, and tiles then need more overlap.
    critic_filters : int
        Channels of a discriminator's first level.
    critic_scales : int
        Discriminators, 1 to 3, each of which sees the picture at half the side of the one before.
    conditioning : str
        How labels enter the generator's way up: ``concat`` or ``spade``; see `smearsynth.gans.networks.field.generator`.
    noise : bool
        Noise that makes cells of the same label differ.
    l1, tone, features : float
        Weights, beside the adversarial loss, of the mean absolute error, of that of means over 8 × 8 pixels, and of feature
        matching.
    restain : float
        Share of the crops whose light, stain, focus and grain are changed at random, their style being measured afterwards: the
        generator then draws in looks that no training field has. 0 to 1.
    augment : tuple of str
        Differentiable augmentations of what the discriminators see (Zhao et al. 2020): colour, shift, cutout.
    ema : float
        Decay of the averaged weights that draw; 0 draws with the last ones.
    generator_rate, discriminator_rate : float
        Adam's learning rates (β1 0.0, β2 0.99); both fall linearly to a tenth over the last half.
    precision : str
        ``bfloat16`` or ``float32`` for the convolutions in training; weights are float32, and so is drawing.
    device : str
        ``auto`` (a GPU if one is visible), ``cpu``, ``gpu`` (an error if none is visible).
    threads : int
        Threads of an operation. Part of the result: other thread counts give other bits.
    log_every, grid_every, checkpoint_every : int
        Steps between rows of ``losses.tsv`` (means since the row before), sample pictures, and states to resume from.
    """

    steps: int
    batch: int = 8
    crop: int = 128
    channels: tuple[int, ...] = (20, 48, 96, 160)
    critic_filters: int = 48
    critic_scales: int = 1
    conditioning: Literal["concat", "spade"] = "concat"
    noise: bool = True
    l1: float = 1.0
    tone: float = 10.0
    features: float = 2.0
    restain: float = 0.0
    augment: tuple[str, ...] = ("shift",)
    ema: float = 0.998
    generator_rate: float = 2e-4
    discriminator_rate: float = 4e-4
    precision: Literal["bfloat16", "float32"] = "bfloat16"
    device: Literal["auto", "cpu", "gpu"] = "auto"
    threads: int = 2
    log_every: int = 50
    grid_every: int = 1000
    checkpoint_every: int = 500

    def __post_init__(self) -> None:
        ones = ("steps", "batch", "critic_filters", "threads", "log_every", "grid_every", "checkpoint_every")
        problems = at_least(self, dict.fromkeys(ones, 1) | {"l1": 0, "tone": 0, "features": 0})
        levels = 2 <= len(self.channels) <= 6 and min(self.channels) >= 1
        scales = 1 <= self.critic_scales <= 3
        # Both networks halve the side, the generator once for each level after the first, a discriminator three times.
        side = math.lcm(self.stride if levels else 1, 8 * 2 ** (self.critic_scales - 1) if scales else 1)
        problems += unfit(
            self,
            ("channels", levels, "2 to 6 numbers of 1 or more"),
            ("critic_scales", scales, "1, 2 or 3"),
            ("crop", self.crop >= 64 and self.crop % side == 0, f"a multiple of {side} px with these networks, 64 or more"),
            ("ema", 0 <= self.ema < 1, "from 0 (off) to below 1, such as 0.998"),
            ("restain", 0 <= self.restain <= 1, "a share from 0 to 1"),
            ("generator_rate", self.generator_rate > 0, "above 0, such as 2.0e-4"),
            ("discriminator_rate", self.discriminator_rate > 0, "above 0, such as 2.0e-4"),
            ("augment", set(self.augment) <= {"colour", "shift", "cutout"}, "a list of colour, shift, cutout; [] for none"),
        )
        raise_all(problems)

    @property
    def stride(self) -> int:
        """Pixels of full resolution in one of the coarsest grid."""
        return 2 ** (len(self.channels) - 1)
