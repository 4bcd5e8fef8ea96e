"""Has one network won? The five checks of thesis 4.2 on the losses of a run, in words."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from smearsynth.studies.reported import DISCRIMINATOR, EQUAL_DISCRIMINATOR, EQUAL_GENERATOR, GENERATOR


@dataclass(frozen=True)
class Objective:
    """The values of an objective's losses that a reader holds a training against.

    Parameters
    ----------
    name : str
        What the losses are.
    discriminator, generator : float
        Losses where the discriminator cannot tell real from generated cells.
    terms : str
        How the two values come about, as the end of a sentence.
    """

    name: str
    discriminator: float
    generator: float
    terms: str

    def lowest(self, low: float) -> dict[str, float]:
        """The values below which a loss is very low, for a share `low` of the value at equal uncertainty.

        The hinge loss of a generator has no lower end; there it is very low where generated cells are taken for real beyond
        the margin of 1.
        """
        generator = low * self.generator if self.generator else -1.0
        return {"discriminator": low * self.discriminator, "generator": generator}


CROSS_ENTROPY = Objective(
    "sigmoid cross-entropy",
    EQUAL_DISCRIMINATOR,
    EQUAL_GENERATOR,
    f"the discriminator's sum of two terms is 2 log 2 = {EQUAL_DISCRIMINATOR:.3f} and the generator's loss log 2 = "
    f"{EQUAL_GENERATOR:.3f}. The thesis holds both against log 2; its own values are about {DISCRIMINATOR} and {GENERATOR:g}.",
)
HINGE = Objective(
    "hinge",
    2.0,
    0.0,
    "the discriminator's sum of two hinge terms is 2 and the generator's loss 0. The thesis's 1.386 and 0.693 belong to "
    "cross-entropy and cannot be held against these losses.",
)


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


def change(values: Sequence[float]) -> float:
    """How much lower (negative) or higher a loss ends: its last quarter less the quarter before."""
    half = np.asarray(values, float)[-max(2, len(values) // 2) :]
    return float(half[len(half) // 2 :].mean() - half[: len(half) // 2].mean())


def checks(
    discriminator: Sequence[float],
    generator: Sequence[float],
    l1: Sequence[float],
    *,
    objective: Objective,
    smoothing: float,
    low: float,
) -> list[Check]:
    """The five checks.

    Parameters
    ----------
    discriminator, generator, l1 : sequence of float, length n
        Logged losses in the order of the steps; the discriminator's is the sum of a real and a generated term.
    objective : Objective
        What the first two are losses of.
    smoothing : float
        See `smooth`.
    low : float
        Share of the value at equal uncertainty below which a loss is "very low".
    """
    d_value, g_value = settled(discriminator), settled(generator)
    return [
        _nobody_won(discriminator, generator, objective, smoothing=smoothing, low=low),
        Check(
            "distance from equal uncertainty",
            f"discriminator {d_value:.3f} of {objective.discriminator:.3f}, generator {g_value:.3f} of {objective.generator:.3f}",
            "note",
            f"Losses are {objective.name}. At equal uncertainty {objective.terms}",
        ),
        _discriminator(d_value, objective),
        _generator(g_value, objective),
        _l1(l1),
    ]


def _nobody_won(
    discriminator: Sequence[float], generator: Sequence[float], objective: Objective, *, smoothing: float, low: float
) -> Check:
    limits = objective.lowest(low)
    lowest, trend = {}, {}
    for name, values in (("discriminator", discriminator), ("generator", generator)):
        smoothed = smooth(values, smoothing)
        lowest[name] = float(smoothed[-max(1, len(smoothed) // 2) :].min())
        trend[name] = change(values)
    won = [name for name in limits if lowest[name] < limits[name]]
    value = ", ".join(f"{name} at least {lowest[name]:.3f} ({trend[name]:+.3f} at the end)" for name in limits)
    if won:
        words = f"The loss of the {' and the '.join(won)} gets very low: it dominates, and the other learns little from it."
        return Check("neither network has won", value, "bad", words)
    words = "In the last half of the training neither loss gets very low"
    falling = [name for name in limits if trend[name] < -0.1 * objective.discriminator]
    words += f"; that of the {' and the '.join(falling)} is still falling." if falling else ", and neither keeps falling."
    return Check("neither network has won", value, "note" if falling else "good", words)


def _discriminator(value: float, objective: Objective) -> Check:
    better = value < objective.discriminator
    words = (
        f"{'Below' if better else 'Not below'} {objective.discriminator:.3f}: on real and generated cells together the "
        f"discriminator does {'better' if better else 'no better'} than guessing."
    )
    if objective is CROSS_ENTROPY:
        side = "below" if value < EQUAL_GENERATOR else "above"
        words += (
            f" Against log 2 = {EQUAL_GENERATOR:.3f}, as the thesis reads it, the same loss is {side} the line; "
            "that comparison is off by the factor 2 of the sum."
        )
    return Check("discriminator against equal uncertainty", f"{value:.3f}", "note", words)


def _generator(value: float, objective: Objective) -> Check:
    below = value < objective.generator
    words = (
        f"{'Below' if below else 'Not below'} {objective.generator:.3f}: on average the discriminator takes generated cells for "
    )
    words += "real rather than generated." if below else "generated rather than real."
    return Check("generator against equal uncertainty", f"{value:.3f}", "note", words)


def _l1(losses: Sequence[float]) -> Check:
    values = np.asarray(losses, float)
    tenth = max(1, len(values) // 10)
    first, last = float(values[:tenth].mean()), float(values[-tenth:].mean())
    down = last < first
    words = f"L1 goes {'down' if down else 'up'} by {abs(1 - last / first):.0%} from the first tenth of the training to the last"
    words += f"; over the last half it changes by {change(losses) / values.mean():+.0%}."
    return Check("L1 goes down", f"{first:.4f} → {last:.4f}", "good" if down else "bad", words)
