"""Training a reader: equal steps, every batch drawn from (seed, step)."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict

import numpy as np
from scipy.special import softmax

from smearsynth import images, seeds
from smearsynth.errors import Problem
from smearsynth.gans import engine
from smearsynth.readers.architectures import Model, build
from smearsynth.readers.augmentation import vary
from smearsynth.readers.batches import outputs
from smearsynth.readers.options import ReaderOptions


def untrainable(where: str, types: Sequence[int], tested: Iterable[int], name: Callable[[int], str]) -> list[Problem]:
    """What keeps a classifier of some types (ids) from being trained, or from being tested on cells of other ones."""
    problems = [
        Problem(where, f"{name(missing)} has test cells and no training cell", "set another seed or split share")
        for missing in sorted(set(tested) - set(types))
    ]
    if len(types) < 2:
        problems.append(Problem(where, f"{len(types)} type(s) with training cells", "a classifier needs at least two types"))
    return problems


def draw(labels: np.ndarray, rng: np.random.Generator, *, batch: int, balance: bool) -> np.ndarray:
    """Indices of the cells of one step, with replacement.

    Parameters
    ----------
    labels : ndarray of int, shape (n,)
        Classes.
    rng : Generator
    batch : int
    balance : bool
        Draw a class first, each equally often, and a cell of it second; else every cell is as likely.

    Returns
    -------
    ndarray of int, shape (batch,)
    """
    if not balance:
        return rng.integers(len(labels), size=batch)
    present = np.unique(labels)
    chosen = present[rng.integers(len(present), size=batch)]
    return np.array([rng.choice(np.flatnonzero(labels == label)) for label in chosen])


def batches(
    pixels: np.ndarray, labels: np.ndarray, options: ReaderOptions, *, seed: int, classes: int | None = None
) -> Iterator[tuple]:
    """The batches of all steps: float32 (batch, size, size, 3) in [-1, 1] and one-hot targets (batch, classes)."""
    classes = classes or int(labels.max()) + 1
    variation = asdict(options.augmentation)
    still = not any(variation.values())
    for step in range(options.steps):
        rng = seeds.rng(seed, "readers", "step", step)
        at = draw(labels, rng, batch=options.batch, balance=options.balance)
        chosen = pixels[at] if still else vary(pixels[at], rng, **variation)
        yield images.to_network(chosen), np.eye(classes, dtype=np.float32)[labels[at]]


def fit(
    pixels: np.ndarray,
    labels: np.ndarray,
    options: ReaderOptions,
    *,
    seed: int,
    classes: int | None = None,
    progress=lambda steps: steps,
) -> Model:
    """Train a reader.

    Parameters
    ----------
    pixels : ndarray of uint8, shape (n, size, size, 3)
        Training cells.
    labels : ndarray of int, shape (n,)
        Classes from 0.
    options : ReaderOptions
    seed : int
    classes : int, optional
        Number of classes; as many as there are labels without it.
    progress : callable
        Wraps the steps, such as tqdm.

    Returns
    -------
    keras.Model
        From float32 pictures in [-1, 1] to logits.
    """
    import keras

    engine.configure(device=options.device, threads=options.threads)
    classes = classes or int(labels.max()) + 1
    start = seeds.entropy(seed, "readers") % 2**31
    model = build(options.architecture, size=options.size, classes=classes, seed=start, weights=options.weights)
    warm = max(1, options.steps // 20)
    rate = keras.optimizers.schedules.CosineDecay(
        0.0, max(1, options.steps - warm), warmup_target=options.learning_rate, warmup_steps=warm
    )
    loss = keras.losses.CategoricalCrossentropy(from_logits=True, label_smoothing=options.label_smoothing)
    model.compile(keras.optimizers.Adam(rate, name="adam"), loss)
    for pictures, targets in progress(batches(pixels, labels, options, seed=seed, classes=classes)):
        model.train_on_batch(pictures, targets)
    return model


def probabilities(model: Model, pixels: np.ndarray, *, batch: int = 64) -> np.ndarray:
    """What a reader thinks of each cell.

    Parameters
    ----------
    pixels : ndarray of uint8, shape (n, size, size, 3)
    batch : int
        See `batches.outputs`.

    Returns
    -------
    ndarray of float64, shape (n, classes)
        Rows sum to 1.
    """
    logits = np.concatenate([found for (found,) in outputs(model, pixels, images.to_network, batch=batch)])
    return softmax(logits.astype(np.float64), axis=1)
