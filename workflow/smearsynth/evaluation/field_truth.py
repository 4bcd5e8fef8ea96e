"""The truth of fields: a COCO file, or the test split of a run's own field maps."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from smearsynth import coco, images, structure
from smearsynth.errors import Problem, UserError
from smearsynth.evaluation import field_annotations
from smearsynth.evaluation.field_annotations import FieldCells
from smearsynth.files import inside, read_json
from smearsynth.pairs import field_maps

FORM = field_maps.FORM | {
    "fields": [field_maps.FIELD | {"cells": [field_maps.CELL | {"owner": int}]}],
    "categories": [{"id": int, "name": str, "kind": str}],
}


def read(path: Path, kinds: Mapping[str, str]) -> tuple[FieldCells | None, list[Problem], list[str] | None]:
    """Read the truth.

    Parameters
    ----------
    path : path
        COCO, or ``pairs/fields/index.json``, whose cells are those of the owner maps: annotated, or found classically.
    kinds : mapping of str to str
        See `FieldsOptions.kinds`.

    Returns
    -------
    FieldCells or None
        None where anything is wrong.
    list of Problem
        All that is wrong; a missing or broken file raises at once.
    list of str or None
        The images that may be judged: of field maps the test split; None for all.
    """
    data = read_json(path)
    if not (isinstance(data, dict) and "fields" in data):
        return *field_annotations.read(path, kinds, scored=False), None
    structure.check(data, FORM, where=path, fix=field_maps.FIX)
    categories = [{**category, "supercategory": category["kind"]} for category in data["categories"]]
    maps = {"images": [], "annotations": [], "categories": categories}
    test = []
    for number, field in enumerate(data["fields"], 1):
        maps["images"].append({"id": number, "file_name": field["file"], "width": field["width"], "height": field["height"]})
        # The other maps need not be read: a reader may have been trained on them.
        if field["split"] == "test":
            test.append(field["file"])
            maps["annotations"] += cells(field, path.parent, image_id=number, first=len(maps["annotations"]) + 1)
    return *field_annotations.check(path, maps, kinds, scored=False), test


def cells(field: dict, folder: Path, *, image_id: int, first: int) -> list[dict]:
    """The cells of a field map as COCO annotations, those cut by the frame too."""
    owners = images.read_grey(inside(folder, field["owners"], where=folder))
    numbers = set(np.unique(owners).tolist())
    if lost := [cell["owner"] for cell in field["cells"] if cell["owner"] not in numbers - {0}]:
        raise UserError.of(str(folder / field["owners"]), f"has no cell {lost[0]}, which the index lists", field_maps.FIX)
    if owners.shape != (field["height"], field["width"]):
        what = f"{owners.shape[1]} × {owners.shape[0]} px, but the index says {field['width']} × {field['height']}"
        raise UserError.of(str(folder / field["owners"]), what, field_maps.FIX)
    return [
        coco.annotation(owners == cell["owner"], id=first + at, image_id=image_id, category_id=cell["category_id"])
        for at, cell in enumerate(field["cells"])
    ]
