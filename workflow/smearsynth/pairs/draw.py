"""Draw the pairs of a catalogue: real cell left, label right."""

import json
from collections import Counter
from pathlib import Path

from smearsynth import images
from smearsynth.cells import catalogue
from smearsynth.errors import Problem, UserError, raise_all
from smearsynth.files import atomic_folder, write_json, write_tsv
from smearsynth.options import loads
from smearsynth.pairs import drawing
from smearsynth.pairs.options import PairsOptions
from smearsynth.taxonomy import Taxonomy


def arguments(parser) -> None:
    """Flags of the command."""
    parser.add_argument("--options", required=True, help="the section pairs of the configuration, as JSON")
    parser.add_argument("--taxonomy", required=True, help="the section taxonomy of the configuration, as JSON")
    parser.add_argument("--catalogue", type=Path, required=True, help="catalogue.json of the cells")
    parser.add_argument("--out", type=Path, required=True, help="folder; gets images/, index.json, colours.json, counts.tsv")


def run(args) -> None:
    """Run the command."""
    options = loads(PairsOptions, args.options, where="pairs")
    taxonomy = Taxonomy.from_config(json.loads(args.taxonomy))
    known = {t.id: t for t in taxonomy.types}
    everything = catalogue.read(args.catalogue).cells
    if not everything:
        raise UserError.of(str(args.catalogue), "no cells", "see the ingest report for what was set aside and why")
    raise_all(
        Problem(f"{args.catalogue}: cell {cell.id}", f"type {cell.category_id} is not in the taxonomy", "add it to the taxonomy")
        for cell in everything
        if cell.category_id not in known
    )
    cells = drawing.limited(list(everything), options.limit)
    sides = [max(drawing.extent(cell.polygons)[2:]) for cell in cells]
    size = drawing.window_size(sides, size=options.size, larger=options.larger)
    entries: list[dict] = []
    with atomic_folder(args.out / "images") as folder:
        for number, (cell, picture) in enumerate(drawing.pictured(cells), start=1):
            window, mask, scale = drawing.cut(picture, cell.polygons, size)
            name = f"{number:06d}.png"
            # The folder is renamed as a whole: its files need no renaming of their own.
            (folder / name).write_bytes(images.encode_png(drawing.pair(window, mask, known[cell.category_id].colour)))
            entries.append(
                {
                    "file": f"images/{name}",
                    "cell_id": cell.id,
                    "category_id": cell.category_id,
                    "split": cell.split,
                    "fold": cell.fold,
                    "scale": scale,
                }
            )
    write_json(args.out / "colours.json", {t.name: list(t.colour) for t in taxonomy.types}, indent=1)
    write_tsv(args.out / "counts.tsv", *counts(taxonomy, everything, entries))
    write_json(args.out / "index.json", {"size": size, "categories": drawing.categories(taxonomy.types), "pairs": entries})
    scaled = sum(entry["scale"] < 1 for entry in entries)
    print(f"{len(entries)} pairs of {size} px; {scaled} cells larger than the window were scaled into it")


def counts(taxonomy: Taxonomy, everything, entries: list[dict]) -> tuple[list[str], list[list]]:
    """Columns and rows of ``counts.tsv``: per type the cells of the catalogue and the pairs drawn, by split and fold."""
    total = Counter(cell.category_id for cell in everything)
    drawn = Counter(entry["category_id"] for entry in entries)
    parts = Counter((entry["category_id"], entry["split"], entry["fold"]) for entry in entries)
    scaled = Counter(entry["category_id"] for entry in entries if entry["scale"] < 1)
    columns = ["category_id", "name", "cells", "pairs", "beyond_limit", "train", "fold0", "fold1", "test", "scaled"]
    rows = [
        [
            t.id,
            t.name,
            total[t.id],
            drawn[t.id],
            total[t.id] - drawn[t.id],
            sum(n for (category, split, _), n in parts.items() if (category, split) == (t.id, "train")),
            parts[t.id, "train", 0],
            parts[t.id, "train", 1],
            parts[t.id, "test", None],
            scaled[t.id],
        ]
        for t in taxonomy.types
    ]
    return columns, rows
