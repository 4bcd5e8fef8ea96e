"""Training of the default preset: hinge loss, feature matching, tone, guides, styles, averaged weights."""

from functools import cached_property

import keras
import numpy as np
from keras import ops

from smearsynth.gans import augment, data, engine, guides, joint, losses, objectives, sampling
from smearsynth.gans.networks import default as networks
from smearsynth.gans.options import GanOptions
from smearsynth.seeds import entropy


class DefaultTraining:
    """What `smearsynth.gans.loop.train` needs to train the default preset.

    Parameters
    ----------
    options : GanOptions
        With preset ``default``.
    pairs : Pairs
        Training pairs.
    seed : int
        Of weights, batches, noise and augmentation.
    """

    columns = ("gen_total_loss", "gen_gan_loss", "gen_l1_loss", "disc_loss", "gen_feature_loss", "gen_tone_loss")

    def __init__(self, options: GanOptions, pairs: data.Pairs, *, seed: int):
        self.options = chosen = options.default
        self.pairs, self.seed, self.steps = pairs, seed, chosen.steps
        types = [category["id"] for category in pairs.categories]
        self.types = len(types)
        measured, dense = guides.measure(list(pairs.pictures), list(pairs.masks), pairs.category_ids)
        self._bank = measured.typical() if chosen.guide == "measured" else None
        self._dense = dense if self._bank else [np.zeros_like(mask) for mask in pairs.masks]
        self._styles = sampling.standardised(measured.styles, self._bank) if self._bank else np.zeros_like(measured.styles)
        self._depths = [data.depth(mask) for mask in pairs.masks]
        self._by_type = [np.flatnonzero(np.array(pairs.category_ids) == category_id) for category_id in types]
        start = entropy(seed, "generator") % 2**31
        self.generator, self.averaged = (sampling.default_network(chosen, self.types, seed=start) for _ in range(2))
        self.discriminator = networks.discriminator(
            entropy(seed, "discriminator") % 2**31,
            types=self.types,
            filters=chosen.critic_filters,
            norm=chosen.critic_normalisation,
            precision=chosen.precision,
        )
        self.joint = joint.Joint(
            self.generator,
            self.averaged,
            self.discriminator.trainable_variables,
            rates=(chosen.generator_rate, chosen.discriminator_rate),
            steps=chosen.steps,
            ema=chosen.ema,
        )
        self._update = engine.compiled(self._step)

    @property
    def variables(self) -> list[keras.Variable]:
        """All that a later step depends on."""
        networks_ = (self.generator, self.discriminator, self.averaged)
        return [*(weight for network in networks_ for weight in network.weights), *self.joint.variables]

    def saves(self, step: int) -> bool:
        """No states beyond those of ``checkpoint_every``."""
        return False

    def batch(self, step: int) -> dict[str, np.ndarray]:
        """The batch of a step, from 0."""
        return data.crop_batch(
            self.pairs,
            self._dense,
            self._depths,
            self._styles,
            self._by_type,
            step,
            seed=self.seed,
            batch=self.options.batch,
            crop=self.options.crop,
            levels=networks.NOISE_LEVELS,
        )

    def update(self, batch: dict[str, np.ndarray]) -> list[float]:
        """One step; the losses in the order of `columns`, before the update."""
        return [float(value) for value in engine.to_numpy(self._update(batch))]

    def _step(self, batch):
        options = self.options
        real = ops.cast(batch["real"], "float32") / 127.5 - 1.0
        mask, depth, dense = ops.split(ops.cast(batch["shape"], "float32") / 255.0, 3, axis=-1)
        told = networks.planes(batch["type"], mask, depth, dense, self.types)
        kind = ops.one_hot(batch["type"], self.types)
        grains = [batch[f"noise{level}"] for level in range(networks.NOISE_LEVELS)]

        def forward():
            output = self.generator([told, mask, batch["style"], kind, *grains], training=True)
            seen = [augment.differentiable(p, told, batch["augment"], options.augment) for p in (real, output)]
            both = self.discriminator(
                [ops.concatenate([part[1] for part in seen]), ops.concatenate([part[0] for part in seen])], training=True
            )
            halves = [ops.split(values, 2, axis=0) for values in both]
            (real_logits, fake_logits), features = halves[0], halves[1:]
            disc = objectives.critic(options.adversarial, real_logits, fake_logits)
            gan = objectives.generator(options.adversarial, fake_logits)
            l1 = losses.masked_l1(real, output, mask)
            matching = losses.feature_matching([half[0] for half in features], [half[1] for half in features])
            tone = losses.tone(real, output, mask)
            total = gan + options.l1 * l1 + options.tone * tone + options.features * matching
            return (total, disc), ops.stack([total, gan, l1, disc, matching, tone])

        found, values = engine.gradients(forward, self.joint.groups)
        self.joint.learn(found)
        return values

    @property
    def drawn(self) -> keras.Model:
        """The network that draws after training: the averaged one."""
        return self.averaged

    @cached_property
    def drawing(self) -> sampling.DefaultGenerator:
        """What draws cells with the weights as they are when it is asked."""
        return sampling.DefaultGenerator(self.averaged, categories=self.pairs.categories, bank=self._bank)

    def bank(self) -> guides.Bank | None:
        """The guides that are kept beside the model."""
        return self._bank
