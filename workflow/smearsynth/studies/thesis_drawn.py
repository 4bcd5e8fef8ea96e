"""Count the cells that were drawn by models that had not seen them: twice trained, more cells can be drawn (thesis 3.4)."""

import json
from pathlib import Path

from smearsynth.errors import UserError
from smearsynth.files import read_json
from smearsynth.studies import tables
from smearsynth.taxonomy import Taxonomy

PARTS = {"test_cells": "held out", "fold0_cells": "fold 0", "fold1_cells": "fold 1"}


def arguments(parser) -> None:
    """Flags of the command."""
    parser.add_argument("--taxonomy", required=True, help="the section taxonomy of the configuration, as JSON")
    parser.add_argument(
        "--drawn",
        type=Path,
        nargs="+",
        required=True,
        help="folders of drawn cells, each within that of the model that drew them",
    )
    parser.add_argument("--out", type=Path, required=True, help="folder; gets drawn.tsv, .md and .html")


def run(args) -> None:
    """Run the command."""
    taxonomy = Taxonomy.from_config(json.loads(args.taxonomy))
    sets = {}
    for folder in args.drawn:
        cells = read_json(folder / "index.json")["cells"]
        unseen(folder, cells, set(read_json(folder.parent / "model.json")["cells"]))
        sets[f"{PARTS.get(folder.name, folder.name)}, by {folder.parent.name}"] = cells
    note = (
        "foldK is the model that was trained without fold K of the training cells, and draws those. "
        "No model has seen a cell that it drew here. different cells: each cell once, whoever drew it."
    )
    tables.write(args.out, "drawn", ["category id", "category", *sets, "different cells"], counts(sets, taxonomy), note=note)


def unseen(folder: Path, cells: list[dict], trained: set[int]) -> None:
    """Refuse cells that the model was trained on.

    Raises
    ------
    UserError
        With their number.
    """
    if seen := sum(cell["cell_id"] in trained for cell in cells):
        fix = "draw the held-out cells, or those of the fold that the model left out"
        raise UserError.of(str(folder), f"{seen} of {len(cells)} cells were in the training of the model that drew them", fix)


def counts(sets: dict[str, list[dict]], taxonomy: Taxonomy) -> list[list]:
    """A row for each type of the taxonomy and their sum: id, name, cells of each set, different cells of all sets."""
    rows: list[list] = []
    for cell_type in taxonomy.types:
        ids = [[cell["cell_id"] for cell in cells if cell["category_id"] == cell_type.id] for cells in sets.values()]
        rows.append([cell_type.id, cell_type.name, *map(len, ids), len(set().union(*ids))])
    return [*rows, [None, "all", *(sum(row[at] for row in rows) for at in range(2, len(sets) + 3))]]
