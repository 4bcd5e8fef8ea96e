"""What a reader gives: pictures and their cells, before anything was checked or decoded."""

from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import numpy as np

from smearsynth import images
from smearsynth.cells.set_aside import SetAside
from smearsynth.errors import UserError


@dataclass(frozen=True)
class GivenCell:
    """A cell as its source has it.

    Parameters
    ----------
    label : str
        Names the cell within its picture; stable.
    type_name : str
        What the source calls its type.
    polygons : tuple of ndarray, shape (n, 2)
        Outline(s) as (x, y) in pixels; empty if there is none.
    origin : str
        How the outline came about; ``found`` if it has yet to be found.
    category_id : int, optional
        The taxonomy's id, if it is known already.
    run_lengths : dict, optional
        Outline as COCO run lengths instead of polygons.
    prompt : tuple of float, optional
        Box ``(x, y, width, height)`` around the cell.
    nucleus : ndarray of bool, shape (height, width), optional
        Mask of the nucleus.
    traced : bool
        Whether the polygons were traced from a mask, and need no check.
    """

    label: str
    type_name: str
    polygons: tuple[np.ndarray, ...] = ()
    origin: str = "found"
    category_id: int | None = None
    run_lengths: dict | None = None
    prompt: tuple[float, float, float, float] | None = None
    nucleus: np.ndarray | None = None
    traced: bool = False


@dataclass(frozen=True)
class GivenPicture:
    """A picture as its source has it.

    Parameters
    ----------
    original : str
        Its name in the source, with forward slashes.
    cells : tuple of GivenCell
        What is known about its cells.
    path : Path, optional
        Its file; None for a drawn picture.
    mask : Path, optional
        File of its mask.
    size : tuple of int, optional
        Height and width that the annotations state.
    group : str, optional
        Patient or slide.
    """

    original: str
    cells: tuple[GivenCell, ...]
    path: Path | None = None
    mask: Path | None = None
    size: tuple[int, int] | None = None
    group: str | None = None


def listing(folder: Path) -> list[str]:
    """All files below a folder, as sorted relative names with forward slashes; hidden ones are left out."""
    if not folder.is_dir():
        raise UserError.of(
            str(folder), "no such folder", "check data, and the paths of cells.sources and hold_out, in the configuration"
        )
    names = [path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()]
    return sorted(name for name in names if not any(part.startswith(".") for part in name.split("/")))


def is_picture(name: str) -> bool:
    """Whether a file name has the suffix of a picture."""
    return PurePosixPath(name).suffix.casefold() in images.SUFFIXES


def not_pictures(source: str, names: list[str]) -> list[SetAside]:
    """Rows for the files that are no pictures by their names."""
    fix = f"none needed if it is no picture; else give it one of the suffixes {' '.join(images.SUFFIXES)}"
    return [SetAside(source, n, "", "chosen", "not a picture by its file name", fix) for n in names if not is_picture(n)]
