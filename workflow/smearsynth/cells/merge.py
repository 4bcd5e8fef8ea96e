"""Merge the sources into one catalogue: corrections, duplicates, groups, splits, folds, manifest, report."""

import argparse
import json
import os
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from smearsynth import files
from smearsynth.cells import corrections, names, set_aside
from smearsynth.cells.grouping import Look, drop_exact, group, look
from smearsynth.cells.options import CatalogueOptions
from smearsynth.cells.set_aside import SetAside
from smearsynth.cells.sources import held_out_files
from smearsynth.cells.splits import folds, split
from smearsynth.coco import merge
from smearsynth.errors import UserError
from smearsynth.options import loads
from smearsynth.taxonomy import Taxonomy


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the flags."""
    parser.add_argument("--options", required=True, help="JSON: cells.catalogue")
    parser.add_argument("--taxonomy", required=True, help="JSON: the taxonomy section")
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--data", type=Path, default=Path("."), help="data folder, for hold_out and corrections")
    parser.add_argument("--jobs", type=int, default=1, help="threads; the result does not depend on it")
    parser.add_argument("--outlined", type=Path, nargs="+", required=True, help="outlined.json of every source")
    parser.add_argument("--set-aside", type=Path, nargs="*", default=[], help="set_aside.tsv of the steps before")
    parser.add_argument("--out", type=Path, required=True, help="catalogue.json")
    parser.add_argument("--report", type=Path, required=True, help="table of everything that was set aside, and why")
    parser.add_argument("--counts", type=Path, help="table of cells by type, split and fold")
    parser.add_argument("--found", type=Path, nargs="*", default=[], help="names.tsv of every source, for --names")
    parser.add_argument("--names", type=Path, help="table of the sources' own names: cells found, set aside, kept")
    parser.add_argument("--manifest", type=Path, required=True, help="table of pictures with group, split, fold and SHA-256")


def run(args: argparse.Namespace) -> None:
    """Write the catalogue, its manifest, the counts and the report."""
    options = loads(CatalogueOptions, args.options, where="cells.catalogue")
    taxonomy = Taxonomy.from_config(json.loads(args.taxonomy))
    parts = read_parts(args.outlined, args.out.parent)
    before = [row for path in args.set_aside for row in set_aside.read(path)]
    rows: list[SetAside] = []
    if options.corrections:
        path = args.data / options.corrections
        already = {(row.source, row.file) for row in before}
        told = corrections.read(path, taxonomy)
        rows += corrections.apply(told, parts, already, taxonomy, where=options.corrections)
    data = merge([parts[name] for name in sorted(parts)], description="Cells of all sources, by type, group, split and fold")
    data["categories"] = taxonomy.categories()
    rows += without_outline(data)
    held = held_out_files(options, args.data)
    with ThreadPoolExecutor(args.jobs) as pool:
        looks = list(pool.map(look, [args.out.parent / image["file_name"] for image in data["images"]]))
        held_looks = list(pool.map(look, held))
    rows += drop_exact(data, looks)
    rows += too_few(data, taxonomy, options.min_per_type)
    looks = only_with_cells(data, looks)
    kept = len(data["annotations"])
    set_aside.check_share(rows, kept, options.max_set_aside, where="cells.catalogue")

    groups, always_test, faults = group(data, looks, held_looks, options, args.jobs)
    rows += faults
    assign(data, groups, always_test, taxonomy, options, args.seed)
    columns = ["file", "source", "original", "group", "split", "fold", "sha256"]
    table = [[image["file_name"], *(image[column] for column in columns[1:])] for image in data["images"]]
    files.write_tsv(args.manifest, columns, table)
    data["info"]["manifest_sha256"] = files.sha256(args.manifest)
    renumber(data)
    if args.counts:
        files.write_tsv(args.counts, *count(data, taxonomy))
    if args.names:
        found = [row for path in args.found for row in names.read(path)]
        names.write(args.names, names.followed(found, data, taxonomy))
    set_aside.write(args.report, before + rows)
    files.write_json(args.out, data)
    print(
        f"{kept} cells in {len(data['images'])} pictures, {len(set(groups))} groups; {len(set(before + rows))} rows in the report"
    )


def read_parts(paths: list[Path], folder: Path) -> dict[str, dict]:
    """The sources' COCO files by source, with picture names relative to the catalogue's folder."""
    parts: dict[str, dict] = {}
    for path in paths:
        content = files.read_json(path)
        here = Path(os.path.relpath(path.parent, folder))
        for image in content["images"]:
            files.inside(path.parent, image["file_name"], where=path)
            image["file_name"] = (here / image["file_name"]).as_posix()
        name = content["images"][0]["source"] if content["images"] else path.parent.name
        if name in parts:
            raise UserError.of(str(path), f"source {name} stands more than once", "give every source its own name")
        parts[name] = content
    return parts


def without_outline(data: dict) -> list[SetAside]:
    """Take out the cells whose outline was not found."""
    images = {image["id"]: image for image in data["images"]}
    kept, rows = [], []
    for annotation in data["annotations"]:
        if annotation["segmentation"]:
            kept.append(annotation)
            continue
        image = images[annotation["image_id"]]
        fix = "outline it by hand, give a box, or remove the picture by a correction"
        where = (image["source"], image["original"], annotation.get("label", ""))
        rows.append(SetAside(*where, "bad", "no outline was found", fix))
    data["annotations"] = kept
    return rows


def too_few(data: dict, taxonomy: Taxonomy, least: int) -> list[SetAside]:
    """Take out the types with fewer than `least` cells (thesis 4.1)."""
    images = {image["id"]: image for image in data["images"]}
    number = Counter(annotation["category_id"] for annotation in data["annotations"])
    rare = {category_id for category_id, cells in number.items() if cells < least}
    rows = []
    for annotation in data["annotations"]:
        if annotation["category_id"] in rare:
            image = images[annotation["image_id"]]
            cell_type = taxonomy[annotation["category_id"]]
            what = f"type {cell_type.name} has {number[cell_type.id]} cells, fewer than min_per_type = {least}"
            where = (image["source"], image["original"], annotation.get("label", str(annotation["id"])))
            rows.append(SetAside(*where, "chosen", what, "add pictures of this type, or lower min_per_type"))
    data["annotations"] = [a for a in data["annotations"] if a["category_id"] not in rare]
    return rows


def only_with_cells(data: dict, looks: list[Look]) -> list[Look]:
    """Take out the pictures that have no cell left; returns the looks of the others."""
    used = {annotation["image_id"] for annotation in data["annotations"]}
    pairs = [(image, seen) for image, seen in zip(data["images"], looks, strict=True) if image["id"] in used]
    data["images"] = [image for image, _ in pairs]
    return [seen for _, seen in pairs]


def assign(
    data: dict, groups: list[str], always_test: set[str], taxonomy: Taxonomy, options: CatalogueOptions, seed: int
) -> None:
    """Give every picture its group, split and fold, and order its keys as the catalogue has them."""
    of_image = {image["id"]: name for image, name in zip(data["images"], groups, strict=True)}
    cells: dict[str, Counter] = {name: Counter() for name in groups}
    for annotation in data["annotations"]:
        cells[of_image[annotation["image_id"]]][taxonomy[annotation["category_id"]].name] += 1
    sides = split({n: set(c) for n, c in cells.items()}, test_share=options.test_share, seed=seed, held=always_test)
    halves = folds({name: cells[name] for name in cells if sides[name] == "train"}, seed=seed)
    for image, name in zip(data["images"], groups, strict=True):
        image |= {"group": name, "split": sides[name], "fold": halves.get(name)}


def renumber(data: dict) -> None:
    """Make the ids of pictures and cells dense again, from 1, in their order."""
    new = {image["id"]: number for number, image in enumerate(data["images"], 1)}
    for image in data["images"]:
        image["id"] = new[image["id"]]
    for number, annotation in enumerate(data["annotations"], 1):
        annotation |= {"id": number, "image_id": new[annotation["image_id"]]}


def count(data: dict, taxonomy: Taxonomy) -> tuple[list[str], list[list]]:
    """Columns and rows of the counts: every type of the taxonomy, those without a cell too."""
    images = {image["id"]: image for image in data["images"]}
    columns = ["type", "kind", "category_id", "cells", "train", "test", "fold_0", "fold_1", "pictures", "groups"]
    rows: list[list] = []
    for cell_type in taxonomy.types:
        own = [images[a["image_id"]] for a in data["annotations"] if a["category_id"] == cell_type.id]
        splits, halves = Counter(image["split"] for image in own), Counter(image["fold"] for image in own)
        numbers = [len(own), splits["train"], splits["test"], halves[0], halves[1]]
        distinct = [len({image["id"] for image in own}), len({image["group"] for image in own})]
        rows.append([cell_type.name, cell_type.kind, cell_type.id, *numbers, *distinct])
    return columns, rows
