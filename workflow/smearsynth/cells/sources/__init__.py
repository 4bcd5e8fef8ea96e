"""Readers of sources of cells, one module each, with the same three functions.

``files(entry, data)`` lists the input files, ``plan(entry, data, taxonomy)`` gives the pictures with what is known about
their cells and the rows of what was set aside, and ``load(picture, entry, seed)`` decodes or draws one picture and gives its
cells. ``plan`` reads annotations, never pixels.
"""

from pathlib import Path
from types import ModuleType

from smearsynth.cells.options import SourceOptions
from smearsynth.cells.sources import coco, folders, masks, phantoms

READERS: dict[str, ModuleType] = {"coco": coco, "folders": folders, "masks": masks, "phantoms": phantoms}


def files(entry: SourceOptions, data: str | Path) -> list[str]:
    """The files that a source consists of, sorted, without reading any of them; a drawn source has none."""
    return [path.as_posix() for path in READERS[entry.reader].files(entry, Path(data))]
