"""The scores of a reading kit in words and short tables."""

from collections.abc import Sequence

import numpy as np

from smearsynth.evaluation.kit_answers import Answers
from smearsynth.evaluation.kit_options import KitScoreOptions
from smearsynth.evaluation.kit_scores import ALL, APART, NOT_APART, Score


def report(answers: Answers, found: Sequence[Score], options: KitScoreOptions) -> str:
    """The report as Markdown.

    Parameters
    ----------
    answers : Answers
    found : sequence of Score
        Those of `kit_scores.scores`.
    options : KitScoreOptions
    """
    items = int(answers.first.sum())
    asked = len(answers.fake)
    readers = len(answers.readers)
    lines = [
        "# Reading of real and synthetic pictures",
        "",
        f"{readers} reader{'s' if readers > 1 else ''}; {items} pictures, half of them real"
        + (f"; {asked - items} shown a second time." if asked > items else "."),
        f"In brackets: intervals of {100 * options.level:g} %.",
        "",
    ]
    missing = int((answers.says_fake < 0).sum())
    if missing:
        lines += [f"{missing} of {answers.says_fake.size} answers are missing and count for nothing.", ""]
    if readers < 3:
        lines += ["With fewer than three readers the intervals say little about other readers than these.", ""]
    lines += ["## Real or fake", ""]
    lines += [f"- {sentence(score)}" for score in found if score.measure == "accuracy" and score.reader == ALL]
    lines += ["", "Sensitivity is the share of synthetic pictures called fake, specificity that of real ones called real.", ""]
    lines += _table(("set", "reader"), ("accuracy", "sensitivity", "specificity"), found)
    if answers.types:
        lines += ["", "## Types", ""]
        lines += [
            "Share of cells named as their type, on real and on synthetic cells, and the second over the first; "
            f"yes, no: its whole interval lies above/below {options.share:g}; likely, unlikely: only the ratio does.",
            "",
        ]
        lines += _table(
            ("set", "type", "reader"), ("type_real", "type_synthetic", "type_ratio"), [s for s in found if s.reader == ALL]
        )
    lines += ["", "## Agreement and time", ""]
    for score in found:
        if score.measure.startswith(("between", "within")):
            who = "" if score.reader == ALL else f" of {score.reader}"
            lines.append(f"- {score.measure}{who}: {_number(score)}, {score.answers} answers")
    lines += [f"- median time of {s.reader}: {_seconds(s.value)}" for s in found if s.measure == "milliseconds"]
    return "\n".join(lines) + "\n"


def sentence(score: Score) -> str:
    """What an accuracy of real or fake says in plain words."""
    which = "Synthetic pictures" if score.set == ALL else f"Pictures of {score.set}"
    if score.value is None or score.high is None:
        return f"{which}: nobody answered."
    told = f"{100 * score.value:.0f} % of the answers are right [{100 * (score.low or 0):.0f} to {100 * score.high:.0f} %]"
    if score.verdict == APART:
        return f"{which} were **told apart** from real ones: {told}, 50 % is chance."
    if score.verdict == NOT_APART:
        return (
            f"{which} were **not told apart** from real ones better than chance: {told}; up to {100 * score.high:.0f} % may be."
        )
    return f"{which} were taken for real, and real ones for fake, more often than by chance: {told}."


def _table(keys: tuple[str, ...], measures: tuple[str, ...], found: Sequence[Score]) -> list[str]:
    """One line for each set, type and reader, with the measures side by side."""
    cells = {(s.measure, *(getattr(s, key) for key in keys)): s for s in found if s.measure in measures}
    rows = list(dict.fromkeys(place[1:] for place in cells))
    with_verdict = any(score.verdict for score in cells.values())
    head = [*keys, *measures, *(["verdict"] if with_verdict else [])]
    lines = ["| " + " | ".join(name.replace("_", " ") for name in head) + " |", "|" + " --- |" * len(head)]
    for row in rows:
        scores = [cells.get((measure, *row)) for measure in measures]
        verdicts = [score.verdict for score in scores if score and score.verdict]
        values = [*row, *(_number(score) for score in scores), *(verdicts[:1] if with_verdict else [])]
        lines.append("| " + " | ".join(values) + " |")
    return lines


def _number(score: Score | None) -> str:
    if score is None or score.value is None or np.isnan(score.value):
        return "n/a"
    interval = f" [{score.low:.2f}, {score.high:.2f}]" if score.low is not None and score.high is not None else ""
    return f"{score.value:.2f}{interval}"


def _seconds(milliseconds: float | None) -> str:
    return "n/a" if milliseconds is None else f"{milliseconds / 1000:.1f} s"
