"""Write Tables 5 and 6: precision and recall of the classifiers on every arm, on real held-out cells first."""

from pathlib import Path

from smearsynth import seeds
from smearsynth.options import loads
from smearsynth.studies import hazra_arms, one_against_rest, tables
from smearsynth.studies.hazra_options import HazraOptions
from smearsynth.studies.hazra_reported import ARMS, CLASSIFIERS

TABLES = {
    "table_5": ("original", "synthetic"),
    "table_6": ("augmentation_1", "augmentation_2", "augmentation_3", "original_synthetic", "class_balanced"),
}
"""Arms of each table; class_balanced is ours."""


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
    found: dict[tuple[str, str], hazra_arms.Arm], arms: tuple[str, ...], options: HazraOptions, *, seed: int
) -> tuple[list[str], list[list]]:
    """Columns and rows of a table: one row for each classifier of the paper, then of the run, and each arm."""
    level = f"{100 * options.level:g} %"
    columns = ["classifier", "arm", "in the run", "pictures", "steps", "seeds", "real cells"]
    for measure in ("precision", "recall"):
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


def measured(arm: hazra_arms.Arm, options: HazraOptions, *, seed: int) -> list:
    """The cells of a row that are measured here, from "in the run" on."""
    runs = sum(len(answers.named) for answers in arm.held_out)
    row = ["yes", arm.model["pictures"], arm.model["steps"], runs, sum(len(answers.true) for answers in arm.held_out)]
    for name, measure in MEASURES.items():
        rng = seeds.rng(seed, "studies", "classifiers", arm.classifier, arm.name, name)
        ends = one_against_rest.interval(arm.held_out, measure, rng, resamples=options.resamples, level=options.level)
        row += [one_against_rest.macro(arm.held_out, measure), *(ends or (None, None))]
    return row + [one_against_rest.macro(arm.own, measure) if arm.own else None for measure in MEASURES.values()]


MEASURES = {"precision": one_against_rest.precision, "recall": one_against_rest.sensitivity}
"""Of Tables 5 and 6."""
