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
from tqdm import tqdm

from smearsynth import coco, files, images
from smearsynth.cells import stain_figure, stain_transfer
from smearsynth.cells.stain_options import StainOptions
from smearsynth.cells.stain_tables import FALLBACKS, STATISTICS, Seen, summary
from smearsynth.cells.stain_transfer import Statistics
from smearsynth.errors import UserError, raise_all, unknown
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
    outlines: dict[int, list] = {image["id"]: [] for image in data["images"]}
    if options.pixels == "cells":
        for cell in data["annotations"]:
            outlines[cell["image_id"]] += [coco.from_flat(flat) for flat in cell["segmentation"]]
    tasks = [(image, args.merged.parent / image["file_name"], outlines[image["id"]]) for image in data["images"]]

    before = list(_each(partial(_measure, seed=args.seed, options=options), tasks, args.jobs, "measured"))
    plan = decide(data["images"], before, options)
    figured = stain_figure.examples(data, seed=args.seed)
    with files.atomic_folder(args.out_images) as folder:
        for source in sorted({image["source"] for image in data["images"]}):
            (folder / source).mkdir()
        work = partial(_normalise, folder=folder, reference=plan.reference, shown=frozenset(figured))
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
    """How one picture is normalised: by which method (``kept``: not at all), and from which statistics."""

    method: str
    own: Statistics | None


@dataclass(frozen=True)
class Plan:
    """The reference, a way for every picture, and the rows of what does not go as asked (columns `FALLBACKS`)."""

    name: str
    reference: Statistics
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
    train = Counter(image["source"] for image in pictures if image["split"] == "train")
    known = sorted({image["source"] for image in pictures})
    if options.reference is not None:
        raise_all([unknown("cells.stain.reference", options.reference, known, word="source")][options.reference in known :])
    name = options.reference or min(known, key=lambda source: (-train[source], source))
    macenko = options.method == "macenko"
    of_source: dict[str, Statistics | None] = {}
    fallbacks: list[list] = []
    for source in known:
        own = [s for image, s in zip(pictures, seen, strict=True) if (image["source"], image["split"]) == (source, "train")]
        if not own and options.measured == "source":
            # Without training pictures its own light and dyes are all there is; its labels play no part.
            own = [s for image, s in zip(pictures, seen, strict=True) if image["source"] == source]
            fallbacks.append(
                [source, None, options.method, options.method, "no training pictures: measured on its test pictures"]
            )
        of_source[source] = _pooled(own, dyes=macenko)
    reference = of_source[name] if train[name] else None
    if reference is None or (macenko and reference.dyes is None):
        what = reference.fault if reference else "no training pictures, or none with stained pixels"
        raise UserError.of(f"cells.stain.reference: {name}", what, "name another source, or choose method reinhard")
    if options.measured == "picture":
        own = [s for image, s in zip(pictures, seen, strict=True) if (image["source"], image["split"]) == (name, "train")]
        typical = stain_transfer.common([part for s in own if (part := _pooled([s], dyes=False))])
        reference = replace(typical, dyes=reference.dyes, strongest=reference.strongest)

    ways = []
    told = set()
    for image, one in zip(pictures, seen, strict=True):
        whole = options.measured == "source"
        way, why = _way(of_source[image["source"]] if whole else _pooled([one], dyes=macenko), options.method)
        ways.append(way)
        place = (image["source"], None if whole else image["original"])
        if why and place not in told:
            told.add(place)
            fallbacks.append([*place, options.method, way.method, why])
    return Plan(name, reference, ways, fallbacks)


def _way(own: Statistics | None, method: str) -> tuple[Way, str]:
    """A way, and why it is not the one asked for."""
    if own is None:
        return Way("kept", None), f"fewer than {stain_transfer.LEAST_PIXELS} stained pixels"
    if method == "macenko" and own.dyes is None:
        return Way("reinhard", own), own.fault
    return Way(method, own), ""


def _pooled(seen: list[Seen], *, dyes: bool) -> Statistics | None:
    """Statistics of the pictures' pixels together, on the median of their empty smears."""
    told = [s for s in seen if len(s.pixels)]
    if not told:
        return None
    empty = np.median([s.empty for s in told], axis=0)
    return stain_transfer.statistics(np.concatenate([s.pixels for s in told]), empty, dyes=dyes)


def _measure(task: tuple[dict, Path, list], *, seed: int, options: StainOptions) -> Seen:
    """The empty smear of a picture and a sample of its stained pixels."""
    image, path, outlines = task
    picture = images.read(path)
    empty = stain_transfer.empty_smear(picture)
    mask = stain_transfer.stained(picture, empty)
    if options.pixels == "cells":
        mask &= coco.fill(outlines, mask.shape)
    at = np.flatnonzero(mask)
    if len(at) > SAMPLE:
        random = rng(seed, "cells", "stain", image["source"], image["original"])
        at = np.sort(random.choice(at, SAMPLE, replace=False, shuffle=False))
    return Seen(empty, picture.reshape(-1, 3)[at], at)


def _normalise(
    task: tuple[tuple[dict, Path, list], Seen, Way], *, folder: Path, reference: Statistics, shown: frozenset[int]
) -> tuple[Seen, tuple[np.ndarray, np.ndarray] | None]:
    """Write one picture; what is seen of it now, at the same pixels, and the figure's view of it."""
    (image, path, _), seen, way = task
    picture = images.read(path)
    result = picture if way.own is None else stain_transfer.transfer(picture, way.own, reference, way.method)
    # Not synced one by one: the folder is renamed as a whole.
    (folder / _name(image)).write_bytes(images.encode_png(result))
    now = Seen(stain_transfer.empty_smear(result), result.reshape(-1, 3)[seen.at], seen.at)
    return now, (stain_figure.view(picture), stain_figure.view(result)) if image["id"] in shown else None


def _name(image: dict) -> str:
    """A picture's file below the folder of normalised pictures."""
    return f"{image['source']}/{PurePosixPath(image['file_name']).name}"


def _each(work: Callable, tasks: list, jobs: int, told: str) -> Iterator:
    """Results in the order of the tasks, from one process or several."""
    bar = partial(tqdm, total=len(tasks), desc=told, mininterval=5, disable=None)
    if jobs <= 1 or len(tasks) < 32:
        yield from bar(map(work, tasks))
        return
    with ProcessPoolExecutor(jobs, mp_context=get_context("spawn")) as pool:
        yield from bar(pool.map(work, tasks, chunksize=16))
