"""Write Table 4.1: cells and images per category, beside the numbers that the thesis reports."""

import json
from pathlib import Path

from smearsynth.cells import catalogue
from smearsynth.studies import tables
from smearsynth.studies.reported import IMAGES
from smearsynth.taxonomy import Taxonomy

COLUMNS = ["category id", "category", "images", "cells", "training cells", "held-out cells", "images in the thesis"]


def arguments(parser) -> None:
    """Flags of the command."""
    parser.add_argument("--taxonomy", required=True, help="the section taxonomy of the configuration, as JSON")
    parser.add_argument("--catalogue", type=Path, required=True, help="cells/catalogue.json")
    parser.add_argument("--out", type=Path, required=True, help="folder; gets table_4_1.tsv, .md and .html")


def run(args) -> None:
    """Run the command."""
    taxonomy = Taxonomy.from_config(json.loads(args.taxonomy))
    rows = counts(catalogue.read(args.catalogue), taxonomy)
    note = (
        "images: pictures with at least one cell of the type; the thesis has one cell in a picture. "
        "n/a: a type that the thesis does not have, or dropped for having fewer than 5 images."
    )
    tables.write(args.out, "table_4_1", COLUMNS, rows, note=note)


def counts(cells: catalogue.Catalogue, taxonomy: Taxonomy) -> list[list]:
    """A row for each type of the taxonomy and their sum, see `COLUMNS`."""
    rows: list[list] = []
    for cell_type in taxonomy.types:
        found = cells.select(category_ids={cell_type.id})
        held_out = sum(cell.split == "test" for cell in found)
        pictures = len({cell.image["id"] for cell in found})
        numbers = [pictures, len(found), len(found) - held_out, held_out, IMAGES.get(cell_type.name)]
        rows.append([cell_type.id, cell_type.name, *numbers])
    pictures = len({cell.image["id"] for cell in cells.cells})
    rows.append([None, "all", pictures, *(sum(row[at] for row in rows) for at in (3, 4, 5)), sum(IMAGES.values())])
    return rows
