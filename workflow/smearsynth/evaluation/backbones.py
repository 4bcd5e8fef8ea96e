"""The layers of a network that LPIPS compares, and their activations."""

from collections.abc import Callable
from typing import Any

import numpy as np

from smearsynth.evaluation import squeezenet
from smearsynth.evaluation.extractors import Extractor

TAPS = {
    "squeezenet": squeezenet.TAPS,
    "vgg16": ("block1_conv2", "block2_conv2", "block3_conv3", "block4_conv3", "block5_conv3"),
}
"""Name of a Keras model to the layers at which lpips 0.1 looks, after their ReLU."""


def taps(model: Any) -> tuple[str, ...]:
    """The layers that are compared: those of lpips, or the last layer at every resolution of another network."""
    if model.name in TAPS:
        return TAPS[model.name]
    last: dict[tuple, str] = {}
    for layer in model.layers:
        shape = getattr(layer.output, "shape", ())
        if len(shape) == 4 and layer is not model.layers[0]:
            last[tuple(shape[1:3])] = layer.name
    return tuple(last.values())


def channels(extractor: Extractor) -> list[int]:
    """The numbers of channels of the layers of `taps`."""
    return [int(extractor.model.get_layer(name).output.shape[-1]) for name in taps(extractor.model)]


def activations(extractor: Extractor, *, batch: int = 32) -> Callable[[np.ndarray], list[np.ndarray]]:
    """A function from pictures (n, side, side, 3; uint8) to activations, float32 (n, height, width, channels) a layer of `taps`.

    It takes at most `batch` pictures and fills them up to so many: the network is compiled once.
    """
    import keras

    outputs = [extractor.model.get_layer(name).output for name in taps(extractor.model)]
    network = keras.Model(extractor.model.inputs, outputs)

    def compute(pixels: np.ndarray) -> list[np.ndarray]:
        inputs = extractor.prepare(pixels)
        padded = np.concatenate([inputs, np.zeros((batch - len(inputs), *inputs.shape[1:]), np.float32)])
        found = network.predict_on_batch(padded)
        return [np.asarray(array)[: len(pixels)] for array in (found if len(outputs) > 1 else [found])]

    return compute
