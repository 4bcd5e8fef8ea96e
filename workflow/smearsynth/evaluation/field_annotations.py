"""Cells of fields, annotated or found, by the kind that they are of."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from smearsynth import coco, run_lengths
from smearsynth.errors import Problem, UserError
from smearsynth.evaluation.field_options import FIELD_KINDS, IGNORE
from smearsynth.files import read_json

KIND_IDS = {kind: at for at, kind in enumerate(FIELD_KINDS, 1)}


@dataclass(frozen=True)
class FieldCells:
    """A COCO file whose categories are kinds.

    Parameters
    ----------
    where : str
        File, for messages.
    images : dict of str to dict
        File name to COCO image.
    cells : dict of str to list of dict
        File name to its annotations; ``kind`` is one of `FIELD_KINDS` or ``ignore``.
    """

    where: str
    images: dict[str, dict]
    cells: dict[str, list[dict]]

    def at(self, names: list[str]) -> "FieldCells":
        """The images of these names alone."""
        return FieldCells(self.where, {name: self.images[name] for name in names}, {name: self.cells[name] for name in names})


def read(path: Path, kinds: Mapping[str, str], *, scored: bool) -> tuple[FieldCells | None, list[Problem]]:
    """Read a COCO file.

    Parameters
    ----------
    path : path
        COCO with images; of truth, or as a reader writes what it found.
    kinds : mapping of str to str
        See `FieldsOptions.kinds`.
    scored : bool
        Whether it is what a reader found: every annotation needs a score then, and what is to be ignored is left out.

    Returns
    -------
    FieldCells or None
        None where anything is wrong.
    list of Problem
        All that is wrong; a missing or broken file raises at once.
    """
    return check(path, read_json(path), kinds, scored=scored)


def check(path: Path, data: Any, kinds: Mapping[str, str], *, scored: bool) -> tuple[FieldCells | None, list[Problem]]:
    """`read` of content that is at hand; `path` is for messages."""
    if isinstance(data, list):
        fix = "write a whole COCO file, so that images in which nothing was found are known"
        return None, [Problem(str(path), "a list of results without images", fix)]
    problems = [Problem(f"{path}: {one.where}", one.what, one.fix) for one in coco.check(data, named=True)]
    if not problems and not data["images"]:
        problems.append(Problem(str(path), "no images", "give a file with the images, those without cells too"))
    if problems:
        return None, problems
    used = {entry["category_id"] for entry in data["annotations"]}
    kind_of = {c["id"]: _kind(c, kinds) for c in data["categories"] if c["id"] in used}
    for category in data["categories"]:
        if category["id"] in used and kind_of[category["id"]] is None:
            fix = f"add it to evaluation.fields.kinds: one of {', '.join((*FIELD_KINDS, IGNORE))}"
            problems.append(Problem(str(path), f"category {category['name']!r} is of no known kind", fix))
    problems += _annotations(path, data["annotations"], scored=scored)
    if unsized := [i["file_name"] for i in data["images"] if not all(_side(i.get(side)) for side in ("width", "height"))]:
        problems.append(Problem(str(path), f"images without width and height: {', '.join(unsized)}", "give them in pixels"))
    else:
        problems += _outlines(path, data)
    names = Counter(image["file_name"] for image in data["images"])
    problems += [
        Problem(str(path), f"two images are called {name}", "give every image its own file name")
        for name in names
        if names[name] > 1
    ]
    if problems:
        return None, problems
    of_image = {image["id"]: image["file_name"] for image in data["images"]}
    cells: dict[str, list[dict]] = {name: [] for name in of_image.values()}
    for entry in data["annotations"]:
        kind = kind_of[entry["category_id"]]
        # A place where nothing counts is the truth's to name; a cell that a reader sets aside is not found.
        if not (scored and kind == IGNORE):
            cells[of_image[entry["image_id"]]].append({**entry, "kind": kind})
    return FieldCells(str(path), {image["file_name"]: image for image in data["images"]}, cells), []


def _kind(category: dict, kinds: Mapping[str, str]) -> str | None:
    """The kind of a category: by the table, by its own name, by its supercategory."""
    name = category["name"]
    own = [one for one in (name, category.get("supercategory")) if one in FIELD_KINDS]
    return kinds.get(name) or (own[0] if own else None)


def _annotations(path: Path, entries: list[dict], *, scored: bool) -> list[Problem]:
    """What is wrong with boxes and scores: a problem for each fault, with how many annotations have it."""

    def boxed(entry: dict) -> bool:
        box = entry.get("bbox")
        return isinstance(box, list) and len(box) == 4 and all(map(_finite, box)) and min(box[2:]) > 0

    faults = [("without a box [x, y, width, height]", "give every cell the box of its outline", boxed)]
    faults.append(("with an iscrowd that is neither 0 nor 1", "write 0 or 1", lambda entry: _is_flag(entry.get("iscrowd", 0))))
    if scored:
        fix = "write the reader's confidence, a number, as score: average precision ranks by it"
        faults.append(("without a score", fix, lambda entry: _finite(entry.get("score"))))
    problems = []
    for what, fix, right in faults:
        if wrong := [entry["id"] for entry in entries if not right(entry)]:
            problems.append(Problem(str(path), f"{len(wrong)} annotations {what}, the first with id {wrong[0]}", fix))
    return problems


def _outlines(path: Path, data: dict) -> list[Problem]:
    """What is wrong with outlines: they are given to code that trusts them."""
    shapes = {image["id"]: (image["height"], image["width"]) for image in data["images"]}
    wrong: list[tuple[object, Problem]] = []
    for entry in data["annotations"]:
        if not entry.get("segmentation"):
            continue
        shape, outline = shapes[entry["image_id"]], entry["segmentation"]
        try:
            run_lengths.counts(outline, shape) if isinstance(outline, dict) else run_lengths.polygons(outline, shape)
        except UserError as error:
            wrong.append((entry["id"], error.problems[0]))
    # The first tells enough of them all.
    return [Problem(f"{path}: annotation {first}", f"{one.what}; {len(wrong)} such", one.fix) for first, one in wrong[:1]]


def _is_flag(value: object) -> bool:
    return isinstance(value, int | float) and value in (0, 1)


def _side(value: object) -> bool:
    """Whether a value can be a picture's width or height."""
    return isinstance(value, int) and not isinstance(value, bool) and 0 < value < 2**31


def _finite(value: object) -> bool:
    # Whole numbers of hundreds of digits are no floats.
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 1e300
