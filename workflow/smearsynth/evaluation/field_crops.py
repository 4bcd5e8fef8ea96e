"""Square crops of fields and slides at one resolution, in places that were fixed before anybody looked."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np

from smearsynth import coco, images, seeds, structure
from smearsynth.errors import Problem, UserError, raise_all
from smearsynth.files import inside, read_json
from smearsynth.slides import listing
from smearsynth.structure import Maybe

AROUND = 0.2
"""How far the middle of a cell that a crop is cut around may lie from the crop's own, along each side, as a share of the side."""

SIDES = {"width": int, "height": int, "um_per_px": Maybe(float)}
FIELDS: dict = {"fields": [{**SIDES, "file": str, "split": str, "cells": [{"category_id": int, "bbox": structure.BOX}]}]}
FIELDS |= {"categories": Maybe([{"id": int}])}
COCO: dict = {"images": [{"id": int, "file_name": str, "um_per_px": Maybe(float)}], "categories": Maybe([{"id": int}])}
SHOWN: dict = {"images": [{"id": int, "file_name": str, **SIDES}]}
SHOWN |= {"categories": Maybe([{"id": int}]), "annotations": [{"image_id": int, "category_id": int, "bbox": structure.BOX}]}


@dataclass(frozen=True)
class FieldPicture:
    """A field or slide.

    Parameters
    ----------
    name : str
        In its source.
    path : Path
    um_per_px : float or None
        Resolution, where it is known.
    boxes : ndarray of float, shape (n, 4), or None
        Left, top, right and bottom ends of the cells that crops are to show, as shares of its width and height; None where crops
        may lie anywhere.
    """

    name: str
    path: Path
    um_per_px: float | None
    boxes: np.ndarray | None = None

    @property
    def middles(self) -> np.ndarray | None:
        """Middles of the boxes, x and y as shares of width and height, shape (n, 2)."""
        return None if self.boxes is None else (self.boxes[:, :2] + self.boxes[:, 2:]) / 2


def pictures(
    source: Path, *, um_per_px: float | None = None, names: Sequence[str] | None = None, around: Sequence[str] = ()
) -> list[FieldPicture]:
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
    around : sequence of str
        Kinds that every crop is to show; the source has to say where such cells are. None: crops lie anywhere.

    Raises
    ------
    UserError
        Where there is nothing, or a name is not in the source.
    """
    if around and source.is_dir():
        fix = "give an index of fields or a COCO file, or set evaluation.field_features.around to []"
        raise UserError.of(str(source), "a folder does not tell where its cells are", fix)
    found = _folder(source) if source.is_dir() else _indexed(source, around)
    if names is not None:
        known = {picture.name for picture in found}
        if unknown := [name for name in names if name not in known]:
            what = f"{len(unknown)} names are not in {source}: {', '.join(unknown)}"
            raise UserError.of("--images", what, "correct the names")
        found = [picture for picture in found if picture.name in set(names)]
    if not found:
        raise UserError.of(str(source), "no pictures in it", "give fields of the split test, slides, or a folder of pictures")
    return [replace(one, um_per_px=one.um_per_px or um_per_px) for one in found]


def _folder(folder: Path) -> list[FieldPicture]:
    paths = sorted(path for path in folder.rglob("*") if path.suffix.lower() in images.SUFFIXES)
    return [FieldPicture(path.relative_to(folder).as_posix(), path, None) for path in paths]


def _indexed(source: Path, around: Sequence[str]) -> list[FieldPicture]:
    data = read_json(source)
    if isinstance(data, dict) and "fields" in data:
        structure.check(data, FIELDS, where=source, fix="give the index.json that pairs fields wrote")
        # Nothing that a generator or a reader may have been trained on is compared.
        entries = [entry for entry in data["fields"] if entry["split"] == "test"]
        kinds = _kinds(data, around)
        return [
            FieldPicture(
                entry["file"],
                inside(source.parent, entry["file"], where=source),
                entry.get("um_per_px"),
                _boxes(entry, entry["cells"], kinds) if around else None,
            )
            for entry in entries
        ]
    parts = {source: data}
    if isinstance(data, dict) and "shards" in data:
        structure.check(data, listing.INDEX, where=source, fix=listing.FIX)
        files = [inside(source.parent, shard["file"], where=source) for shard in data["shards"]]
        parts = {file: read_json(file) for file in files}
    found = []
    for file, part in parts.items():
        if not (isinstance(part, dict) and isinstance(part.get("images"), list)):
            fix = "give an index of fields, a COCO file or a folder of pictures"
            raise UserError.of(str(file), "neither fields nor COCO", fix)
        structure.check(part, SHOWN if around else COCO, where=file, fix="give the COCO file of slides")
        cells = coco.by_image(part, where=file) if around else {}
        kinds = _kinds(part, around)
        for image in part["images"]:
            boxes = _boxes(image, cells[image["id"]], kinds) if around else None
            path = inside(source.parent / "images", image["file_name"], where=source)
            found.append(FieldPicture(image["file_name"], path, image.get("um_per_px"), boxes))
    return found


def _kinds(data: dict, around: Sequence[str]) -> set[int]:
    """Ids of the categories of these kinds."""
    return {c["id"] for c in data.get("categories") or () if c.get("kind", c.get("supercategory")) in around}


def _boxes(picture: dict, cells: Sequence[dict], category_ids: set[int]) -> np.ndarray:
    """Ends of the boxes of the cells of these categories, see `FieldPicture`."""
    boxes = np.array([c["bbox"] for c in cells if c["category_id"] in category_ids], float).reshape(-1, 4)
    return np.hstack([boxes[:, :2], boxes[:, :2] + boxes[:, 2:]]) / np.tile((picture["width"], picture["height"]), 2)


def cut(
    chosen: Sequence[FieldPicture], *, side: int, count: int, um_per_px: float | None, seed: int
) -> tuple[np.ndarray, np.ndarray]:
    """Cut crops: crop i comes from picture i modulo their number, in an order and at a place drawn from (seed, i) alone.

    Where pictures tell `boxes`, a crop shows one of these cells, see `_corner`; pictures without any are left out.

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
    usable = np.array([at for at, one in enumerate(chosen) if one.boxes is None or len(one.boxes)], int)
    if not len(usable):
        fix = "give pictures that show such cells, or set evaluation.field_features.around to []"
        raise UserError.of("around", "no picture has a cell of these kinds", fix)
    order = usable[seeds.rng(seed, "evaluation", "field_crops").permutation(len(usable))]
    of_picture = order[np.arange(count) % len(order)]
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
            row, column = _corner(chosen[at], (height, width), side, rng)
            crops[index] = picture[row : row + side, column : column + side]
    raise_all(problems)
    return crops, of_picture


def _corner(one: FieldPicture, shape: tuple[int, int], side: int, rng: np.random.Generator) -> tuple[int, int]:
    """Row and column of a crop of a picture of this shape: anywhere, or around one of the cells in its `boxes`.

    Of the cells that lie far enough from the picture's border one is drawn evenly, and the crop so that the cell's middle is
    at most `AROUND` of the side off the crop's. Those beside which the crop can show no other one go before: a picture that was
    taken around a cell shows one, and smears as crowded would be told from it by that alone. Only where no cell lies far enough
    from the border is one nearer to it taken, and more off.
    """
    room = np.array(shape) - side
    low, high = np.zeros(2, int), room
    if one.boxes is not None:
        starts, ends = (one.boxes[:, [1, 0]] * shape, one.boxes[:, [3, 2]] * shape)
        middles = (starts + ends) / 2
        reach = AROUND * side
        first = np.maximum(np.ceil(middles - side / 2 - reach), 0).astype(int)
        last = np.minimum(np.floor(middles - side / 2 + reach), room).astype(int)
        fits = (first <= last).all(1)
        shown = ((starts < last[:, None] + side) & (ends > first[:, None])).all(2)
        choices = next(c for c in (fits & (shown.sum(1) == 1), fits, np.ones(len(fits), bool)) if c.any())
        at = rng.choice(np.flatnonzero(choices))
        low, high = np.minimum(first[at], last[at]), np.maximum(first[at], last[at])
        low, high = np.clip(low, 0, room), np.clip(high, 0, room)
    row, column = rng.integers(low, high, endpoint=True)
    return int(row), int(column)


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
