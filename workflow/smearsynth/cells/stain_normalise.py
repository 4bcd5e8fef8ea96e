"""Bring all pictures of the catalogue to one stain, measured on the training split; show it before and after."""

import argparse
import os
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from multiprocessing import get_context
from pathlib import Path, PurePosixPath

import numpy as np

from smearsynth import coco, files, images, progress
from smearsynth.cells import stain_figure, stain_transfer
from smearsynth.cells.stain_options import StainOptions
from smearsynth.cells.stain_tables import FALLBACKS, STATISTICS, Seen, alike, evenly, summary
from smearsynth.cells.stain_transfer import Statistics
from smearsynth.errors import UserError, unknown
from smearsynth.options import loads
from smearsynth.seeds import rng

SAMPLE = 2048
"""Stained pixels of a picture that are measured, at most: every picture has the same say."""


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the flags."""
    parser.add_argument("--options", required=True, help="JSON: cells.stain")
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--jobs", type=int, default=1, help="processes; the result does not depend on it")
    parser.add_argument("--merged", type=Path, required=True, help="catalogue with splits, as `merge` writes it")
    parser.add_argument("--out", type=Path, required=True, help="catalogue.json, the same cells in normalised pictures")
    parser.add_argument("--out-images", type=Path, required=True, help="folder of the normalised pictures, a folder a source")
    parser.add_argument("--statistics", type=Path, required=True, help="table of the stain of every source, before and after")
    parser.add_argument("--fallbacks", type=Path, required=True, help="table of what was not normalised as asked, and why")
    parser.add_argument("--figure", type=Path, required=True, help="PNG: training pictures of every source, before and after")


def run(args: argparse.Namespace) -> None:
    """Write the normalised pictures, their catalogue, the tables and the figure."""
    options = loads(StainOptions, args.options, where="cells.stain")
    if options.method == "none":
        raise UserError.of("cells.stain.method", "got none", "choose a method, or use the merged catalogue as it is")
    data = files.read_json(args.merged)
    cells: dict[int, list[dict]] = {image["id"]: [] for image in data["images"]}
    for cell in data["annotations"]:
        cells[cell["image_id"]].append(cell)
    places = [files.inside(args.merged.parent, image["file_name"], where=args.merged) for image in data["images"]]
    tasks = [(image, place, cells[image["id"]]) for image, place in zip(data["images"], places, strict=True)]

    before = list(_each(partial(_measure, seed=args.seed, options=options), tasks, args.jobs, "measured"))
    plan = decide(data["images"], before, options)
    figured = stain_figure.examples(data, seed=args.seed)
    with files.atomic_folder(args.out_images) as folder:
        for source in sorted({image["source"] for image in data["images"]}):
            (folder / source).mkdir()
        work = partial(_normalise, folder=folder, shown=frozenset(figured))
        jobs = [(task, seen, way) for task, seen, way in zip(tasks, before, plan.ways, strict=True)]
        done = list(_each(work, jobs, args.jobs, "normalised"))
    after = [seen for seen, _ in done]
    shown = {image["id"]: both for image, (_, both) in zip(data["images"], done, strict=True) if both is not None}
    images.write(args.figure, stain_figure.draw(figured, shown))
    files.write_tsv(args.statistics, STATISTICS, summary(data["images"], before, after, plan.name))
    files.write_tsv(args.fallbacks, FALLBACKS, plan.fallbacks)
    place = Path(os.path.relpath(args.out_images, args.out.parent))
    for image, way in zip(data["images"], plan.ways, strict=True):
        image |= {"file_name": (place / _name(image)).as_posix(), "stain": way.method}
    data["info"]["stain"] = {"method": options.method, "measured": options.measured, "reference": plan.name}
    files.write_json(args.out, data)
    counts = ", ".join(f"{number} {method}" for method, number in sorted(Counter(way.method for way in plan.ways).items()))
    print(f"{len(tasks)} pictures: {counts}; reference {plan.name}; {len(plan.fallbacks)} rows of fallbacks")


@dataclass(frozen=True)
class Way:
    """How one picture is normalised: by which method (``kept``: not at all), from which statistics to which."""

    method: str
    own: Statistics | None = None
    reference: Statistics | None = None


@dataclass(frozen=True)
class Plan:
    """The reference's source, a way for every picture, and the rows of what does not go as asked (columns `FALLBACKS`)."""

    name: str
    ways: list[Way]
    fallbacks: list[list]


def decide(pictures: list[dict], seen: list[Seen], options: StainOptions) -> Plan:
    """Measure the reference and every source or picture, and choose each picture's way.

    The reference, and what a source's pictures have in common, come from the training split alone.

    Parameters
    ----------
    pictures : list of dict
        The catalogue's images.
    seen : list of Seen
        What was seen of each.
    options : StainOptions

    Raises
    ------
    UserError
        If the reference does not exist or cannot be measured.
    """
    parts: dict[tuple[str, str], list[Seen]] = {}
    for image, one in zip(pictures, seen, strict=True):
        parts.setdefault((image["source"], image["split"]), []).append(one)
    if options.measured == "picture_light":
        parts = {place: _levelled(some) for place, some in parts.items()}
    known = sorted({source for source, _ in parts})
    if options.reference is not None and options.reference not in known:
        raise UserError(unknown("cells.stain.reference", options.reference, known, word="source"))
    name = options.reference or min(known, key=lambda source: (-len(parts.get((source, "train"), [])), source))
    theirs = parts.get((name, "train"), [])
    if not any(len(one.pixels) for one in theirs):
        what, fix = "no training pictures, or none with stained pixels", "name another source"
        raise UserError.of(f"cells.stain.reference: {name}", what, fix)
    if options.measured == "picture":
        return Plan(name, *_by_picture(pictures, seen, theirs, options.method))
    of_source, fallbacks = {}, []
    for source in known:
        of_source[source], whys = _by_source(
            parts.get((source, "train"), []), parts.get((source, "test"), []), theirs, options.method
        )
        fallbacks += [[source, None, options.method, of_source[source].method, why] for why in whys]
    ways = [of_source[image["source"]] for image in pictures]
    if options.measured == "picture_light":
        lit = zip(ways, seen, strict=True)
        ways = [replace(way, own=replace(way.own, empty=one.empty)) if way.own else way for way, one in lit]
    return Plan(name, ways, fallbacks)


def _levelled(seen: list[Seen]) -> list[Seen]:
    """Pixels of some pictures as they would look in the light that is in the middle of theirs."""
    middle = np.median([s.empty for s in seen], axis=0)
    return [replace(s, empty=middle, pixels=s.pixels * (middle / s.empty)) for s in seen]


def _by_source(train: list[Seen], test: list[Seen], theirs: list[Seen], method: str) -> tuple[Way, list[str]]:
    """The way of all pictures of a source, and what does not go as asked: the types that it shares with the reference are
    compared, each with the same say."""
    whys = []
    if not train:
        # Its own light and dyes are all there is; its labels only choose what is compared.
        train = test
        whys.append("no training pictures: measured on those of test")
    kinds = alike(train, theirs)
    if kinds:
        own, other = (_pooled(some, evenly(some, kinds), method) for some in (train, theirs))
    else:
        own, other = (_pooled(some, np.concatenate([s.pixels for s in some]), method) for some in (train, theirs))
        whys.append("no type in common with the reference: measured on all of its types")
    way, why = _way(own, other, method)
    return way, [*whys, why] if why else whys


def _by_picture(pictures: list[dict], seen: list[Seen], theirs: list[Seen], method: str) -> tuple[list[Way], list[list]]:
    """The way of each picture by its own statistics to what the reference's pictures have in common, and the fallbacks."""
    pooled = _pooled(theirs, np.concatenate([s.pixels for s in theirs]), method)
    each = [part for s in theirs if (part := _pooled([s], s.pixels, "reinhard"))]
    if pooled is None or not each:
        return [Way("kept") for _ in pictures], [[None, None, method, "kept", "the reference has too few stained pixels"]]
    reference = replace(stain_transfer.common(each), dyes=pooled.dyes, strongest=pooled.strongest, fault=pooled.fault)
    ways, fallbacks = [], []
    for image, one in zip(pictures, seen, strict=True):
        way, why = _way(_pooled([one], one.pixels, method), reference, method)
        ways.append(way)
        if why:
            fallbacks.append([image["source"], image["original"], method, way.method, why])
    return ways, fallbacks


def _way(own: Statistics | None, reference: Statistics | None, method: str) -> tuple[Way, str]:
    """A way, and why it is not the one asked for."""
    if own is None or reference is None:
        return Way("kept"), f"fewer than {stain_transfer.LEAST_PIXELS} stained pixels"
    if method == "macenko" and (own.dyes is None or reference.dyes is None):
        return Way("reinhard", own, reference), own.fault or f"in the reference: {reference.fault}"
    return Way(method, own, reference), ""


def _pooled(seen: list[Seen], pixels: np.ndarray, method: str) -> Statistics | None:
    """Statistics of pixels of some pictures on the median of the pictures' empty smears."""
    empty = np.median([s.empty for s in seen], axis=0)
    return stain_transfer.statistics(pixels, empty, dyes=method == "macenko")


def _measure(task: tuple[dict, Path, list[dict]], *, seed: int, options: StainOptions) -> Seen:
    """The empty smear of a picture and a sample of its stained pixels."""
    image, path, cells = task
    # What a finder saw besides is there in some sources and not in others.
    kinds = Counter(cell["category_id"] for cell in [c for c in cells if "named" in c] or cells)
    kind = min(kinds, key=lambda k: (-kinds[k], k))
    picture = images.read(path)
    empty = stain_transfer.empty_smear(picture)
    mask = stain_transfer.stained(picture, empty)
    if options.pixels == "cells":
        outlines = [coco.from_flat(flat) for cell in cells if cell["category_id"] == kind for flat in cell["segmentation"]]
        mask &= coco.fill(outlines, mask.shape)
    at = np.flatnonzero(mask)
    if len(at) > SAMPLE:
        random = rng(seed, "cells", "stain", image["source"], image["original"])
        at = np.sort(random.choice(at, SAMPLE, replace=False, shuffle=False))
    return Seen(empty, picture.reshape(-1, 3)[at], at, kind)


def _normalise(
    task: tuple[tuple[dict, Path, list[dict]], Seen, Way], *, folder: Path, shown: frozenset[int]
) -> tuple[Seen, tuple[np.ndarray, np.ndarray] | None]:
    """Write one picture; what is seen of it now, at the same pixels, and the figure's view of it."""
    (image, path, _), seen, way = task
    picture = images.read(path)
    result = picture
    if way.own is not None and way.reference is not None:
        result = stain_transfer.transfer(picture, way.own, way.reference, way.method)
    # Not synced one by one: the folder is renamed as a whole.
    (folder / _name(image)).write_bytes(images.encode_png(result))
    now = replace(seen, empty=stain_transfer.empty_smear(result), pixels=result.reshape(-1, 3)[seen.at])
    return now, (stain_figure.view(picture), stain_figure.view(result)) if image["id"] in shown else None


def _name(image: dict) -> str:
    """A picture's file below the folder of normalised pictures."""
    return f"{image['source']}/{PurePosixPath(image['file_name']).name}"


def _each(work: Callable, tasks: list, jobs: int, told: str) -> Iterator:
    """Results in the order of the tasks, from one process or several."""
    bar = partial(progress.shown, total=len(tasks), told=told, unit="picture")
    if jobs <= 1 or len(tasks) < 32:
        yield from bar(map(work, tasks))
        return
    with ProcessPoolExecutor(jobs, mp_context=get_context("spawn")) as pool:
        yield from bar(pool.map(work, tasks, chunksize=16))
