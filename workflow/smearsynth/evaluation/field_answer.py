"""The plain sentences: which reader finds more of what, whose boxes fit closer, which one counts better, and by how much."""

from collections.abc import Mapping, Sequence

import numpy as np

from smearsynth.evaluation import field_compare
from smearsynth.evaluation.field_compare import ALL, LESS_IS_BETTER, MEASURES, Difference

MEASURED = {
    "ap50": ("Which reader finds more?", "of AP50 (100 × average precision of boxes at overlap 0.5)"),
    "ap": ("Whose boxes fit closer?", "of AP (100 × average precision of boxes, mean over the overlaps 0.50 to 0.95)"),
    "count_relative": ("Which reader counts better?", "of 100 true cells, how many fewer are miscounted in their images"),
}
"""What is compared, by measure: the question, and what a point is."""
HEAD = "| reader | cells | AP50 | AP | miscounted, of 100 | too many or too few in all, of 100 |"


def sentence(one: str, other: str, compared: Sequence[Difference]) -> str:
    """What is to be said of two readers, from their differences in one measure, one a kind.

    The first says who is better at what; kinds without a clear difference come last.
    """
    parts = []
    for winner, loser in ((one, other), (other, one)):
        won = [f"{_cells(d.kind)} ({_amount(d)})" for d in compared if d.better == winner]
        if won:
            parts.append(f"{winner} beats {loser} on {_listed(won)}")
    equal = [f"{_cells(d.kind)} ({_amount(d)})" for d in compared if d.better is None]
    if equal:
        parts.append(f"no significant difference between {one} and {other} on {_listed(equal)}")
    return "; ".join(parts) + "."


def answer(differences: Sequence[Difference], *, images: int, level: float) -> list[str]:
    """All sentences, as lines of Markdown, a heading for each of `MEASURED`; for one reader that there is nothing to compare."""
    lines: list[str] = []
    for measure, (question, points) in MEASURED.items():
        of = [d for d in differences if d.measure == measure and d.kind != ALL]
        if not of:
            continue
        lines += ([""] if lines else []) + [f"{'##' if lines else '#'} {question}", ""]
        pairs = dict.fromkeys((d.one, d.other) for d in of)
        lines += [f"- {sentence(*pair, [d for d in of if (d.one, d.other) == pair])}" for pair in pairs]
        lines += ["", f"Points {points}."]
    if not lines:
        return ["# Which reader finds more?", "", "One reader alone: there is none to compare it with."]
    note = f"All on the same {images} images; the intervals hold at {level:.0%} for the kinds of a pair and a question together."
    if len({(d.one, d.other) for d in differences}) > 1:
        note += " Each pair stands for itself."
    return [*lines, "", note]


def table(readers: Mapping[str, Mapping[str, np.ndarray]], truth: Mapping[str, np.ndarray]) -> list[str]:
    """The numbers of each reader as a table in Markdown.

    Parameters
    ----------
    readers : mapping of str to mapping of str to ndarray, shape (1 + resamples, measures)
        See `field_compare.resampled`.
    truth : mapping of str to ndarray, shape (images,)
        True cells of each kind in each image.
    """
    lines = [HEAD, "|---|---|---|---|---|---|"]
    for name, kinds in readers.items():
        for kind in (kind for kind in kinds if kind != ALL):
            ap, ap50, _, relative, bias = (float(value) for value in kinds[kind][0])
            surplus = bias / truth[kind].mean()
            lines.append(f"| {name} | {_cells(kind)} | {ap50:.3f} | {ap:.3f} | {100 * relative:.0f} | {100 * surplus:+.0f} |")
    return lines


def tendencies(readers: Mapping[str, Mapping[str, np.ndarray]], truth: Mapping[str, np.ndarray], *, level: float) -> list[str]:
    """Which reader counts too many or too few of what beyond chance, as a list in Markdown.

    Parameters
    ----------
    readers, truth
        See `table`.
    level : float
        Coverage of the intervals, for all kinds of a reader together (Bonferroni).
    """
    lines = []
    for name, kinds in readers.items():
        own = [kind for kind in kinds if kind != ALL]
        adjusted = 1 - (1 - level) / len(own)
        told: dict[str, list[str]] = {"too many": [], "too few": []}
        for kind in own:
            bias = field_compare.estimate(kinds[kind][:, MEASURES.index("count_bias")], level=adjusted)
            if bias.value is None or bias.low is None or bias.high is None or bias.low <= 0 <= bias.high:
                continue
            counted = 100 * (1 + bias.value / truth[kind].mean())
            told["too many" if bias.value > 0 else "too few"].append(f"{_cells(kind)} ({counted:.0f} where there are 100)")
        parts = [f"{way} {_listed(cells)}" for way, cells in told.items() if cells]
        lines.append(f"- {name} counts {'; '.join(parts) or 'neither too many nor too few of any kind beyond chance'}.")
    return lines


def _amount(difference: Difference) -> str:
    """What the better one is ahead, or the first, where neither is; with the interval, in points."""
    gap = difference.gap
    numbers = [gap.value, gap.low, gap.high]
    behind = difference.better == difference.other
    if behind != (difference.measure in LESS_IS_BETTER):
        numbers = [None if number is None else -number for number in (gap.value, gap.high, gap.low)]
    value, low, high = (None if number is None else f"{100 * number + 0.0:+.1f}" for number in numbers)
    return f"{value} points, no interval: too few images have them" if low is None else f"{value} points, {low} to {high}"


def _cells(kind: str) -> str:
    return "platelets" if kind == "platelet" else f"{kind} cells"


def _listed(parts: list[str]) -> str:
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"
