"""Draw Figure 3.4: four jitters of one pair, as the training of the thesis sees it."""

import json
from pathlib import Path

import numpy as np

from smearsynth import seeds
from smearsynth.files import write_tsv
from smearsynth.studies import pairs
from smearsynth.taxonomy import Taxonomy

JITTERS = 4


def arguments(parser) -> None:
    """Flags of the command."""
    parser.add_argument("--taxonomy", required=True, help="the section taxonomy of the configuration, as JSON")
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--pairs", type=Path, required=True, help="pairs/index.json")
    parser.add_argument("--out", type=Path, required=True, help="folder; gets figure_3_4.png and .tsv")


def run(args) -> None:
    """Run the command."""
    from smearsynth.gans.augment import jitter
    from smearsynth.studies import style

    taxonomy = Taxonomy.from_config(json.loads(args.taxonomy))
    _, entries = pairs.read(args.pairs)
    white = {cell_type.id for cell_type in taxonomy.of_kind("white")}
    # The cell of Figure 3.3.
    entry = pairs.example(entries, white, seeds.rng(args.seed, "studies", "figure_3_3"))
    real, label = pairs.halves(entry)
    drawn = [jitter(label, real, seeds.rng(args.seed, "studies", "figure_3_4", number)) for number in range(JITTERS)]
    figure, axes = style.figure(9, 4.7, rows=2, columns=JITTERS)
    rows = []
    for number, (jittered_label, jittered_real) in enumerate(drawn):
        style.picture(axes[0, number], jittered_real, title=f"jitter {number + 1}")
        style.picture(axes[1, number], jittered_label)
        filled = np.argwhere(jittered_label.any(2))
        rows.append([number + 1, *map(float, filled.mean(0)), len(filled)])
    style.save(figure, args.out / "figure_3_4.png")
    write_tsv(args.out / "figure_3_4.tsv", ["jitter", "middle_row", "middle_column", "label_pixels"], rows)
