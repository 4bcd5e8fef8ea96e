"""The shards of a run: which there are, and what they were when they were made."""

import os
from pathlib import Path

from smearsynth.errors import UserError
from smearsynth.files import read_json, sha256

INDEX = {"shards": [{"file": str, "images": int, "sha256": str}]}
FIX = "give the slides/shards.json of a run"


def listed(folder: Path, count: int) -> list[Path]:
    """The first files of a folder of shards by their numbers; those beyond are left over from a larger run."""
    found = sorted((path for path in folder.glob("*.json") if path.stem.isdigit()), key=lambda path: int(path.stem))
    if len(found) < count:
        raise UserError.of(str(folder), f"holds {len(found)} shards of {count}", "make the missing ones anew")
    return found[:count]


def index(shards: list[Path], folder: Path) -> dict:
    """An index of shards: for each its file (relative to `folder`), its numbers of images and annotations and its sha256."""
    entries, categories = [], []
    for shard in shards:
        data = read_json(shard)
        categories = data["categories"]
        entries.append(
            {
                "file": Path(os.path.relpath(shard, folder)).as_posix(),
                "images": len(data["images"]),
                "annotations": len(data["annotations"]),
                "sha256": sha256(shard),
            }
        )
    return {"info": {"description": "smearsynth: index of shards"}, "shards": entries, "categories": categories}


def changed(path: Path, recorded: str) -> str | None:
    """What is wrong with a file whose SHA-256 was recorded; None if it is what was written."""
    if not path.is_file():
        return "is not there"
    return None if sha256(path) == recorded else "is not what was written: its sha256 differs from the recorded one"
