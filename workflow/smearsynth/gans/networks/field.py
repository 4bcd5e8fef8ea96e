"""The field networks: from the label map of a smear of any size to its picture, and patch discriminators.

No statistic runs over space, noise and light come as planes, and what a pixel depends on ends `reach` pixels away from it. So a
crop is drawn as the same part of a slide is, and a slide can be drawn in tiles.
"""

from collections.abc import Sequence
from typing import Any

import keras
from keras import ops

from smearsynth.gans.networks.layers import Noise, PixelNorm, SpectralConv, Style, policy

MAPS = 3
"""Planes beside the one-hot types: depth (negative outside cells), edge between two cells or cell and smear, dense region."""


def planes(label: Any, light: Any, types: int) -> Any:
    """What the networks are told of each pixel.

    Parameters
    ----------
    label : uint8 tensor, shape (batch, height, width, 1 + MAPS)
        Type (0 for empty smear, else its place in the model's list from 1 on), depth (128 at an outline, 0 or 255 far outside
        or inside), edge (0, 255), dense (0, 255); see `smearsynth.gans.field_planes`.
    light : float tensor, shape (batch, height, width, 1)
        How the light falls off over the field.
    types : int
        Length of the model's list.

    Returns
    -------
    float32 tensor, shape (batch, height, width, types + 1 + MAPS)
        One-hot types without the empty smear, depth in [-1, 1], edge and dense in {0, 1}, light.
    """
    kinds = ops.one_hot(ops.cast(label[..., 0], "int32") - 1, types)
    maps = ops.cast(label[..., 1:], "float32")
    depth = maps[..., :1] / 127.5 - 1.0
    return ops.concatenate([kinds, depth, maps[..., 1:] / 255.0, ops.cast(light, "float32")], axis=-1)


class Mirrored(keras.layers.Layer):
    """A convolution of a picture that goes on beyond its border as its own mirror image.

    Zeros there would tell every pixel of a crop how far the border is, which no pixel in the middle of a slide hears.
    """

    def __init__(self, filters: int, size: int, strides: int, *, seed: int, dtype=None):
        super().__init__(dtype=dtype)
        self.filters, self.size, self.strides, self.seed = filters, size, strides, seed

    def build(self, shape):
        """Create the kernel."""
        kernel = (self.size, self.size, shape[-1], self.filters)
        self.kernel = self.add_weight(shape=kernel, initializer=keras.initializers.HeNormal(seed=self.seed))
        self.bias = self.add_weight(shape=(self.filters,), initializer="zeros")

    def call(self, x):
        """Convolve (batch, height, width, channels); the side is divided by the strides."""
        reach = (self.size - 1) // 2
        for axis in (1, 2):
            # Copying whole pixels is three times as fast on CPUs as padding with mode="symmetric".
            first, last = ([slice(None)] * axis + [part] for part in (slice(reach), slice(-reach, None)))
            x = ops.concatenate([ops.flip(x[tuple(first)], axis), x, ops.flip(x[tuple(last)], axis)], axis=axis)
        return ops.conv(x, ops.cast(self.kernel, x.dtype), strides=self.strides, padding="valid") + self.bias


def generator(
    seed: int, *, types: int, style: int, channels: Sequence[int], conditioning: str, noise: bool, precision: str
) -> keras.Model:
    """A U-net from label planes to a picture, in the style that a code asks for.

    Parameters
    ----------
    seed : int
        Of the initial weights.
    types : int
        Number of types.
    style : int
        Length of the style code.
    channels : sequence of int
        From full resolution down, each level at half the side of the one before.
    conditioning : str
        How labels enter on the way up: ``concat``, as channels; ``spade``, as a scale and a shift of the normalised channels at
        each pixel (Park et al. 2019).
    noise, precision
        See `smearsynth.gans.field_options.FieldOptions`.

    Returns
    -------
    keras.Model
        Inputs: planes (batch, height, width, types + 1 + MAPS), style (batch, `style`), one noise picture (…, 1) for each level
        from full resolution down; sides are multiples of ``2 ** (len(channels) - 1)``. Output: float32 in [-1, 1].
    """
    seeds = iter(range(seed, seed + 1000))
    dtype = policy(precision)

    def convolve(x, filters, size=3, strides=1, *, level):
        if level:
            return Mirrored(filters, size, strides, seed=next(seeds), dtype=dtype)(x)
        # At full resolution zeros reach no farther than the few pixels of its own layers, and cost less.
        initial = keras.initializers.HeNormal(seed=next(seeds))
        return keras.layers.Conv2D(filters, size, strides=strides, padding="same", kernel_initializer=initial, dtype=dtype)(x)

    def rectify(x):
        return keras.layers.LeakyReLU(negative_slope=0.2, dtype=dtype)(x)

    def tune(x, level):
        """Noise, norm and style of a level."""
        if noise:
            x = Noise(seed=next(seeds), dtype=dtype)([x, grains[level]])
        x = PixelNorm(dtype=dtype)(x)
        if conditioning == "spade":
            x = Spade(seed=next(seeds), dtype=dtype)([x, skips[level]])
        return rectify(Style(dtype=dtype)([x, code]))

    told, wanted = keras.Input((None, None, types + 1 + MAPS)), keras.Input((style,))
    grains = [keras.Input((None, None, 1)) for _ in channels]
    code = wanted
    for _ in range(2):
        initial = keras.initializers.HeNormal(seed=next(seeds))
        code = keras.layers.LeakyReLU(negative_slope=0.2)(keras.layers.Dense(64, kernel_initializer=initial)(code))
    x = rectify(convolve(told, channels[0], level=0))
    skips = [x]
    for level in range(1, len(channels)):
        x = rectify(PixelNorm(dtype=dtype)(convolve(x, channels[level], 4, 2, level=level)))
        skips.append(x)
    x = tune(convolve(x, channels[-1], level=len(channels) - 1), len(channels) - 1)
    for level in range(len(channels) - 2, -1, -1):
        # The narrow convolution first: at a quarter of the pixels it costs a quarter.
        x = keras.layers.UpSampling2D(interpolation="nearest", dtype=dtype)(convolve(x, channels[level], level=level + 1))
        # Rounds off the steps of the enlarged pixels, which else show as a fine grid in plain areas.
        x = keras.layers.AveragePooling2D(3, strides=1, padding="same", dtype=dtype)(x)
        if conditioning == "concat":
            x = keras.layers.Concatenate(dtype=dtype)([x, skips[level]])
        x = tune(convolve(x, channels[level], level=level), level)
    x = convolve(x, 3, level=0)
    x = keras.layers.Activation("tanh", dtype="float32")(x)
    return keras.Model([told, wanted, *grains], x, name="field_generator")


class Spade(keras.layers.Layer):
    """Scales and shifts channels at each pixel by what the labels say there (Park et al. 2019, equation 1)."""

    def __init__(self, *, seed: int, dtype=None):
        super().__init__(dtype=dtype)
        self.seed = seed

    def build(self, shapes):
        """Create the projection; it begins near the identity."""
        initial = keras.initializers.RandomNormal(stddev=0.02, seed=self.seed)
        self.kernel = self.add_weight(shape=(1, 1, shapes[1][-1], 2 * shapes[0][-1]), initializer=initial)
        self.bias = self.add_weight(shape=(2 * shapes[0][-1],), initializer="zeros")

    def call(self, inputs):
        """Modulate (batch, height, width, channels) by features of the labels (batch, height, width, n)."""
        x, features = inputs
        scale, shift = ops.split(ops.conv(features, ops.cast(self.kernel, x.dtype)) + self.bias, 2, axis=-1)
        return x * (1 + scale) + shift


def reach(levels: int) -> int:
    """How many pixels away, along either axis, what a pixel of `generator` depends on ends.

    Found by going back through its layers along one axis, from every phase of the coarsest grid; noise is left out, as it lies
    at a pixel's own place in each grid and so reaches no farther than labels do.

    Parameters
    ----------
    levels : int
        Length of its ``channels``.
    """

    def labels(level: int, first: int, last: int) -> tuple[int, int]:
        """Pixels that the way down needs for a stretch of a level."""
        for _ in range(level):
            first, last = 2 * first - 1, 2 * last + 2
        return first - 1, last + 1

    def pixels(level: int, first: int, last: int) -> tuple[int, int]:
        """The same for the way up, before the level's last layers."""
        first, last = first - 1, last + 1
        direct = labels(level, first, last)
        if level == levels - 1:
            return direct
        below = pixels(level + 1, (first - 1) // 2 - 1, (last + 1) // 2 + 1)
        return min(direct[0], below[0]), max(direct[1], below[1])

    stretches = [(place, pixels(0, place - 1, place + 1)) for place in range(2 ** (levels - 1))]
    return max(max(place - first, last - place) for place, (first, last) in stretches)


def discriminator(seed: int, *, types: int, style: int, filters: int, precision: str) -> keras.Model:
    """A patch discriminator of 54 × 54 pixels that also gives its features; it hears the style before it judges.

    Parameters
    ----------
    seed : int
        Of the initial weights.
    types, style
        As of `generator`.
    filters : int
        Channels of its first level.
    precision : str
        ``bfloat16`` or ``float32``.

    Returns
    -------
    keras.Model
        Inputs: planes (batch, height, width, types + 1 + MAPS), picture (batch, height, width, 3) in [-1, 1] and style (batch,
        `style`). Outputs: logits (batch, height / 8, width / 8, 1), then the features of each level.
    """
    dtype = policy(precision)
    told, picture = keras.Input((None, None, types + 1 + MAPS)), keras.Input((None, None, 3))
    code = keras.Input((style,))
    x = keras.layers.Concatenate(dtype=dtype)([told, picture])
    features = []
    for level, (factor, size, strides) in enumerate(((1, 4, 2), (2, 4, 2), (4, 4, 2), (4, 3, 1))):
        x = SpectralConv(factor * filters, size, strides, seed=seed + 2 * level, dtype=dtype)(x)
        x = keras.layers.LeakyReLU(negative_slope=0.2, dtype=dtype)(x)
        features.append(x)
    x = keras.layers.Concatenate(dtype=dtype)([x, Everywhere(dtype=dtype)([x, code])])
    logits = SpectralConv(1, 3, 1, seed=seed + 20, dtype=dtype)(x)
    return keras.Model([told, picture, code], [logits, *features], name="field_discriminator")


class Everywhere(keras.layers.Layer):
    """The same code at every pixel."""

    def call(self, inputs):
        """Planes (batch, height, width, n) of a code (batch, n), as large as (batch, height, width, channels)."""
        x, code = inputs
        return ops.zeros_like(x[..., :1]) + ops.cast(code, x.dtype)[:, None, None]
