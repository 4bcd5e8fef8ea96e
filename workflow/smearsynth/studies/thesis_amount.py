"""Answer "enough data?": quality of each type against the number of its training cells."""

import json
from collections import Counter
from pathlib import Path

import numpy as np

from smearsynth.errors import UserError
from smearsynth.files import read_json, read_tsv
from smearsynth.studies import tables
from smearsynth.studies.reported import IMAGES, JUMP
from smearsynth.taxonomy import Taxonomy

COLUMNS = ["model", "type", "training_cells", "ratio", "ratio_low", "ratio_high", "ssim", "reference_ssim"]


def arguments(parser) -> None:
    """Flags of the command."""
    parser.add_argument("--taxonomy", required=True, help="the section taxonomy of the configuration, as JSON")
    parser.add_argument("--pairs", type=Path, nargs="+", required=True, help="index.json that each model was trained on")
    parser.add_argument("--verdict", type=Path, nargs="+", required=True, help="verdict.tsv of each model, in the same order")
    parser.add_argument("--paired", type=Path, nargs="+", required=True, help="paired.tsv of each model, in the same order")
    parser.add_argument("--out", type=Path, required=True, help="folder; gets amount.tsv, .md, .html and .png")


def run(args) -> None:
    """Run the command."""
    taxonomy = Taxonomy.from_config(json.loads(args.taxonomy))
    if not len(args.pairs) == len(args.verdict) == len(args.paired):
        given = f"{len(args.pairs)} --pairs, {len(args.verdict)} --verdict, {len(args.paired)} --paired"
        raise UserError.of("thesis_amount", given, "give one of each for every model")
    rows = []
    for number, (pairs, verdict, paired) in enumerate(zip(args.pairs, args.verdict, args.paired, strict=True)):
        training = Counter(e["category_id"] for e in read_json(pairs)["pairs"] if e["split"] == "train")
        limit = max(training.values(), default=0)
        model = "this run" if number == 0 else f"at most {limit} of a type"
        rows += measured(model, training, read_tsv(verdict), read_tsv(paired), taxonomy)
    tables.write(args.out, "amount", COLUMNS, rows, note=" ".join(reading(rows)))
    draw(args.out / "amount.png", rows)


def measured(model: str, training: Counter, verdict: list[dict], paired: list[dict], taxonomy: Taxonomy) -> list[list]:
    """The rows of one model, see `COLUMNS`: a row for each type that has training cells and was judged."""
    judged, compared = {row["type"]: row for row in verdict}, {row["type"]: row for row in paired}
    rows = []
    for cell_type in taxonomy.types:
        if training[cell_type.id] and cell_type.name in judged:
            numbers = [tables.number(judged[cell_type.name], name) for name in ("ratio", "ratio_low", "ratio_high")]
            numbers += [tables.number(compared.get(cell_type.name, {}), name) for name in ("ssim", "reference_ssim")]
            rows.append([model, cell_type.name, training[cell_type.id], *numbers])
    return rows


def reading(rows: list[list]) -> list[str]:
    """What the numbers say, in sentences."""
    from scipy.stats import spearmanr

    known = [(row[2], row[3]) for row in rows if row[3] is not None]
    amounts, ratios = np.array([k[0] for k in known], float), np.array([k[1] for k in known], float)
    lines = [f"{len(rows)} types and models, with {min(r[2] for r in rows)} to {max(r[2] for r in rows)} training cells each."]
    if len(known) >= 4 and len(set(amounts)) > 1 and len(set(ratios)) > 1:
        found = spearmanr(amounts, ratios)
        clear = "a clear trend" if found.pvalue < 0.05 else "no clear trend"
        lines.append(f"Training cells against ratio: Spearman {found.statistic:+.2f} (p = {found.pvalue:.2g}): {clear}.")
    for words, chosen in ((f"Below {JUMP} cells", amounts < JUMP), (f"From {JUMP} cells on", amounts >= JUMP)):
        if chosen.any():
            lines.append(f"{words}: mean ratio {ratios[chosen].mean():.2f} over {int(chosen.sum())}.")
        else:
            lines.append(f"{words}: nothing in this run, so the jump that the thesis expects there cannot be seen in it.")
    if len({row[0] for row in rows}) == 1:
        lines.append("One model only: types differ in more than their number of cells, so that this is no proof of a cause.")
    return lines


def draw(path: Path, rows: list[list]) -> None:
    """Ratio and structural similarity against training cells; a line joins one type over the models."""
    from matplotlib.ticker import ScalarFormatter

    from smearsynth.studies import style

    figure, axes = style.figure(9.6, 4.4, columns=2)
    names = list(dict.fromkeys(row[1] for row in rows))
    for number, name in enumerate(names):
        colour = style.plt.get_cmap("tab20")(number % 20)
        of_type = sorted((row for row in rows if row[1] == name), key=lambda row: row[2])
        judged = [row for row in of_type if row[3] is not None]
        amounts, ratios = [row[2] for row in judged], [row[3] for row in judged]
        axes[0, 0].plot(amounts, ratios, "o-", color=colour, markersize=5, linewidth=1, label=name.replace("_", " "))
        for row in judged:
            if row[4] is not None:
                axes[0, 0].plot([row[2]] * 2, row[4:6], color=colour, linewidth=0.8, alpha=0.6)
        alike = [row for row in of_type if row[6] is not None and row[7] is not None]
        axes[0, 1].plot(
            [row[2] for row in alike], [row[6] - row[7] for row in alike], "o-", color=colour, markersize=5, linewidth=1
        )
    for axis, title in zip(axes[0], ("named rightly: generated / real", "SSIM above that of two real cells"), strict=True):
        axis.axvspan(min(IMAGES.values()), max(IMAGES.values()), color=style.GRID, alpha=0.7, zorder=0)
        axis.axvline(JUMP, color=style.RED, linestyle=":", linewidth=1.2)
        axis.set_xscale("log")
        axis.xaxis.set_major_formatter(ScalarFormatter())
        axis.set_xlabel("training cells of the type\n(grey: 5 to 44, as in the thesis; dotted: 100)")
        axis.set_title(title)
    axes[0, 0].axhline(1, color=style.FAINT, linewidth=1)
    axes[0, 1].axhline(0, color=style.FAINT, linewidth=1)
    # An interval of a few cells may reach far beyond what the picture is about; the table has it whole.
    axes[0, 0].set_ylim(0, 1.25 * max([1.0, *(row[3] for row in rows if row[3] is not None)]))
    figure.legend(loc="outside right upper")
    style.save(figure, path)
