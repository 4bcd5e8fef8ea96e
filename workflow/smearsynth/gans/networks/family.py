"""Generators and critics of the class-conditional family, as their recipes compose them."""

from typing import Any

import keras
from keras import ops

from smearsynth.gans.family import CODES, Recipe, levels
from smearsynth.gans.networks.blocks import Blocks, Spread

PLANES = 8
"""Channels that the type becomes where it is concatenated with the noise (not told by Hazra et al. 2022)."""
NORMAL = 0.02
"""Standard deviation of the first weights of convolutional networks (Radford et al. 2016, section 4)."""


def channels(filters: int, shrunk: int) -> int:
    """Channels of a feature map whose side is `shrunk` times smaller than the picture's: at most eight times `filters`."""
    return filters * min(8, shrunk)


def told_width(recipe: Recipe, types: int) -> int:
    """Numbers that the generator is told beside the noise: the type or the hidden codes, one-hot, and continuous codes."""
    if recipe.auxiliary == "codes":
        return types + CODES
    return types if recipe.labelled else 0


def generator(recipe: Recipe, *, size: int, types: int, filters: int, precision: str, seed: int) -> keras.Model:
    """The generator of a recipe.

    Parameters
    ----------
    recipe : Recipe
        Of the family.
    size : int
        Side of the pictures in pixels: 4 to 7 times a power of two.
    types : int
        Cell types.
    filters : int
        Channels at the full side; see `channels`.
    precision : str
        ``bfloat16`` or ``float32`` for the convolutions.
    seed : int
        Of the first weights.

    Returns
    -------
    keras.Model
        From noise (batch, noise) and, unless it takes none, what it is told (batch, `told_width`), to float32 pictures
        (batch, size, size, 3) in [-1, 1].
    """
    side, doublings = levels(size)
    noise = keras.Input((recipe.noise,), name="noise")
    heard = told_width(recipe, types)
    told = keras.Input((heard,), name="told") if heard else None
    inputs = [noise] if told is None else [noise, told]
    residual = recipe.generator == "residual"
    code = keras.layers.Concatenate()(inputs) if told is not None else noise
    blocks = Blocks(
        seed,
        norm="modulated" if recipe.generator_labels == "modulate" else "batch",
        precision=precision,
        spread=None if residual else NORMAL,
        code=code,
    )
    sides = [side * 2**level for level in range(doublings + 1)]
    first, *widths = (channels(filters, size // at) for at in (sides if residual else sides[:-1]))
    if recipe.generator_labels == "planes":
        x = keras.layers.Reshape((side, side, first))(blocks.active(blocks.dense(noise, side * side * first), 0.0))
        kind = keras.layers.Reshape((side, side, PLANES))(blocks.active(blocks.dense(told, side * side * PLANES), 0.0))
        x = keras.layers.Concatenate(dtype=blocks.dtype)([x, kind])
    else:
        x = keras.layers.Reshape((side, side, first))(blocks.dense(code, side * side * first))
    for width in widths:
        x = blocks.residual_up(x, width) if residual else blocks.transposed(blocks.active(x, 0.0), width)
    x = blocks.active(x, 0.0)
    # The last transposed convolution makes the picture itself; residual blocks end at the full side.
    x = blocks.conv(x, 3, 3) if residual else blocks.transposed(x, 3)
    return keras.Model(inputs, keras.layers.Activation("tanh", dtype="float32")(x), name=f"{recipe.name}_generator")


def critic(recipe: Recipe, *, size: int, types: int, filters: int, precision: str, seed: int) -> keras.Model:
    """The critic (discriminator) of a recipe; parameters as of `generator`.

    Returns
    -------
    keras.Model
        From pictures (batch, size, size, 3) in [-1, 1] and, where `critic_labels` says so, one-hot types (batch, types), to a
        score for each picture (batch, 1) and, with an auxiliary head, its logits (batch, types) or codes; all float32.
    """
    _, halvings = levels(size)
    picture = keras.Input((size, size, 3), name="picture")
    kind = keras.Input((types,), name="type") if recipe.critic_labels != "none" else None
    inputs: list[Any] = [picture] if kind is None else [picture, kind]
    convolutional = recipe.critic == "convolutional"
    blocks = Blocks(seed, norm=recipe.critic_norm, precision=precision, spread=NORMAL if convolutional else None)
    x = picture
    if recipe.critic_labels == "planes":
        plane = keras.layers.UpSampling2D(size)(keras.layers.Reshape((1, 1, types))(kind))
        x = keras.layers.Concatenate()([x, plane])
    widths = [channels(filters, 2 ** (level + 1)) for level in range(halvings)]
    if convolutional:
        # No normalisation where the picture comes in (Radford et al. 2016, section 3).
        x = keras.layers.LeakyReLU(0.2, dtype=blocks.dtype)(blocks.conv(x, widths[0], 4, 2))
        for width in widths[1:]:
            x = blocks.active(blocks.conv(x, width, 4, 2), 0.2)
    else:
        x = blocks.conv(x, filters, 3)
        for width in widths:
            x = blocks.residual_down(x, width)
        x = keras.layers.LeakyReLU(0.2, dtype=blocks.dtype)(x)
    if recipe.spread:
        x = blocks.conv(Spread(dtype=blocks.dtype)(x), widths[-1], 3)
        x = keras.layers.LeakyReLU(0.2, dtype=blocks.dtype)(x)
    if convolutional:
        features = keras.layers.Flatten(dtype="float32")(x)
    else:
        features = keras.layers.GlobalAveragePooling2D(dtype="float32")(x)
    score = blocks.dense(features, 1, dtype="float32")
    if recipe.critic_labels == "project":
        embedding = blocks.dense(kind, features.shape[-1], dtype="float32")
        score = keras.layers.Add()([score, keras.layers.Dot(1, dtype="float32")([embedding, features])])
    outputs = [score]
    if recipe.auxiliary == "types":
        outputs.append(keras.layers.Dense(types, kernel_initializer=blocks.start(), dtype="float32")(features))
    if recipe.auxiliary == "codes":
        hidden = keras.layers.Dense(128, kernel_initializer=blocks.start(), dtype="float32")(features)
        hidden = keras.layers.LeakyReLU(0.1, dtype="float32")(hidden)
        outputs.append(keras.layers.Dense(types + CODES, kernel_initializer=blocks.start(), dtype="float32")(hidden))
    return keras.Model(inputs, outputs, name=f"{recipe.name}_critic")


def told(recipe: Recipe, kinds: Any, codes: Any, types: int) -> list[Any]:
    """What the generator is told beside the noise, as a list to append to its inputs: nothing, types, or codes."""
    if not told_width(recipe, types):
        return []
    plain = ops.one_hot(kinds, types)
    return [ops.concatenate([plain, codes], axis=-1) if recipe.auxiliary == "codes" else plain]
