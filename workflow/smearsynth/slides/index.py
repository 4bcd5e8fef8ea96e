"""Record what a run's shards were when they were made, so that what is damaged later is found."""

import argparse
from pathlib import Path

from smearsynth.files import write_json
from smearsynth.slides.shards import index, listed


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's flags."""
    parser.add_argument("--shards", type=Path, required=True, help="folder of the shards' COCO files")
    parser.add_argument("--count", type=int, required=True, help="so many of them, by their numbers")
    parser.add_argument("--out", type=Path, required=True)


def run(args: argparse.Namespace) -> None:
    """Write the index: of each shard its file, its numbers of images and annotations, and its sha256."""
    write_json(args.out, index(listed(args.shards, args.count), args.out.parent), indent=1)
