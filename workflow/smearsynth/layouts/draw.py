"""Draw layouts: which cells lie where in which slide."""

import argparse
import json
import sys
from pathlib import Path

from smearsynth.cells import catalogue
from smearsynth.cells.catalogue import Catalogue
from smearsynth.files import write_json
from smearsynth.layouts import dgm, packed
from smearsynth.layouts.options import LayoutOptions
from smearsynth.layouts.shapes import collect, shares
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
    parser.add_argument("--out", type=Path, required=True)


def run(args: argparse.Namespace) -> None:
    """Write the layouts of one shard."""
    options = loads(LayoutOptions, args.options, where="layouts")
    taxonomy = Taxonomy.from_config(json.loads(args.taxonomy))
    cells = catalogue.read(args.catalogue)
    layouts = draw(options, taxonomy, cells, range(args.first, args.first + args.count), seed=args.seed)
    for layout in layouts:
        if layout["achieved"].get("discarded"):
            lost, kept = layout["achieved"]["discarded"], layout["achieved"]["count"]
            print(f"slide {layout['index']}: {lost} of {lost + kept} cells found no room", file=sys.stderr)
    write_json(args.out, {"size": list(options.size), "layouts": layouts})


def draw(options: LayoutOptions, taxonomy: Taxonomy, cells: Catalogue, indices: range, *, seed: int) -> list[dict]:
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

    Returns
    -------
    list of dict
        ``index, asked, achieved, cells``; see the layout file.
    """
    shapes = collect(cells, taxonomy, split=options.shapes)
    if options.kind == "dgm":
        return [dgm.draw(options, shapes, taxonomy, seed=seed, index=index) for index in indices]
    by_type = shares(options.packed.differential, shapes, taxonomy)
    names = {t.id: t.name for t in taxonomy.types}
    asked = {
        "count": options.packed.count,
        "coverage": options.packed.coverage,
        "differential": {names[key]: round(share, 6) for key, share in by_type.items()},
        "max_overlap": options.packed.overlap,
    }
    layouts = []
    for index in indices:
        entries, achieved = packed.draw(options, shapes, by_type, taxonomy, rng(seed, "layouts", index))
        layouts.append({"index": index, "asked": asked, "achieved": achieved, "cells": entries})
    return layouts
