"""Training of the field generator: hinge loss of one or more patch discriminators, feature matching, tone, averaged weights."""

from functools import cached_property

import keras
import numpy as np
from keras import ops

from smearsynth.gans import augment, engine, field_data, field_style, joint, losses
from smearsynth.gans.field_options import FieldOptions
from smearsynth.gans.field_sampling import FieldGenerator, build_network
from smearsynth.gans.networks import field as networks
from smearsynth.seeds import entropy


class FieldTraining:
    """What `smearsynth.gans.loop.train` needs to train a field generator.

    Parameters
    ----------
    options : FieldOptions
    fields : Fields
        Training fields.
    seed : int
        Of weights, batches, noise and augmentation.
    """

    columns = ("gen_total_loss", "gen_gan_loss", "gen_l1_loss", "disc_loss", "gen_feature_loss", "gen_tone_loss")

    def __init__(self, options: FieldOptions, fields: field_data.Fields, *, seed: int):
        self.options, self.fields, self.seed, self.steps = options, fields, seed, options.steps
        self.types = len(fields.categories)
        start = entropy(seed, "generator") % 2**31
        self.generator, self.averaged = (
            build_network(options, self.types, precision=options.precision, seed=start) for _ in range(2)
        )
        self.discriminators = [
            networks.discriminator(
                entropy(seed, "discriminator", scale) % 2**31,
                types=self.types,
                style=field_style.CODE,
                filters=options.critic_filters,
                precision=options.precision,
            )
            for scale in range(options.critic_scales)
        ]
        critics = [variable for one in self.discriminators for variable in one.trainable_variables]
        self.joint = joint.Joint(
            self.generator,
            self.averaged,
            critics,
            rates=(options.generator_rate, options.discriminator_rate),
            steps=options.steps,
            ema=options.ema,
        )
        self._update = engine.compiled(self._step)

    @property
    def variables(self) -> list[keras.Variable]:
        """All that a later step depends on."""
        networks_ = (self.generator, *self.discriminators, self.averaged)
        return [*(weight for network in networks_ for weight in network.weights), *self.joint.variables]

    def saves(self, step: int) -> bool:
        """No states beyond those of ``checkpoint_every``."""
        return False

    def batch(self, step: int) -> dict[str, np.ndarray]:
        """The batch of a step, from 0."""
        options = self.options
        return field_data.batch(self.fields, step, seed=self.seed, batch=options.batch, levels=len(options.channels))

    def update(self, batch: dict[str, np.ndarray]) -> list[float]:
        """One step; the losses in the order of `columns`, before the update."""
        return [float(value) for value in engine.to_numpy(self._update(batch))]

    def _step(self, batch):
        options = self.options
        real = ops.cast(batch["real"], "float32") / 127.5 - 1.0
        told = networks.planes(batch["label"], batch["light"], self.types)
        grains = [batch[f"noise{level}"] for level in range(len(options.channels))]

        def forward():
            output = self.generator([told, batch["style"], *grains], training=True)
            seen = [augment.differentiable(p, told, batch["augment"], options.augment) for p in (real, output)]
            labels, pictures = (ops.concatenate([part[which] for part in seen]) for which in (1, 0))
            disc, gan, matching = self._judge(labels, pictures, ops.concatenate([batch["style"]] * 2))
            l1 = losses.l1(real, output)
            tone = losses.tone(real, output, ops.ones_like(output[..., :1]))
            total = gan + options.l1 * l1 + options.tone * tone + options.features * matching
            return (total, disc), ops.stack([total, gan, l1, disc, matching, tone])

        found, values = engine.gradients(forward, self.joint.groups)
        self.joint.learn(found)
        return values

    def _judge(self, labels, pictures, styles):
        """Means over the discriminators of their loss, the generator's and feature matching; real pictures come first."""
        sums = [0.0, 0.0, 0.0]
        for scale, discriminator in enumerate(self.discriminators):
            if scale:
                labels, pictures = (ops.average_pool(values, 2, 2) for values in (labels, pictures))
            halves = [ops.split(values, 2, axis=0) for values in discriminator([labels, pictures, styles], training=True)]
            (real, fake), features = halves[0], halves[1:]
            terms = (
                losses.hinge_discriminator(real, fake),
                losses.hinge_generator(fake),
                losses.feature_matching([half[0] for half in features], [half[1] for half in features]),
            )
            sums = [total + term / len(self.discriminators) for total, term in zip(sums, terms, strict=True)]
        return sums

    @property
    def drawn(self) -> keras.Model:
        """The network that draws after training: the averaged one."""
        return self.averaged

    @cached_property
    def drawing(self) -> FieldGenerator:
        """What draws fields with the averaged weights as they are when it is asked, at the precision of training."""
        return FieldGenerator(self.averaged, categories=self.fields.categories, styles=self.fields.styles, options=self.options)
