"""Learned perceptual similarity (Zhang et al. 2018, eq. 1): differences of a network's activations, weighted by learnt heads."""

import re
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from smearsynth.errors import Problem, raise_all
from smearsynth.evaluation import torch_file

TINY = 1e-10
"""Added to a norm, as in the authors' code."""


def distances(one: Sequence[np.ndarray], other: Sequence[np.ndarray], heads: Sequence[np.ndarray] | None) -> np.ndarray:
    """Distances of pairs of pictures.

    At every place of every layer the activations are scaled to length 1; the squared differences are weighted by the head, summed
    over channels, averaged over places and summed over layers.

    Parameters
    ----------
    one, other : sequence of ndarray, shapes (n, height, width, channels)
        Activations of both pictures of each pair, one array a layer.
    heads : sequence of ndarray, shapes (channels,), or None
        Weights of the channels, 0 or more; None weighs each by 1.

    Returns
    -------
    ndarray of float64, shape (n,)
    """
    total = np.zeros(len(one[0]))
    for layer, (first, second) in enumerate(zip(one, other, strict=True)):
        squared = (_unit(first) - _unit(second)) ** 2
        weighted = squared.sum(-1) if heads is None else squared @ heads[layer]
        total += weighted.mean((1, 2))
    return total


def _unit(activations: np.ndarray) -> np.ndarray:
    values = np.asarray(activations, np.float64)
    return values / (np.sqrt((values**2).sum(-1, keepdims=True)) + TINY)


def read_heads(path: str | Path, channels: Sequence[int]) -> list[np.ndarray]:
    """The heads of a file of lpips 0.1 (``squeeze.pth``, ``vgg.pth``), for layers with so many channels.

    Raises
    ------
    UserError
        If the file cannot be read, or its heads are of another network.
    """
    state = torch_file.read(path)
    numbered = {int(match[1]): array for name, array in state.items() if (match := re.fullmatch(r"lin(\d+)\..*weight", name))}
    heads = [numbered[number].astype(np.float64).reshape(-1) for number in sorted(numbered)]
    found = [len(head) for head in heads]
    if found != list(channels):
        what = f"heads for layers of {found} channels, the backbone's have {list(channels)}"
        raise_all([Problem(str(path), what, "give the heads of the backbone's architecture, or null for none")])
    return heads
