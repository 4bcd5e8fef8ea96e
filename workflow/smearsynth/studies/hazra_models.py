"""Write Tables 3 and 4: what the generators' cells measure, each with its steps, the paper's numbers below."""

from collections.abc import Mapping
from pathlib import Path

from smearsynth.files import read_json, read_tsv
from smearsynth.options import loads
from smearsynth.studies import tables
from smearsynth.studies.hazra_options import HazraOptions
from smearsynth.studies.hazra_reported import MODELS

TABLE_3 = {
    "IS": ("inception_score", "inception"),
    "FID, training": ("fid_train", "fid"),
    "FID, held-out": ("fid_test", None),
    "KID, held-out": ("kid_test", None),
    "LPIPS": ("lpips", "lpips"),
    "precision, classifier": ("class_precision", "precision"),
    "recall, classifier": ("class_recall", "recall"),
    "F1, classifier": ("class_f1", "f1"),
    "precision, k-NN": ("precision", None),
    "recall, k-NN": ("recall", None),
    "F1, k-NN": ("f1", None),
}
"""Column of Table 3 to the column of metrics.tsv and to the field of `ReportedModel`."""

TABLE_4 = {"l1": ("l1", "l1"), "l2": ("l2", "l2"), "PSNR, dB": ("psnr", "psnr"), "SSIM": ("ssim", "ssim")}
"""Column of Table 4 to the column of nearest.tsv and to the field of `ReportedModel`."""

TEXTS_3 = {"features": "extractor", "cells": "cells", "real cells": "held_out_cells", "warning": "fid_warning"}
TEXTS_4 = {"cells": "cells", "compared with": "compared_with"}
"""Columns of Tables 3 and 4 that are told as they stand in the measured tables."""

PER_CENT = {"precision", "recall", "f1", "l1", "l2"}
"""Fields of `ReportedModel` that the paper prints in per cent and that are shares here."""


def arguments(parser) -> None:
    """Flags of the command."""
    parser.add_argument("--options", required=True, help="the section studies.hazra2022 of the configuration, as JSON")
    parser.add_argument("--metrics", type=Path, nargs="+", required=True, help="metrics of each extractor")
    parser.add_argument("--nearest", type=Path, required=True, help="comparison with the nearest real cells")
    parser.add_argument("--models", type=Path, nargs="*", required=True, help="folders of the trained models")
    parser.add_argument("--out", type=Path, required=True, help="folder; gets table_3 and table_4 (.tsv, .md, .html)")


def run(args) -> None:
    """Run the command."""
    options = loads(HazraOptions, args.options, where="studies.hazra2022")
    steps = {folder.name: int(read_json(folder / "model.json")["steps"]) for folder in args.models}
    metrics = [row for table in args.metrics for row in read_tsv(table)]
    nearest = read_tsv(args.nearest)
    columns, rows = compare(metrics, TABLE_3, TEXTS_3, steps, minimum=options.minimum_steps)
    tables.write(args.out, "table_3", columns, rows, note=f"{READING_3} {STATES}", digits=4)
    columns, rows = compare(nearest, TABLE_4, TEXTS_4, steps, minimum=options.minimum_steps)
    tables.write(args.out, "table_4", columns, rows, note=f"{READING_4} {STATES}", digits=4)


READING_3 = (
    "One step is one update of the discriminator on one batch, so that models of equal steps have been shown equally many real "
    "cells. The rows of real cells are what a perfect generator would measure; the ceiling is a deliberately bad one. IS: the "
    "paper's best exceeds 12, the most that 12 types can give, and its classifier is not told; compare with the IS of real "
    "cells here. FID against the training cells, as in the paper, and against held-out ones; the paper's extractor is not "
    "told, so its distances are of another scale. LPIPS between cells of one type: the paper calls it variance, yet marks the "
    "lowest as best; compare with the LPIPS between real cells. Precision and recall: the text speaks of the classifier's and "
    "cites a k-NN estimate, so both stand here; the paper's are beside the classifier's, as shares. n/a: not told, or the "
    "model takes no labels."
)
READING_4 = (
    "The paper does not say which real cell a generated one is compared with. Here it is the nearest real training cell, so "
    "that a generator that copies training cells would be best: read it beside the memorisation table. l1 and l2: mean "
    "absolute and mean squared difference, as shares of the range of values; the paper's (9) and (10) are sums, which its per "
    "cent cannot be."
)
STATES = "not trained: fewer steps than studies.hazra2022.minimum_steps; its numbers mean nothing. absent: not in this run."


def compare(
    measured: list[dict[str, str]],
    wanted: Mapping[str, tuple[str, str | None]],
    texts: Mapping[str, str],
    steps: dict[str, int],
    *,
    minimum: int,
) -> tuple[list[str], list[list]]:
    """Columns and rows: for each model of the paper this run's numbers and the paper's, then models and rows of this run alone.

    Parameters
    ----------
    measured : list of dict
        A table with the column ``model``, which holds names of recipes and of reference rows.
    wanted : dict
        `TABLE_3` or `TABLE_4`.
    texts : dict
        `TEXTS_3` or `TEXTS_4`.
    steps : dict
        Training steps of the models of this run.
    minimum : int
        Fewer steps are called "not trained".
    """
    found: dict[str, list[dict[str, str]]] = {}
    for row in measured:
        found.setdefault(row["model"], []).append(row)
    rows = []
    for name, paper in MODELS.items():
        for row in found.get(name, [{}]):
            ours = [*_numbers(row, wanted), *_texts(row, texts)]
            rows.append([paper.title, "this run", *_state(name, found, steps, minimum), *ours])
        told = [None if field is None else _told(field, getattr(paper, field)) for _, field in wanted.values()]
        rows.append([paper.title, "paper", None, None, *told, *[None] * len(texts)])
    for name in (name for name in found if name not in MODELS):
        title = f"{name} (ours)" if name in steps else name
        state = _state(name, found, steps, minimum) if name in steps else [None, None]
        rows += [[title, "this run", *state, *_numbers(row, wanted), *_texts(row, texts)] for row in found[name]]
    return ["model", "numbers of", "state", "steps", *wanted, *texts], rows


def _state(name: str, found: dict, steps: dict[str, int], minimum: int) -> list:
    """Whether the model is there and trained, and its steps."""
    if name not in found or name not in steps:
        return ["absent", None]
    return ["trained" if steps[name] >= minimum else "not trained", steps[name]]


def _numbers(row: dict[str, str], wanted: Mapping[str, tuple[str, str | None]]) -> list:
    """What was measured, with its spread where there is one; None where it was not."""
    values: list = []
    for column, _ in wanted.values():
        value, spread = tables.number(row, column), tables.number(row, f"{column}_spread")
        if value is None or spread is None:
            values.append(value)
        else:
            places = 2 if abs(value) >= 1 else 4
            values.append(f"{value:.{places}f} ± {spread:.{places}f}")
    return values


def _texts(row: dict[str, str], texts: Mapping[str, str]) -> list:
    found = [row.get(column, "n/a") for column in texts.values()]
    return [None if text == "n/a" else int(text) if text.isdecimal() else text for text in found]


def _told(field: str, value: float | str) -> float | str:
    return float(value) / 100 if field in PER_CENT else value
