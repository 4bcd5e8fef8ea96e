"""Write Tables 1 and 2: cells of each source by its own names, and of each type after merging and cleaning."""

import json
from pathlib import Path

from smearsynth.cells import catalogue
from smearsynth.cells import names as own_names
from smearsynth.cells.names import Named
from smearsynth.studies import tables
from smearsynth.studies.hazra_reported import DATASETS, TABLE_1, TABLE_2, find
from smearsynth.taxonomy import Taxonomy

AFTER = ["cell type", "in the run", "types of the run", "pictures", "cells", "training", "held-out", "images in the paper"]


def arguments(parser) -> None:
    """Flags of the command."""
    parser.add_argument("--taxonomy", required=True, help="the section taxonomy of the configuration, as JSON")
    parser.add_argument("--names", type=Path, required=True, help="cells/names.tsv: cells of each source by its own names")
    parser.add_argument("--catalogue", type=Path, required=True, help="cells/catalogue.json")
    parser.add_argument("--out", type=Path, required=True, help="folder; gets table_1 and table_2 (.tsv, .md, .html)")


def run(args) -> None:
    """Run the command."""
    taxonomy = Taxonomy.from_config(json.loads(args.taxonomy))
    columns, rows = before(own_names.read(args.names))
    note = (
        "Cells as each source names them, before anything is set aside; the last columns are the paper's. "
        "absent: no source of this run has the name. n/a: not told, or a name that the paper does not have. "
        "The paper's columns sum to 33,178 images of 19 types; its abstract has 33,177, its section 3 18 types."
    )
    tables.write(args.out, "table_1", columns, rows, note=note)
    note = (
        "Cells in the catalogue of this run, after duplicates and corrections and with the names merged into families (3.1). "
        "pictures: those with at least one cell of the type; in the paper a picture is a cell. absent: the run has no cell of "
        "it. The paper's clean-up took away 1 image of 33,178, a neutrophil."
    )
    tables.write(args.out, "table_2", AFTER, after(catalogue.read(args.catalogue), taxonomy), note=note)


def before(names: list[Named]) -> tuple[list[str], list[list]]:
    """Table 1.

    Parameters
    ----------
    names : list of Named
        Rows of ``cells/names.tsv``.

    Returns
    -------
    columns, rows
        A row for each type of the paper, then for each name it does not have, then the sums; a column for each source.
    """
    sources = list(dict.fromkeys(row.source for row in names))
    told = {row.title: row for row in TABLE_1}
    known: dict[str, list[Named]] = {title: [] for title in told}
    for row in names:
        # A source's codes are known to this table, unless the source itself says what they mean.
        reported = find(row.name)
        known.setdefault(reported.title if reported else row.name, []).append(row)

    rows: list[list] = []
    for title, found in known.items():
        counts = [_sum([row.found for row in found if row.source == source]) for source in sources]
        sums = [_sum([row.found for row in found]), _sum([row.set_aside for row in found])]
        paper = [*told[title].images, told[title].total] if title in told else [None] * 4
        own = ", ".join(dict.fromkeys(row.named for row in found))
        rows.append([title, "yes" if found else "absent", own or None, *counts, *sums, *paper])
    each = [sum(filter(None, (row.images[at] for row in TABLE_1))) for at in range(len(DATASETS))]
    ours = [sum(row.found for row in names if row.source == source) for source in sources]
    rows.append(["all", None, None, *ours, sum(ours), sum(row.set_aside for row in names), *each, sum(each)])
    columns = ["cell type", "in the run", "names in the sources", *sources, "all", "set aside"]
    return [*columns, *(f"paper: {name}" for name in (*DATASETS, "all"))], rows


def _sum(counts: list[int]) -> int | None:
    """Their sum; None, which is not 0, where no source has the name."""
    return sum(counts) if counts else None


def after(cells: catalogue.Catalogue, taxonomy: Taxonomy) -> list[list]:
    """Table 2: a row for each family of the paper, then for each type it does not have, then the sums (see `AFTER`)."""
    members: dict[str, list] = {family: [] for family in TABLE_2}
    for cell_type in taxonomy.types:
        # A merged type carries its family's name, a type of its own that of a row of Table 1.
        reported = find(cell_type.name)
        members.setdefault(reported.family if reported else cell_type.title, []).append(cell_type)

    rows: list[list] = []
    for family, types in members.items():
        found = cells.select(category_ids={cell_type.id for cell_type in types})
        present = [t.name for t in types if any(cell.category_id == t.id for cell in found)]
        rows.append([family, "yes" if found else "absent", ", ".join(present) or None, *_counts(found), TABLE_2.get(family)])
    rows.append(["all", None, None, *_counts(list(cells.cells)), sum(TABLE_2.values())])
    return rows


def _counts(found: list[catalogue.Cell]) -> list[int]:
    """Pictures, cells, training cells, held-out cells."""
    held_out = sum(cell.split == "test" for cell in found)
    return [len({cell.image["id"] for cell in found}), len(found), len(found) - held_out, held_out]
