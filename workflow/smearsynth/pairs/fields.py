"""Make the label map of every whole field with annotated cells, with the red cells and platelets around them."""

import json
from collections import Counter
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path

import numpy as np
from tqdm import tqdm

from smearsynth.cells import catalogue
from smearsynth.cells.catalogue import Cell
from smearsynth.errors import Problem, UserError, raise_all
from smearsynth.files import atomic_folder, write_json
from smearsynth.options import loads
from smearsynth.pairs import drawing, field_labels, field_making
from smearsynth.pairs.field_labels import FieldLabels, Reds, Unlabelled
from smearsynth.pairs.field_options import FieldOptions
from smearsynth.taxonomy import Taxonomy


def arguments(parser) -> None:
    """Flags of the command."""
    parser.add_argument("--options", required=True, help="the section pairs.fields of the configuration, as JSON")
    parser.add_argument("--taxonomy", required=True, help="the section taxonomy of the configuration, as JSON")
    parser.add_argument("--catalogue", type=Path, required=True, help="catalogue.json of the cells")
    parser.add_argument("--out", type=Path, required=True, help="folder; gets index.json, pictures/, owners/ and dense/")


def run(args) -> None:
    """Run the command."""
    options = loads(FieldOptions, args.options, where="pairs.fields")
    taxonomy = Taxonomy.from_config(json.loads(args.taxonomy))
    types = {kind: _first(taxonomy, kind) for kind in ("red", "platelet")}
    cells = annotated(catalogue.read(args.catalogue).cells, taxonomy)
    if not cells:
        raise UserError.of(str(args.catalogue), "no annotated cells", "add a source with annotated cells to cells.sources")
    reds = {source: measured(some, options) for source, some in _by(cells, "source")}
    entries, left_out = [], []
    with atomic_folder(args.out) as folder:
        fields = _by(cells, "id")
        for image_id, own in tqdm(fields, total=len({c.image["id"] for c in cells}), desc="fields", mininterval=5, disable=None):
            picture, masks = scaled(own, options.scale)
            image = own[0].image
            labels = field_labels.label(picture, masks, reds[image.get("source")])
            if isinstance(labels, Unlabelled):
                left_out.append({"image_id": image_id, "original": image.get("original"), "reason": labels.reason})
                continue
            ids = [cell.category_id for cell in own] + [types[kind] for kind in labels.kinds]
            white = [mask for cell, mask in zip(own, masks, strict=True) if taxonomy[cell.category_id].kind == "white"]
            files = field_making.write(folder, image_id, picture, labels.owners, white)
            entries.append({**files, **described(own, ids, labels, options.scale)})
        if not entries:
            reasons = "; ".join(sorted({one["reason"] for one in left_out}))
            raise UserError.of(str(args.catalogue), f"none of its fields has a label map: {reasons}", "look at its pictures")
        present = {cell["category_id"] for entry in entries for cell in entry["cells"]}
        categories = drawing.categories(t for t in taxonomy.types if t.id in present)
        head = {"scale": options.scale, "categories": categories}
        write_json(folder / "index.json", {**head, "fields": entries, "left_out": left_out})
    kinds = Counter(taxonomy[cell["category_id"]].kind for entry in entries for cell in entry["cells"])
    print(f"{len(entries)} fields with {', '.join(f'{count} {kind}' for kind, count in sorted(kinds.items()))} cells")
    for reason, count in sorted(Counter(one["reason"] for one in left_out).items()):
        print(f"{count} fields left out: {reason}")


def annotated(cells: tuple[Cell, ...], taxonomy: Taxonomy) -> list[Cell]:
    """The cells that a source told of, in the order of their pictures; what a finder supplied is found anew here."""
    chosen = [cell for cell in cells if cell.annotated and taxonomy[cell.category_id].kind != "background"]
    return sorted(chosen, key=lambda cell: (cell.image["id"], cell.id))


def scaled(cells: list[Cell], scale: float) -> tuple[np.ndarray, list[np.ndarray]]:
    """The picture of some cells and their masks (bool), each pixel in one of them, all at a scale.

    Raises
    ------
    UserError
        For every cell without a pixel of its own.
    """
    picture = field_making.shrunk(cells[0].picture(), scale)
    masks, problems, taken = [], [], np.zeros(picture.shape[:2], bool)
    for cell in cells:
        mask = (field_making.shrunk(cell.mask().astype(np.float32), scale) >= 0.5) & ~taken
        taken |= mask
        masks.append(mask)
        if not mask.any():
            what = "lies outside of its picture, wholly under other cells, or is smaller than a pixel of the field"
            problems.append(Problem(f"{cell.path.name}, cell {cell.id}", what, "correct or remove its annotation"))
    raise_all(problems)
    return picture, masks


def measured(cells: list[Cell], options: FieldOptions) -> Reds:
    """What the red cells of a source's fields are like, at their scale."""
    fields = (scaled(own, options.scale) for _, own in _by(cells, "id"))
    return field_making.measured(
        ((picture, np.logical_or.reduce(masks)) for picture, masks in fields),
        red_diameter=options.red_diameter,
        scale=options.scale,
        where=f"source {cells[0].image.get('source')}",
        section="pairs.fields",
    )


def described(cells: list[Cell], category_ids: list[int], labels: FieldLabels, scale: float) -> dict:
    """What the index tells of a field beside its files."""
    image = cells[0].image
    height, width = labels.owners.shape
    entries = []
    for owner, category_id in enumerate(category_ids, start=1):
        cell_id = cells[owner - 1].id if owner <= len(cells) else None
        entries.append(field_making.cell(labels.owners == owner, owner=owner, category_id=category_id, cell_id=cell_id))
    size = image.get("um_per_px")
    return {
        "image_id": image["id"],
        "source": image.get("source"),
        "original": image.get("original"),
        "split": image["split"],
        "height": height,
        "width": width,
        "um_per_px": size / scale if size else None,
        "light": list(labels.light),
        "cells": entries,
    }


def _by(cells: list[Cell], key: str) -> Iterator[tuple]:
    """Cells by a key of their picture, in its order."""
    ordered = sorted(cells, key=lambda cell: str(cell.image.get(key))) if key == "source" else cells
    for value, some in groupby(ordered, key=lambda cell: cell.image.get(key)):
        yield value, list(some)


def _first(taxonomy: Taxonomy, kind: str) -> int:
    """The type that found cells of a kind are given: the taxonomy's first."""
    types = taxonomy.of_kind(kind)
    if not types:
        what = f"no type of kind {kind}, which is found in whole fields"
        raise UserError.of("taxonomy", what, f"add a type with kind: {kind} to the taxonomy")
    return types[0].id
