"""Updates of a generator and its critics from one pass: Adam at falling rates, and averaged weights that draw."""

from collections.abc import Sequence
from typing import Any

import keras
from keras import ops


class Falling(keras.optimizers.schedules.LearningRateSchedule):
    """A rate that falls linearly to a tenth over the last half of the steps."""

    def __init__(self, rate: float, steps: int):
        self.rate, self.steps = rate, steps

    def __call__(self, step):
        """The rate at a step."""
        done = ops.cast(step, "float32") / self.steps
        return self.rate * ops.clip(1.0 - 1.8 * (done - 0.5), 0.1, 1.0)

    def get_config(self) -> dict:
        """As Keras asks."""
        return {"rate": self.rate, "steps": self.steps}


class Joint:
    """Optimisers of a generator and of its critics, and the average of the generator's weights.

    Parameters
    ----------
    generator, averaged : keras.Model
        The same network twice.
    critics : sequence of keras variables
        What the critics learn.
    rates : sequence of float
        Of the generator and of the critics.
    steps : int
        Length of the training.
    ema : float
        Decay of the average.
    """

    def __init__(
        self,
        generator: keras.Model,
        averaged: keras.Model,
        critics: Sequence[keras.Variable],
        *,
        rates: Sequence[float],
        steps: int,
        ema: float,
    ):
        self.generator, self.averaged, self.ema = generator, averaged, ema
        self.groups = [generator.trainable_variables, list(critics)]
        self.optimisers = [keras.optimizers.Adam(Falling(rate, steps), beta_1=0.0, beta_2=0.99) for rate in rates]
        for optimiser, group in zip(self.optimisers, self.groups, strict=True):
            optimiser.build(group)

    @property
    def variables(self) -> list[keras.Variable]:
        """Slots and iterations of the optimisers."""
        return [variable for optimiser in self.optimisers for variable in optimiser.variables]

    def learn(self, gradients: Sequence[Any]) -> None:
        """Apply the gradients of both groups, and let the average follow."""
        step = ops.cast(self.optimisers[0].iterations, "float32")
        for optimiser, gradient, group in zip(self.optimisers, gradients, self.groups, strict=True):
            optimiser.apply(gradient, group)
        # Early averages would hold the random start for long: the decay grows to its value.
        decay = ops.minimum(self.ema, (1.0 + step) / (10.0 + step))
        for average, weight in zip(self.averaged.weights, self.generator.weights, strict=True):
            average.assign(average + (1.0 - decay) * (weight - average))
