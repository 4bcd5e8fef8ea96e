"""Write Tables 5 and 6: precision and recall of the classifiers on every arm, on real held-out cells first."""

from collections.abc import Iterable
from pathlib import Path

import numpy as np

from smearsynth import seeds
from smearsynth.evaluation import bootstrap
from smearsynth.evaluation.tstr_arms import Arm
from smearsynth.evaluation.tstr_scores import confusions, scores
from smearsynth.options import loads
from smearsynth.studies import hazra_arms, tables
from smearsynth.studies.hazra_options import HazraOptions
from smearsynth.studies.hazra_reported import ARMS, CLASSIFIERS

TABLES = {
    "table_5": ("original", "synthetic"),
    "table_6": ("augmentation_1", "augmentation_2", "augmentation_3", "original_synthetic", "class_balanced"),
}
"""Arms of each table; class_balanced is ours."""

MEASURES = ("precision", "recall")
"""Of both tables: means over the types, see `tstr_scores.Scores`."""


def arguments(parser) -> None:
    """Flags of the command."""
    parser.add_argument("--options", required=True, help="the section studies.hazra2022 of the configuration, as JSON")
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--arms", type=Path, nargs="*", required=True, help="folders of trained arms")
    parser.add_argument("--out", type=Path, required=True, help="folder; gets table_5 and table_6 (.tsv, .md, .html)")


def run(args) -> None:
    """Run the command."""
    options = loads(HazraOptions, args.options, where="studies.hazra2022")
    found = hazra_arms.read(args.arms)
    note = (
        f"real: tested on real held-out cells, with {100 * options.level:g} % bootstrap intervals over cells. own set: the "
        "paper's protocol, each set tested on a part of itself that was kept aside, which says nothing about real cells where "
        "the set is synthetic. Precision and recall are means over types, means over seeds; a type that is never named has "
        "precision 0. Pictures and steps are those of one seed. absent: this run has not trained it. n/a: the paper does not "
        "have the arm, or nothing to measure. The paper does not tell whether its means weigh types or cells, nor its steps."
    )
    for name, arms in TABLES.items():
        columns, rows = compare(found, arms, options, seed=args.seed)
        tables.write(args.out, name, columns, rows, note=note)


def compare(
    found: dict[tuple[str, str], Arm], arms: tuple[str, ...], options: HazraOptions, *, seed: int
) -> tuple[list[str], list[list]]:
    """Columns and rows of a table: one row for each classifier of the paper, then of the run, and each arm."""
    level = f"{100 * options.level:g} %"
    columns = ["classifier", "arm", "in the run", "pictures", "steps", "seeds", "real cells"]
    for measure in MEASURES:
        columns += [f"{measure}, real", f"{level} low, {measure}", f"{level} high, {measure}"]
    columns += ["precision, own set", "recall, own set", "precision, paper", "recall, paper"]
    others = dict.fromkeys(classifier for classifier, _ in found if classifier not in CLASSIFIERS)
    rows = []
    for classifier in (*CLASSIFIERS, *others):
        for name in arms:
            arm = found.get((classifier, name))
            paper = ARMS.get(name, {}).get(classifier, (None, None))
            ours = measured(arm, options, seed=seed) if arm else ["absent", *[None] * 12]
            rows.append([CLASSIFIERS.get(classifier, classifier), name, *ours, *paper])
    return columns, rows


def measured(arm: Arm, options: HazraOptions, *, seed: int) -> list:
    """The cells of a row that are measured here, from "in the run" on."""
    row = ["yes", arm.about["pictures"], arm.about["steps"], len(arm.named), len(arm.true)]
    classifier = hazra_arms.classifier(arm.architecture)
    held_out, own, types = [(arm.true, named) for named in arm.named], arm.own.get("test"), len(arm.types)
    for measure in MEASURES:
        rng = seeds.rng(seed, "studies", "classifiers", classifier, arm.arm, measure)
        row += [mean(held_out, types, measure), *(interval(arm, measure, rng, options) or (None, None))]
    return row + [mean(own, types, measure) if own else None for measure in MEASURES]


def mean(runs: Iterable[tuple[np.ndarray, np.ndarray]], types: int, measure: str) -> float:
    """A measure's mean over the runs of a training, each with the classes of its cells and what it named them."""
    return float(np.mean([getattr(scores(confusions(true, named, types)), measure) for true, named in runs]))


def interval(arm: Arm, measure: str, rng: np.random.Generator, options: HazraOptions) -> tuple[float, float] | None:
    """Percentile interval of a measure over test cells drawn anew, the same for every run."""
    # Not that of `tstr_intervals`, which compares arms: it keeps the number of cells of each type, and it also counts the
    # scatter between runs, pooled over all arms of a comparison. Here one arm stands beside the paper's number, on any cells.
    # They are in the order of their ids as text: in another order the same draws would be of other cells.
    order = np.argsort(arm.cell_ids.astype(str))
    true, named = arm.true[order], arm.named[:, order]

    def statistic(drawn: np.ndarray) -> float:
        return mean(((true[drawn], one[drawn]) for one in named), len(arm.types), measure)

    return bootstrap.interval(statistic, len(true), rng, resamples=options.resamples, level=options.level)
