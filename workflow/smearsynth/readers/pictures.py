"""Pictures of single cells as a reader gets them: from pairs, from a generator's samples, from any folder."""

from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from smearsynth import images, structure
from smearsynth.errors import UserError
from smearsynth.files import inside, read_json
from smearsynth.structure import Maybe

ENTRY = {"file": str, "cell_id": Maybe(int), "category_id": Maybe(int), "split": Maybe(str)}


@dataclass(frozen=True)
class Cells:
    """Cells, each a square picture.

    Parameters
    ----------
    files : tuple of str
        Relative to the index or folder they were read from.
    cell_ids, category_ids : tuple of int, or of None
        Catalogue's id and true type, None where a folder does not tell.
    splits : tuple of str, or of None
        ``train`` or ``test``.
    pixels : ndarray of uint8, shape (n, size, size, 3)
        RGB, the cell on black.
    """

    files: tuple[str, ...]
    cell_ids: tuple
    category_ids: tuple
    splits: tuple
    pixels: np.ndarray

    def __len__(self) -> int:
        return len(self.files)

    def where(self, keep: list[bool]) -> "Cells":
        """The cells for which `keep` is true, in order."""
        at = [i for i, kept in enumerate(keep) if kept]

        def pick(values: tuple) -> tuple:
            return tuple(values[i] for i in at)

        return Cells(pick(self.files), pick(self.cell_ids), pick(self.category_ids), pick(self.splits), self.pixels[at])


def fit(picture: np.ndarray, *, window: int, size: int) -> np.ndarray:
    """The middle of a picture, at a scale that does not depend on how much of it lies around the cell.

    Parameters
    ----------
    picture : ndarray of uint8, shape (height, width, 3)
        The cell in its middle, on black.
    window : int
        Side in pixels of the square that is cut out; smaller pictures are padded with black.
    size : int
        Side in pixels to which the square is brought, see `resized`.

    Returns
    -------
    ndarray of uint8, shape (size, size, 3)
    """
    source, target = [], []
    for length in picture.shape[:2]:
        kept = min(length, window)
        source.append(slice((length - kept) // 2, (length - kept) // 2 + kept))
        target.append(slice((window - kept) // 2, (window - kept) // 2 + kept))
    square = np.zeros((window, window, 3), np.uint8)
    square[tuple(target)] = picture[tuple(source)]
    return resized(square, size)


def resized(picture: np.ndarray, size: int) -> np.ndarray:
    """A square picture of another side, by area where it shrinks, bilinear where it grows; uint8."""
    if len(picture) == size:
        return picture
    how = cv2.INTER_AREA if len(picture) > size else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(picture, (size, size), interpolation=how), np.uint8)


def read(source: str | Path, *, window: int, size: int, split: str | None = None) -> Cells:
    """Read cells, of one split or of all.

    Parameters
    ----------
    source : path
        ``pairs/index.json`` (the real half of each pair is taken), the ``index.json`` of a generator's samples, or a folder of
        pictures whose types nobody tells.
    window, size : int
        See `fit`.
    split : str, optional
        ``train`` or ``test``; not for folders, which have no splits.

    Raises
    ------
    UserError
        If there is nothing to read, or a picture cannot be read.
    """
    source = Path(source)
    if source.is_dir():
        return _folder(source, window, size)
    index = read_json(source)
    entries = index.get("pairs", index.get("cells")) if isinstance(index, dict) else None
    if not isinstance(entries, list):
        raise UserError.of(str(source), "neither 'pairs' nor 'cells' in it", "give an index of pairs or of generated cells")
    structure.check(entries, [ENTRY], where=source, fix="give an index of pairs or of generated cells")
    halves = "pairs" in index
    chosen = [entry for entry in entries if split is None or entry.get("split") == split]
    if not chosen:
        raise UserError.of(
            str(source), f"no cells{f' of split {split}' if split else ''}", "check cells.splits in the configuration"
        )

    def picture(entry: dict) -> np.ndarray:
        whole = images.read(inside(source.parent, entry["file"], where=source))
        return fit(whole[:, : whole.shape[1] // 2] if halves else whole, window=window, size=size)

    return Cells(
        tuple(entry["file"] for entry in chosen),
        tuple(entry.get("cell_id") for entry in chosen),
        tuple(entry.get("category_id") for entry in chosen),
        tuple(entry.get("split") for entry in chosen),
        np.stack([picture(entry) for entry in chosen]),
    )


def _folder(folder: Path, window: int, size: int) -> Cells:
    paths = sorted(path for path in folder.rglob("*") if path.suffix.lower() in images.SUFFIXES)
    if not paths:
        raise UserError.of(str(folder), "no pictures in it", f"give a folder with {', '.join(images.SUFFIXES)} files")
    nothing = (None,) * len(paths)
    pixels = np.stack([fit(images.read(path), window=window, size=size) for path in paths])
    return Cells(tuple(path.relative_to(folder).as_posix() for path in paths), nothing, nothing, nothing, pixels)
