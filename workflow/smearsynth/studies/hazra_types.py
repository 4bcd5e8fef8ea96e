"""Draw Figures 9 and 10: accuracy, specificity and sensitivity of a classifier for each type, original and synthetic."""

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from smearsynth.evaluation.tstr_scores import confusions, scores
from smearsynth.files import write_tsv
from smearsynth.options import loads
from smearsynth.studies import hazra_arms
from smearsynth.studies.hazra_options import HazraOptions
from smearsynth.studies.hazra_reported import CLASSIFIERS
from smearsynth.taxonomy import Taxonomy

FIGURES = {"figure_9": "original", "figure_10": "synthetic"}
"""Figure to the arm that it shows."""

MEASURES = {"accuracy": "type_accuracy", "specificity": "specificity", "sensitivity": "sensitivity"}
"""Of each type against all others: column to the field of `tstr_scores.Scores`."""

TESTS = {"real": "tested on real held-out cells", "own": "the paper's protocol: tested on its own set"}


def arguments(parser) -> None:
    """Flags of the command."""
    parser.add_argument("--options", required=True, help="the section studies.hazra2022 of the configuration, as JSON")
    parser.add_argument("--taxonomy", required=True, help="the section taxonomy of the configuration, as JSON")
    parser.add_argument("--arms", type=Path, nargs="*", required=True, help="folders of trained arms")
    parser.add_argument("--out", type=Path, required=True, help="folder; gets figure_9 and figure_10 (.png, .tsv)")


def run(args) -> None:
    """Run the command."""
    options = loads(HazraOptions, args.options, where="studies.hazra2022")
    taxonomy = Taxonomy.from_config(json.loads(args.taxonomy))
    found = hazra_arms.read(args.arms)
    classifier = hazra_arms.classifier(options.classifier)
    for figure, name in FIGURES.items():
        arm = found.get((classifier, name))
        measured: dict[str, list[list]] = {test: [] for test in TESTS}
        if arm:
            own = [(true, named[None]) for true, named in arm.own.get("test", [])]
            tests = {"real": [(arm.true, arm.named)], "own": own}
            measured = {test: per_type(asked, arm.types, taxonomy) for test, asked in tests.items()}
        columns = ["classifier", "arm", "test", "type", "cells", *MEASURES]
        rows = [[classifier, name, test, *row] for test, found_rows in measured.items() for row in found_rows]
        if arm is None:
            rows = [[classifier, name, "absent", "n/a", 0, *[None] * len(MEASURES)]]
        write_tsv(args.out / f"{figure}.tsv", columns, rows)
        title = f"{CLASSIFIERS[classifier]}, {name} cells"
        draw(args.out / f"{figure}.png", title, measured)


def per_type(asked: Sequence[tuple[np.ndarray, np.ndarray]], types: Sequence[int], taxonomy: Taxonomy) -> list[list]:
    """Type, its cells, and the `MEASURES` as means over the runs: a row for every type of the taxonomy that has cells.

    Parameters
    ----------
    asked : sequence of (true, named), ndarrays of int of shapes (n,) and (runs, n)
        Classes of cells, each counted once, and what the runs that were asked about these cells named them.
    types : sequence of int
        Category ids of the classes.
    taxonomy : Taxonomy
    """
    found = [scores(confusions(true, one, len(types))) for true, named in asked for one in named]
    rows = []
    for cell_type in (one for one in taxonomy.types if one.id in types):
        at = types.index(cell_type.id)
        cells = sum(int((true == at).sum()) for true, _ in asked)
        # Runs without a cell of the type, in which nothing of it can be right, count for nothing.
        values = [[getattr(one, field)[at] for field in MEASURES.values()] for one in found if not np.isnan(one.sensitivity[at])]
        if cells:
            rows.append([cell_type.name, cells, *map(float, np.mean(values, 0))])
    return rows


def draw(path: Path, title: str, measured: dict[str, list[list]]) -> None:
    """Two panels, real held-out cells first: for every type three marks on one line."""
    from smearsynth.studies import style

    count = max((len(rows) for rows in measured.values()), default=0)
    figure, axes = style.figure(9.6, 1.6 + 0.27 * max(count, 6), columns=2)
    figure.suptitle(title, fontweight="bold", x=0.01, ha="left")
    looks = {"accuracy": (style.FAINT, "o"), "specificity": (style.BLUE, "s"), "sensitivity": (style.RED, "D")}
    for axis, (test, rows) in zip(axes[0], measured.items(), strict=True):
        axis.set_title(TESTS[test], fontweight="normal", fontsize=9)
        if not rows:
            style.absent(axis, "absent: this run has not\ntrained this classifier\non these cells")
            continue
        places = np.arange(len(rows))[::-1]
        # A line from the lowest to the highest value keeps the three marks of a type together.
        values = np.array([row[2:] for row in rows])
        axis.hlines(places, np.nanmin(values, 1), np.nanmax(values, 1), color=style.GRID, linewidth=3, zorder=1)
        for at, (measure, (colour, marker)) in enumerate(looks.items()):
            axis.scatter(values[:, at], places, color=colour, marker=marker, s=26, label=measure, zorder=3)
        axis.set_yticks(places, [f"{row[0].replace('_', ' ')} ({row[1]})" for row in rows])
        axis.set_xlim(-0.02, 1.02)
        axis.set_ylim(-0.7, len(rows) - 0.3)
        axis.set_xlabel("share")
        axis.grid(axis="y", visible=False)
    marks = max((axis.get_legend_handles_labels() for axis in axes[0]), key=lambda both: len(both[0]))
    if marks[0]:
        figure.legend(*marks, loc="outside lower center", ncols=3)
    style.save(figure, path)
