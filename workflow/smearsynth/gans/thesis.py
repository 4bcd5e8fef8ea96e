"""Training as in the thesis (section 3.4): batch 1, cross-entropy + 100 · L1, Adam 2.0e-4 with β1 0.5, both at once."""

from functools import cached_property

import keras
import numpy as np

from smearsynth.gans import data, engine, losses, sampling
from smearsynth.gans.networks import thesis as networks
from smearsynth.gans.options import GanOptions
from smearsynth.seeds import entropy, rng

LAMBDA = 100.0
BUFFER = 192
CHECKPOINT_EPOCHS = 20


class ThesisTraining:
    """What `smearsynth.gans.loop.train` needs to train the thesis's pix2pix.

    Parameters
    ----------
    options : GanOptions
        With preset ``thesis``.
    pairs : Pairs
        Training pairs.
    seed : int
        Of weights, order, jitter and dropout.
    filters : int
        64 in the thesis; tests take fewer.
    """

    columns = ("gen_total_loss", "gen_gan_loss", "gen_l1_loss", "disc_loss")

    def __init__(self, options: GanOptions, pairs: data.Pairs, *, seed: int, filters: int = 64):
        self.pairs, self.seed = pairs, seed
        self.epoch_steps = len(pairs.entries)
        self.steps = options.thesis.epochs * self.epoch_steps
        self.generator = networks.generator(entropy(seed, "generator") % 2**31, filters=filters)
        self.discriminator = networks.discriminator(entropy(seed, "discriminator") % 2**31, filters=filters)
        self.optimisers = [keras.optimizers.Adam(2e-4, beta_1=0.5) for _ in range(2)]
        self.groups = [self.generator.trainable_variables, self.discriminator.trainable_variables]
        for optimiser, group in zip(self.optimisers, self.groups, strict=True):
            optimiser.build(group)
        self.dropout = networks.dropout_states(self.generator)
        self._update = engine.compiled(self._step)
        self._order: tuple[int, list[int]] = (-1, [])

    @property
    def variables(self) -> list[keras.Variable]:
        """All that a later step depends on."""
        parts = [self.generator.weights, self.discriminator.weights, *(o.variables for o in self.optimisers)]
        return [variable for part in parts for variable in part]

    def saves(self, step: int) -> bool:
        """Whether the thesis keeps a state after this step: every 20 epochs."""
        return step % (CHECKPOINT_EPOCHS * self.epoch_steps) == 0

    def batch(self, step: int) -> dict[str, np.ndarray]:
        """The pair of a step, from 0."""
        epoch = step // self.epoch_steps
        if self._order[0] != epoch:
            self._order = (epoch, data.buffered_order(self.epoch_steps, rng(self.seed, "order", epoch), buffer=BUFFER))
        return data.thesis_batch(self.pairs, step, seed=self.seed, order=self._order[1])

    def update(self, batch: dict[str, np.ndarray]) -> list[float]:
        """One step; the losses in the order of `columns`, before the update."""
        return [float(value) for value in engine.to_numpy(self._update(batch))]

    def _step(self, batch):
        for state, value in zip(self.dropout, range(3), strict=True):
            state.assign(batch["dropout"][value])

        def forward():
            output = self.generator(batch["label"], training=True)
            real = self.discriminator([batch["label"], batch["real"]], training=True)
            fake = self.discriminator([batch["label"], output], training=True)
            gan, l1 = losses.cross_entropy(fake, 1.0), losses.l1(batch["real"], output)
            total, disc = gan + LAMBDA * l1, losses.thesis_discriminator(real, fake)
            return (total, disc), keras.ops.stack([total, gan, l1, disc])

        found, values = engine.gradients(forward, self.groups)
        for optimiser, gradient, group in zip(self.optimisers, found, self.groups, strict=True):
            optimiser.apply(gradient, group)
        return values

    @property
    def drawn(self) -> keras.Model:
        """The network that draws after training."""
        return self.generator

    @cached_property
    def drawing(self) -> sampling.ThesisGenerator:
        """What draws cells with the weights as they are when it is asked."""
        return sampling.ThesisGenerator(self.generator, size=self.pairs.size, categories=self.pairs.categories)

    def bank(self) -> None:
        """The thesis keeps no guides."""
        return None
