"""Two judges that learn to tell two sets of cells apart: a small network on pixels, a logistic regression on features."""

from collections.abc import Callable

import numpy as np
from scipy.optimize import minimize
from scipy.special import expit
from scipy.stats import binomtest

from smearsynth import seeds
from smearsynth.evaluation.metrics_options import TwoSampleOptions

Judge = Callable[[np.ndarray, np.ndarray, np.ndarray], np.ndarray]
"""From training values (n, …), their labels (n,) in {0, 1} and other values (m, …) to labels (m,) of the others."""


def cross_judged(
    values: np.ndarray, labels: np.ndarray, judge: Judge, *, folds: int, parts: np.ndarray | None = None
) -> np.ndarray:
    """Whether each cell was judged rightly by a judge that had not seen it.

    Parameters
    ----------
    values : ndarray, shape (n, …)
        In random order.
    labels : ndarray of int, shape (n,)
        0 or 1.
    judge : callable
        See `Judge`.
    folds : int
    parts : ndarray of int, shape (n,), optional
        Of each cell, from 0 to below `folds`; by default the i-th cell of each label belongs to part i modulo `folds`.

    Returns
    -------
    ndarray of bool, shape (n,)
    """
    part = np.empty(len(labels), int) if parts is None else parts
    if parts is None:
        for label in (0, 1):
            part[labels == label] = np.arange((labels == label).sum()) % folds
    right = np.empty(len(labels), bool)
    for fold in range(folds):
        inside = part == fold
        right[inside] = judge(values[~inside], labels[~inside], values[inside]) == labels[inside]
    return right


def share_right(right: np.ndarray, *, level: float) -> tuple[float, float, float]:
    """Share of right judgements with its interval (Wilson 1927); judgements of different folds are taken for independent."""
    test = binomtest(int(right.sum()), len(right)).proportion_ci(level, method="wilson")
    return float(right.mean()), float(test.low), float(test.high)


def logistic(values: np.ndarray, labels: np.ndarray, others: np.ndarray, *, ridge: float) -> np.ndarray:
    """Labels of `others` by a logistic regression on standardised features with an L2 penalty.

    Parameters
    ----------
    values, others : ndarray, shapes (n, d) and (m, d)
    labels : ndarray of int, shape (n,)
        0 or 1.
    ridge : float
        Penalty ``ridge / 2 · |w|²`` on the weights, not on the offset, beside the sum of the log losses.

    Returns
    -------
    ndarray of int, shape (m,)
    """
    mean, spread = values.mean(0, dtype=np.float64), values.std(0, dtype=np.float64)
    spread = np.where(spread > 1e-9, spread, 1.0)
    x, signs = (values - mean) / spread, 2.0 * labels - 1

    def loss(w: np.ndarray) -> tuple[float, np.ndarray]:
        margin = signs * (x @ w[:-1] + w[-1])
        slope = -signs * expit(-margin)
        gradient = np.append(x.T @ slope + ridge * w[:-1], slope.sum())
        return float(np.logaddexp(0, -margin).sum() + ridge / 2 * (w[:-1] @ w[:-1])), gradient

    w = minimize(loss, np.zeros(x.shape[1] + 1), jac=True, method="L-BFGS-B").x
    return ((others - mean) / spread @ w[:-1] + w[-1] > 0).astype(int)


def network(options: TwoSampleOptions, *, seed: int, size: int) -> Judge:
    """A judge on pixels (n, size, size, 3; uint8): the small network of the readers, mirrored cells, nothing interpolated.

    Anything that resamples would blur the grain, by which synthetic cells are often known.
    """
    import keras

    from smearsynth.gans import engine
    from smearsynth.readers import training
    from smearsynth.readers.architectures import build
    from smearsynth.readers.options import Augmentation, ReaderOptions

    how = ReaderOptions(
        architecture="cnn",
        window=size,
        size=size,
        steps=options.steps,
        batch=options.batch,
        learning_rate=options.learning_rate,
        label_smoothing=0.0,
        balance=True,
        device=options.device,
        threads=options.threads,
        augmentation=Augmentation(rotate=False, mirror=True, scale=0.0, brightness=0.0, colour=0.0),
    )
    engine.configure(device=options.device, threads=options.threads)
    model = build("cnn", size=size, classes=2, seed=seeds.entropy(seed, "evaluation", "two_sample") % 2**31)
    rate = keras.optimizers.schedules.CosineDecay(options.learning_rate, options.steps)
    model.compile(keras.optimizers.Adam(rate, name="adam"), keras.losses.CategoricalCrossentropy(from_logits=True))
    model.optimizer.build(model.trainable_variables)
    # One network for all sets and folds, put back to its start each time: to compile one anew costs more than to train it.
    variables = [*model.variables, *model.optimizer.variables]
    start = [engine.to_numpy(variable) for variable in variables]

    def judge(pixels: np.ndarray, labels: np.ndarray, others: np.ndarray) -> np.ndarray:
        for variable, value in zip(variables, start, strict=True):
            variable.assign(value)
        for pictures, targets in training.batches(pixels, labels, how, seed=seed):
            model.train_on_batch(pictures, targets)
        return training.probabilities(model, others).argmax(1)

    return judge
