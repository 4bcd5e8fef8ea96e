"""The thesis's U-net generator and PatchGAN discriminator (section 3.4), layer by layer."""

import keras

SIZE = 256
"""Side of their pictures in pixels."""


def _initial(seeds):
    return keras.initializers.RandomNormal(mean=0.0, stddev=0.02, seed=next(seeds))


def _downsample(x, filters: int, seeds, *, normalise: bool = True):
    x = keras.layers.Conv2D(filters, 4, strides=2, padding="same", kernel_initializer=_initial(seeds), use_bias=False)(x)
    if normalise:
        x = keras.layers.BatchNormalization()(x)
    return keras.layers.LeakyReLU()(x)


def _upsample(x, filters: int, seeds, *, dropout: bool = False):
    x = keras.layers.Conv2DTranspose(filters, 4, strides=2, padding="same", kernel_initializer=_initial(seeds), use_bias=False)(x)
    x = keras.layers.BatchNormalization()(x)
    if dropout:
        x = keras.layers.Dropout(0.5, seed=next(seeds))(x)
    return keras.layers.ReLU()(x)


def generator(seed: int, *, filters: int = 64) -> keras.Model:
    """The modified U-net: 8 down, 7 up and a last transposed convolution with tanh, skips between them.

    Parameters
    ----------
    seed : int
        Of the initial weights, N(0, 0.02).
    filters : int
        64 in the thesis; tests take fewer.

    Returns
    -------
    keras.Model
        (batch, 256, 256, 3) in [-1, 1] to the same; 54,425,859 parameters, 54,414,979 of them trained.
    """
    seeds = iter(range(seed, seed + 100))
    picture = keras.Input((SIZE, SIZE, 3))
    x, skips = picture, []
    for level, factor in enumerate((1, 2, 4, 8, 8, 8, 8, 8)):
        x = _downsample(x, factor * filters, seeds, normalise=level > 0)
        skips.append(x)
    for level, (factor, skip) in enumerate(zip((8, 8, 8, 8, 4, 2, 1), reversed(skips[:-1]), strict=True)):
        x = _upsample(x, factor * filters, seeds, dropout=level < 3)
        x = keras.layers.Concatenate()([x, skip])
    last = keras.layers.Conv2DTranspose(3, 4, strides=2, padding="same", kernel_initializer=_initial(seeds), activation="tanh")
    return keras.Model(picture, last(x), name="generator")


def discriminator(seed: int, *, filters: int = 64) -> keras.Model:
    """The PatchGAN: each of its 30 × 30 logits judges 70 × 70 pixels of the input beside the target.

    Parameters
    ----------
    seed : int
        Of the initial weights, N(0, 0.02).
    filters : int
        64 in the thesis; tests take fewer.

    Returns
    -------
    keras.Model
        Input and target, (batch, 256, 256, 3) each, to (batch, 30, 30, 1); 2,770,433 parameters, 2,768,641 of them trained.
    """
    seeds = iter(range(seed, seed + 100))
    label, picture = keras.Input((SIZE, SIZE, 3), name="input_image"), keras.Input((SIZE, SIZE, 3), name="target_image")
    x = keras.layers.Concatenate()([label, picture])
    x = _downsample(x, filters, seeds, normalise=False)
    x = _downsample(x, 2 * filters, seeds)
    x = _downsample(x, 4 * filters, seeds)
    x = keras.layers.ZeroPadding2D()(x)
    x = keras.layers.Conv2D(8 * filters, 4, strides=1, kernel_initializer=_initial(seeds), use_bias=False)(x)
    x = keras.layers.BatchNormalization()(x)
    x = keras.layers.LeakyReLU()(x)
    x = keras.layers.ZeroPadding2D()(x)
    last = keras.layers.Conv2D(1, 4, strides=1, kernel_initializer=_initial(seeds))
    return keras.Model([label, picture], last(x), name="discriminator")


def dropout_states(network: keras.Model) -> list[keras.Variable]:
    """The states of the dropout layers, from the first on: what is assigned to them decides what is dropped next."""
    return [layer.seed_generator.state for layer in network.layers if isinstance(layer, keras.layers.Dropout)]
