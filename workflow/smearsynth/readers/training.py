"""Training a reader: equal steps, every batch drawn from (seed, step)."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict
from pathlib import Path

import numpy as np
from scipy.special import softmax

from smearsynth import images, seeds
from smearsynth.errors import Problem
from smearsynth.gans import engine
from smearsynth.readers.architectures import Model, build
from smearsynth.readers.augmentation import vary
from smearsynth.readers.batches import outputs
from smearsynth.readers.learning import Batch, Learning, adam, digest, train
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


def batch(pixels: np.ndarray, labels: np.ndarray, options: ReaderOptions, *, seed: int, step: int, classes: int) -> Batch:
    """The batch of a step: float32 (batch, size, size, 3) in [-1, 1] and one-hot targets (batch, classes)."""
    variation = asdict(options.augmentation)
    rng = seeds.rng(seed, "readers", "step", step)
    at = draw(labels, rng, batch=options.batch, balance=options.balance)
    chosen = vary(pixels[at], rng, **variation) if any(variation.values()) else pixels[at]
    return images.to_network(chosen), np.eye(classes, dtype=np.float32)[labels[at]]


def batches(pixels: np.ndarray, labels: np.ndarray, options: ReaderOptions, *, seed: int) -> Iterator[Batch]:
    """The batches of all steps, of as many classes as there are labels."""
    classes = int(labels.max()) + 1
    return (batch(pixels, labels, options, seed=seed, step=step, classes=classes) for step in range(options.steps))


def learning(pixels: np.ndarray, labels: np.ndarray, options: ReaderOptions, *, seed: int, classes: int) -> Learning:
    """A reader before its first step.

    Parameters
    ----------
    pixels : ndarray of uint8, shape (n, size, size, 3)
        Training cells.
    labels : ndarray of int, shape (n,)
        Classes from 0.
    options : ReaderOptions
    seed : int
        Of initial weights, dropout and batches.
    classes : int
        Number of classes.

    Returns
    -------
    Learning
        Its model goes from float32 pictures in [-1, 1] to logits.
    """
    engine.configure(device=options.device, threads=options.threads)
    import keras

    start = seeds.entropy(seed, "readers") % 2**31
    model = build(options.architecture, size=options.size, classes=classes, seed=start, weights=options.weights)
    loss = keras.losses.CategoricalCrossentropy(from_logits=True, label_smoothing=options.label_smoothing)
    model.compile(adam(steps=options.steps, peak=options.learning_rate), loss)

    def drawn(step: int) -> Batch:
        return batch(pixels, labels, options, seed=seed, step=step, classes=classes)

    return Learning(model, drawn, steps=options.steps)


def fit(
    pixels: np.ndarray,
    labels: np.ndarray,
    options: ReaderOptions,
    *,
    seed: int,
    classes: int,
    module: str,
    state: Path,
) -> Model:
    """Train a reader; a killed training goes on from its state.

    Parameters
    ----------
    pixels, labels, options, seed, classes
        See `learning`.
    module : str
        The command's, whose code is part of what a state belongs to.
    state : Path
        Folder of the states.

    Returns
    -------
    keras.Model
    """
    one = learning(pixels, labels, options, seed=seed, classes=classes)
    train(one, options, module=module, told={"seed": seed, "cells": digest(pixels, labels)}, state=state)
    return one.model


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
