"""Read one source of cells: copy its pictures, check its outlines, set aside what cannot be used."""

import argparse
import json
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from hashlib import sha256
from multiprocessing import get_context
from pathlib import Path, PurePosixPath

import cv2
import numpy as np

from smearsynth import coco, files, images, progress
from smearsynth.cells import names, set_aside
from smearsynth.cells.options import SourceOptions
from smearsynth.cells.polygons import checked, from_run_lengths
from smearsynth.cells.set_aside import SetAside
from smearsynth.cells.sources import READERS
from smearsynth.cells.sources.records import GivenCell, GivenPicture
from smearsynth.errors import Problem, UserError, raise_all
from smearsynth.options import loads
from smearsynth.seeds import entropy
from smearsynth.taxonomy import Taxonomy, key


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the flags."""
    parser.add_argument("--options", required=True, help="JSON: one entry of cells.sources")
    parser.add_argument("--taxonomy", required=True, help="JSON: the taxonomy section")
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--data", type=Path, default=Path("."), help="data folder, to which the entry's paths are relative")
    parser.add_argument("--jobs", type=int, default=1, help="processes; the result does not depend on it")
    parser.add_argument("--out-images", type=Path, required=True, help="folder of the pictures as PNG")
    parser.add_argument("--out", type=Path, required=True, help="COCO file beside that folder")
    parser.add_argument("--set-aside", type=Path, required=True, help="table of what cannot be used, and why")
    parser.add_argument("--names", type=Path, help="table of the source's own names of its cells, with how many were found")


def run(args: argparse.Namespace) -> None:
    """Write the pictures, their cells and the table of what was set aside."""
    entry = loads(SourceOptions, args.options, where="cells.sources")
    taxonomy = Taxonomy.from_config(json.loads(args.taxonomy))
    _check_types(entry, taxonomy)
    planned, rows = READERS[entry.reader].plan(entry, args.data, taxonomy)
    pictures, faults = choose(planned, entry, taxonomy, args.seed)
    rows += faults
    stored = safe_names([picture.original for picture in pictures])
    made = []
    with files.atomic_folder(args.out_images) as folder:
        work = partial(_prepare, entry=entry, taxonomy=taxonomy, seed=args.seed, folder=folder)
        tasks = [(picture, stored[picture.original]) for picture in pictures]
        for done, faults in progress.shown(_each(work, tasks, args.jobs), total=len(tasks), told=entry.name, unit="picture"):
            rows += faults
            if done is not None:
                made.append(done)
        kept = sum(len(done.cells) for done in made)
        set_aside.check_share(rows, kept, entry.max_set_aside, where=f"cells.sources: {entry.name}")
    files.write_json(args.out, _as_coco(made, entry, taxonomy, args.out_images.name))
    set_aside.write(args.set_aside, rows)
    if args.names:
        names.write(args.names, names.counted(own_names(planned, made), entry, taxonomy))
    counts = Counter(row.status for row in set(rows))
    told = ", ".join(f"{counts[status]} {status}" for status in set_aside.STATUSES if counts[status])
    print(f"{entry.name}: {kept} cells in {len(made)} pictures" + (f"; rows set aside: {told}" if told else ""))


@dataclass(frozen=True)
class Prepared:
    """A picture that was written, and its cells as COCO annotations without ids."""

    image: dict
    cells: tuple[dict, ...]


def choose(
    pictures: list[GivenPicture], entry: SourceOptions, taxonomy: Taxonomy, seed: int
) -> tuple[list[GivenPicture], list[SetAside]]:
    """Give every cell its type, leave out what the options drop, and keep at most ``limit_per_type`` by hash.

    The hash of a cell is its own, so that adding pictures never changes the order among those that were there.
    """
    dropped = set(map(key, entry.drop))
    rows: list[SetAside] = []
    typed: list[tuple[GivenPicture, GivenCell]] = []
    for picture in pictures:
        for cell in picture.cells:
            where = (entry.name, picture.original, cell.label)
            if key(cell.type_name) in dropped:
                rows.append(SetAside(*where, "chosen", f"type {cell.type_name!r} is dropped", "take it out of drop to keep it"))
                continue
            found = names.type_of(entry, taxonomy, cell.type_name)
            category_id = cell.category_id or (found.id if found else None)
            if category_id is None:
                fix = "add it to the taxonomy, map it with names or types, or name it in drop"
                rows.append(SetAside(*where, "bad", f"type {cell.type_name!r} is not in the taxonomy", fix))
                continue
            typed.append((picture, replace(cell, category_id=category_id)))
    if entry.limit_per_type is not None:
        by_type: dict[int | None, list[tuple[int, GivenPicture, GivenCell]]] = {}
        for picture, cell in typed:
            order = entropy(seed, "cells", "limit", entry.name, picture.original, cell.label)
            by_type.setdefault(cell.category_id, []).append((order, picture, cell))
        typed = []
        for group in by_type.values():
            group.sort(key=lambda item: item[0])
            typed += [(picture, cell) for _, picture, cell in group[: entry.limit_per_type]]
            what, fix = f"beyond limit_per_type = {entry.limit_per_type}", "raise limit_per_type to keep it"
            rows += [SetAside(entry.name, p.original, c.label, "chosen", what, fix) for _, p, c in group[entry.limit_per_type :]]
    cells: dict[str, list[GivenCell]] = {}
    for picture, cell in typed:
        cells.setdefault(picture.original, []).append(cell)
    chosen = [replace(p, cells=tuple(sorted(cells[p.original], key=_label))) for p in pictures if p.original in cells]
    return sorted(chosen, key=lambda picture: picture.original), rows


def own_names(planned: list[GivenPicture], made: list[Prepared]) -> list[str]:
    """The source's own name of each of its cells, those included that cannot be used or are left out."""
    known = {(picture.original, cell.label) for picture in planned for cell in picture.cells}
    # Whole neighbours of a drawn cell are known only when it is drawn.
    more = [cell["named"] for done in made for cell in done.cells if (done.image["original"], cell["label"]) not in known]
    return [cell.type_name for picture in planned for cell in picture.cells] + more


def safe_names(originals: Iterable[str]) -> dict[str, str]:
    """A file name for every picture: its own name in plain letters, with a digest where two would be the same."""
    originals = list(originals)
    plain = {o: re.sub(r"[^A-Za-z0-9._-]+", "_", PurePosixPath(o).with_suffix("").as_posix()).strip("._") for o in originals}
    times = Counter(name.casefold() for name in plain.values())
    result = {}
    for original, name in plain.items():
        if not name or len(name) > 200 or times[name.casefold()] > 1:
            name = f"{name[:200] or 'picture'}_{sha256(original.encode()).hexdigest()[:10]}"
        result[original] = f"{name}.png"
    return result


def _label(cell: GivenCell) -> tuple[int, str]:
    """Order of the cells of a picture: numbers by value, then texts."""
    return (int(cell.label), "") if cell.label.isdecimal() and len(cell.label) < 19 else (2**62, cell.label)


def _check_types(entry: SourceOptions, taxonomy: Taxonomy) -> None:
    """Types that the entry names must be in the taxonomy."""
    named = [("types", n) for n in entry.types.values()] + [("category_ids", n) for n in entry.category_ids.values()]
    named += [("counts", name) for name in entry.counts]
    known = ", ".join(t.name for t in taxonomy.types)
    raise_all(
        Problem(f"cells.sources: {entry.name}: {where}", f"no cell type {name!r} in the taxonomy", f"use one of {known}")
        for where, name in named
        if taxonomy.find(name) is None
    )


def _each(work: Callable, tasks: list, jobs: int) -> Iterator:
    """Results in the order of the tasks, from one process or several."""
    if jobs <= 1 or len(tasks) < 32:
        yield from map(work, tasks)
        return
    with ProcessPoolExecutor(jobs, mp_context=get_context("spawn")) as pool:
        yield from pool.map(work, tasks, chunksize=16)


def _prepare(
    task: tuple[GivenPicture, str], *, entry: SourceOptions, taxonomy: Taxonomy, seed: int, folder: Path
) -> tuple[Prepared | None, list[SetAside]]:
    """Decode one picture, check its cells, write it; None if nothing of it can be used."""
    picture, name = task
    try:
        pixels, cells = READERS[entry.reader].load(picture, entry, seed)
        height, width = pixels.shape[:2]
        if picture.size not in (None, (height, width)):
            what = f"has {width} × {height} pixels, but its annotation says {picture.size[1]} × {picture.size[0]}"
            raise UserError.of(picture.original, what, "give the picture that was annotated, or correct width and height")
    except UserError as error:
        fault = error.problems[0]
        return None, [SetAside(entry.name, picture.original, "", "bad", fault.what, fault.fix, max(1, len(picture.cells)))]
    annotations: list[dict] = []
    rows: list[SetAside] = []
    out = tuple(max(1, round(side * entry.scale)) for side in (height, width))
    for cell in cells:
        where = (entry.name, picture.original, cell.label)
        try:
            annotation, mended = _annotation(cell, (height, width), out, taxonomy)
        except UserError as error:
            rows += [SetAside(*where, "bad", problem.what, problem.fix) for problem in error.problems]
            continue
        annotations.append(annotation)
        if mended:
            rows.append(SetAside(*where, "mended", mended, "look at the outline; draw it anew if that is not what you want"))
    if not annotations:
        return None, rows
    digest = files.sha256(picture.path) if picture.path else sha256(pixels.tobytes()).hexdigest()
    if out != (height, width):
        pixels = cv2.resize(pixels, out[::-1], interpolation=cv2.INTER_AREA if entry.scale < 1 else cv2.INTER_CUBIC)
    # Not synced one by one: the folder is renamed as a whole, last of all.
    (folder / name).write_bytes(images.encode_png(pixels))
    image = {"file_name": name, "width": out[1], "height": out[0], "source": entry.name}
    image |= {"original": picture.original, "sha256": digest}
    patient = _patient(picture, entry, rows)
    if patient is not None:
        image["patient"] = patient
    if entry.um_per_px:
        image["um_per_px"] = entry.um_per_px / entry.scale
    return Prepared(image, tuple(annotations)), rows


def _patient(picture: GivenPicture, entry: SourceOptions, rows: list[SetAside]) -> str | None:
    """Patient or slide of a picture, as far as its source tells."""
    if entry.group_column:
        found = picture.group
    elif entry.group:
        match = re.search(entry.group, picture.original)
        found = match.group(1) if match else None
    else:
        return None
    if found is None:
        what = "no patient or slide is known: grouped by its duplicates alone"
        rows.append(SetAside(entry.name, picture.original, "", "mended", what, "correct group or group_column, or add the value"))
    return found


def _annotation(cell: GivenCell, shape: tuple[int, int], out: tuple[int, int], taxonomy: Taxonomy) -> tuple[dict, str | None]:
    """A cell as an annotation in the resampled picture, and what was mended."""
    category_id = cell.category_id or taxonomy[cell.type_name].id
    factor = np.array([out[1] / shape[1], out[0] / shape[0]])
    done: list[tuple[np.ndarray, str | None]]
    if cell.run_lengths:
        done = [(polygon, None) for polygon in from_run_lengths(cell.run_lengths, shape)]
    elif cell.traced:
        done = [(polygon, None) for polygon in cell.polygons]
    else:
        done = [checked(polygon, shape) for polygon in cell.polygons]
    mended = next((what for _, what in done if what), None)
    # Integer coordinates are pixel centres: the border of pixel 0 lies at -0.5.
    polygons = [(polygon + 0.5) * factor - 0.5 for polygon, _ in done]
    result: dict = {"category_id": category_id, "iscrowd": 0, "label": cell.label, "named": cell.type_name}
    prompt = None if cell.prompt is None else _prompt(cell.prompt, shape, factor)
    if polygons:
        mask = coco.fill(polygons, out)
        result |= {"bbox": coco.box(mask), "area": float(np.count_nonzero(mask))}
    else:
        box = prompt or [0.0, 0.0, float(out[1]), float(out[0])]
        result |= {"bbox": box, "area": box[2] * box[3]}
    result |= {"segmentation": [coco.to_flat(polygon) for polygon in polygons], "origin": cell.origin}
    if prompt:
        result["prompt"] = prompt
    if cell.nucleus is not None and cell.nucleus.any():
        nucleus: np.ndarray = cell.nucleus.astype(np.uint8)
        if out != shape:
            nucleus = cv2.resize(nucleus, out[::-1], interpolation=cv2.INTER_NEAREST)
        result["nucleus"] = coco.encode(nucleus.astype(bool))
    return result, mended


def _prompt(box: tuple[float, float, float, float], shape: tuple[int, int], factor: np.ndarray) -> list[float]:
    """A given box, cut to its picture and resampled; a `UserError` if it lies outside."""
    x, y, width, height = box
    left, top, right, bottom = max(x, 0.0), max(y, 0.0), min(x + width, float(shape[1])), min(y + height, float(shape[0]))
    if (right - left) * (bottom - top) < 0.8 * width * height or right <= left or bottom <= top:
        what = f"a box {list(box)} that lies outside its picture of {shape[1]} × {shape[0]} pixels"
        raise UserError.of("", what, "correct the bbox: [x, y, width, height] in pixels of this picture")
    scaled = [left * factor[0], top * factor[1], (right - left) * factor[0], (bottom - top) * factor[1]]
    return [round(float(value), 2) for value in scaled]


def _as_coco(made: list[Prepared], entry: SourceOptions, taxonomy: Taxonomy, folder: str) -> dict:
    """All pictures and cells of a source as one COCO file."""
    pictures: list[dict] = []
    annotations: list[dict] = []
    for image_id, done in enumerate(made, 1):
        pictures.append({"id": image_id, **done.image, "file_name": f"{folder}/{done.image['file_name']}"})
        annotations += [{"id": len(annotations) + i, "image_id": image_id, **cell} for i, cell in enumerate(done.cells, 1)]
    return {
        "info": {"description": f"Cells of source {entry.name}"},
        "licenses": [],
        "images": pictures,
        "annotations": annotations,
        "categories": taxonomy.categories(),
    }
