"""The plain sentences: which reader finds more of what, and by how much."""

from collections.abc import Sequence

from smearsynth.evaluation.field_compare import ALL, Difference


def sentence(one: str, other: str, compared: Sequence[Difference]) -> str:
    """What is to be said of two readers, from their differences in AP50, one a kind.

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
    """All sentences, as lines of Markdown; for one reader that there is nothing to compare."""
    if not differences:
        return ["One reader alone: there is none to compare it with."]
    pairs = dict.fromkeys((d.one, d.other) for d in differences)
    lines = []
    for one, other in pairs:
        compared = [d for d in differences if (d.one, d.other) == (one, other) and d.measure == "ap50" and d.kind != ALL]
        lines.append(f"- {sentence(one, other, compared)}")
    note = f"Points are of AP50 (100 × average precision at overlap 0.5) on the same {images} images;"
    lines += ["", f"{note} the intervals hold at {level:.0%} for the kinds of a pair together."]
    if len(pairs) > 1:
        lines.append(f"Each of the {len(pairs)} pairs stands for itself.")
    return lines


def _amount(difference: Difference) -> str:
    """What the better one is ahead, or the first, where neither is; with the interval, in points."""
    gap = difference.gap
    numbers = [gap.value, gap.low, gap.high]
    if difference.better == difference.other:
        numbers = [None if number is None else -number for number in (gap.value, gap.high, gap.low)]
    value, low, high = (None if number is None else f"{100 * number:+.1f}" for number in numbers)
    return f"{value} points, no interval: too few images have them" if low is None else f"{value} points, {low} to {high}"


def _cells(kind: str) -> str:
    return "platelets" if kind == "platelet" else f"{kind} cells"


def _listed(parts: list[str]) -> str:
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"
