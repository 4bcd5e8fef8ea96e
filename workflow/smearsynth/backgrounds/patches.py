"""Keep the light and grain of cell-free patches of the training pictures, for seamless backgrounds."""

import argparse
import json
from pathlib import Path

import numpy as np

from smearsynth import images
from smearsynth.backgrounds import light
from smearsynth.backgrounds.options import BackgroundOptions
from smearsynth.cells import catalogue
from smearsynth.cells.catalogue import Catalogue, Cell
from smearsynth.errors import UserError
from smearsynth.files import atomic_folder, write_json
from smearsynth.options import loads
from smearsynth.seeds import rng
from smearsynth.taxonomy import Taxonomy


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's flags."""
    parser.add_argument("--options", required=True, help="the section backgrounds, as JSON")
    parser.add_argument("--taxonomy", required=True, help="the section taxonomy, as JSON")
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--catalogue", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True, help="folder for background.json and its patches")


def run(args: argparse.Namespace) -> None:
    """Write the styles: ``background.json`` and a PNG of each patch."""
    options = loads(BackgroundOptions, args.options, where="backgrounds")
    taxonomy = Taxonomy.from_config(json.loads(args.taxonomy))
    chosen = choose(catalogue.read(args.catalogue), taxonomy, options, seed=args.seed)
    styles = []
    with atomic_folder(args.out) as folder:
        for number, cell in enumerate(chosen, start=1):
            picture = cell.picture()
            name = f"patches/{number:04d}.png"
            images.write(folder / name, crop(cell, picture))
            styles.append(
                {
                    "patch": name,
                    "source_id": cell.id,
                    "colour": [round(float(v), 3) for v in light.colour(picture)],
                    "slope": [[round(float(v), 9) for v in row] for row in light.plane(picture)],
                }
            )
        write_json(folder / "background.json", {"kind": "whole", "unevenness": options.unevenness, "styles": styles}, indent=1)


def choose(cells: Catalogue, taxonomy: Taxonomy, options: BackgroundOptions, *, seed: int) -> list[Cell]:
    """The training pictures' cell-free patches that styles are taken from, one a picture, in the order of their ids.

    Raises
    ------
    UserError
        If no training picture has a patch of the size asked for.
    """
    ids = {t.id for t in taxonomy.of_kind("background")}
    best: dict[int, Cell] = {}
    for cell in cells.select(split="train", category_ids=ids):
        size = min(np.ptp(cell.polygons[0], axis=0))
        known = best.get(cell.image["id"])
        if size >= options.smallest and (known is None or size > min(np.ptp(known.polygons[0], axis=0))):
            best[cell.image["id"]] = cell
    if not best:
        raise UserError.of(
            "backgrounds",
            f"no training picture has a cell-free patch of at least {options.smallest} px",
            "annotate background patches, switch the finder on for a source (cells), or lower backgrounds.smallest",
        )
    found = [best[key] for key in sorted(best)]
    if len(found) > options.styles:
        pick = rng(seed, "backgrounds", "styles").choice(len(found), options.styles, replace=False)
        found = [found[i] for i in sorted(pick)]
    return sorted(found, key=lambda cell: cell.id)


def crop(cell: Cell, picture: np.ndarray) -> np.ndarray:
    """The largest rectangle of pixels inside a patch that is a square or rectangle along the axes."""
    left, top = np.ceil(cell.polygons[0].min(0)).astype(int)
    right, bottom = np.floor(cell.polygons[0].max(0)).astype(int) + 1
    return picture[max(top, 0) : bottom, max(left, 0) : right]
