"""Layers of the default networks: normalisation without batch statistics, spectral normalisation, styles."""

import keras
from keras import ops

GAIN = 2.0
"""Spectral norm of the discriminator's layers. With 1 a signal halves in each layer and the logits stay near 0 for long."""


def policy(precision: str) -> str:
    """Keras's name for convolutions in ``bfloat16`` or ``float32`` with weights in float32."""
    return "mixed_bfloat16" if precision == "bfloat16" else "float32"


class PixelNorm(keras.layers.Layer):
    """Divides the channels of each pixel by their root mean square (Karras et al. 2018, section 4.2).

    No statistic runs over space or over the batch: a crop is drawn as the same part of a whole is.
    """

    def call(self, x):
        """Normalise (batch, height, width, channels)."""
        return x * ops.rsqrt(ops.mean(ops.square(x), axis=-1, keepdims=True) + 1e-4)


class InstanceNorm(keras.layers.Layer):
    """Mean 0 and variance 1 of each channel of each picture (Ulyanov et al. 2016)."""

    def call(self, x):
        """Normalise (batch, height, width, channels)."""
        wide = ops.cast(x, "float32")
        mean = ops.mean(wide, axis=(1, 2), keepdims=True)
        variance = ops.mean(ops.square(wide - mean), axis=(1, 2), keepdims=True)
        return ops.cast((wide - mean) * ops.rsqrt(variance + 1e-5), x.dtype)


def normalisation(kind: str, dtype: str) -> keras.layers.Layer:
    """A normalisation by its name: ``pixel``, ``instance`` or ``batch``."""
    if kind == "batch":
        return keras.layers.BatchNormalization(center=False, scale=False, dtype=dtype)
    return {"pixel": PixelNorm, "instance": InstanceNorm}[kind](dtype=dtype)


class Style(keras.layers.Layer):
    """Scales and shifts channels by what a cell's code says (feature-wise linear modulation, Perez et al. 2018)."""

    def build(self, shapes):
        """Create the projection; it begins as the identity."""
        channels, code = shapes[0][-1], shapes[1][-1]
        self.kernel = self.add_weight(
            shape=(code, 2 * channels), initializer=keras.initializers.RandomNormal(stddev=0.02, seed=0)
        )
        self.bias = self.add_weight(shape=(2 * channels,), initializer="zeros")

    def call(self, inputs):
        """Modulate (batch, height, width, channels) by a code (batch, n)."""
        x, code = inputs
        scale, shift = ops.split(
            ops.matmul(code, ops.cast(self.kernel, code.dtype)) + ops.cast(self.bias, code.dtype), 2, axis=-1
        )
        return x * (1 + scale[:, None, None]) + shift[:, None, None]


class Noise(keras.layers.Layer):
    """Adds one noise picture to every channel, each with a learnt strength (Karras et al. 2019)."""

    def __init__(self, *, seed: int, dtype=None):
        super().__init__(dtype=dtype)
        self.seed = seed

    def build(self, shapes):
        """Create the strengths: not 0, for a network that starts without noise fills plain areas with a lattice instead."""
        start = keras.initializers.RandomNormal(stddev=0.3, seed=self.seed)
        self.strength = self.add_weight(shape=(shapes[0][-1],), initializer=start)

    def call(self, inputs):
        """Add noise (batch, height, width, 1) to (batch, height, width, channels)."""
        x, noise = inputs
        return x + ops.cast(noise, x.dtype) * ops.cast(self.strength, x.dtype)


class SpectralConv(keras.layers.Layer):
    """A convolution whose kernel has `GAIN` as its largest singular value (Miyato et al. 2018, algorithm 1).

    Parameters
    ----------
    filters, size, strides : int
        As of a convolution; padding is ``same``.
    normalise : bool
        False gives a plain convolution.
    """

    def __init__(self, filters: int, size: int, strides: int, *, seed: int, normalise: bool = True, dtype=None):
        super().__init__(dtype=dtype)
        self.filters, self.size, self.strides, self.seed, self.normalise = filters, size, strides, seed, normalise

    def build(self, shape):
        """Create the kernel and the singular vector's estimate."""
        kernel = (self.size, self.size, shape[-1], self.filters)
        self.kernel = self.add_weight(shape=kernel, initializer=keras.initializers.GlorotUniform(seed=self.seed), autocast=False)
        self.bias = self.add_weight(shape=(self.filters,), initializer="zeros")
        start = keras.initializers.RandomNormal(seed=self.seed + 1)
        self.vector = self.add_weight(shape=(1, self.filters), initializer=start, trainable=False, autocast=False)

    def call(self, x, training=False):
        """Convolve (batch, height, width, channels); in training one power iteration refines the estimate."""
        kernel = self.kernel.value
        if self.normalise:
            flat = ops.reshape(kernel, (-1, self.filters))
            u = self.vector.value
            v = ops.stop_gradient(_unit(ops.matmul(u, ops.transpose(flat))))
            u = ops.stop_gradient(_unit(ops.matmul(v, flat)))
            if training:
                self.vector.assign(u)
            kernel = kernel * (GAIN / ops.sum(ops.matmul(v, flat) * u))
        y = ops.conv(x, ops.cast(kernel, x.dtype), strides=self.strides, padding="same")
        return y + ops.cast(self.bias, y.dtype)


class OnBlack(keras.layers.Layer):
    """Makes a picture in [-1, 1] black (-1) outside its mask."""

    def call(self, inputs):
        """Mask (batch, height, width, 3) by (batch, height, width, 1)."""
        picture, mask = inputs
        return (picture + 1.0) * mask - 1.0


def _unit(vector):
    return vector * ops.rsqrt(ops.sum(ops.square(vector)) + 1e-12)
