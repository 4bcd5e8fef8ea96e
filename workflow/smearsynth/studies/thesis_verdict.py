"""Write and draw the verdict per type: how often generated cells are named as the type they should be."""

import json
from pathlib import Path

from smearsynth.errors import UserError
from smearsynth.files import read_tsv
from smearsynth.studies import tables
from smearsynth.taxonomy import Taxonomy

COLUMNS = ["type", "cells", "generated", "real", "ratio", "95 % low", "95 % high", "verdict", "people"]


def arguments(parser) -> None:
    """Flags of the command."""
    parser.add_argument("--taxonomy", required=True, help="the section taxonomy of the configuration, as JSON")
    parser.add_argument("--verdict", type=Path, required=True, help="evaluation/verdict.tsv")
    parser.add_argument("--level", type=float, required=True, help="coverage of its intervals, evaluation.level")
    parser.add_argument("--share", type=float, required=True, help="share of the real accuracy asked for, evaluation.share")
    parser.add_argument("--people", type=Path, help="kit_scores.tsv of a reading kit that showed these cells")
    parser.add_argument("--people-set", default="all", help="name of these cells in the kit, where it showed several sets")
    parser.add_argument("--out", type=Path, required=True, help="folder; gets verdict.tsv, .md, .html and .png")


def run(args) -> None:
    """Run the command."""
    taxonomy = Taxonomy.from_config(json.loads(args.taxonomy))
    rows = read_tsv(args.verdict)
    columns = [name.replace("95", f"{100 * args.level:g}") for name in COLUMNS]
    judged = people(args.people, args.people_set) if args.people else {}
    found = [[*numbers(row), judged.get(row["type"])] for row in rows]
    present = {row["type"] for row in rows}
    found += [[t.name, 0, *[None] * 5, "absent", judged.get(t.name)] for t in taxonomy.types if t.name not in present]
    read = "the same for readers who did not know which cells are real" if args.people else "nobody has read these cells yet, n/a"
    note = (
        "Share of generated held-out cells that a classifier trained on real cells names as the type they were drawn for, "
        "beside its share on the real cells of the same outlines. yes, no: the whole interval of the ratio lies above/below "
        f"{args.share:g}; likely, unlikely: only the ratio does. people: {read}."
    )
    tables.write(args.out, "verdict", columns, found, note=note)
    draw(args.out / "verdict.png", rows, args.share)


def numbers(row: dict[str, str]) -> list:
    """A row of ``evaluation/verdict.tsv`` in the order of `COLUMNS`."""
    values = [tables.number(row, name) for name in ("generated", "real", "ratio", "ratio_low", "ratio_high")]
    return [row["type"], int(row["cells"]), *values, row["verdict"]]


def people(path: Path, name: str) -> dict[str, str]:
    """Verdict and ratio of each type, as readers of a set of a reading kit gave them; ``all cells`` for all types together.

    Raises
    ------
    UserError
        If the kit asked for no types or had no such set.
    """
    ratios = [row for row in read_tsv(path) if row["measure"] == "type_ratio"]
    of_set = [row for row in ratios if row["set"] == name and row["value"] != "n/a"]
    if not of_set:
        sets = ", ".join(dict.fromkeys(row["set"] for row in ratios)) or "none: the kit asked for no types"
        raise UserError.of(str(path), f"no ratio of types for the set {name}", f"give one of its sets with --people-set: {sets}")
    named = {"all": "all cells"}
    return {named.get(row["type"], row["type"]): f"{row['verdict']} ({float(row['value']):.2f})" for row in of_set}


def draw(path: Path, rows: list[dict[str, str]], share: float) -> None:
    """Shares on real and generated cells side by side for every type."""
    import numpy as np

    from smearsynth.studies import style

    figure, axes = style.figure(7.2, 0.6 + 0.34 * len(rows))
    axis, places = axes[0, 0], np.arange(len(rows))[::-1]
    axis.barh(places + 0.19, [float(row["real"]) for row in rows], 0.36, color=style.FAINT, label="real, held-out")
    axis.barh(
        places - 0.19, [float(row["generated"]) for row in rows], 0.36, color=style.BLUE, label="generated in their outlines"
    )
    goal = [share * float(row["real"]) for row in rows]
    axis.scatter(goal, places - 0.19, marker="|", s=70, color=style.RED, zorder=3, label=f"{share:g} of real")
    axis.set_yticks(places, [f"{row['type'].replace('_', ' ')} ({row['cells']})" for row in rows])
    axis.set_xlim(0, 1)
    axis.set_xlabel("share named rightly by the classifier")
    axis.grid(axis="y", visible=False)
    figure.legend(loc="outside lower center", ncols=3)
    style.save(figure, path)
