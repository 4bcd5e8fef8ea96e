"""Draw layouts: which cells lie where in which slide."""

import argparse
import json
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np

from smearsynth.cells import catalogue
from smearsynth.cells.catalogue import Catalogue
from smearsynth.errors import UserError
from smearsynth.files import read_json, write_json
from smearsynth.layouts import dgm, packed, reference
from smearsynth.layouts.measure import layouts as measured
from smearsynth.layouts.options import LayoutOptions, PackedOptions
from smearsynth.layouts.reference import KINDS, Reference
from smearsynth.layouts.shapes import collect, shares, sized, weighted
from smearsynth.options import loads
from smearsynth.seeds import rng
from smearsynth.taxonomy import Taxonomy


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's flags."""
    parser.add_argument("--options", required=True, help="the section layouts, as JSON")
    parser.add_argument("--taxonomy", required=True, help="the section taxonomy, as JSON")
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--catalogue", type=Path, required=True)
    parser.add_argument("--first", type=int, required=True, help="index of the first slide")
    parser.add_argument("--count", type=int, required=True, help="how many slides")
    parser.add_argument(
        "--reference", type=Path, help="what layouts measure wrote; needed where layouts.packed.like is reference"
    )
    parser.add_argument("--out", type=Path, required=True)


def run(args: argparse.Namespace) -> None:
    """Write the layouts of one shard."""
    options = loads(LayoutOptions, args.options, where="layouts")
    taxonomy = Taxonomy.from_config(json.loads(args.taxonomy))
    cells = catalogue.read(args.catalogue)
    like = reference.load(read_json(args.reference), where=str(args.reference)) if args.reference else None
    layouts = draw(options, taxonomy, cells, range(args.first, args.first + args.count), seed=args.seed, like=like)
    for layout in layouts:
        if layout["achieved"].get("discarded"):
            lost, kept = layout["achieved"]["discarded"], layout["achieved"]["count"]
            print(f"slide {layout['index']}: {lost} of {lost + kept} cells found no room", file=sys.stderr)
    resolution = {} if options.um_per_px is None else {"um_per_px": options.um_per_px}
    write_json(args.out, {"size": list(options.size), **resolution, "layouts": layouts})


def draw(
    options: LayoutOptions, taxonomy: Taxonomy, cells: Catalogue, indices: range, *, seed: int, like: Reference | None = None
) -> list[dict]:
    """The layouts of some slides; each depends on `seed` and its index alone.

    Parameters
    ----------
    options : LayoutOptions
    taxonomy : Taxonomy
    cells : Catalogue
        Where the outlines come from.
    indices : range
        Which slides.
    seed : int
        The run's seed.
    like : Reference, optional
        What layouts are asked to be like, where the options say so.

    Returns
    -------
    list of dict
        ``index, asked, achieved, cells``; see the layout file.

    Raises
    ------
    UserError
        If the options want a reference and none is given, or it has a kind of cell that the differential has not.
    """
    shapes = collect(cells, taxonomy, split=options.shapes, um_per_px=options.um_per_px)
    if options.kind == "dgm":
        return [dgm.draw(options, shapes, taxonomy, seed=seed, index=index) for index in indices]
    by_type = shares(options.packed.differential, shapes, taxonomy)
    if options.packed.like:
        if like is None:
            raise UserError.of("layouts.packed.like", "no reference is given", "pass --reference, or set it to null")
        red = like.red_um / options.um_per_px if like.red_um and options.um_per_px else None
        shapes = sized(shapes, like.diameters, levels=reference.QUANTILES, red=red)
        by_type = weighted(by_type, dict(zip(KINDS, like.kinds, strict=True)), taxonomy)
    layouts = []
    for index in indices:
        chance, one, sizes = rng(seed, "layouts", index), options, None
        if options.packed.like and like is not None:
            one, sizes = matched(options, like, chance), like.groups
        entries, achieved = packed.draw(one, shapes, by_type, taxonomy, chance, sizes=sizes)
        asked = wanted(one.packed, by_type, taxonomy)
        layout = {"index": index, "asked": asked, "achieved": achieved, "cells": entries}
        if one.packed.clusters:
            side = like.side if sizes and like else None
            found = reference.pooled(measured({"size": options.size, "layouts": [layout]}, taxonomy, side=side))
            achieved["clusters"] = round(found.touching, 6)
            if sizes and like:
                asked["pair_distance"] = like.floor
                achieved["pair_distance"] = round(reference.distance(found.g, like.g), 6)
        layouts.append(layout)
    return layouts


def matched(options: LayoutOptions, like: Reference, rng: np.random.Generator) -> LayoutOptions:
    """Options that ask for the coverage of one of the reference's fields, drawn by chance, and for its touching cells."""
    coverage = like.coverages[rng.integers(len(like.coverages))]
    return replace(options, packed=replace(options.packed, like=None, coverage=coverage, clusters=like.touching))


def wanted(packed: PackedOptions, by_type: dict[int, float], taxonomy: Taxonomy) -> dict:
    """What a layout is asked for, beside what it achieves."""
    asked = {
        "count": packed.count,
        "coverage": packed.coverage,
        "differential": {taxonomy[key].name: round(share, 6) for key, share in by_type.items()},
        "max_overlap": packed.overlap,
    }
    if packed.clusters:
        asked["clusters"] = packed.clusters
    if packed.rouleaux:
        asked |= {"rouleaux": packed.rouleaux, "rouleau_length": packed.rouleau_length}
    return asked
