"""Pictures through a network in batches of one shape."""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np


def outputs(
    network: Any, pixels: np.ndarray, prepare: Callable[[np.ndarray], np.ndarray], *, batch: int
) -> Iterator[list[np.ndarray]]:
    """What a network makes of pictures, batch by batch.

    Parameters
    ----------
    network : keras.Model
    pixels : ndarray, shape (n, …)
    prepare : callable
        Some of the pixels to the network's input, float32.
    batch : int
        Pictures at a time. The last batch is filled up: the network is compiled once, and what it says of a picture does not
        depend on how many others there are.

    Yields
    ------
    list of ndarray, shape (pictures, …)
        One array for each output of the network.
    """
    for start in range(0, len(pixels), batch):
        inputs = prepare(pixels[start : start + batch])
        filled = np.concatenate([inputs, np.zeros((batch - len(inputs), *inputs.shape[1:]), np.float32)])
        found = network.predict_on_batch(filled)
        # Keras unpacks a list of one output.
        yield [np.asarray(output)[: len(inputs)] for output in (found if isinstance(found, list) else [found])]
