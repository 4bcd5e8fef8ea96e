"""The plain sentence: do synthetic cells help this classifier, for which types, by how much?"""

from smearsynth.evaluation.tstr_compare import GAIN, LOSS, Difference, Judged

TITLES = {
    "original": "original",
    "synthetic": "synthetic alone",
    "augmentation_1": "augmentation 1 (scaling, rotation, colour)",
    "augmentation_2": "augmentation 2 (translation, contrast, scaling)",
    "augmentation_3": "augmentation 3 (saturation, scaling, rotation)",
    "original_synthetic": "original + synthetic",
    "class_balanced": "class-balanced",
}
"""Arms as a reader knows them, in the order of the tables."""

KNOWN = {
    False: "The intervals know of the test cells and of the luck of the classifier's trainings, not of another training of a "
    "generator nor of another choice of real cells.",
    True: "The intervals know of the test cells alone: not of the luck of the classifier's training, which was done once, nor of "
    "another training of a generator or another choice of real cells.",
}
"""What the intervals know of and what not, by whether the classifier was trained once."""


def points(value: float) -> str:
    """A difference of shares in percentage points, with its sign."""
    return f"{100 * value:+.1f}"


def percent(value: float) -> str:
    """A share in percent."""
    return f"{100 * value:.1f} %"


def share_of_cells(share: float) -> str:
    """A share as a reader would write it."""
    return f"{100 * share:g} %"


def interval(difference: Difference) -> str:
    """An interval of a difference, in points."""
    return f"{points(difference.low)} to {points(difference.high)}"


def headline(groups: list[list[Judged]], *, level: float) -> str:
    """A few sentences over all groups: gains, what does better, and what the intervals leave out."""
    said, beaten, alone = [], [], False
    for judged in groups:
        for one in judged:
            if one.arm.arm != "original_synthetic" or one.gain is None:
                continue
            about = f"{one.arm.architecture} on {share_of_cells(one.arm.share)} of the real cells ({one.arm.model})"
            amount = f"{points(one.gain.value)} points ({interval(one.gain)})"
            said.append((one.gain.word, f"{about}: {amount}"))
            if one.over_augmentation is None:
                alone = True
            elif (over := one.over_augmentation[1]).word == LOSS:
                beaten.append(f"{about}: by {100 * -over.value:.1f} points ({100 * -over.high:.1f} to {100 * -over.low:.1f})")
    if not said:
        return "No arm adds synthetic cells to original ones beside an arm of original ones alone: nothing can be said."
    parts = []
    for word, opening in ((GAIN, "Yes, for"), (LOSS, "They harm")):
        chosen = [text for found, text in said if found == word]
        if chosen:
            parts.append(f"{opening} {'; '.join(chosen)}.")
    rest = [text for found, text in said if found not in (GAIN, LOSS)]
    if rest:
        parts.append(f"No significant gain for {'; '.join(rest)}.")
    tail = f"Points of accuracy on real held-out cells, original + synthetic above original, with {level:.0%} intervals."
    if len(said) > 1:
        tail += f" Each of the {len(said)} intervals stands for itself."
    parts.append(tail)
    if beaten:
        parts.append(f"But varying the same real cells does better: {'; '.join(beaten)}.")
    if alone:
        parts.append("What varying the same real cells would give was not tried beside: add augmentation_1 to readers.arms.arms.")
    parts.append(KNOWN[any(judged[0].arm.about["seeds"] == 1 for judged in groups)])
    return " ".join(parts)


def paragraph(judged: list[Judged], names: dict[int, str], *, level: float, share: float) -> list[str]:
    """What was found in one group, as lines of Markdown.

    Parameters
    ----------
    judged : list of Judged
        Arms of one share and one architecture.
    names : dict of int to str
        Category id to name.
    level : float
        Coverage of the intervals.
    share : float
        Share of original's accuracy that synthetic cells alone are asked to reach.
    """
    first = judged[0].arm
    base = next((one for one in judged if one.arm.arm == "original"), None)
    about = first.about
    lines = [f"## {first.architecture}, {share_of_cells(first.share)} of the real cells", ""]
    seeds = f"{about['seeds']} repetition{'s' if about['seeds'] > 1 else ''} of each training"
    lines += [
        f"{about['real_cells']} real training cells, {len(first.true)} real held-out cells of {len(first.types)} types; "
        f"{about['pictures']} pictures and {about['steps']} optimiser steps in every arm; {seeds}.",
        "",
    ]
    if about["seeds"] == 1:
        lines += ["With one repetition the intervals know of the test cells alone, not of another run of the training.", ""]
    if base is None:
        return [*lines, "The arm of original cells alone was not run: gains cannot be told.", ""]
    for one in judged:
        if one.arm.model is not None and one.gain is not None:
            lines += [f"- {_sentence(one, base, names, level=level, share=share)}"]
    for one in judged:
        if one.arm.arm.startswith("augmentation") and one.gain is not None:
            lines += [f"- {TITLES[one.arm.arm]}: {_amount(one, level)}."]
    return lines if lines[-1] == "" else [*lines, ""]


def _amount(one: Judged, level: float) -> str:
    assert one.gain is not None
    found = f"{percent(float(one.scores.accuracy))}, {points(one.gain.value)} points against original ({interval(one.gain)})"
    return {GAIN: f"a gain: {found}", LOSS: f"a loss: {found}"}.get(one.gain.word, f"no significant gain: {found}")


def _sentence(one: Judged, base: Judged, names: dict[int, str], *, level: float, share: float) -> str:
    assert one.gain is not None and one.type_gains is not None
    arm = one.arm
    text = f"**{TITLES[arm.arm]}** ({arm.model}): {_amount(one, level)}; original names {percent(float(base.scores.accuracy))}."
    if arm.arm == "synthetic" and one.ratio is not None:
        reached = "reaches" if one.ratio.low >= share else "does not reach" if one.ratio.high < share else "may reach"
        worth = f"{one.ratio.value:.2f} ({one.ratio.low:.2f} to {one.ratio.high:.2f})"
        text += f" Synthetic cells alone are worth {worth} of original ones, which {reached} {share:g}."
    moved = [(GAIN, "Types that gain"), (LOSS, "Types that lose")]
    for word, opening in moved:
        chosen = [(gain, at) for gain, at in zip(one.type_gains, arm.types, strict=True) if gain.word == word]
        chosen.sort(key=lambda pair: -abs(pair[0].value))
        if chosen:
            listed = ", ".join(f"{names[at]} {points(gain.value)} ({interval(gain)})" for gain, at in chosen)
            text += f" {opening}: {listed}."
    if all(gain.word not in (GAIN, LOSS) for gain in one.type_gains):
        text += " No single type moves beyond chance."
    if one.over_augmentation is not None:
        name, over = one.over_augmentation
        text += f" Against the best augmentation, {TITLES[name]}: {points(over.value)} points ({interval(over)})."
    return text
