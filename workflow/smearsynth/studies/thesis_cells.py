"""Draw Figures 4.5 to 4.16, a generated cell of each type beside the real one of its outline, and an overview."""

import json
import textwrap
from pathlib import Path

from smearsynth import images, seeds
from smearsynth.files import inside, read_json, write_tsv
from smearsynth.studies import pairs
from smearsynth.studies.morphology import signs
from smearsynth.studies.reported import CELL_FIGURES, file_name
from smearsynth.taxonomy import CellType, Taxonomy


def arguments(parser) -> None:
    """Flags of the command."""
    parser.add_argument("--taxonomy", required=True, help="the section taxonomy of the configuration, as JSON")
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--cells", type=int, required=True, help="cells of each type in the overview")
    parser.add_argument("--pairs", type=Path, required=True, help="pairs/index.json")
    parser.add_argument("--generated", type=Path, required=True, help="index.json of generated cells")
    parser.add_argument(
        "--out", type=Path, required=True, help="folder; gets figure_4_5.png to figure_4_16.png, cells.png and cells.tsv"
    )


def run(args) -> None:
    """Run the command."""
    from smearsynth.studies import style

    taxonomy = Taxonomy.from_config(json.loads(args.taxonomy))
    _, entries = pairs.read(args.pairs)
    drawn = read_json(args.generated)["cells"]
    chosen = choose(entries, drawn, taxonomy, count=args.cells, seed=args.seed)
    figures = {name: figure for figure, name in CELL_FIGURES.items()}
    rows = []
    for name, figure in figures.items():
        cell_type = taxonomy.find(name)
        examples = chosen.get(name, [])
        panel(args.out / f"{file_name(figure)}.png", name, cell_type, examples[:1], args.generated.parent)
        training = sum(e["split"] == "train" and cell_type is not None and e["category_id"] == cell_type.id for e in entries)
        cell = examples[0][0] if examples else {}
        rows.append([figure, name, "yes" if examples else "absent", training, cell.get("cell_id"), cell.get("split")])
    write_tsv(args.out / "cells.tsv", ["figure", "type", "in the run", "training_cells", "cell_id", "split"], rows)
    shown = {t.title: chosen[t.name] for t in taxonomy.types if t.name in chosen}
    overview(args.out / "cells.png", shown, args.cells, args.generated.parent, style)


def choose(entries: list[dict], drawn: list[dict], taxonomy: Taxonomy, *, count: int, seed: int) -> dict[str, list]:
    """At most `count` cells of every type, drawn at random and not picked: held-out ones first.

    Returns
    -------
    dict
        Name of the type to (pair, generated cell) entries; types of which no cell was generated are left out.
    """
    real = {entry["cell_id"]: entry for entry in entries}
    chosen = {}
    for cell_type in taxonomy.types:
        found = [(real[e["cell_id"]], e) for e in drawn if e["category_id"] == cell_type.id and e["cell_id"] in real]
        order = seeds.rng(seed, "studies", "cells", cell_type.name).permutation(len(found))
        shuffled = sorted((found[at] for at in order), key=lambda both: both[0]["split"] != "test")
        if shuffled:
            chosen[cell_type.name] = shuffled[:count]
    return chosen


def panel(path: Path, name: str, cell_type: CellType | None, examples: list, folder: Path) -> None:
    """One figure: real, generated, and what to look for; an absent type is named absent."""
    from smearsynth.studies import style

    title = cell_type.title if cell_type else name.replace("_", " ")
    figure, axes = style.figure(5.6, 3.7, columns=2)
    figure.suptitle(title, fontweight="bold")
    if examples:
        pair, generated = examples[0]
        where = "held-out" if pair["split"] == "test" else "training"
        real, label = pairs.halves(pair)
        around = pairs.around(label.max(2) > 0)
        style.picture(axes[0, 0], real[around], title=f"real ({where} cell {pair['cell_id']})")
        drawn = images.read(inside(folder, generated["file"], where=folder))
        style.picture(axes[0, 1], drawn[around], title="generated in its outline")
    else:
        for axis, kind in zip(axes[0], ("real", "generated"), strict=True):
            style.absent(axis, "absent: the run has no\ncell of this type")
            axis.set_title(kind, loc="center", fontweight="normal", fontsize=9)
    figure.supxlabel("\n".join(textwrap.wrap(f"Look for: {signs(name)}", 84, break_on_hyphens=False)), fontsize=8.5)
    style.save(figure, path)


def overview(path: Path, chosen: dict[str, list], count: int, folder: Path, style) -> None:
    """All types of the run: in each row pairs of a real cell (left) and the generated one of its outline (right)."""
    figure, axes = style.figure(1.5 + 1.9 * count, 0.97 * len(chosen) + 0.3, rows=len(chosen), columns=2 * count)
    figure.get_layout_engine().set(h_pad=0.02, w_pad=0.02, hspace=0, wspace=0)
    for row, (title, examples) in enumerate(chosen.items()):
        for axis in axes[row]:
            axis.set_axis_off()
        for column, (pair, generated) in enumerate(examples):
            style.picture(axes[row, 2 * column], pairs.halves(pair)[0])
            style.picture(axes[row, 2 * column + 1], images.read(inside(folder, generated["file"], where=folder)))
        axes[row, 0].text(-0.15, 0.5, title, ha="right", va="center", transform=axes[row, 0].transAxes)
    for column in range(2 * count):
        axes[0, column].set_title(("real", "generated")[column % 2], loc="center", fontweight="normal", fontsize=8)
    style.save(figure, path)
