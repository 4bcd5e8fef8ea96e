"""Pack a shard of slides into one tar file that WebDataset and Hugging Face datasets stream."""

import argparse
import json
import tarfile
from pathlib import Path

from smearsynth.errors import Problem, raise_all
from smearsynth.files import atomic, inside
from smearsynth.slides.exports import webdataset
from smearsynth.slides.listing import slides
from smearsynth.taxonomy import Taxonomy


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's flags."""
    parser.add_argument("--instances", type=Path, required=True, help="COCO file of a shard")
    parser.add_argument("--images", type=Path, required=True, help="folder that file_name is relative to")
    parser.add_argument("--taxonomy", required=True, help="the section taxonomy, as JSON")
    what = "tar file; gets NUMBER.png and NUMBER.json of every slide, NUMBER being that of the slide in its run"
    parser.add_argument("--out", type=Path, required=True, help=what)


def run(args: argparse.Namespace) -> None:
    """Write the tar file."""
    taxonomy = Taxonomy.from_config(json.loads(args.taxonomy))
    listed = slides(args.instances, taxonomy=taxonomy)
    found = [(inside(args.images, image["file_name"], where=args.instances), image, cells) for image, cells in listed]
    missing = [file for file, *_ in found if not file.is_file()]
    fix = "give the folder that file_name is relative to with --images, or make the shard anew"
    raise_all(Problem(str(file), "no such file", fix) for file in missing)
    with atomic(args.out) as path, tarfile.open(path, "w", format=tarfile.USTAR_FORMAT) as tar:
        for file, image, cells in found:
            webdataset.add(tar, file.name, file.read_bytes())
            webdataset.add(tar, f"{file.stem}.json", webdataset.sample(image, cells, taxonomy))
