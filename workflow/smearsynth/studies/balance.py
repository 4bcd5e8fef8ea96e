"""Has one network won? The five checks of thesis 4.2 on the losses of a run, in words."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from smearsynth.studies.reported import DISCRIMINATOR, EQUAL_DISCRIMINATOR, EQUAL_GENERATOR, GENERATOR


@dataclass(frozen=True)
class Check:
    """One check.

    Parameters
    ----------
    name : str
        What is looked for.
    value : str
        What was measured.
    answer : str
        ``good``, ``bad`` or ``note`` (a reading that is neither).
    words : str
        The reading in a sentence.
    """

    name: str
    value: str
    answer: str
    words: str


def smooth(values: Sequence[float], weight: float) -> np.ndarray:
    """TensorBoard's running mean: exponential with the past's `weight`, corrected for its start at 0.

    Parameters
    ----------
    values : sequence of float, length n
    weight : float
        From 0 (nothing is smoothed) to below 1.

    Returns
    -------
    ndarray of float64, shape (n,)
    """
    result = np.empty(len(values))
    mean = 0.0
    for at, value in enumerate(values):
        mean = mean * weight + (1 - weight) * value
        result[at] = mean / (1 - weight ** (at + 1))
    return result


def settled(values: Sequence[float]) -> float:
    """The mean of the last third of a loss, where training has settled."""
    return float(np.mean(np.asarray(values, float)[-max(1, len(values) // 3) :]))


def falls(values: Sequence[float]) -> float:
    """Change of a loss over its last half, as a share of its mean there: the last quarter against the one before."""
    half = np.asarray(values, float)[-max(2, len(values) // 2) :]
    before, after = half[: len(half) // 2].mean(), half[len(half) // 2 :].mean()
    return float((after - before) / half.mean()) if half.mean() else 0.0


def checks(
    discriminator: Sequence[float],
    generator: Sequence[float],
    l1: Sequence[float],
    *,
    smoothing: float,
    low: float,
) -> list[Check]:
    """The five checks on losses of sigmoid cross-entropy.

    The discriminator's loss is the sum of a real and a generated term, so that equal uncertainty is 2 log 2 = 1.386. The
    thesis holds it against log 2 = 0.693; both readings are given.

    Parameters
    ----------
    discriminator, generator, l1 : sequence of float, length n
        Logged losses in the order of the steps.
    smoothing : float
        See `smooth`.
    low : float
        Share of the value at equal uncertainty below which a loss is "very low".
    """
    d_value, g_value = settled(discriminator), settled(generator)
    return [
        _nobody_won(discriminator, generator, smoothing=smoothing, low=low),
        Check(
            "distance from equal uncertainty",
            f"discriminator {d_value:.3f} of {EQUAL_DISCRIMINATOR:.3f}, generator {g_value:.3f} of {EQUAL_GENERATOR:.3f}",
            "note",
            f"At equal uncertainty the discriminator's sum is 2 log 2 = {EQUAL_DISCRIMINATOR:.3f} and the generator's loss "
            f"log 2 = {EQUAL_GENERATOR:.3f}. The thesis holds both against log 2; its own values are about "
            f"{DISCRIMINATOR} and {GENERATOR:g}.",
        ),
        _discriminator(d_value),
        Check(
            "generator against log 2",
            f"{g_value:.3f}",
            "note",
            f"{'Below' if g_value < EQUAL_GENERATOR else 'Not below'} {EQUAL_GENERATOR:.3f}: the generator "
            + (
                "fools the discriminator more often than not."
                if g_value < EQUAL_GENERATOR
                else "is recognised more often than not."
            ),
        ),
        _l1(l1),
    ]


def _nobody_won(discriminator: Sequence[float], generator: Sequence[float], *, smoothing: float, low: float) -> Check:
    limits = {"discriminator": low * EQUAL_DISCRIMINATOR, "generator": low * EQUAL_GENERATOR}
    lowest, trend = {}, {}
    for name, values in (("discriminator", discriminator), ("generator", generator)):
        smoothed = smooth(values, smoothing)
        lowest[name] = float(smoothed[-max(1, len(smoothed) // 2) :].min())
        trend[name] = falls(values)
    won = [name for name in limits if lowest[name] < limits[name]]
    value = ", ".join(f"{name} at least {lowest[name]:.3f} ({trend[name]:+.0%} at the end)" for name in limits)
    if won:
        words = f"The loss of the {' and the '.join(won)} gets very low: it dominates, and the other learns little from it."
        return Check("neither network has won", value, "bad", words)
    words = "In the last half of the training neither loss gets very low"
    falling = [name for name in limits if trend[name] < -0.1]
    words += f"; that of the {' and the '.join(falling)} is still falling." if falling else ", and neither keeps falling."
    return Check("neither network has won", value, "note" if falling else "good", words)


def _discriminator(value: float) -> Check:
    better = value < EQUAL_DISCRIMINATOR
    words = (
        f"{'Below' if better else 'Not below'} 2 log 2 = {EQUAL_DISCRIMINATOR:.3f}: on real and generated cells together the "
        f"discriminator does {'better' if better else 'no better'} than guessing. "
    )
    side = "below" if value < EQUAL_GENERATOR else "above"
    words += (
        f"Against log 2 = {EQUAL_GENERATOR:.3f}, as the thesis reads it, the same loss is {side} the line; "
        "that comparison is off by the factor 2 of the sum."
    )
    return Check("discriminator against equal uncertainty", f"{value:.3f}", "note", words)


def _l1(values: Sequence[float]) -> Check:
    values = np.asarray(values, float)
    tenth = max(1, len(values) // 10)
    first, last = float(values[:tenth].mean()), float(values[-tenth:].mean())
    down = last < first
    words = f"L1 goes {'down' if down else 'up'} by {abs(1 - last / first):.0%} from the first tenth of the training to the last"
    words += f"; in the last half it changes by {falls(values):+.0%}."
    return Check("L1 goes down", f"{first:.4f} → {last:.4f}", "good" if down else "bad", words)
