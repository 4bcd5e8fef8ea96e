"""The thesis's generator for many cells at once: the pictures of one call a cell, in a fraction of the time.

The thesis generates one cell a call with ``training=True``: batch normalisation then takes its statistics over that one
cell, and dropout is drawn anew. Here each cell of a batch has its own statistics and its own dropout, so that a cell
comes out as if it were alone. What depends on the label picture alone, that is the contracting path and what its skip
connections add to the expanding path, is computed once for all cells with the same label: the background's 128 blocks
differ in nothing but dropout.
"""

from collections.abc import Iterator, Sequence
from typing import Any

import keras
import numpy as np
from keras import ops

from smearsynth.gans import engine
from smearsynth.gans.networks import thesis

LABELS = 6
"""Distinct labels in a call of the contracting path."""
CELLS = 6
"""Cells in a call of the expanding path. Both are fixed, for other shapes of a batch give other bits."""


class BatchedThesis:
    """Evaluate `smearsynth.gans.networks.thesis.generator` for many cells.

    Parameters
    ----------
    network : keras.Model
        Read at every call: its weights may change in between.
    """

    def __init__(self, network: Any):
        layers = network.layers
        self._down = [layer for layer in layers if isinstance(layer, keras.layers.Conv2D) and not _is_up(layer)]
        self._up = [layer for layer in layers if _is_up(layer)]
        self._norms = [layer for layer in layers if isinstance(layer, keras.layers.BatchNormalization)]
        self._dropouts = [layer for layer in layers if isinstance(layer, keras.layers.Dropout)]
        self._states = thesis.dropout_states(network)
        self._contract = engine.compiled(self._contracting)
        self._expand = engine.compiled(self._expanding)
        self._masks = engine.compiled(self._dropout_masks)

    def draw(
        self, labels: Sequence[np.ndarray], which: Sequence[int], seeds: Sequence[np.ndarray]
    ) -> Iterator[tuple[int, np.ndarray]]:
        """Draw cells, those of one label after those of another.

        Parameters
        ----------
        labels : sequence of ndarray of float32, shape (256, 256, 3)
            Distinct label pictures in [-1, 1].
        which : sequence of int
            The label of each cell.
        seeds : sequence of ndarray of uint32, shape (3, 2)
            Each cell's seeds of the three dropout layers.

        Yields
        ------
        int, ndarray of float32, shape (256, 256, 3)
            A cell's place in `which` and its picture in [-1, 1].
        """
        for start in range(0, len(labels), LABELS):
            part = list(labels[start : start + LABELS])
            told = self._contract(np.stack(part + part[-1:] * (LABELS - len(part))))
            members = [i for i, label in enumerate(which) if start <= label < start + LABELS]
            for first in range(0, len(members), CELLS):
                some = members[first : first + CELLS]
                padded = some + some[-1:] * (CELLS - len(some))
                index = np.array([which[i] - start for i in padded], np.int32)
                masks = [self._masks(np.asarray(seeds[i])) for i in padded]
                drawn = engine.to_numpy(self._expand(index, told, [ops.concatenate(level) for level in zip(*masks, strict=True)]))
                yield from zip(some, drawn, strict=False)

    def _dropout_masks(self, seeds):
        """What each dropout layer multiplies a cell's features with: 0 or 2."""
        for place, state in enumerate(self._states):
            state.assign(seeds[place])
        sides = (2, 4, 8)
        return [
            layer(ops.ones((1, side, side, up.filters)), training=True)
            for layer, up, side in zip(self._dropouts, self._up, sides, strict=False)
        ]

    def _contracting(self, labels):
        """The innermost features of each label, and what its skip connections add to each later step."""
        x, skips = labels, []
        for level, layer in enumerate(self._down):
            x = ops.conv(x, layer.kernel, strides=2, padding="same")
            if level > 0:
                x = _own(x, self._norms[level - 1])
            x = ops.leaky_relu(x, 0.3)
            skips.append(x)
        added = []
        for layer, skip in zip(self._up[1:], reversed(skips[:-1]), strict=True):
            added.append(_transposed(skip, layer.kernel[..., -skip.shape[-1] :]))
        return x, added

    def _expanding(self, index, told, masks):
        """Cells of labels `index`, with dropout `masks` for the first three steps."""
        inner, added = told
        x = ops.take(inner, index, axis=0)
        norms = self._norms[len(self._down) - 1 :]
        for level, layer in enumerate(self._up):
            x = _transposed(x, layer.kernel[..., : x.shape[-1]])
            if level > 0:
                x = x + ops.take(added[level - 1], index, axis=0)
            if level == len(self._up) - 1:
                return ops.tanh(x + layer.bias)
            x = _own(x, norms[level])
            if level < len(masks):
                x = x * masks[level]
            x = ops.relu(x)
        return x


def _is_up(layer: Any) -> bool:
    return isinstance(layer, keras.layers.Conv2DTranspose)


def _own(x, norm: Any):
    """Batch normalisation as it is at batch 1 in training: each picture's own mean and variance."""
    mean, variance = ops.moments(x, axes=(1, 2), keepdims=True)
    factor = norm.gamma * ops.rsqrt(variance + norm.epsilon)
    return x * factor + (norm.beta - mean * factor)


def _transposed(x, kernel):
    """Transposed convolution, 4 × 4, stride 2, "same".

    Where it has few outputs it is done as four 2 × 2 convolutions, one for each place in a square of 2 × 2 output pixels,
    which is twice as fast on CPUs: the output's even rows see the kernel's rows 3 and 1, its odd ones rows 2 and 0.
    """
    outputs = kernel.shape[2]
    if outputs > 16:
        return ops.conv_transpose(x, kernel, strides=2, padding="same")
    height, width = x.shape[1:3]
    turned = ops.transpose(kernel, (0, 1, 3, 2))
    rows = ((3, 1), (2, 0))
    four = [ops.stack([ops.stack([turned[p, q] for q in rows[b]]) for p in rows[a]]) for a in (0, 1) for b in (0, 1)]
    wide = ops.conv(ops.pad(x, ((0, 0), (1, 1), (1, 1), (0, 0))), ops.concatenate(four, axis=-1), padding="valid")
    places = [
        wide[:, a : a + height, b : b + width, (2 * a + b) * outputs : (2 * a + b + 1) * outputs] for a in (0, 1) for b in (0, 1)
    ]
    square = ops.reshape(ops.stack(places, axis=3), (-1, height, width, 2, 2, outputs))
    return ops.reshape(ops.transpose(square, (0, 1, 3, 2, 4, 5)), (-1, 2 * height, 2 * width, outputs))
