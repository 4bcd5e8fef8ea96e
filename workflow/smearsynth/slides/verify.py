"""Find slides and annotations that were damaged or lost after they were made, by the hashes recorded then."""

import argparse
import shutil
from collections.abc import Iterator
from pathlib import Path

from smearsynth import structure
from smearsynth.errors import Problem, raise_all
from smearsynth.files import inside
from smearsynth.slides.shards import FIX, INDEX, changed

SHARD = {"images": [{"file_name": str, "sha256": str}]}


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's flags."""
    parser.add_argument("--index", type=Path, required=True, help="slides/shards.json of a run")
    parser.add_argument("--images", type=Path, required=True, help="folder of the shards' folders of pictures")
    what = "remove the shards with damage, their pictures too: the next run makes these anew, and only these"
    parser.add_argument("--remove", action="store_true", help=what)


def run(args: argparse.Namespace) -> None:
    """Compare all files with their hashes; exit code 2 and a line for each that differs."""
    content = structure.read(args.index, INDEX, fix=FIX)
    damaged = {}
    for entry in content["shards"]:
        shard = inside(args.index.parent, entry["file"], where=args.index)
        if found := list(damage(shard, entry["sha256"], args.images)):
            damaged[shard] = found
    if not damaged:
        pictures = sum(entry["images"] for entry in content["shards"])
        print(f"{len(content['shards'])} shards with {pictures} pictures are as they were made")
        return
    fix = "verify once more with --remove, then run snakemake: it makes the shard anew"
    if args.remove:
        for shard in damaged:
            shard.unlink(missing_ok=True)
            shutil.rmtree(inside(args.images, shard.stem, where=args.index), ignore_errors=True)
        fix = "its shard was removed; run snakemake: it makes it anew"
    raise_all(Problem(str(path), what, fix) for found in damaged.values() for path, what in found)


def damage(shard: Path, recorded: str, images: Path) -> Iterator[tuple[Path, str]]:
    """What is wrong with a shard: its file, or else the pictures that it names, and in what way."""
    if wrong := changed(shard, recorded):
        yield shard, wrong
        return
    for image in structure.read(shard, SHARD, fix="make it anew")["images"]:
        file = inside(images, image["file_name"], where=shard)
        if wrong := changed(file, image["sha256"]):
            yield file, wrong
