"""Measure how cells are arranged: in real fields, as a reference that layouts can be asked to be like, or in layouts."""

import argparse
import json
from pathlib import Path

import numpy as np

from smearsynth import coco
from smearsynth.errors import UserError
from smearsynth.files import read_json, write_json
from smearsynth.layouts import reference
from smearsynth.layouts.raster import own, window
from smearsynth.layouts.reference import KINDS, Arrangement, Reference
from smearsynth.pairs import field_maps
from smearsynth.taxonomy import Taxonomy


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's flags."""
    source = parser.add_mutually_exclusive_group(required=True)
    source.add_argument("--fields", type=Path, help="index.json of field maps; those of the training split are measured")
    source.add_argument("--layouts", type=Path, nargs="+", help="shards of layouts")
    parser.add_argument("--taxonomy", required=True, help="the section taxonomy, as JSON")
    parser.add_argument("--against", type=Path, help="a reference to compare with")
    parser.add_argument("--out", type=Path, required=True)


def run(args: argparse.Namespace) -> None:
    """Write what was measured as JSON."""
    against = reference.load(read_json(args.against), where=str(args.against)) if args.against else None
    taxonomy = Taxonomy.from_config(json.loads(args.taxonomy))
    side = against.side if against else None
    if args.fields:
        found, red_um = fields(args.fields)
        result = reference.pooled(found, red_um=red_um)
    else:
        result = reference.pooled([part for file in args.layouts for part in layouts(read_json(file), taxonomy, side=side)])
    write_json(args.out, result.content() | ({"against": compared(result, against)} if against else {}), indent=1)


def fields(index: Path) -> tuple[list[Arrangement], float | None]:
    """Measure the training split's field maps; how large their red cells are, in micrometres, where all resolutions are told.

    Lengths are in diameters of a red cell of the same resolution.
    """
    maps = field_maps.read(index, split="train")
    kinds = {category["id"]: category["kind"] for category in read_json(index)["categories"]}
    found = [(one.owners(), reference.numbers([kinds[i] for i in one.category_ids])) for one in maps]
    if not found:
        raise UserError.of(str(index), "holds no field of the training split", "give an index of field maps with some")
    resolutions = [one.um_per_px for one in maps]
    diameters = {
        resolution: reference.red_diameter([field for field, own in zip(found, resolutions, strict=True) if own == resolution])
        for resolution in dict.fromkeys(resolutions)
    }
    true = [diameters[resolution] * resolution for resolution in resolutions if resolution]
    red_um = float(np.median(true)) if len(true) == len(maps) else None
    measured = zip(found, resolutions, strict=True)
    return [reference.arrangement(*field, diameter=diameters[resolution]) for field, resolution in measured], red_um


def layouts(shard: dict, taxonomy: Taxonomy, *, side: float | None = None) -> list[Arrangement]:
    """Measure a shard's layouts, in parts of `side` diameters of a red cell."""
    shape = (shard["size"][0], shard["size"][1])
    found = []
    for layout in shard["layouts"]:
        windows = [window(coco.from_flat(cell["polygon"]), shape) for cell in layout["cells"]]
        kinds = reference.numbers([taxonomy[cell["category_id"]].kind for cell in layout["cells"]])
        found.extend(reference.tiles(own(windows, shape), kinds, side=side))
    return found


def compared(result: Reference, against: Reference) -> dict:
    """What was measured beside what it was compared with."""
    return {
        "coverage": [float(np.median(result.coverages)), float(np.median(against.coverages))],
        "touching": [result.touching, against.touching],
        "per_area": {kind: [result.per_area[k], against.per_area[k]] for k, kind in enumerate(KINDS)},
        "pair_distance": reference.distance(result.g, against.g),
        "pair_floor": against.floor,
    }
