"""COCO run lengths of small masks in large frames, at the cost of the mask and not of the frame."""

import numpy as np
from pycocotools import mask as rle

from smearsynth import run_lengths
from smearsynth.layouts.raster import Window


def encode(part: Window, shape: tuple[int, int]) -> dict:
    """Run lengths of a window in its frame: the same as ``coco.encode`` of the whole mask.

    Parameters
    ----------
    part : Window
    shape : (height, width) of the frame

    Returns
    -------
    dict
        ``size`` and ``counts`` (text).
    """
    height, width = part.mask.shape
    columns = np.zeros((width, height + 2), np.int8)
    columns[:, 1:-1] = part.mask.T
    change = np.diff(columns, axis=1)
    place = (part.left + np.arange(width))[:, None] * shape[0] + part.top + np.arange(height + 1)
    starts, ends = place[change == 1], place[change == -1]
    # A run that reaches the bottom of the frame goes on at the top of the next column.
    joined = np.intersect1d(starts, ends, assume_unique=True)
    starts, ends = np.setdiff1d(starts, joined), np.setdiff1d(ends, joined)
    edges = np.column_stack([starts, ends]).ravel()
    counts = np.diff(np.concatenate([[0], edges, [shape[0] * shape[1]]]))
    if len(counts) > 1 and counts[-1] == 0:
        counts = counts[:-1]
    packed = rle.frPyObjects({"size": list(shape), "counts": counts.tolist()}, *shape)
    return {"size": [int(side) for side in packed["size"]], "counts": packed["counts"].decode("ascii")}


def decode(segmentation: dict, shape: tuple[int, ...] | None = None) -> Window:
    """The inverse of `encode`, cut to the mask's rectangle; see `run_lengths.counts` for `shape` and errors."""
    edges = np.cumsum(run_lengths.counts(segmentation, shape))
    height = segmentation["size"][0]
    starts, ends = edges[0:-1:2], edges[1::2]
    starts = starts[: len(ends)]
    if len(starts) == 0:
        return Window(0, 0, np.zeros((0, 0), bool))
    first, last = int(starts[0]) // height, int(ends[-1] - 1) // height
    change = np.zeros((last - first + 1) * height + 1, np.int32)
    np.add.at(change, starts - first * height, 1)
    np.add.at(change, ends - first * height, -1)
    mask = np.cumsum(change[:-1]).reshape(-1, height).T.astype(bool)
    rows = np.flatnonzero(mask.any(1))
    return Window(int(rows[0]), first, mask[rows[0] : rows[-1] + 1])
