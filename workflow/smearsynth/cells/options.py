"""What the ``cells`` stage may be told about its sources and about the catalogue."""

import re
from dataclasses import dataclass, field
from typing import Literal

from smearsynth.errors import Problem, raise_all

# Which keys belong to which reader; the keys of all readers are not listed.
READER_KEYS = {
    "coco": {"images", "annotations", "category_ids", "origin"},
    "folders": {"images", "pattern"},
    "masks": {"images", "masks", "table", "cell_levels", "nucleus_level"},
    "phantoms": {"counts", "size", "neighbours"},
}
REQUIRED_KEYS = {
    "coco": ("images", "annotations"),
    "folders": ("images",),
    "masks": ("images", "masks", "table", "cell_levels"),
    "phantoms": ("counts", "um_per_px"),
}


@dataclass(frozen=True)
class SourceOptions:
    """One source of cells; every path is relative to the data folder.

    Parameters
    ----------
    name : str
        Lower-case letters, digits and underscores; names the source's folder in the results.
    reader : str
        ``coco`` (pictures and COCO files), ``folders`` (the type stands in a folder's or a file's name), ``masks``
        (a mask with grey levels beside each picture) or ``phantoms`` (drawn).
    images : str
        Folder of the pictures.
    annotations : str
        coco: one JSON file, or a folder with one JSON file per picture.
    category_ids : mapping
        coco: category id of the source to a type of the taxonomy, for ids that its files lack or misname.
    origin : str
        coco: ``expert`` if people checked the outlines, else ``given``.
    pattern : str
        folders: ``folder`` takes the type from the innermost folder; anything else is a regular expression with one
        group that is searched in the file name.
    masks, table : str
        masks: folder of the masks; file with the type of every picture (COCO, or TSV/CSV with columns file and type).
    cell_levels : tuple of int
        masks: grey levels in [0, 255] that belong to the cell, its nucleus included.
    nucleus_level : int, optional
        masks: the level of the nucleus.
    counts : mapping
        phantoms: how many pictures of each type.
    size : int
        phantoms: side of a picture in pixels.
    neighbours : int
        phantoms: how many whole neighbours (red cells, platelets) of a picture become cells too.
    names : mapping
        The source's own code of a type to its plain name, such as ``{"NGB": "neutrophil band"}``; the taxonomy finds it by that
        name, and cells/names.tsv counts it under both.
    types : mapping
        The source's name of a type to the taxonomy's, beyond the taxonomy's aliases.
    drop : tuple of str
        The source's names of types to leave out.
    group : str, optional
        Regular expression with one group that finds the patient or slide in a picture's name.
    group_column : str, optional
        coco, masks: the key of the picture's entry, or the column of the table, that holds the patient or slide.
    scale : float
        Factor by which pictures and outlines are resampled; 1.0 keeps the resolution.
    um_per_px : float, optional
        Resolution of the source before resampling.
    limit_per_type : int, optional
        At most so many cells of a type, chosen by hash.
    max_set_aside : float
        Largest share of cells in [0, 1] that may be unusable before the run fails.
    """

    name: str
    reader: Literal["coco", "folders", "masks", "phantoms"]
    images: str = ""
    annotations: str = ""
    category_ids: dict[str, str] = field(default_factory=dict)
    origin: Literal["given", "expert"] = "given"
    pattern: str = r"^([A-Za-z]+)_"
    masks: str = ""
    table: str = ""
    cell_levels: tuple[int, ...] = ()
    nucleus_level: int | None = None
    counts: dict[str, int] = field(default_factory=dict)
    size: int = 128
    neighbours: int = 2
    names: dict[str, str] = field(default_factory=dict)
    types: dict[str, str] = field(default_factory=dict)
    drop: tuple[str, ...] = ()
    group: str | None = None
    group_column: str | None = None
    scale: float = 1.0
    um_per_px: float | None = None
    limit_per_type: int | None = None
    max_set_aside: float = 0.1

    def __post_init__(self) -> None:
        problems = []

        def wrong(key: str, what: str, fix: str) -> None:
            problems.append(Problem(f"{self.name}: {key}", what, fix))

        if not re.fullmatch(r"[a-z0-9_]+", self.name):
            wrong("name", f"got {self.name!r}", "use lower-case letters, digits and underscores; it names a folder")
        for key in REQUIRED_KEYS[self.reader]:
            if not getattr(self, key):
                wrong(key, "missing", f"reader {self.reader} needs it")
        defaults = type(self).__dataclass_fields__
        for reader, keys in READER_KEYS.items():
            for key in sorted(keys - READER_KEYS[self.reader]) if reader != self.reader else ():
                factory = defaults[key].default_factory
                default = factory() if callable(factory) else defaults[key].default
                if getattr(self, key) != default:
                    wrong(key, f"not a key of reader {self.reader}", f"remove it, or use reader {reader}")
        for key in ("images", "annotations", "masks", "table"):
            if _absolute(getattr(self, key)):
                wrong(
                    key, f"got {getattr(self, key)!r}", "give the path relative to the data folder, and set data to that folder"
                )
        for key in ("pattern", "group"):
            text = getattr(self, key)
            if text is not None and not (key == "pattern" and text == "folder") and _groups(text) != 1:
                wrong(key, f"got {text!r}", "give a regular expression with exactly one group, such as ^([A-Za-z]+)_")
        if self.group and self.group_column:
            wrong("group_column", "stands beside group", "keep one of the two")
        if not 0.05 <= self.scale <= 20:
            wrong("scale", f"got {self.scale}", "between 0.05 and 20; 1.0 keeps the resolution")
        if self.um_per_px is not None and not self.um_per_px > 0:
            wrong("um_per_px", f"got {self.um_per_px}", "above 0, in micrometres per pixel")
        if self.limit_per_type is not None and self.limit_per_type < 1:
            wrong("limit_per_type", f"got {self.limit_per_type}", "1 or more; leave it out for all cells")
        if not 0 <= self.max_set_aside <= 1:
            wrong("max_set_aside", f"got {self.max_set_aside}", "a share between 0 and 1")
        if not 32 <= self.size <= 2048:
            wrong("size", f"got {self.size}", "between 32 and 2048 pixels")
        if self.neighbours < 0:
            wrong("neighbours", f"got {self.neighbours}", "0 or more")
        for type_name, count in self.counts.items():
            if count < 1:
                wrong(f"counts.{type_name}", f"got {count}", "1 or more; leave the type out for none")
        if self.nucleus_level is not None and self.nucleus_level not in self.cell_levels:
            wrong("nucleus_level", f"{self.nucleus_level} is not among cell_levels", "the nucleus belongs to the cell: add it")
        raise_all(problems)


@dataclass(frozen=True)
class CatalogueOptions:
    """How the sources become one catalogue.

    Parameters
    ----------
    test_share : float
        Share in [0, 0.9] of the groups that are held out as test split, besides those of `hold_out`.
    min_per_type : int
        Types with fewer cells are left out (thesis 4.1: 5).
    near_duplicates : float
        Correlation in (0, 1] of two reduced pictures, or of the part that two shifted windows share, from which they count
        as the same place of a smear; 1.0 turns the search off.
    overlaps : bool
        Whether shifted windows are looked for as well; takes time with the square of the number of pictures.
    hold_out : tuple of str
        Folders in the data folder whose pictures, and their duplicates in any source, always belong to the test split.
    corrections : str, optional
        Table in the data folder of pictures that an expert removes or relabels.
    max_set_aside : float
        Largest share of cells in [0, 1] that may be contradictory before the run fails.
    """

    test_share: float = 0.2
    min_per_type: int = 5
    near_duplicates: float = 0.9
    overlaps: bool = True
    hold_out: tuple[str, ...] = ()
    corrections: str | None = None
    max_set_aside: float = 0.1

    def __post_init__(self) -> None:
        problems = []
        if not 0 <= self.test_share <= 0.9:
            problems.append(Problem("test_share", f"got {self.test_share}", "between 0 and 0.9"))
        if self.min_per_type < 1:
            problems.append(Problem("min_per_type", f"got {self.min_per_type}", "1 or more"))
        if not 0.5 <= self.near_duplicates <= 1:
            problems.append(Problem("near_duplicates", f"got {self.near_duplicates}", "between 0.5 and 1; 1.0 turns it off"))
        if not 0 <= self.max_set_aside <= 1:
            problems.append(Problem("max_set_aside", f"got {self.max_set_aside}", "a share between 0 and 1"))
        for path in (*self.hold_out, self.corrections):
            if _absolute(path):
                problems.append(Problem("hold_out, corrections", f"got {path!r}", "give the path relative to the data folder"))
        raise_all(problems)


def _absolute(path: str | None) -> bool:
    """Whether a path would ignore the data folder."""
    return path is not None and (path.startswith(("/", "\\")) or path[1:2] == ":")


def _groups(pattern: str) -> int:
    """Number of groups of a regular expression, -1 if it is none."""
    try:
        return re.compile(pattern).groups
    except re.error:
        return -1
