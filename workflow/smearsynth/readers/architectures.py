"""The networks that name cells. One more classifier is one more function here and one more entry in `ARCHITECTURES`.

Keras is imported when a network is built, so that checking options does not pay for it.
"""

from collections.abc import Callable
from functools import partial
from typing import Any

from smearsynth.readers.applications import APPLICATIONS, application

Model = Any
"""A ``keras.Model``: float32 (n, size, size, 3) in [-1, 1] to logits (n, classes)."""


def cnn(*, size: int, classes: int, seed: int, weights: str = "none") -> Model:
    """A small convolutional network, trained from nothing: four levels of two 3 × 3 convolutions, 0.3 M parameters.

    The first level works at half the resolution, which keeps a step cheap; average and maximum over space are joined, since a
    granule that shows in one place only would drown in the average.
    """
    assert weights == "none", weights
    import keras

    seeds = iter(range(seed, seed + 100))
    layers = keras.layers

    # Layers are named, since Keras counts unnamed ones per process and writes the names into the weights' file.
    def convolution(x: Any, filters: int, *, name: str, stride: int = 1) -> Any:
        start = keras.initializers.HeNormal(seed=next(seeds))
        x = layers.Conv2D(
            filters, 3, strides=stride, padding="same", use_bias=False, kernel_initializer=start, name=f"{name}_convolution"
        )(x)
        return layers.ReLU(name=f"{name}_relu")(layers.BatchNormalization(momentum=0.95, name=f"{name}_normalisation")(x))

    picture = x = layers.Input((size, size, 3), name="picture")
    for level, filters in enumerate((24, 48, 72, 96)):
        x = convolution(x, filters, name=f"level{level}a", stride=2 if level == 0 else 1)
        x = convolution(x, filters, name=f"level{level}b")
        x = layers.MaxPooling2D(name=f"level{level}_pool")(x) if level < 3 else x
    pooled = [layers.GlobalAveragePooling2D(name="average")(x), layers.GlobalMaxPooling2D(name="maximum")(x)]
    x = layers.Concatenate(name="joined")(pooled)
    x = layers.Dropout(0.3, seed=next(seeds), name="dropout")(x)
    start = keras.initializers.GlorotUniform(seed=next(seeds))
    return keras.Model(picture, layers.Dense(classes, kernel_initializer=start, name="logits")(x), name="cnn")


ARCHITECTURES: dict[str, Callable[..., Model]] = {"cnn": cnn, **{name: partial(application, name) for name in APPLICATIONS}}
"""Name in the configuration to the function that builds the network."""

SMALLEST = 32
"""Smallest side of a picture, in pixels, that a network is given; those that need more enlarge it."""


def build(name: str, *, size: int, classes: int, seed: int, weights: str = "none") -> Model:
    """A network before its training.

    Parameters
    ----------
    name : str
        A key of `ARCHITECTURES`.
    size : int
        Side of the picture in pixels.
    classes : int
        Number of cell types.
    seed : int
        Initial weights and dropout.
    weights : str
        What it starts from, see `readers.options.ReaderOptions`.

    Returns
    -------
    keras.Model
        Float32 pictures (n, size, size, 3) in [-1, 1] to logits (n, classes).
    """
    return ARCHITECTURES[name](size=size, classes=classes, seed=seed, weights=weights)
