"""What the sources call their cells: how many of each name were found, were set aside and are kept.

A cell keeps its source's own name through every merging (the annotation's key ``named``), so that the numbers before the
merging of names and the clean-up (Hazra et al. 2022, Table 1) come from the same run as those after it (Table 2).

A table of columns `COLUMNS`. Its row is one name of one source:

- ``named``: the source's own name or code,
- ``name``: what it means, by the source's ``names``; the same where they say nothing,
- ``type``: the type of the taxonomy that it belongs to, n/a where it is dropped or unknown,
- ``found``: cells of that name in the source's annotations or folders; an annotation that cannot be read at all has no name
  and stands in cells/report.tsv alone,
- ``set_aside``: those that are not in the catalogue: unusable, dropped, removed, duplicates (cells/report.tsv says which, why),
- ``kept``: those in the catalogue,
- ``relabelled``: those of the kept that an expert gave another type.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import astuple, dataclass, fields
from pathlib import Path

from smearsynth.cells.options import SourceOptions
from smearsynth.files import read_tsv, write_tsv
from smearsynth.taxonomy import CellType, Taxonomy, key


@dataclass(frozen=True, order=True)
class Named:
    """One name of one source; see the module's description for the fields."""

    source: str
    named: str
    name: str
    type: str | None
    found: int
    set_aside: int = 0
    kept: int = 0
    relabelled: int = 0


COLUMNS = [field.name for field in fields(Named)]


def meaning(entry: SourceOptions, named: str) -> str:
    """What a source's own name means, by its ``names``; compared without case, spaces and punctuation."""
    told = {key(code): name for code, name in entry.names.items()}
    return told.get(key(named), named)


def type_of(entry: SourceOptions, taxonomy: Taxonomy, named: str) -> CellType | None:
    """The type that a source's own name belongs to: by its ``types``, else by the taxonomy; None if unknown or dropped."""
    if key(named) in set(map(key, entry.drop)):
        return None
    told = {key(name): kind for name, kind in entry.types.items()}
    return taxonomy.find(told.get(key(named), meaning(entry, named)))


def counted(names: Iterable[str], entry: SourceOptions, taxonomy: Taxonomy) -> list[Named]:
    """One row for each of a source's own names, given the name of each of its cells."""
    rows = []
    for named, found in sorted(Counter(names).items()):
        kind = type_of(entry, taxonomy, named)
        rows.append(Named(entry.name, named, meaning(entry, named), kind.name if kind else None, found))
    return rows


def followed(rows: Iterable[Named], catalogue: dict, taxonomy: Taxonomy) -> list[Named]:
    """The rows with what became of their cells.

    Parameters
    ----------
    rows : iterable of Named
        Of all sources, from `counted`.
    catalogue : dict
        COCO content of the catalogue; cells that a finder saw have no name and are not counted.
    taxonomy : Taxonomy
        For the names of types.
    """
    source = {image["id"]: image["source"] for image in catalogue["images"]}
    kinds: dict[tuple[str, str], Counter] = {}
    for cell in catalogue["annotations"]:
        if "named" in cell:
            own = kinds.setdefault((source[cell["image_id"]], cell["named"]), Counter())
            own[taxonomy[cell["category_id"]].name] += 1
    result = []
    for row in sorted(rows):
        own = kinds.get((row.source, row.named), Counter())
        kept = own.total()
        numbers = (row.found, row.found - kept, kept, kept - own[row.type or ""])
        result.append(Named(row.source, row.named, row.name, row.type, *numbers))
    return result


def write(path: str | Path, rows: Iterable[Named]) -> None:
    """Write the table, sorted."""
    write_tsv(path, COLUMNS, [list(astuple(row)) for row in sorted(rows)])


def read(path: str | Path) -> list[Named]:
    """Read a table written by `write`."""
    rows = []
    for texts in read_tsv(path):
        numbers = (int(texts[column]) for column in COLUMNS[4:])
        kind = None if texts["type"] == "n/a" else texts["type"]
        rows.append(Named(texts["source"], texts["named"], texts["name"], kind, *numbers))
    return rows
