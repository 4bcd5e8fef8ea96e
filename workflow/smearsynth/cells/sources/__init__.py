"""Readers of sources of cells, one module each, with the same three functions.

``files(entry, data)`` lists the input files, ``plan(entry, data, taxonomy)`` gives the pictures with what is known about
their cells and the rows of what was set aside, and ``load(picture, entry, seed)`` decodes or draws one picture and gives its
cells. ``plan`` reads annotations, never pixels.
"""

from collections.abc import Mapping
from pathlib import Path
from types import ModuleType

from smearsynth.cells.options import CatalogueOptions, SourceOptions
from smearsynth.cells.sources import coco, folders, masks, phantoms
from smearsynth.cells.sources.records import is_picture, listing
from smearsynth.options import build

READERS: dict[str, ModuleType] = {"coco": coco, "folders": folders, "masks": masks, "phantoms": phantoms}


def files(entry: SourceOptions, data: str | Path) -> list[str]:
    """The files that a source consists of, sorted, without reading any of them; a drawn source has none."""
    return [path.as_posix() for path in READERS[entry.reader].files(entry, Path(data))]


def held_out_files(options: CatalogueOptions | Mapping, data: str | Path) -> list[str]:
    """The pictures of the folders in ``hold_out``, sorted, without reading any; `options` may be the section as it stands."""
    if isinstance(options, Mapping):
        options = build(CatalogueOptions, dict(options), where="cells.catalogue")
    held = sorted(set(options.hold_out))
    return [
        (Path(data) / folder / name).as_posix() for folder in held for name in listing(Path(data) / folder) if is_picture(name)
    ]


def catalogue_files(options: CatalogueOptions | Mapping, data: str | Path) -> list[str]:
    """The user's files that the catalogue depends on beyond its sources: the held-out pictures and the corrections."""
    if isinstance(options, Mapping):
        options = build(CatalogueOptions, dict(options), where="cells.catalogue")
    table = [(Path(data) / options.corrections).as_posix()] if options.corrections else []
    return [*table, *held_out_files(options, data)]
