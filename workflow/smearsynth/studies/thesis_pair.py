"""Draw Figure 3.3: a pair, the real cell on black beside its label."""

import json
from pathlib import Path

from smearsynth import seeds
from smearsynth.files import write_tsv
from smearsynth.studies import pairs
from smearsynth.taxonomy import Taxonomy


def arguments(parser) -> None:
    """Flags of the command."""
    parser.add_argument("--taxonomy", required=True, help="the section taxonomy of the configuration, as JSON")
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--pairs", type=Path, required=True, help="pairs/index.json")
    parser.add_argument("--out", type=Path, required=True, help="folder; gets figure_3_3.png and .tsv")


def run(args) -> None:
    """Run the command."""
    from smearsynth.studies import style

    taxonomy = Taxonomy.from_config(json.loads(args.taxonomy))
    size, entries = pairs.read(args.pairs)
    white = {cell_type.id for cell_type in taxonomy.of_kind("white")}
    entry = pairs.example(entries, white, seeds.rng(args.seed, "studies", "figure_3_3"))
    cell_type = taxonomy[entry["category_id"]]
    real, label = pairs.halves(entry)
    figure, axes = style.figure(6.4, 3.5, columns=2)
    style.picture(axes[0, 0], real, title=f"real cell ({cell_type.title}), {size} × {size} px")
    style.picture(axes[0, 1], label, title="its label")
    style.save(figure, args.out / "figure_3_3.png")
    columns = ["cell_id", "type", "split", "red", "green", "blue", "label_pixels"]
    row = [entry["cell_id"], cell_type.name, entry["split"], *cell_type.colour, int(label.any(2).sum())]
    write_tsv(args.out / "figure_3_3.tsv", columns, [row])
