"""Hold the accuracy of a classifier on generated held-out cells against its accuracy on the real ones, per type."""

import json
import sys
from pathlib import Path

import numpy as np

from smearsynth import seeds
from smearsynth.errors import UserError
from smearsynth.evaluation.bootstrap import interval
from smearsynth.evaluation.options import EvaluationOptions
from smearsynth.files import read_tsv, write_tsv
from smearsynth.options import loads
from smearsynth.taxonomy import Taxonomy

COLUMNS = ["type", "cells", "real_right", "generated_right", "real", "generated", "ratio", "ratio_low", "ratio_high", "verdict"]


def arguments(parser) -> None:
    """Flags of the command."""
    parser.add_argument("--options", required=True, help="the section evaluation of the configuration, as JSON")
    parser.add_argument("--taxonomy", required=True, help="the section taxonomy of the configuration, as JSON")
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--real", type=Path, required=True, help="names of the real held-out cells (readers name)")
    parser.add_argument("--generated", type=Path, required=True, help="names of the generated held-out cells (readers name)")
    parser.add_argument("--out", type=Path, required=True, help="table (TSV)")


def run(args) -> None:
    """Run the command."""
    options = loads(EvaluationOptions, args.options, where="evaluation")
    taxonomy = Taxonomy.from_config(json.loads(args.taxonomy))
    types, real, generated = joined(args.real, args.generated)
    rows = []
    for cell_type in taxonomy.types:
        of_type = types == cell_type.id
        if of_type.any():
            rng = seeds.rng(args.seed, "evaluation", "verdict", cell_type.name)
            rows.append([cell_type.name, *judge(real[of_type], generated[of_type], rng, options)])
    rows.append(["all cells", *judge(real, generated, seeds.rng(args.seed, "evaluation", "verdict"), options)])
    write_tsv(args.out, COLUMNS, rows)


def joined(real: Path, generated: Path) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Two tables of names joined by cell, for the cells that were generated.

    Returns
    -------
    types : ndarray of int, shape (n,)
        True category ids.
    real, generated : ndarray of bool, shape (n,)
        Whether the real and the generated cell were named rightly.

    Raises
    ------
    UserError
        If a generated cell has no real one, or there is none.
    """
    first, second = ({row["cell_id"]: row for row in read_tsv(path)} for path in (real, generated))
    lone = sorted(second.keys() - first.keys())
    if lone or not second:
        what = f"{len(lone)} cells without a real one, such as cell {lone[0]}" if lone else "no cells"
        raise UserError.of(str(generated), what, f"generate and name cells of the split that {real} has")
    if len(second) < len(first):
        left = f"{len(first) - len(second)} of {len(first)} real held-out cells"
        print(f"{left} were not generated and are left out of the verdict", file=sys.stderr)
    cells = sorted(second, key=int)
    types = np.array([int(first[cell]["category_id"]) for cell in cells])
    right = [np.array([rows[cell]["named"] == first[cell]["category_id"] for cell in cells]) for rows in (first, second)]
    return types, right[0], right[1]


def judge(real: np.ndarray, generated: np.ndarray, rng: np.random.Generator, options: EvaluationOptions) -> list:
    """The numbers of one row of the table.

    The ratio's interval resamples cells, each with its real and its generated picture together.

    Parameters
    ----------
    real, generated : ndarray of bool, shape (n,)
        Whether each cell was named rightly.

    Returns
    -------
    list
        See `COLUMNS`, without the type. The verdict says whether the ratio reaches the share asked for: ``yes`` or ``no``
        where the whole interval lies on one side, ``likely`` or ``unlikely`` where only the ratio does, else ``n/a``.
    """

    def ratio(at: np.ndarray) -> float:
        below = real[at].sum()
        return float(generated[at].sum() / below) if below else float("nan")

    value = ratio(np.arange(len(real)))
    ends = interval(ratio, len(real), rng, resamples=options.resamples, level=options.level)
    counts = [len(real), int(real.sum()), int(generated.sum()), float(real.mean()), float(generated.mean())]
    if np.isnan(value):
        return [*counts, None, None, None, "n/a"]
    return [*counts, value, *(ends or (None, None)), reaches(value, ends, options.share)]


def reaches(value: float, ends: tuple[float, float] | None, share: float) -> str:
    """Whether a ratio reaches a share: ``yes`` or ``no`` by its whole interval, ``likely`` or ``unlikely`` by the ratio alone."""
    if ends and ends[0] >= share:
        return "yes"
    if ends and ends[1] < share:
        return "no"
    return "likely" if value >= share else "unlikely"
