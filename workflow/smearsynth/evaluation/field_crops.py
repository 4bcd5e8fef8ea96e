"""Square crops of fields and slides at one resolution, in places that were fixed before anybody looked."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from smearsynth import images, seeds
from smearsynth.errors import Problem, UserError, raise_all
from smearsynth.files import read_json


@dataclass(frozen=True)
class FieldPicture:
    """A field or slide: its name in its source, its file, and its resolution where known."""

    name: str
    path: Path
    um_per_px: float | None


def pictures(source: Path, *, um_per_px: float | None = None, names: Sequence[str] | None = None) -> list[FieldPicture]:
    """The pictures of a source.

    Parameters
    ----------
    source : path
        ``pairs/fields/index.json``, of which the test split alone is taken; a COCO file with its pictures in ``images`` beside
        it (``slides/instances.json``, also as an index of shards); or a folder of pictures.
    um_per_px : float, optional
        Resolution of pictures whose source does not tell it.
    names : sequence of str, optional
        File names of the pictures to take; all by default.

    Raises
    ------
    UserError
        Where there is nothing, or a name is not in the source.
    """
    found = _folder(source) if source.is_dir() else _indexed(source)
    if names is not None:
        known = {picture.name for picture in found}
        if unknown := [name for name in names if name not in known]:
            what = f"{len(unknown)} names are not in {source}: {', '.join(unknown)}"
            raise UserError.of("--images", what, "correct the names")
        found = [picture for picture in found if picture.name in set(names)]
    if not found:
        raise UserError.of(str(source), "no pictures in it", "give fields of the split test, slides, or a folder of pictures")
    return [FieldPicture(one.name, one.path, one.um_per_px or um_per_px) for one in found]


def _folder(folder: Path) -> list[FieldPicture]:
    paths = sorted(path for path in folder.rglob("*") if path.suffix.lower() in images.SUFFIXES)
    return [FieldPicture(path.relative_to(folder).as_posix(), path, None) for path in paths]


def _indexed(source: Path) -> list[FieldPicture]:
    data = read_json(source)
    if isinstance(data, dict) and "fields" in data:
        # Nothing that a generator or a reader may have been trained on is compared.
        return [
            FieldPicture(entry["file"], source.parent / entry["file"], entry.get("um_per_px"))
            for entry in data["fields"]
            if entry["split"] == "test"
        ]
    if isinstance(data, dict) and "shards" in data:
        data = {"images": [image for shard in data["shards"] for image in read_json(source.parent / shard["file"])["images"]]}
    if not (isinstance(data, dict) and isinstance(data.get("images"), list)):
        raise UserError.of(str(source), "neither fields nor COCO", "give an index of fields, a COCO file or a folder of pictures")
    folder = source.parent / "images"
    return [FieldPicture(i["file_name"], folder / i["file_name"], i.get("um_per_px")) for i in data["images"]]


def cut(
    chosen: Sequence[FieldPicture], *, side: int, count: int, um_per_px: float | None, seed: int
) -> tuple[np.ndarray, np.ndarray]:
    """Cut crops: crop i comes from picture i modulo their number, in an order and at a place drawn from (seed, i) alone.

    Parameters
    ----------
    chosen : sequence of FieldPicture
    side : int
        Of a crop, in pixels after the picture was brought to the resolution.
    count : int
        Number of crops; where it is below that of the pictures, as many pictures are looked at.
    um_per_px : float or None
        Resolution of the crops; None takes pictures as they are.
    seed : int

    Returns
    -------
    crops : ndarray of uint8, shape (count, side, side, 3)
    of_picture : ndarray of int, shape (count,)
        Index into `chosen`.

    Raises
    ------
    UserError
        With all pictures that are too small or cannot be read, and as `resolution` does.
    """
    resolution(chosen, um_per_px)
    order = seeds.rng(seed, "evaluation", "field_crops").permutation(len(chosen))
    of_picture = order[np.arange(count) % len(chosen)]
    crops = np.empty((count, side, side, 3), np.uint8)
    problems: list[Problem] = []
    for at in np.unique(of_picture):
        try:
            picture = at_resolution(chosen[at], um_per_px)
        except UserError as error:
            problems += error.problems
            continue
        height, width = picture.shape[:2]
        if min(height, width) < side:
            fix = "set a smaller side, or a finer um_per_px, and cut all sets anew"
            problems.append(Problem(str(chosen[at].path), f"{height} × {width} pixels, smaller than a crop of {side}", fix))
            continue
        for index in np.flatnonzero(of_picture == at):
            rng = seeds.rng(seed, "evaluation", "field_crops", int(index))
            row, column = int(rng.integers(height - side + 1)), int(rng.integers(width - side + 1))
            crops[index] = picture[row : row + side, column : column + side]
    raise_all(problems)
    return crops, of_picture


def resolution(chosen: Sequence[FieldPicture], um_per_px: float | None) -> float | None:
    """The resolution that crops will have, µm a pixel; None where nobody knows it.

    Raises
    ------
    UserError
        Where pictures cannot be brought to the one that is asked for, or are of several and none is asked for.
    """
    known = {one.um_per_px for one in chosen}
    if um_per_px is None:
        if len(known) > 1:
            told = ", ".join(sorted("unknown" if one is None else f"{one:g}" for one in known))
            raise UserError.of("um_per_px", f"null, but pictures have several resolutions: {told}", "set the one to compare at")
        return next(iter(known))
    if None in known:
        names = [one.name for one in chosen if one.um_per_px is None]
        fix = "give their --um-per-px, or set um_per_px to null if all pictures have one resolution"
        raise UserError.of("um_per_px", f"{len(names)} pictures do not tell their resolution, such as {names[0]}", fix)
    return um_per_px


def at_resolution(one: FieldPicture, um_per_px: float | None) -> np.ndarray:
    """A picture (height, width, 3; uint8) brought to a resolution: by area where it shrinks, linear where it grows."""
    picture = images.read(one.path)
    scale = 1.0 if um_per_px is None or one.um_per_px is None else one.um_per_px / um_per_px
    if abs(scale - 1) < 1e-6:
        return picture
    size = max(1, round(picture.shape[1] * scale)), max(1, round(picture.shape[0] * scale))
    return cv2.resize(picture, size, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR)
