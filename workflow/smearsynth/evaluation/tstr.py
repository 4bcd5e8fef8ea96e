"""Say what synthetic cells are worth to a classifier: trained on each set, tested on real held-out cells."""

from pathlib import Path

from smearsynth import seeds
from smearsynth.evaluation import tstr_answer, tstr_arms, tstr_compare
from smearsynth.evaluation.options import EvaluationOptions
from smearsynth.evaluation.tstr_compare import Difference, Judged
from smearsynth.files import write_text, write_tsv
from smearsynth.options import loads

COLUMNS = [
    *("share", "architecture", "model", "arm", "real_cells", "synthetic_cells", "pictures", "steps", "seeds", "test_cells"),
    *("accuracy", "accuracy_low", "accuracy_high", "precision", "precision_low", "precision_high"),
    *("recall", "recall_low", "recall_high", "gain", "gain_low", "gain_high", "verdict", "ratio", "ratio_low", "ratio_high"),
    *("best_augmentation", "over_augmentation", "over_augmentation_low", "over_augmentation_high"),
    *("own_cells", "own_accuracy", "own_precision", "own_recall", "own_validation_accuracy"),
]
"""Of the table of arms. ``own_…`` is the paper's protocol, each set tested on itself; all else are real held-out cells."""

TYPE_COLUMNS = [
    *("share", "architecture", "model", "arm", "type", "test_cells", "accuracy", "specificity", "sensitivity"),
    *("sensitivity_low", "sensitivity_high", "gain", "gain_low", "gain_high", "verdict"),
    *("own_accuracy", "own_specificity", "own_sensitivity"),
]
"""Of the table of types: each type against all others; the gain is in sensitivity, its interval holds for all types together."""


def arguments(parser) -> None:
    """Flags of the command."""
    parser.add_argument("--options", required=True, help="the section evaluation of the configuration, as JSON")
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--arms", type=Path, nargs="+", required=True, help="folders that `readers arm` wrote")
    parser.add_argument("--out", type=Path, required=True, help="folder; gets tstr.tsv, tstr_types.tsv and answer.md")


def run(args) -> None:
    """Run the command."""
    options = loads(EvaluationOptions, args.options, where="evaluation")
    order = list(tstr_answer.TITLES)
    read = [tstr_arms.read(folder) for folder in args.arms]
    names = {one["id"]: one["name"] for arm in read for one in arm.about["categories"]}
    judged: list[list[Judged]] = []
    for (share, architecture), arms in tstr_arms.groups(read, args.arms).items():
        arms.sort(key=lambda arm: (order.index(arm.arm), arm.model or ""))
        rng = seeds.rng(args.seed, "evaluation", "tstr", f"{share:g}", architecture)
        judged.append(tstr_compare.compare(arms, rng, resamples=options.resamples, level=options.level))
    everything = [one for group in judged for one in group]
    write_tsv(args.out / "tstr.tsv", COLUMNS, [_row(one) for one in everything])
    write_tsv(args.out / "tstr_types.tsv", TYPE_COLUMNS, [row for one in everything for row in _type_rows(one, names)])
    lines = ["# Do synthetic cells help this classifier?", "", tstr_answer.headline(judged, level=options.level), ""]
    for group in judged:
        lines += tstr_answer.paragraph(group, names, level=options.level, share=options.share)
    write_text(args.out / "answer.md", "\n".join(lines).rstrip() + "\n")


def _spread(difference: Difference | None) -> list:
    return [None] * 3 if difference is None else [difference.value, difference.low, difference.high]


def _head(one: Judged) -> list:
    return [one.arm.share, one.arm.architecture, one.arm.model, one.arm.arm]


def _row(one: Judged) -> list:
    about, own = one.arm.about, one.own.get("test")
    numbers = [about[name] for name in ("real_cells", "synthetic_cells", "pictures", "steps", "seeds")]
    row = [*_head(one), *numbers, len(one.arm.true)]
    for name in ("accuracy", "precision", "recall"):
        row += [float(getattr(scores, name)) for scores in (one.scores, one.low, one.high)]
    row += [*_spread(one.gain), one.gain.word if one.gain else None, *_spread(one.ratio)]
    best, over = one.over_augmentation or (None, None)
    row += [best, *_spread(over)]
    held = one.own.get("validation")
    own_numbers = [float(value) for value in (own.accuracy, own.precision, own.recall)] if own else [None] * 3
    own_cells = sum(len(true) for true, _ in one.arm.own["test"]) if own else None
    return [*row, own_cells, *own_numbers, float(held.accuracy) if held else None]


def _type_rows(one: Judged, names: dict[int, str]) -> list[list]:
    own = one.own.get("test")
    rows = []
    for at, category_id in enumerate(one.arm.types):
        cells = int((one.arm.true == at).sum())
        values = [
            one.scores.type_accuracy,
            one.scores.specificity,
            one.scores.sensitivity,
            one.low.sensitivity,
            one.high.sensitivity,
        ]
        gain = one.type_gains[at] if one.type_gains and cells else None
        row = [*_head(one), names[category_id], cells, *(_defined(value[at]) for value in values)]
        row += [*_spread(gain), gain.word if gain else None]
        row += [_defined(v[at]) for v in (own.type_accuracy, own.specificity, own.sensitivity)] if own else [None] * 3
        rows.append(row)
    return rows


def _defined(value: float) -> float | None:
    return None if value != value else float(value)
