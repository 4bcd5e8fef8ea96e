"""Truth and what readers found, brought to the same images and to the kinds that can be compared."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import PurePosixPath

from smearsynth.errors import Problem, UserError, raise_all
from smearsynth.evaluation.field_annotations import FieldCells
from smearsynth.evaluation.field_options import FIELD_KINDS, IGNORE


def named_alike(truth: FieldCells, found: FieldCells) -> FieldCells:
    """What was found, under the truth's names: files in other folders are matched by their last part, where it is unique."""
    if found.images.keys() == truth.images.keys():
        return found
    last = [{PurePosixPath(name).name: name for name in one.images} for one in (truth, found)]
    if any(len(names) < len(one.images) for names, one in zip(last, (truth, found))):
        return found
    new = {name: last[0].get(PurePosixPath(name).name, name) for name in found.images}
    images = {new[name]: image for name, image in found.images.items()}
    return FieldCells(found.where, images, {new[name]: cells for name, cells in found.cells.items()})


def mismatches(truth: FieldCells, found: FieldCells) -> list[Problem]:
    """All images that a reader did not read, read beyond the truth, or read at another size: a problem for each of the three."""

    def told(names: list[str], what: str, fix: str) -> list[Problem]:
        return [Problem(found.where, f"{len(names)} images {what}: {', '.join(names)}", fix)] if names else []

    sizes = []
    for name in sorted(truth.images.keys() & found.images.keys()):
        true, read = ((one.images[name].get("width"), one.images[name].get("height")) for one in (truth, found))
        if true != read:
            sizes.append(f"{name} ({read[0]} × {read[1]}, not {true[0]} × {true[1]})")
    missing, extra = sorted(truth.images.keys() - found.images.keys()), sorted(found.images.keys() - truth.images.keys())
    return [
        *told(missing, "of the truth are missing", "read all images of the truth; one without cells stays in as an image"),
        *told(extra, "are not in the truth", "leave them out, or annotate them: there is nothing to hold them against"),
        *told(sizes, "have another size than in the truth", "write what was found in pixels of the picture as it was given"),
    ]


def match_up(truth: FieldCells, readers: Mapping[str, list[FieldCells]]) -> dict[str, list[FieldCells]]:
    """What each reader found, under the truth's names.

    Raises
    ------
    UserError
        With all that `mismatches` says of all readers.
    """
    same = {name: [named_alike(truth, one) for one in found] for name, found in readers.items()}
    raise_all(problem for found in same.values() for one in found for problem in mismatches(truth, one))
    return same


def only(
    names: list[str], truth: FieldCells, readers: dict[str, list[FieldCells]]
) -> tuple[FieldCells, dict[str, list[FieldCells]]]:
    """The chosen images of the truth; readers keep, beside these, what the whole truth does not know, for a message to come."""
    if unknown := [name for name in names if name not in truth.images]:
        raise UserError.of("--images", f"{len(unknown)} names are not in the truth: {', '.join(unknown)}", "correct the names")
    left_out = truth.images.keys() - set(names)

    def without(one: FieldCells) -> FieldCells:
        one = named_alike(truth, one)
        return one.at([name for name in one.images if name not in left_out])

    return truth.at(names), {name: [without(one) for one in found] for name, found in readers.items()}


def without(left_out: Sequence[str], names: Sequence[str]) -> list[str]:
    """The names but those that are left out, which are told by their last parts.

    Raises
    ------
    UserError
        If nothing is left.
    """
    parts = {PurePosixPath(name).name for name in left_out}
    kept = [name for name in names if PurePosixPath(name).name not in parts]
    if not kept:
        raise UserError.of("--leave-out", "no picture is left to be judged", "leave fewer out")
    return kept


def outlined(
    truth: FieldCells, readers: dict[str, list[FieldCells]]
) -> tuple[FieldCells, dict[str, list[FieldCells]], list[str]]:
    """Truth and readers where masks can be compared, and what is said of the rest.

    Returns
    -------
    FieldCells
        With the kinds alone of which every true cell has an outline.
    dict of str to list of FieldCells
        The readers that outline all their cells; empty where the truth outlines nothing.
    list of str
        A line for each kind and reader that is left out for a part of its outlines.
    """
    notes, kinds = [], []
    for kind in FIELD_KINDS:
        having = [bool(c.get("segmentation")) for cells in truth.cells.values() for c in cells if c["kind"] == kind]
        if having and all(having):
            kinds.append(kind)
        elif any(having):
            notes.append(f"Masks of {kind} cells are not compared: {len(having) - sum(having)} of {len(having)} have none.")
    drawn = {}
    for name, found in readers.items():
        if all(c.get("segmentation") for one in found for cells in one.cells.values() for c in cells):
            drawn[name] = [_of_kinds(one, kinds) for one in found]
        elif kinds:
            notes.append(f"Masks of {name} are not compared: it does not outline all its cells.")
    return _of_kinds(truth, kinds), drawn if kinds else {}, notes


def _of_kinds(one: FieldCells, kinds: list[str]) -> FieldCells:
    kept = (*kinds, IGNORE)
    return replace(one, cells={name: [c for c in cells if c["kind"] in kept] for name, cells in one.cells.items()})
