"""Pictures with COCO annotations: one file for many pictures, or one for each as in the thesis (section 3.3).

The thesis's files are read as they are: an annotation's ``image_id`` need not match when its file holds one picture,
``licenses`` may be an object, a category may stand twice in two languages, and an id that the file lacks or misnames is
told by ``category_ids``.
"""

from collections import Counter
from dataclasses import replace
from pathlib import Path

import numpy as np

from smearsynth import images
from smearsynth.cells.options import SourceOptions
from smearsynth.cells.set_aside import SetAside
from smearsynth.cells.sources.records import GivenCell, GivenPicture, is_picture, listing, not_pictures
from smearsynth.coco import from_flat
from smearsynth.errors import UserError
from smearsynth.files import inside, out_of_place, read_json
from smearsynth.taxonomy import Taxonomy


def annotation_files(entry: SourceOptions, data: Path) -> list[Path]:
    """The JSON files of a source: the one that is named, or all of the folder that is named."""
    path = data / entry.annotations
    return [path / name for name in listing(path) if name.casefold().endswith(".json")] if path.is_dir() else [path]


def files(entry: SourceOptions, data: Path) -> list[Path]:
    """Annotation files and pictures."""
    folder = data / entry.images
    return [*annotation_files(entry, data), *(folder / name for name in listing(folder) if is_picture(name))]


def plan(entry: SourceOptions, data: Path, taxonomy: Taxonomy) -> tuple[list[GivenPicture], list[SetAside]]:
    """The pictures that the annotations name, and what is wrong with the annotations."""
    folder = data / entry.images
    paths = annotation_files(entry, data)
    present = listing(folder)
    rows = not_pictures(entry.name, [name for name in present if folder / name not in set(paths)])
    parts: dict[str, list[GivenPicture]] = {}
    for path in paths:
        where = path.relative_to(data).as_posix()
        try:
            # An outline with NaN is named with its cell.
            content = read_json(path, nan=True)
        except UserError as error:
            rows += [SetAside(entry.name, where, "", "bad", p.what, p.fix) for p in error.problems]
            continue
        pictures, faults = _read_file(content, where, entry, taxonomy)
        rows += faults
        for picture in pictures:
            parts.setdefault(picture.original, []).append(picture)
    result = []
    for original, same in sorted(parts.items()):
        cells = _told_apart([cell for picture in same for cell in picture.cells])
        first = same[0]
        try:
            file = inside(folder, original, where=original)
        except UserError as error:
            rows += [SetAside(entry.name, original, "", "bad", p.what, p.fix, max(1, len(cells))) for p in error.problems]
            continue
        result.append(GivenPicture(original, cells, file, None, first.size, first.group))
    fix = "annotate it, or take it out of the folder"
    unnamed = [name for name in present if is_picture(name) and name not in parts]
    rows += [SetAside(entry.name, name, "", "bad", "picture without annotation", fix) for name in unnamed]
    return result, rows


def load(picture: GivenPicture, entry: SourceOptions, seed: int) -> tuple[np.ndarray, tuple[GivenCell, ...]]:
    """Decode the picture; its cells are known from `plan`."""
    assert picture.path
    return images.read(picture.path), picture.cells


def _told_apart(cells: list[GivenCell]) -> tuple[GivenCell, ...]:
    """Cells whose annotations have the same id, as in several files of one picture, get a number behind it."""
    seen: Counter = Counter()
    result = []
    for cell in cells:
        seen[cell.label] += 1
        result.append(cell if seen[cell.label] == 1 else replace(cell, label=f"{cell.label}#{seen[cell.label]}"))
    return tuple(result)


def _read_file(
    content: object, where: str, entry: SourceOptions, taxonomy: Taxonomy
) -> tuple[list[GivenPicture], list[SetAside]]:
    """The pictures of one COCO file and what is wrong in it."""
    rows: list[SetAside] = []

    def aside(file: str, cell: object, what: str, fix: str, cells: int = 1) -> None:
        rows.append(SetAside(entry.name, file, "" if cell is None else str(cell), "bad", what, fix, cells))

    if not isinstance(content, dict):
        aside(where, None, "not a COCO file: no JSON object", "give an object with images, annotations and categories")
        return [], rows
    missing = [part for part in ("images", "annotations", "categories") if not isinstance(content.get(part), list)]
    if missing:
        aside(where, None, f"not a COCO file: no list {', '.join(missing)}", "give images, annotations and categories as lists")
        return [], rows
    names = {c["id"]: str(c["name"]) for c in content["categories"] if isinstance(c, dict) and _id(c.get("id")) and "name" in c}

    entries: dict[object, dict] = {}
    times = Counter(str(image.get("id")) for image in content["images"] if isinstance(image, dict))
    for image in content["images"]:
        name = image.get("file_name") if isinstance(image, dict) else None
        if not isinstance(name, str) or not name:
            aside(where, None, f"picture {image!r:.60} has no file_name", "give the file's name in the images folder")
        elif not (image.get("id") is None or _id(image["id"])):
            aside(where, None, f"picture id {image['id']!r:.60} is neither number nor text", "give every picture its own id")
        elif times[str(image.get("id"))] > 1:
            aside(name, None, f"picture id {image.get('id')} stands more than once in {where}", "give every picture its own id")
        elif (fault := out_of_place(name)) is not None:
            aside(name, None, fault, "name the file relative to the images folder, without '..'")
        else:
            entries[image.get("id")] = image
    cells: dict[object, list[GivenCell]] = {key: [] for key in entries}
    lost: Counter = Counter()
    for number, annotation in enumerate(content["annotations"]):
        if not isinstance(annotation, dict):
            aside(where, number, f"annotation {annotation!r:.60} is no object", "write it as COCO describes it")
            continue
        key = next(iter(entries)) if len(content["images"]) == 1 and entries else annotation.get("image_id")
        label = str(annotation.get("id", number))
        if not (_id(key) or (key is None and len(content["images"]) == 1)) or key not in entries:
            aside(where, label, f"image_id {key!r:.60} is no picture that can be used", "add the picture or correct image_id")
            continue
        try:
            cells[key].append(_cell(annotation, label, names, entry, taxonomy))
        except UserError as error:
            lost[key] += 1
            for problem in error.problems:
                aside(_posix(entries[key]["file_name"]), label, problem.what, problem.fix)
    pictures = []
    for key, image in entries.items():
        if not cells[key]:
            if not lost[key]:
                aside(
                    _posix(image["file_name"]),
                    None,
                    f"picture without annotation in {where}",
                    "annotate it, or take its entry out",
                )
                # Named already: not once more as a picture that no file names.
            pictures.append(GivenPicture(_posix(image["file_name"]), ()))
            continue
        group = image.get(entry.group_column) if entry.group_column else None
        pictures.append(
            GivenPicture(
                _posix(image["file_name"]), tuple(cells[key]), size=_size(image), group=None if group is None else str(group)
            )
        )
    return pictures, rows


def _cell(annotation: dict, label: str, names: dict, entry: SourceOptions, taxonomy: Taxonomy) -> GivenCell:
    """One annotation; whatever is wrong with it is a `UserError`."""
    category = annotation.get("category_id")
    told = entry.category_ids.get(str(category))
    if told is None and not (_id(category) and category in names):
        raise UserError.of(
            "", f"category_id {category!r:.60} does not exist", "add the category to the file, or name it in category_ids"
        )
    known = taxonomy[told].id if told else None
    type_name = told or names[category]
    if annotation.get("iscrowd", 0):
        raise UserError.of("", "iscrowd is 1: a crowd has no outline of a cell", "outline each cell, or take the annotation out")
    prompt = _box(annotation.get("bbox"))
    outline = annotation.get("segmentation")
    if isinstance(outline, dict):
        return GivenCell(label, type_name, (), entry.origin, run_lengths=outline, prompt=prompt, category_id=known)
    if outline:
        if not isinstance(outline, list):
            raise UserError.of("", f"an outline {outline!r:.60}", "write it as a list of polygons or as run lengths")
        flat = [outline] if not isinstance(outline[0], list) else outline
        return GivenCell(label, type_name, tuple(map(_polygon, flat)), entry.origin, prompt=prompt, category_id=known)
    if prompt is None:
        raise UserError.of("", "neither an outline nor a box", "give a segmentation, or a bbox with numbers above 0")
    return GivenCell(label, type_name, (), "found", prompt=prompt, category_id=known)


def _polygon(flat: list) -> np.ndarray:
    """A polygon as (n, 2); numbers that are none become NaN, which `outline_fault` names."""
    fix = "write it as x1, y1, x2, y2, …"
    if not isinstance(flat, list) or len(flat) % 2:
        raise UserError.of("", "a polygon with an odd number of coordinates", fix)
    try:
        return from_flat(flat)
    except (TypeError, ValueError, OverflowError):
        raise UserError.of("", "a polygon whose coordinates are not numbers", fix) from None


def _box(value: object) -> tuple[float, float, float, float] | None:
    """A box of four finite numbers with width and height above 0, else None."""
    # Beyond 1e9 there are no pixels, only mistakes; NaN is below nothing.
    if not isinstance(value, list) or len(value) != 4 or not all(isinstance(v, int | float) and abs(v) < 1e9 for v in value):
        return None
    x, y, width, height = map(float, value)
    return (x, y, width, height) if width > 0 and height > 0 else None


def _size(image: dict) -> tuple[int, int] | None:
    height, width = image.get("height"), image.get("width")
    return (height, width) if isinstance(height, int) and isinstance(width, int) else None


def _id(value: object) -> bool:
    """Whether a value can be an id."""
    return isinstance(value, int | str)


def _posix(name: str) -> str:
    """A file name with forward slashes and without ``./``."""
    return "/".join(part for part in name.replace("\\", "/").split("/") if part not in ("", "."))
