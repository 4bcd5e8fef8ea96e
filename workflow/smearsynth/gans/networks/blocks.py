"""Blocks that the networks of the family are built from: up and down, residual and not."""

from itertools import count
from typing import Any

import keras
from keras import ops

from smearsynth.gans.networks.layers import SpectralConv, Style, policy

MOMENTUM = 0.95
"""Of batch normalisation's averages: short trainings have no time for the usual 0.99."""


class Blocks:
    """Makes layers with seeds of their own, of one precision and one way to normalise.

    Parameters
    ----------
    seed : int
        Of the first layer; each further one has the next.
    norm : str
        ``none``, ``batch``, ``modulated`` (batch statistics, scaled and shifted by `code`) or ``spectral`` (of the weights).
    precision : str
        ``bfloat16`` or ``float32`` for the convolutions; weights stay float32.
    spread : float or None
        Standard deviation of the first weights; None takes Glorot's.
    code : tensor, optional
        What ``modulated`` listens to, shape (batch, n).
    """

    def __init__(self, seed: int, *, norm: str, precision: str, spread: float | None = None, code: Any = None):
        self.norm, self.code, self.spread = norm, code, spread
        self.dtype = policy(precision)
        self._seeds = count(seed)

    def start(self) -> keras.initializers.Initializer:
        """The first weights of one layer."""
        seed = next(self._seeds)
        if self.spread is None:
            return keras.initializers.GlorotUniform(seed=seed)
        return keras.initializers.RandomNormal(stddev=self.spread, seed=seed)

    def conv(self, x: Any, filters: int, size: int, strides: int = 1) -> Any:
        """A convolution with padding ``same``; of spectral norm 2 with ``spectral``."""
        if self.norm == "spectral":
            # The layer uses two seeds.
            seed = 2 * next(self._seeds)
            return SpectralConv(filters, size, strides, seed=seed, dtype=self.dtype)(x)
        layer = keras.layers.Conv2D(
            filters, size, strides=strides, padding="same", kernel_initializer=self.start(), dtype=self.dtype
        )
        return layer(x)

    def transposed(self, x: Any, filters: int) -> Any:
        """A transposed convolution of 4 × 4 that doubles the side."""
        layer = keras.layers.Conv2DTranspose(
            filters, 4, strides=2, padding="same", kernel_initializer=self.start(), dtype=self.dtype
        )
        return layer(x)

    def dense(self, x: Any, units: int, *, dtype: str | None = None) -> Any:
        """A dense layer; with ``spectral`` of spectral norm 2."""
        if self.norm == "spectral":
            seed = 2 * next(self._seeds)
            lone = keras.layers.Reshape((1, 1, x.shape[-1]))(x)
            return keras.layers.Reshape((units,))(SpectralConv(units, 1, 1, seed=seed, dtype=dtype or self.dtype)(lone))
        return keras.layers.Dense(units, kernel_initializer=self.start(), dtype=dtype or self.dtype)(x)

    def normal(self, x: Any) -> Any:
        """Normalise, if it is the values and not the weights that are."""
        if self.norm == "batch":
            return keras.layers.BatchNormalization(momentum=MOMENTUM, epsilon=1e-4, dtype=self.dtype)(x)
        if self.norm == "modulated":
            plain = keras.layers.BatchNormalization(momentum=MOMENTUM, epsilon=1e-4, center=False, scale=False, dtype=self.dtype)
            return Style(dtype=self.dtype)([plain(x), self.code])
        return x

    def active(self, x: Any, slope: float) -> Any:
        """Normalise and rectify; `slope` on the left of 0."""
        x = self.normal(x)
        kind = keras.layers.ReLU(dtype=self.dtype) if slope == 0 else keras.layers.LeakyReLU(slope, dtype=self.dtype)
        return kind(x)

    def doubled(self, x: Any) -> Any:
        """Twice the side, by nearest neighbours."""
        return keras.layers.UpSampling2D(dtype=self.dtype)(x)

    def halved(self, x: Any) -> Any:
        """Half the side, by means of 2 × 2."""
        return keras.layers.AveragePooling2D(2, dtype=self.dtype)(x)

    def residual_up(self, x: Any, filters: int) -> Any:
        """A residual block that doubles the side: normalise, rectify, enlarge, convolve, normalise, rectify, convolve."""
        inner = self.conv(self.doubled(self.active(x, 0.0)), filters, 3)
        inner = self.conv(self.active(inner, 0.0), filters, 3)
        # Convolutions of one pixel and enlarging by neighbours commute: the small side costs a quarter.
        short = self.doubled(self.conv(x, filters, 1))
        return keras.layers.Add(dtype=self.dtype)([inner, short])

    def residual_down(self, x: Any, filters: int) -> Any:
        """A residual block that halves the side: rectify, convolve, rectify, convolve with strides."""
        inner = self.conv(self.active(x, 0.2), x.shape[-1], 3)
        inner = self.conv(self.active(inner, 0.2), filters, 4, 2)
        short = self.conv(self.halved(x), filters, 1)
        return keras.layers.Add(dtype=self.dtype)([inner, short])


class Spread(keras.layers.Layer):
    """Adds a plane with the standard deviation over a group of pictures (Karras et al. 2018, section 3)."""

    def __init__(self, *, group: int = 4, dtype=None):
        super().__init__(dtype=dtype)
        self.group = group

    def call(self, x):
        """One more channel on (batch, height, width, channels); a batch that is no multiple of the group is one group."""
        height, width, channels = x.shape[1:]
        batch = x.shape[0]
        group = self.group if batch and batch % self.group == 0 else ops.shape(x)[0]
        wide = ops.reshape(ops.cast(x, "float32"), (group, -1, height, width, channels))
        deviation = ops.sqrt(ops.var(wide, axis=0) + 1e-8)
        plane = ops.mean(deviation, axis=(1, 2, 3), keepdims=True)
        plane = ops.tile(plane, (group, height, width, 1))
        return ops.concatenate([x, ops.cast(plane, x.dtype)], axis=-1)
