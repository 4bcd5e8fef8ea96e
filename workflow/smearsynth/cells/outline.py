"""Complete a source: find missing outlines, smooth all of them, find red cells, platelets and empty background."""

import argparse
import json
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context
from pathlib import Path

import numpy as np

from smearsynth import coco, images
from smearsynth.cells import finder, outlines, set_aside
from smearsynth.cells.contours import smooth
from smearsynth.cells.finder import Candidate
from smearsynth.cells.outline_options import OutlineOptions
from smearsynth.cells.set_aside import SetAside
from smearsynth.files import inside, read_json
from smearsynth.options import loads
from smearsynth.seeds import entropy
from smearsynth.taxonomy import Taxonomy

KINDS = ("red", "platelet", "background")


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the flags."""
    parser.add_argument("--options", required=True, help="JSON: cells.outline")
    parser.add_argument("--taxonomy", required=True, help="JSON: the taxonomy section")
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--jobs", type=int, default=1, help="processes; the result does not depend on it")
    parser.add_argument("--raw", type=Path, required=True, help="raw.json of the source; its pictures lie beside it")
    parser.add_argument("--out", type=Path, required=True, help="outlined.json, in the same folder")
    parser.add_argument("--set-aside", type=Path, required=True, help="table of the cells without outline, and why")


def run(args: argparse.Namespace) -> None:
    """Write the completed source and the table of what has no outline."""
    options = loads(OutlineOptions, args.options, where="cells.outline")
    taxonomy = Taxonomy.from_config(json.loads(args.taxonomy))
    data = read_json(args.raw)
    wanted = lacking(data, taxonomy, options)
    cells = coco.by_image(data, where=args.raw)
    white, background = (frozenset(t.id for t in taxonomy.of_kind(kind)) for kind in ("white", "background"))
    work = partial(complete, raw=args.raw, white=white, background=background, options=options, search=bool(wanted))
    tasks = [(image, cells[image["id"]]) for image in data["images"]]
    with ProcessPoolExecutor(args.jobs, get_context("spawn")) as pool:
        done = list(pool.map(work, tasks, chunksize=32) if args.jobs > 1 else map(work, tasks))
    rows = [row for _, faults, _, _ in done for row in faults]
    found = choose(data["images"], done, wanted, options, taxonomy, seed=args.seed)
    data["annotations"] = [entry for kept, _, _, _ in done for entry in kept] + found
    for number, entry in enumerate(data["annotations"], 1):
        entry["id"] = number
    coco.write(args.out, data)
    set_aside.write(args.set_aside, rows)
    counts = {kind: sum(taxonomy[e["category_id"]].kind == kind for e in found) for kind in KINDS}
    print(f"{len(data['annotations'])} cells; found {counts}; {len(rows)} without outline")


def lacking(data: dict, taxonomy: Taxonomy, options: OutlineOptions) -> dict[str, int]:
    """Which kinds are to be searched, and how many of each are kept at most."""
    if options.find == "never":
        return {}
    present = {taxonomy[entry["category_id"]].kind for entry in data["annotations"]}
    limits = {"red": options.red_cells, "platelet": options.platelets, "background": options.background}
    return {
        kind: limit
        for kind, limit in limits.items()
        if limit and taxonomy.of_kind(kind) and (options.find == "always" or kind not in present)
    }


def complete(
    task: tuple[dict, list[dict]],
    *,
    raw: Path,
    white: frozenset[int],
    background: frozenset[int],
    options: OutlineOptions,
    search: bool,
) -> tuple[list[dict], list[SetAside], list[Candidate], tuple[int, int, int] | None]:
    """One picture: its cells with outlines, the rows of those without, candidates of cells, and an empty patch."""
    image, cells = task
    missing = [cell for cell in cells if not cell["segmentation"]]
    # A picture that nobody looks at is not decoded.
    picture = np.zeros((0, 0, 3), np.uint8)
    if missing or search:
        picture = images.read(inside(raw.parent, image["file_name"], where=raw))
    shape = image["height"], image["width"]
    taken = np.zeros(shape, bool)
    kept, rows = [], []
    for cell in cells:
        cell, nucleus = dict(cell), None
        if cell["segmentation"]:
            polygons = [coco.from_flat(flat) for flat in cell["segmentation"]]
        else:
            result = outlines.find(picture, prompt=cell.get("prompt"))
            if isinstance(result, outlines.NotFound):
                fix = "give an outline or a box around the cell, or remove the picture"
                label = str(cell.get("label", ""))
                rows.append(SetAside(image["source"], image["original"], label, "bad", f"no outline found: {result.reason}", fix))
                continue
            polygons, cell["origin"] = coco.outline(result.cell)[:1], "found"
            nucleus = result.nucleus
        if cell["category_id"] not in background:
            polygons = [smooth(polygon, options.smooth) for polygon in polygons]
        mask = coco.fill(polygons, shape)
        taken |= mask
        if nucleus is not None and cell["category_id"] in white:
            cell["nucleus"] = coco.encode(nucleus & mask)
        kept.append(_described(cell, polygons, mask))
    if not search:
        return kept, rows, [], None
    patch = finder.patch(picture, taken, smallest=options.smallest_patch, largest=options.largest_patch)
    return kept, rows, finder.candidates(picture, taken), patch


def _described(cell: dict, polygons: list[np.ndarray], mask: np.ndarray) -> dict:
    """An annotation with these outlines."""
    flat = [coco.to_flat(polygon) for polygon in polygons]
    return {**cell, "bbox": coco.box(mask), "area": float(np.count_nonzero(mask)), "segmentation": flat}


def choose(
    pictures: list[dict], done: list[tuple], wanted: dict[str, int], options: OutlineOptions, taxonomy: Taxonomy, *, seed: int
) -> list[dict]:
    """The found cells that are kept: by hash, so many of a picture and so many of the source."""
    size = finder.red_size([candidate for _, _, some, _ in done for candidate in some])
    offers: dict[str, list[tuple]] = {kind: [] for kind in wanted}
    for image, (_, _, some, patch) in zip(pictures, done, strict=True):
        shapes = [(finder.judge(c, size), smooth(c.polygon, options.smooth)) for c in some] if size else []
        if patch:
            x, y, side = patch
            shapes.append(("background", np.array([(x, y), (x + side, y), (x + side, y + side), (x, y + side)], float)))
        for number, (kind, polygon) in enumerate(shapes):
            if kind in offers:
                order = entropy(seed, "cells", "find", image["source"], image["original"], number)
                offers[kind].append((order, image, polygon))
    result = []
    for kind, some in offers.items():
        per_picture: dict[int, int] = {}
        kept: list[tuple[dict, np.ndarray]] = []
        for _, image, polygon in sorted(some, key=lambda offer: offer[0]):
            if len(kept) < wanted[kind] and per_picture.get(image["id"], 0) < options.per_picture:
                per_picture[image["id"]] = per_picture.get(image["id"], 0) + 1
                kept.append((image, polygon))
        category_id = taxonomy.of_kind(kind)[0].id
        for image, polygon in sorted(kept, key=lambda item: (item[0]["id"], item[1][:, 1].min(), item[1][:, 0].min())):
            entry = {"image_id": image["id"], "category_id": category_id, "iscrowd": 0, "label": "", "origin": "found"}
            result.append(_described(entry, [polygon], coco.fill([polygon], (image["height"], image["width"]))))
    return result
