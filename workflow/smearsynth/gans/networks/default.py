"""The default networks: a fully convolutional U-net told type, outline, guide and noise, and a patch discriminator.

What differs from the thesis, and why: type as planes instead of a colour (types are not near or far from each other),
normalisation without batch statistics (a cell does not depend on its company), resize and convolve (no checkerboard),
noise and style at every level (cells of one outline differ), any size that is a multiple of 32.
"""

import keras
from keras import ops

from smearsynth.gans.guides import STYLE
from smearsynth.gans.networks.layers import Noise, OnBlack, PixelNorm, SpectralConv, Style, normalisation, policy

LEVELS = (1, 2, 4, 6, 8, 8)
"""Channels from full resolution down to 1/32, in units of ``filters``."""
NOISE_LEVELS = 5
"""Noise pictures from full resolution down to 1/16."""


def planes(type_index, mask, depth, dense, types: int):
    """What a network is told of each pixel.

    Parameters
    ----------
    type_index : int tensor, shape (batch,)
        Place of the type in the model's list.
    mask : float tensor, shape (batch, height, width, 1)
        1 within the cell.
    depth : float tensor, shape (batch, height, width, 1)
        Distance to the outline, 0 outside, 1 from `data.DEPTH` pixels on.
    dense : float tensor, shape (batch, height, width, 1)
        1 in the guide's dense region.
    types : int
        Length of the model's list.

    Returns
    -------
    float tensor, shape (batch, height, width, types + 2)
    """
    kinds = ops.one_hot(type_index, types)[:, None, None] * mask
    return ops.concatenate([kinds, depth, dense], axis=-1)


def generator(seed: int, *, types: int, filters: int, norm: str, upsample: str, noise: bool, precision: str) -> keras.Model:
    """The U-net.

    Parameters
    ----------
    seed : int
        Of the initial weights.
    types : int
        Number of types.
    filters, norm, upsample, noise, precision
        See `smearsynth.gans.options.DefaultOptions`.

    Returns
    -------
    keras.Model
        Inputs: planes (batch, height, width, types + 2), mask (…, 1), style (batch, STYLE), type (batch, types) one-hot,
        noise pictures at full, half, … resolution. Output: float32 in [-1, 1], -1 (black) outside the mask.
    """
    seeds = iter(range(seed, seed + 1000))
    dtype = policy(precision)

    def convolve(x, channels, size=3, strides=1):
        initial = keras.initializers.HeNormal(seed=next(seeds))
        return keras.layers.Conv2D(channels, size, strides=strides, padding="same", kernel_initializer=initial, dtype=dtype)(x)

    def finish(x):
        return keras.layers.LeakyReLU(negative_slope=0.2, dtype=dtype)(normalisation(norm, dtype)(x))

    told, mask = keras.Input((None, None, types + 2)), keras.Input((None, None, 1))
    style, kind = keras.Input((STYLE,)), keras.Input((types,))
    grains = [keras.Input((None, None, 1)) for _ in range(NOISE_LEVELS)]
    code = keras.layers.Concatenate()([style, kind])
    for _ in range(2):
        initial = keras.initializers.HeNormal(seed=next(seeds))
        code = keras.layers.LeakyReLU(negative_slope=0.2)(keras.layers.Dense(64, kernel_initializer=initial)(code))
    x = keras.layers.LeakyReLU(negative_slope=0.2, dtype=dtype)(convolve(told, LEVELS[0] * filters))
    skips = [x]
    for channels in LEVELS[1:]:
        x = finish(convolve(x, channels * filters, 4, 2))
        skips.append(x)
    for level in range(len(LEVELS) - 2, -1, -1):
        channels = LEVELS[level] * filters
        if upsample != "transposed":
            # The narrow convolution first: at a quarter of the pixels it costs a quarter.
            x = keras.layers.UpSampling2D(interpolation="nearest", dtype=dtype)(convolve(x, channels))
            if upsample == "smooth":
                # Rounds off the steps of the enlarged pixels, which else show as a fine grid in plain areas.
                x = keras.layers.AveragePooling2D(3, strides=1, padding="same", dtype=dtype)(x)
        else:
            initial = keras.initializers.HeNormal(seed=next(seeds))
            x = keras.layers.Conv2DTranspose(channels, 4, strides=2, padding="same", kernel_initializer=initial, dtype=dtype)(x)
        x = convolve(keras.layers.Concatenate(dtype=dtype)([x, skips[level]]), channels)
        if noise and level < NOISE_LEVELS:
            x = Noise(seed=next(seeds), dtype=dtype)([x, grains[level]])
        x = normalisation(norm, dtype)(x)
        x = keras.layers.LeakyReLU(negative_slope=0.2, dtype=dtype)(Style(dtype=dtype)([x, code]))
    initial = keras.initializers.GlorotUniform(seed=next(seeds))
    x = keras.layers.Conv2D(3, 3, padding="same", kernel_initializer=initial, dtype=dtype)(x)
    x = keras.layers.Activation("tanh", dtype="float32")(x)
    return keras.Model([told, mask, style, kind, *grains], OnBlack(dtype="float32")([x, mask]), name="generator")


def discriminator(seed: int, *, types: int, filters: int, norm: str, precision: str) -> keras.Model:
    """A patch discriminator of 46 × 46 pixels that also gives its features.

    Parameters
    ----------
    seed : int
        Of the initial weights.
    types : int
        Number of types.
    filters, norm, precision
        See `smearsynth.gans.options.DefaultOptions` (``critic_filters``, ``critic_normalisation``).

    Returns
    -------
    keras.Model
        Inputs: planes (batch, height, width, types + 2) and picture (batch, height, width, 3) in [-1, 1].
        Outputs: logits (batch, height / 8, width / 8, 1), then the features of each level.
    """
    dtype = policy(precision)
    told, picture = keras.Input((None, None, types + 2)), keras.Input((None, None, 3))
    x = keras.layers.Concatenate(dtype=dtype)([told, picture])
    features = []
    for level, (factor, size, strides) in enumerate(((1, 4, 2), (2, 4, 2), (4, 4, 2), (4, 3, 1))):
        x = SpectralConv(factor * filters, size, strides, seed=seed + 2 * level, normalise=norm == "spectral", dtype=dtype)(x)
        if norm == "pixel" and level > 0:
            x = PixelNorm(dtype=dtype)(x)
        x = keras.layers.LeakyReLU(negative_slope=0.2, dtype=dtype)(x)
        features.append(x)
    logits = SpectralConv(1, 3, 1, seed=seed + 20, normalise=norm == "spectral", dtype=dtype)(x)
    return keras.Model([told, picture], [logits, *features], name="discriminator")
