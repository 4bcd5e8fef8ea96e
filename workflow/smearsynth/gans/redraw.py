"""Draw training cells anew in their own surroundings, as windows: outline and neighbours stay, the cell is another."""

from pathlib import Path

import cv2
import numpy as np

from smearsynth import images
from smearsynth.cells import catalogue
from smearsynth.errors import UserError
from smearsynth.files import atomic_folder, read_json, write_json
from smearsynth.gans import sampling
from smearsynth.gans.options import GanOptions
from smearsynth.options import loads
from smearsynth.pairs import crops, windows
from smearsynth.seeds import entropy, rng

TRIES = 2
"""Guides offered to an outline. With many the cell's own guide would be found, and the cell drawn as it was."""
EDGE = 3.0
"""Pixels inside the outline over which the drawn cell comes in."""


def arguments(parser) -> None:
    """Flags of the command."""
    parser.add_argument("--options", required=True, help="the section gans.training of the configuration, as JSON: its device")
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--model", type=Path, required=True, help="folder of a trained generator of cells")
    parser.add_argument("--catalogue", type=Path, required=True, help="catalogue.json of the cells")
    parser.add_argument("--windows", type=Path, required=True, help="index.json of the windows")
    parser.add_argument("--share", type=float, default=1.0, help="share of each type's cells that the model has seen")
    parser.add_argument("--per-type", type=int, required=True, help="cells of each type to draw")
    parser.add_argument("--out", type=Path, required=True, help="folder; gets images/*.png and index.json")


def run(args) -> None:
    """Run the command."""
    options = loads(GanOptions, args.options, where="gans.training")
    if args.per_type < 1:
        raise UserError.of("--per-type", f"{args.per_type}", "1 or more")
    index = read_json(args.windows)
    model = read_json(args.model / "model.json")
    seen = set(model["cells"])
    cells = {cell.id: cell for cell in catalogue.read(args.catalogue).cells}
    generator = sampling.load(args.model, options.device, tries=TRIES)
    pictures: dict[int, np.ndarray] = {}
    known = [entry for entry in index["cells"] if entry["cell_id"] in seen]
    usable = [entry for entry in known if crops.within(entry, args.share)]
    if len(usable) < len(known):
        beyond = f"saw {len(known) - len(usable)} cells beyond a share of {args.share:g}"
        raise UserError.of(str(args.model), beyond, "train a model on this share: what it draws must owe nothing to other cells")
    entries: list[dict] = []
    with atomic_folder(args.out) as folder:
        (folder / "images").mkdir()
        for category in index["categories"]:
            members = [entry for entry in usable if entry["category_id"] == category["id"]]
            if not members:
                raise UserError.of(str(args.model), f"saw no {category['name']} of this share", "train it on this share")
            pictures.clear()
            for number in range(args.per_type):
                chance = rng(args.seed, "redraw", category["id"], number)
                cell = cells[members[chance.integers(len(members))]["cell_id"]]
                if cell.id not in pictures:
                    pictures[cell.id] = cell.picture()
                turns, mirror = int(chance.integers(4)), bool(chance.random() < 0.5)
                window, mask = around(pictures[cell.id], cell, index["window"], black=index["surroundings"] == "black")
                window, mask = turned(window, turns, mirror), turned(mask, turns, mirror)
                key = entropy(args.seed, "redraw", category["id"], number)
                drawn = generator.draw([mask], [category["id"]], keys=[key])[0]
                picture = windows.resized(set_in(window, drawn, mask), index["size"])
                name = f"images/{len(entries) + 1:06d}.png"
                (folder / name).write_bytes(images.encode_png(picture))
                entry = {"file": name, "cell_id": len(entries) + 1, "category_id": category["id"], "split": "synthetic"}
                entries.append({**entry, "of": cell.id})
        head = {"model": "pix2pix", "share": args.share, "steps": model["steps"], "size": index["size"]}
        head["trained_on"] = model["cells"]
        write_json(folder / "index.json", {**head, "categories": index["categories"], "cells": entries})
    print(f"{len(entries)} cells drawn anew, {args.per_type} of each of {len(index['categories'])} types")


def around(picture: np.ndarray, cell: catalogue.Cell, side: int, *, black: bool) -> tuple[np.ndarray, np.ndarray]:
    """Window and mask of a cell, cut as `smearsynth.pairs.windows` does."""
    mask = cell.mask()
    whole = np.where(mask[..., None], picture, 0).astype(np.uint8) if black else picture
    middle = windows.middle(cell)
    told = windows.window(mask.astype(np.uint8), middle, side, black=black).astype(bool)
    return windows.window(whole, middle, side, black=black), told


def turned(values: np.ndarray, turns: int, mirror: bool) -> np.ndarray:
    """An array mirrored or not and turned by quarters."""
    return np.ascontiguousarray(np.rot90(values[:, ::-1] if mirror else values, turns))


def set_in(window: np.ndarray, drawn: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """A drawn cell in the place of the one that the window shows.

    Parameters
    ----------
    window, drawn : ndarray of uint8, shape (side, side, 3)
        RGB.
    mask : ndarray of bool, shape (side, side)
        The outline of both.

    Returns
    -------
    ndarray of uint8, shape (side, side, 3)
        `window` outside the mask; within it `drawn`, which comes in over `EDGE` pixels.
    """
    padded = cv2.copyMakeBorder(mask.astype(np.uint8), 1, 1, 1, 1, cv2.BORDER_REPLICATE)
    depth = cv2.distanceTransform(padded, cv2.DIST_L2, 5)[1:-1, 1:-1]
    share = np.clip(depth / EDGE, 0, 1)[..., None]
    return np.rint(window * (1 - share) + drawn * share).astype(np.uint8)
