"""Pictures with a mask of the same name, whose grey levels tell cell and nucleus, and a table of types."""

import csv
import io
from dataclasses import replace
from pathlib import Path, PurePosixPath

import numpy as np

from smearsynth import coco, images
from smearsynth.cells.options import SourceOptions
from smearsynth.cells.polygons import main_parts
from smearsynth.cells.set_aside import SetAside
from smearsynth.cells.sources.records import GivenCell, GivenPicture, is_picture, listing, not_pictures
from smearsynth.errors import UserError
from smearsynth.files import out_of_place, read_json, read_text
from smearsynth.taxonomy import Taxonomy


def files(entry: SourceOptions, data: Path) -> list[Path]:
    """The table, the pictures and the masks."""
    pictures = [data / entry.images / name for name in listing(data / entry.images) if is_picture(name)]
    masks = [data / entry.masks / name for name in listing(data / entry.masks) if is_picture(name)]
    return [data / entry.table, *pictures, *masks]


def plan(entry: SourceOptions, data: Path, taxonomy: Taxonomy) -> tuple[list[GivenPicture], list[SetAside]]:
    """One cell per picture that has a mask and a type."""
    folder, mask_folder = data / entry.images, data / entry.masks
    names = listing(folder)
    masks = {_stem(name): mask_folder / name for name in listing(mask_folder) if is_picture(name)}
    types = read_types(data / entry.table, entry)
    pictures, rows = [], not_pictures(entry.name, names)

    def aside(name: str, what: str, fix: str) -> None:
        rows.append(SetAside(entry.name, name, "", "bad", what, fix))

    for name in filter(is_picture, names):
        stem = _stem(name)
        if stem not in masks:
            aside(name, f"no mask of that name in {entry.masks}", "add the mask, or take the picture out")
        elif stem not in types:
            aside(name, f"no type in {entry.table}", "add the picture to the table, or take it out")
        else:
            type_name, group = types[stem]
            cell = GivenCell("1", type_name, (), "expert")
            pictures.append(GivenPicture(name, (cell,), folder / name, masks[stem], group=group))
    stems = {_stem(name) for name in names if is_picture(name)}
    for stem in sorted(masks.keys() - stems):
        aside(masks[stem].relative_to(data).as_posix(), "mask without picture", "add the picture, or take the mask out")
    for stem in sorted(types.keys() - stems):
        aside(stem, f"stands in {entry.table}, but there is no such picture", "add the picture, or take the row out")
    return pictures, rows


def load(picture: GivenPicture, entry: SourceOptions, seed: int) -> tuple[np.ndarray, tuple[GivenCell, ...]]:
    """Decode picture and mask, and take outline and nucleus from the grey levels."""
    assert picture.path and picture.mask
    pixels, levels = images.read(picture.path), images.read_grey(picture.mask)
    if levels.shape != pixels.shape[:2]:
        what = f"its mask has {levels.shape[1]} × {levels.shape[0]} pixels, the picture {pixels.shape[1]} × {pixels.shape[0]}"
        raise UserError.of(picture.original, what, "give the mask in the picture's size")
    unknown = sorted(set(np.unique(levels).tolist()) - {0, *entry.cell_levels})
    if unknown:
        what = f"its mask has the grey levels {', '.join(map(str, unknown[:8]))}, which are not in cell_levels"
        raise UserError.of(picture.original, what, "add the levels to cell_levels, or write the mask as PNG, without loss")
    polygons = main_parts(np.isin(levels, entry.cell_levels))
    if not polygons:
        raise UserError.of(picture.original, "its mask has no cell", "draw the cell in the mask, or take the picture out")
    nucleus = None if entry.nucleus_level is None else (levels == entry.nucleus_level) & coco.fill(list(polygons), levels.shape)
    return pixels, (replace(picture.cells[0], polygons=polygons, nucleus=nucleus, traced=True),)


def read_types(path: Path, entry: SourceOptions) -> dict[str, tuple[str, str | None]]:
    """Type and group of every picture's name without suffix, from a COCO file or a table with columns file and type."""
    if path.suffix.casefold() == ".json":
        content = read_json(path)
        try:
            names = {category["id"]: category["name"] for category in content["categories"]}
            pictures = {image["id"]: image for image in content["images"]}
            found = [(pictures[a["image_id"]], names[a["category_id"]]) for a in content["annotations"]]
            pairs = [(image["file_name"], name, image.get(entry.group_column)) for image, name in found]
        except (KeyError, TypeError, AttributeError) as error:
            raise UserError.of(entry.table, f"not a COCO file ({error!r})", "give images, annotations and categories") from None
    else:
        try:
            text = io.StringIO(read_text(path), newline="")
            table = list(csv.DictReader(text, delimiter="," if path.suffix.casefold() == ".csv" else "\t"))
        except csv.Error as error:
            raise UserError.of(entry.table, f"not readable as a table ({error})", "save it anew") from None
        if not table or not {"file", "type"} <= table[0].keys():
            raise UserError.of(entry.table, "no columns file and type", "write a header line with file and type")
        pairs = [(row["file"], row["type"], row.get(entry.group_column or "")) for row in table]
    types: dict[str, tuple[str, str | None]] = {}
    for name, type_name, group in pairs:
        if out_of_place(name) or not isinstance(type_name, str):
            what = f"an entry with the file {name!r:.60} and the type {type_name!r:.60}"
            raise UserError.of(entry.table, what, "give file and type, the file relative to the pictures' folder")
        value = (str(type_name), None if group in (None, "") else str(group))
        if types.setdefault(_stem(name), value) != value:
            what = f"{name} stands with the types {types[_stem(name)][0]} and {type_name}"
            raise UserError.of(entry.table, what, "keep one row per picture")
    return types


def _stem(name: str) -> str:
    """A relative file name without its suffix."""
    return PurePosixPath(name).with_suffix("").as_posix()
