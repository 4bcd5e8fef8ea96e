"""Training a field reader: StarDist's targets and losses, on batches that follow from (seed, step)."""

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import numpy as np

from smearsynth import images
from smearsynth.readers import field_data, field_reader
from smearsynth.readers.field_options import FieldReaderOptions
from smearsynth.readers.field_sources import IGNORED, Field
from smearsynth.readers.learning import Batch, Learning, adam

HEAVIEST = 10.0
"""Largest weight of a pixel; the slivers of hidden cells stay light."""


def targets(patch: Field, *, rays: int, grid: int, classes: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """What the network is to say of a patch (Schmidt et al. 2018; Weigert and Schmidt 2022).

    Parameters
    ----------
    patch : Field
    rays, grid, classes : int

    Returns
    -------
    ndarray of float32, shape (height / grid, width / grid, 1)
        Distance to the edge of the own cell, 1 at the cell's deepest pixel; -1 where nothing is taught.
    ndarray of float32, shape (height / grid, width / grid, rays + 1)
        Pixels to the edge in each direction, and the weight of that, by which an error counts in shares of the cell; the edge
        of the whole cell, also where another lies on it, if the patch tells what is hidden.
    ndarray of float32, shape (height / grid, width / grid, classes + 1)
        One-hot class, background first, times the weight of the pixel; -1 where nothing is taught. A cell's pixels weigh the less
        the more it has of them: a platelet teaches its class as much as a white cell that is thirty times as large.
    """
    from stardist.geometry import star_dist
    from stardist.utils import edt_prob

    owners = np.maximum(patch.owners, 0)
    coarse = patch.owners[::grid, ::grid]
    depth = edt_prob(np.maximum(coarse, 0)).astype(np.float32)
    distances = star_dist(owners, rays, grid=(grid, grid))
    if patch.hidden is not None:
        for number in np.unique(patch.hidden[patch.hidden > 0]):
            whole = (owners == number) | (patch.hidden == number)
            # In its own frame, which begins at a point of the grid and ends beyond the cell: most cells are small.
            rows, columns = (slice(at.min() // grid, at.max() // grid + 2) for at in np.nonzero(whole))
            part = whole[grid * rows.start : grid * rows.stop, grid * columns.start : grid * columns.stop]
            own = coarse[rows, columns] == number
            distances[rows, columns][own] = star_dist(part.astype(np.int32), rays, grid=(grid, grid))[own]
    areas = np.bincount(np.maximum(coarse, 0).ravel(), minlength=len(patch.classes) + 1)
    seen = areas[1:][areas[1:] > 0]
    # Errors of a distance count in shares of the cell: a few pixels are nothing to a white cell and all of a platelet.
    sizes = np.sqrt(np.maximum(areas, 1) / (np.median(seen) if len(seen) else 1.0))
    weight = depth / np.clip(sizes, 1 / HEAVIEST, None)[np.maximum(coarse, 0)]
    rays_and_weight = np.concatenate([distances, weight[..., None]], axis=-1)
    numbers = np.concatenate([[0], patch.classes])[np.maximum(coarse, 0)]
    one_hot = np.eye(classes + 1, dtype=np.float32)[numbers]
    weights = np.minimum(seen.mean() if len(seen) else 1.0, HEAVIEST * areas) / np.maximum(areas, 1)
    weights[0] = 1
    one_hot *= weights[np.maximum(coarse, 0)][..., None].astype(np.float32)
    silent = coarse == IGNORED
    one_hot[silent] = -1
    return np.where(silent, -1, depth)[..., None].astype(np.float32), rays_and_weight.astype(np.float32), one_hot


def batch(fields: field_data.Fields, options: FieldReaderOptions, *, seed: int, step: int, classes: int) -> Batch:
    """The batch of a step, which follows from the seed and the step's number alone: pictures, and `targets`, stacked."""
    drawn = field_data.patches(fields, options, seed=seed, step=step)
    wanted = [targets(patch, rays=options.rays, grid=options.grid, classes=classes) for patch in drawn]
    stacked = tuple(np.stack(part) for part in zip(*wanted, strict=True))
    return images.to_network(np.stack([patch.picture for patch in drawn])), stacked


class Ahead:
    """Batches that threads draw while the network learns from earlier ones.

    Parameters
    ----------
    draw : callable
        The batch of a step.
    steps : int
        After these there are no more.
    threads : int
        How many batches are drawn at once, and how many steps ahead.
    """

    def __init__(self, draw: Callable[[int], Batch], *, steps: int, threads: int):
        self._draw, self._steps, self._threads = draw, steps, threads
        self._pool = ThreadPoolExecutor(threads)
        self._waiting: dict[int, Future[Batch]] = {}

    def __call__(self, step: int) -> Batch:
        """The batch of a step."""
        for at in range(step, min(step + self._threads + 1, self._steps)):
            if at not in self._waiting:
                self._waiting[at] = self._pool.submit(self._draw, at)
        return self._waiting.pop(step).result()


def learning(fields: field_data.Fields, options: FieldReaderOptions, *, seed: int, classes: int) -> tuple[Any, Learning]:
    """StarDist's network before its first step.

    Parameters
    ----------
    fields : Fields
    options : FieldReaderOptions
    seed : int
        Of initial weights and batches.
    classes : int
        Number of classes.

    Returns
    -------
    stardist.models.StarDist2D
    Learning
        Of its network.
    """
    model = field_reader.network(options, classes=classes, seed=seed)
    optimiser = adam(steps=options.steps, peak=options.learning_rate)
    model.prepare_for_training(optimiser)
    # StarDist's losses without its metrics, which cost time; they pick pixels by a mask: nothing for XLA.
    weights = list(model.config.train_loss_weights)
    model.keras_model.compile(optimiser, loss=model.keras_model.loss, loss_weights=weights, jit_compile=False)

    def draw(step: int) -> Batch:
        return batch(fields, options, seed=seed, step=step, classes=classes)

    return model, Learning(model.keras_model, Ahead(draw, steps=options.steps, threads=options.threads), steps=options.steps)
