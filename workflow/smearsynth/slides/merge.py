"""Merge the shards' COCO files into one, or into an index of shards where they are too many."""

import argparse
from pathlib import Path

from smearsynth import coco
from smearsynth.errors import UserError
from smearsynth.files import read_json, write_json
from smearsynth.slides.shards import index, listed


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's flags."""
    what = "COCO files of the shards, in order; or their folder, with --count: a command line holds some thousand names at most"
    parser.add_argument("--shards", type=Path, nargs="+", required=True, help=what)
    parser.add_argument("--count", type=int, help="of a folder the first so many files, by their numbers")
    parser.add_argument("--merge-limit", type=int, required=True, help="most slides in one file")
    parser.add_argument("--out", type=Path, required=True)


def run(args: argparse.Namespace) -> None:
    """Write ``instances.json``."""
    shards = args.shards if args.count is None else listed(args.shards[0], args.count)
    parts: list[dict] = []
    total = 0
    for shard in shards:
        parts.append(read_json(shard))
        total += len(parts[-1]["images"])
        # No more is kept in memory than one file may hold.
        if total > args.merge_limit:
            write_json(args.out, index(shards, args.out.parent), indent=1)
            return
    merged = coco.merge(parts, description=f"smearsynth: {total} slides")
    problems = coco.check(merged)
    if problems:
        raise UserError(problems)
    coco.write(args.out, merged)
