"""Training a field reader: StarDist's targets and losses, on batches that follow from (seed, step)."""

from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import numpy as np

from smearsynth import images
from smearsynth.readers import field_data, field_reader
from smearsynth.readers.field_options import FieldReaderOptions
from smearsynth.readers.field_sources import IGNORED, Field

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


Batch = tuple[np.ndarray, tuple[np.ndarray, ...]]
"""Float32 pictures (batch, patch, patch, 3) in [-1, 1], and `targets`, stacked."""


def batch(fields: field_data.Fields, options: FieldReaderOptions, *, seed: int, step: int, classes: int) -> Batch:
    """The batch of a step, which follows from the seed and the step's number alone."""
    drawn = field_data.patches(fields, options, seed=seed, step=step)
    wanted = [targets(patch, rays=options.rays, grid=options.grid, classes=classes) for patch in drawn]
    stacked = tuple(np.stack(part) for part in zip(*wanted, strict=True))
    return images.to_network(np.stack([patch.picture for patch in drawn])), stacked


def batches(fields: field_data.Fields, options: FieldReaderOptions, *, seed: int, classes: int) -> Iterator[Batch]:
    """The batches of all steps, in order; the next ones are drawn while the network learns from this one."""
    with ThreadPoolExecutor(options.threads) as pool:
        waiting: deque[Future[Batch]] = deque()
        for step in range(options.steps):
            waiting.append(pool.submit(batch, fields, options, seed=seed, step=step, classes=classes))
            if len(waiting) > options.threads:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()


def fit(
    fields: field_data.Fields,
    options: FieldReaderOptions,
    *,
    seed: int,
    classes: int,
    progress=lambda steps: steps,
) -> tuple[Any, list[float]]:
    """Train StarDist's network.

    Parameters
    ----------
    fields : Fields
    options : FieldReaderOptions
    seed : int
    classes : int
        Number of classes.
    progress : callable
        Wraps the steps, such as tqdm.

    Returns
    -------
    stardist.models.StarDist2D
    list of float
        The loss of each step.
    """
    model = field_reader.network(options, classes=classes, seed=seed)
    import keras

    warm = max(1, options.steps // 20)
    rate = keras.optimizers.schedules.CosineDecay(
        0.0, max(1, options.steps - warm), warmup_target=options.learning_rate, warmup_steps=warm
    )
    optimiser = keras.optimizers.Adam(rate, name="adam")
    model.prepare_for_training(optimiser)
    # StarDist's losses without its metrics, which cost time; they pick pixels by a mask: nothing for XLA.
    weights = list(model.config.train_loss_weights)
    model.keras_model.compile(optimiser, loss=model.keras_model.loss, loss_weights=weights, jit_compile=False)
    losses = []
    for pictures, wanted in progress(batches(fields, options, seed=seed, classes=classes)):
        found = model.keras_model.train_on_batch(pictures, wanted, return_dict=True)
        losses.append(float(found["loss"]))
        model.keras_model.reset_metrics()
    return model, losses
