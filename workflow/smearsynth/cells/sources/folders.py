"""Pictures of one cell each, whose type stands in the name of their folder or file; outlines have yet to be found."""

import re
from pathlib import Path

import numpy as np

from smearsynth import images
from smearsynth.cells.options import SourceOptions
from smearsynth.cells.set_aside import SetAside
from smearsynth.cells.sources.records import GivenCell, GivenPicture, is_picture, listing, not_pictures
from smearsynth.taxonomy import Taxonomy


def files(entry: SourceOptions, data: Path) -> list[Path]:
    """The pictures."""
    folder = data / entry.images
    return [folder / name for name in listing(folder) if is_picture(name)]


def plan(entry: SourceOptions, data: Path, taxonomy: Taxonomy) -> tuple[list[GivenPicture], list[SetAside]]:
    """One cell per picture, with the type that its name tells."""
    folder = data / entry.images
    names = listing(folder)
    pictures, rows = [], not_pictures(entry.name, names)
    for name in filter(is_picture, names):
        type_name = _type(name, entry.pattern)
        if type_name is None:
            fix = "rename the file, or set the source's pattern"
            rows.append(SetAside(entry.name, name, "", "bad", f"no cell type in its name by pattern {entry.pattern}", fix))
        else:
            pictures.append(GivenPicture(name, (GivenCell("1", type_name),), folder / name))
    return pictures, rows


def load(picture: GivenPicture, entry: SourceOptions, seed: int) -> tuple[np.ndarray, tuple[GivenCell, ...]]:
    """Decode the picture."""
    assert picture.path
    return images.read(picture.path), picture.cells


def _type(name: str, pattern: str) -> str | None:
    """The type's name in a relative file name."""
    parts = name.split("/")
    if pattern == "folder":
        return parts[-2] if len(parts) > 1 else None
    found = re.search(pattern, parts[-1])
    return found.group(1) if found else None
