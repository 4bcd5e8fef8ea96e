"""Merge the shards' COCO files into one; where they are too many for one file, the index of shards stands for it."""

import argparse
import os
from pathlib import Path

from smearsynth import coco, structure
from smearsynth.errors import Problem, UserError, raise_all
from smearsynth.files import inside, read_json, write_json
from smearsynth.slides.shards import FIX, INDEX, changed


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's flags."""
    parser.add_argument("--index", type=Path, required=True, help="index of the shards, slides/shards.json of a run")
    parser.add_argument("--merge-limit", type=int, required=True, help="most slides in one file")
    parser.add_argument("--out", type=Path, required=True)


def run(args: argparse.Namespace) -> None:
    """Write ``instances.json``: no more slides are in memory than one file may hold."""
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
    merged = coco.merge([read_json(shard) for shard in shards], description=f"smearsynth: {total} slides")
    problems = coco.check(merged)
    if problems:
        raise UserError(problems)
    coco.write(args.out, merged)
