"""Merge the shards' COCO files into one; where they are too many for one file, the index of shards stands for it."""

import argparse
import os
from collections.abc import Iterator, Sequence
from pathlib import Path

from smearsynth import coco, structure
from smearsynth.errors import Problem, raise_all
from smearsynth.files import atomic, inside, read_json, write_json
from smearsynth.slides.shards import FIX, INDEX, changed


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's flags."""
    parser.add_argument("--index", type=Path, required=True, help="index of the shards, slides/shards.json of a run")
    parser.add_argument("--merge-limit", type=int, required=True, help="most slides in one file")
    parser.add_argument("--out", type=Path, required=True)


def run(args: argparse.Namespace) -> None:
    """Write ``instances.json``: one shard is in memory while the next is read."""
    index = structure.read(args.index, INDEX, fix=FIX)
    shards = [inside(args.index.parent, entry["file"], where=args.index) for entry in index["shards"]]
    total = sum(entry["images"] for entry in index["shards"])
    if total > args.merge_limit:
        entries = [
            {**entry, "file": Path(os.path.relpath(shard, args.out.parent)).as_posix()}
            for entry, shard in zip(index["shards"], shards, strict=True)
        ]
        write_json(args.out, {**index, "shards": entries}, indent=1)
        return
    fix = "snakemake slides_verify tells what is damaged, and how it is made anew"
    raise_all(
        Problem(str(shard), wrong, fix)
        for entry, shard in zip(index["shards"], shards, strict=True)
        if (wrong := changed(shard, entry["sha256"]))
    )
    with atomic(args.out) as path, open(path, "w", encoding="utf-8") as file:
        file.writelines(coco.merged(Shards(shards), description=f"smearsynth: {total} slides"))


class Shards:
    """The content of shards, one at a time; what is wrong with any of them is told at once, at the latest after the last."""

    def __init__(self, files: Sequence[Path]):
        self._files = files

    def __iter__(self) -> Iterator[dict]:
        problems: list[Problem] = []
        categories = None
        for file in self._files:
            data = read_json(file)
            found = [Problem(f"{file}: {one.where}", one.what, one.fix) for one in coco.check(data)]
            if not found and data["categories"] != (categories := categories or data["categories"]):
                found = [Problem(str(file), "its categories are not those of the shards before", "draw all with one taxonomy")]
            problems += found
            if not problems:
                yield data
        raise_all(problems)
