"""The layers of a network that LPIPS compares, and their activations."""

from collections.abc import Callable
from typing import Any

import numpy as np

from smearsynth.evaluation import squeezenet
from smearsynth.evaluation.extractors import Extractor
from smearsynth.readers.batches import outputs

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

    It takes at most `batch` pictures, see `batches.outputs`.
    """
    import keras

    network = keras.Model(extractor.model.inputs, [extractor.model.get_layer(name).output for name in taps(extractor.model)])
    return lambda pixels: next(outputs(network, pixels, extractor.prepare, batch=batch))
