"""Cut a square picture of each cell with its surroundings, as class-conditional generators and classifiers see it."""

import json
from pathlib import Path

import cv2
import numpy as np

from smearsynth import images
from smearsynth.cells import catalogue
from smearsynth.cells.catalogue import Cell
from smearsynth.errors import UserError
from smearsynth.files import atomic_folder, write_json
from smearsynth.options import loads
from smearsynth.pairs import drawing
from smearsynth.pairs.window_options import WindowOptions
from smearsynth.taxonomy import Taxonomy


def arguments(parser) -> None:
    """Flags of the command."""
    parser.add_argument("--options", required=True, help="the section pairs.windows of the configuration, as JSON")
    parser.add_argument("--taxonomy", required=True, help="the section taxonomy of the configuration, as JSON")
    parser.add_argument("--catalogue", type=Path, required=True, help="catalogue.json of the cells")
    parser.add_argument("--out", type=Path, required=True, help="folder; gets images/ and index.json")


def run(args) -> None:
    """Run the command."""
    options = loads(WindowOptions, args.options, where="pairs.windows")
    taxonomy = Taxonomy.from_config(json.loads(args.taxonomy))
    wanted = {t.id for t in taxonomy.types if t.kind in options.kinds}
    cells = catalogue.read(args.catalogue).select(category_ids=wanted)
    if not cells:
        raise UserError.of(str(args.catalogue), f"no cells of kind {', '.join(options.kinds)}", "change pairs.windows.kinds")
    places = parts(cells)
    entries = []
    with atomic_folder(args.out) as folder:
        (folder / "images").mkdir()
        for number, (cell, picture) in enumerate(drawing.pictured(cells), start=1):
            name = f"images/{number:06d}.png"
            whole = picture if options.surroundings == "kept" else np.where(cell.mask()[..., None], picture, 0).astype(np.uint8)
            cut = window(whole, middle(cell), options.window, black=options.surroundings == "black")
            (folder / name).write_bytes(images.encode_png(resized(cut, options.size)))
            entry = {"file": name, "cell_id": cell.id, "category_id": cell.category_id, "split": cell.split, "fold": cell.fold}
            entries.append({**entry, "part": places.get(cell.id)})
        present = {cell.category_id for cell in cells}
        categories = drawing.categories(t for t in taxonomy.types if t.id in present)
        head = {"size": options.size, "window": options.window, "surroundings": options.surroundings}
        write_json(folder / "index.json", {**head, "categories": categories, "cells": entries})
    print(f"{len(entries)} windows of {options.window} px, {options.size} px a side, of {len(categories)} types")


def parts(cells: list[Cell]) -> dict[int, float]:
    """The place of each training cell among those of its type, by hash, from 0 to below 1.

    Cells with a place below 0.1 stand for "10 % of the real cells": each type is thinned alike, a smaller share lies
    within a larger one, and the first cell of a type is in every share.
    """
    places: dict[int, float] = {}
    for category_id in {cell.category_id for cell in cells}:
        members = sorted((c for c in cells if c.category_id == category_id and c.split == "train"), key=drawing.rank)
        places.update({cell.id: place / len(members) for place, cell in enumerate(members)})
    return places


def middle(cell: Cell) -> tuple[int, int]:
    """Column and row of the middle of a cell's box."""
    x, y, width, height = drawing.extent(cell.polygons)
    return x + width // 2, y + height // 2


def window(picture: np.ndarray, centre: tuple[int, int], side: int, *, black: bool) -> np.ndarray:
    """A square of a picture around a place.

    Parameters
    ----------
    picture : ndarray of uint8, shape (height, width, 3)
        RGB.
    centre : tuple of int
        Column and row.
    side : int
        Pixels.
    black : bool
        What lies beyond the frame is black; else the square is moved into the picture, and where the picture is
        smaller than the square it is mirrored at its edges.

    Returns
    -------
    ndarray of uint8, shape (side, side, 3)
    """
    spans, margins = [], []
    for length, at in zip(picture.shape[:2], (centre[1], centre[0]), strict=True):
        start = at - side // 2
        if not black:
            start = min(max(start, 0), length - side) if length >= side else (length - side) // 2
        spans.append(slice(max(start, 0), min(start + side, length)))
        margins += [max(-start, 0), max(start + side - length, 0)]
    kind = cv2.BORDER_CONSTANT if black else cv2.BORDER_REFLECT
    above, below, left, right = margins
    return np.asarray(cv2.copyMakeBorder(picture[tuple(spans)], above, below, left, right, kind), np.uint8)


def resized(picture: np.ndarray, size: int) -> np.ndarray:
    """A square picture of another side, by area where it shrinks."""
    if picture.shape[0] == size:
        return picture
    how = cv2.INTER_AREA if picture.shape[0] > size else cv2.INTER_CUBIC
    return np.asarray(cv2.resize(picture, (size, size), interpolation=how), np.uint8)
