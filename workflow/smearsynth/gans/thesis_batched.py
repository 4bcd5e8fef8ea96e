"""The thesis's generator for many cells at once: the pictures of one call a cell, in a fraction of the time.

The thesis generates one cell a call with ``training=True``: batch normalisation then takes its statistics over that one
cell, and dropout is drawn anew. Here each cell has its own statistics and its own dropout, so that it comes out as if it
were alone. Saved is

- what depends on the label picture alone, that is the contracting path and what its skip connections add to the expanding
  path: computed once for all cells with the same label, as the background's 128 blocks are;
- what is constant around a cell on black, in the outer levels of that path (`smearsynth.gans.shortened`);
- the last layer outside the part of the picture that is wanted;
- every second multiplication where a layer has many inputs (`smearsynth.gans.winograd`);
- bringing the kernels of the innermost levels into another order at each call (`smearsynth.gans.small_planes`);
- reading the inner layers' weights, nine tenths of all, for each cell: they serve a batch.
"""

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any

import keras
import numpy as np
from keras import ops

from smearsynth.gans import engine, small_planes, winograd
from smearsynth.gans.networks import thesis
from smearsynth.gans.shortened import WHOLE, Frame, Reach

BATCH = 14
"""Labels in a call of the contracting path's inner levels, and cells in one of the expanding path's: a third of the thesis's
slide. It is fixed, for other shapes of a batch give other bits."""
OUTER = 3
"""Levels at the picture's side that are computed one cell at a time: planes of 128, 64 and 32."""
WIDE = 32
"""Up to planes of this side, which have many features, Winograd's sums cost less than the multiplications they save."""


class BatchedThesis:
    """Evaluate `smearsynth.gans.networks.thesis.generator` for many cells.

    Parameters
    ----------
    network : keras.Model
        Its weights are taken over now; later changes of them need a new one of these.
    """

    def __init__(self, network: Any):
        layers = network.layers
        self._dropouts = [layer for layer in layers if isinstance(layer, keras.layers.Dropout)]
        self._states = thesis.dropout_states(network)
        down = [layer for layer in layers if isinstance(layer, keras.layers.Conv2D) and not _is_up(layer)]
        up = [layer for layer in layers if _is_up(layer)]
        norms = [_Norm(layer) for layer in layers if isinstance(layer, keras.layers.BatchNormalization)]
        self._down_norms, self._up_norms = norms[: len(down) - 1], norms[len(down) - 1 :]
        self._down = [_halving(layer.kernel, 256 >> level) for level, layer in enumerate(down)]
        # A transposed convolution of joined features is the sum of two: of its own features, and of the skip connection's.
        own = [up[0].kernel.shape[-1], *(layer.kernel.shape[-1] // 2 for layer in up[1:])]
        kernels = [layer.kernel for layer in up[:-1]]
        self._up = [_enlarging(kernel[..., : own[i]], 1 << i) for i, kernel in enumerate(kernels)]
        self._skip = [_enlarging(kernel[..., own[i] :], 1 << i) for i, kernel in enumerate(kernels) if i > 0]
        self._last, self._bias = ops.copy(up[-1].kernel), ops.copy(up[-1].bias)
        self._features = [layer.filters for layer in up]
        self._masks = engine.compiled(self._dropout_masks)
        self._contract_inner = engine.compiled(self._contracting_inner)
        self._expand_inner = engine.compiled(self._expanding_inner)
        self._compiled: dict[tuple[str, Reach, Frame], Callable] = {}

    def draw(
        self, labels: Sequence[np.ndarray], which: Sequence[int], seeds: Sequence[np.ndarray], frame: Frame | None = None
    ) -> Iterator[tuple[int, Frame, np.ndarray]]:
        """Draw cells, those of one label after those of another.

        Parameters
        ----------
        labels : sequence of ndarray of float32, shape (256, 256, 3)
            Distinct label pictures in [-1, 1], black (-1) around the cell.
        which : sequence of int
            The label of each cell.
        seeds : sequence of ndarray of uint32, shape (3, 2)
            Each cell's seeds of the three dropout layers.
        frame : Frame, optional
            The part of the pictures that is wanted; without it a square that holds the label's cell.

        Yields
        ------
        int, Frame, ndarray of float32, shape (height, width, 3)
            A cell's place in `which`, the part of its picture that was drawn, and this part in [-1, 1].
        """
        for start in range(0, len(labels), BATCH):
            part = list(labels[start : start + BATCH])
            reaches = [Reach.of(label) for label in part]
            frames = [frame or Frame.around(reach) for reach in reaches]
            outer = [self._contract_outer(*one) for one in zip(reaches, frames, part, strict=True)]
            planes = [plane for plane, _ in outer]
            inner = self._contract_inner(ops.concatenate(planes + planes[-1:] * (BATCH - len(planes))))
            members = [i for i, label in enumerate(which) if start <= label < start + BATCH]
            for first in range(0, len(members), BATCH):
                some = members[first : first + BATCH]
                padded = some + some[-1:] * (BATCH - len(some))
                index = np.array([which[i] - start for i in padded], np.int32)
                masks = [self._masks(np.asarray(seeds[i])) for i in padded]
                drawn = self._expand_inner(index, inner, [ops.concatenate(level) for level in zip(*masks, strict=True)])
                for place, i in enumerate(some):
                    label = which[i] - start
                    told = outer[label][1]
                    picture = self._expand_outer(reaches[label], frames[label], drawn[place : place + 1], told)
                    yield i, frames[label], engine.to_numpy(picture)[0]

    def _contract_outer(self, reach: Reach, frame: Frame, label: np.ndarray) -> Any:
        call = self._of(self._contracting_outer, reach, frame)
        kept = reach.level(256).kept
        return call(label[None][:, kept][:, :, kept])

    def _expand_outer(self, reach: Reach, frame: Frame, x: Any, told: Any) -> Any:
        return self._of(self._expanding_outer, reach, frame)(x, told)

    def _of(self, function: Callable, reach: Reach, frame: Frame) -> Callable:
        """`function`, compiled once for each reach and frame."""
        key = (function.__name__, reach, frame)
        if key not in self._compiled:
            self._compiled[key] = engine.compiled(partial(function, reach, frame))
        return self._compiled[key]

    def _dropout_masks(self, seeds):
        """What each dropout layer multiplies a cell's features with: 0 or 2."""
        for place, state in enumerate(self._states):
            state.assign(seeds[place])
        sides = (2, 4, 8)
        return [
            layer(ops.ones((1, side, side, features)), training=True)
            for layer, features, side in zip(self._dropouts, self._features, sides, strict=False)
        ]

    def _contracting_outer(self, reach: Reach, frame: Frame, x):
        """Of one label: the whole plane of 32, and what the skip connections of the planes of 32, 64 and 128 bring."""
        levels = [reach.level(side) for side in (128, 64, 32)]
        planes = []
        for number, level in enumerate(levels):
            x = self._down[number](x)
            if number > 0:
                x = self._down_norms[number - 1](x, *level.moments(x))
            x = ops.leaky_relu(x, 0.3)
            planes.append(x)
        added = [
            add(reach.skip(level.side).take(plane, level))
            for add, plane, level in zip(self._skip[-2:], planes[:0:-1], levels[:0:-1], strict=True)
        ]
        return WHOLE.level(32).take(x, levels[-1]), (added, frame.edged(frame.cut(planes[0], levels[0])))

    def _contracting_inner(self, x):
        """The innermost features of each label, and what its skip connections add to the inner steps of the expanding path."""
        skips = []
        for level in range(OUTER, len(self._down)):
            x = self._down[level](x)
            x = ops.leaky_relu(self._down_norms[level - 1](x, *_moments(x)), 0.3)
            skips.append(x)
        return x, [add(skip) for add, skip in zip(self._skip, reversed(skips[:-1]), strict=False)]

    def _expanding_inner(self, index, told, masks):
        """Cells of labels `index`, with dropout `masks` for the first three steps, up to the plane of 32."""
        inner, added = told
        x = ops.take(inner, index, axis=0)
        for level in range(len(added) + 1):
            x = self._up[level](x)
            if level > 0:
                x = x + ops.take(added[level - 1], index, axis=0)
            x = self._up_norms[level](x, *_moments(x))
            if level < len(masks):
                x = x * masks[level]
            x = ops.relu(x)
        return x

    def _expanding_outer(self, reach: Reach, frame: Frame, x, told):
        """One cell: from the plane of 32 to the frame of its picture."""
        added, edged = told
        for level, skipped, side in zip((-2, -1), added, (64, 128), strict=True):
            x = self._up[level](x) + WHOLE.level(side).take(skipped, reach.skip(side // 2).doubled())
            moments = engine.moments_of_one(x)
            if side == 128:
                x = frame.cut(x, WHOLE.level(side))
            x = ops.relu(self._up_norms[level](x, *moments))
        x = _doubled(ops.concatenate([frame.edged(x), edged], axis=-1), self._last)
        return ops.tanh(x + self._bias)


class _Norm:
    """Batch normalisation as it is at batch 1 in training, with each picture's own mean and variance."""

    def __init__(self, layer: Any):
        self._gamma, self._beta, self._epsilon = ops.copy(layer.gamma), ops.copy(layer.beta), layer.epsilon

    def __call__(self, x, mean, variance):
        factor = self._gamma * ops.rsqrt(variance + self._epsilon)
        return x * factor + (self._beta - mean * factor)


def _moments(x):
    return ops.moments(x, axes=(1, 2), keepdims=True)


def _is_up(layer: Any) -> bool:
    return isinstance(layer, keras.layers.Conv2DTranspose)


def _halving(kernel: Any, side: int) -> Callable:
    """A convolution of planes of `side`."""
    if 16 <= side <= WIDE:
        weights = winograd.halving_weights(kernel)
        return lambda x: winograd.halve(x, weights)
    if side < 16:
        weights = ops.copy(small_planes.halving_weights(kernel, side))
        return lambda x: small_planes.halve(x, weights)
    copied = ops.copy(kernel)
    return lambda x: ops.conv(x, copied, strides=2, padding="same")


def _enlarging(kernel: Any, side: int) -> Callable:
    """A transposed convolution of planes of `side`."""
    if 8 <= side <= WIDE:
        weights = winograd.enlarging_weights(kernel)
        return lambda x: winograd.enlarge(x, weights)
    if side < 8:
        weights = ops.copy(small_planes.enlarging_weights(kernel, side))
        return lambda x: small_planes.enlarge(x, weights)
    copied = ops.copy(kernel)
    return lambda x: ops.conv_transpose(x, copied, strides=2, padding="same")


def _doubled(x, kernel):
    """Transposed convolution of a part with its edge of one pixel; the edge is not part of the result.

    With few outputs four 2 × 2 convolutions, one for each place in a square of 2 × 2 output pixels, are twice as fast on CPUs:
    the output's even rows see the kernel's rows 3 and 1, its odd ones rows 2 and 0.
    """
    outputs, height, width = kernel.shape[2], x.shape[1] - 2, x.shape[2] - 2
    turned = ops.transpose(kernel, (0, 1, 3, 2))
    rows = ((3, 1), (2, 0))
    four = [ops.stack([ops.stack([turned[p, q] for q in rows[b]]) for p in rows[a]]) for a in (0, 1) for b in (0, 1)]
    wide = ops.conv(x, ops.concatenate(four, axis=-1), padding="valid")
    parts = zip(((0, 0), (0, 1), (1, 0), (1, 1)), ops.split(wide, 4, axis=-1), strict=True)
    places = [part[:, a : a + height, b : b + width] for (a, b), part in parts]
    square = ops.reshape(ops.stack(places, axis=3), (-1, height, width, 2, 2, outputs))
    return ops.reshape(ops.transpose(square, (0, 1, 3, 2, 4, 5)), (-1, 2 * height, 2 * width, outputs))
