"""Corrections of an expert: pictures or cells to remove or to relabel.

A tab-separated table with the columns source, file (the picture's name in its source), action (``remove`` or ``relabel``),
type (for relabel) and reason, and optionally cell (the annotation's id in its source); or the same as a YAML list.
"""

from dataclasses import dataclass
from pathlib import Path

import yaml

from smearsynth.cells.set_aside import SetAside
from smearsynth.errors import Problem, UserError, raise_all
from smearsynth.files import read_text, read_tsv
from smearsynth.taxonomy import Taxonomy

COLUMNS = ("source", "file", "action", "type", "reason")


@dataclass(frozen=True)
class Correction:
    """One line of the table; ``cell`` is empty for the whole picture, ``type`` is empty unless it relabels."""

    line: int
    source: str
    file: str
    action: str
    type: str = ""
    reason: str = ""
    cell: str = ""


def read(path: Path, taxonomy: Taxonomy) -> list[Correction]:
    """Read and check the table; a `UserError` names every line that is wrong."""
    try:
        if path.suffix.casefold() in (".yaml", ".yml"):
            text = read_text(path)
            if "&" in text and any(isinstance(token, yaml.AliasToken) for token in yaml.scan(text)):
                raise ValueError("repeated parts (& and *) are not read")
            rows = yaml.safe_load(text) or []
        else:
            rows = read_tsv(path) if read_text(path).strip() else []
    except RecursionError:
        raise UserError.of(path.name, "nested too deeply", f"give a list of entries with {', '.join(COLUMNS)}") from None
    except (yaml.YAMLError, ValueError) as error:
        message = str(error).replace("\n", " ")
        fix = f"write a table with the columns {', '.join(COLUMNS)}, separated by tabs"
        raise UserError.of(path.name, f"cannot be read as a table ({message})", fix) from None
    if not isinstance(rows, list):
        raise UserError.of(path.name, "no list of corrections", f"give a list of entries with {', '.join(COLUMNS)}")
    problems, result = [], []
    for number, row in enumerate(rows, 1):
        where = f"{path.name}, correction {number}"
        if not isinstance(row, dict) or not {"source", "file", "action"} <= row.keys():
            problems.append(Problem(where, "source, file or action is missing", f"give the columns {', '.join(COLUMNS)}"))
            continue
        fields = (*COLUMNS, "cell")
        known = {k: str(row.get(k) or "").strip() for k in fields}
        known = {k: "" if v == "n/a" else v for k, v in known.items()}
        one = Correction(number, **known)
        if one.action not in ("remove", "relabel"):
            problems.append(Problem(where, f"action {one.action!r}", "remove or relabel"))
        elif one.action == "relabel" and taxonomy.find(one.type) is None:
            fix = f"give one of {', '.join(t.name for t in taxonomy.types)}"
            problems.append(Problem(where, f"relabels {one.file} to {one.type!r}, which is no type of the taxonomy", fix))
        result.append(one)
    raise_all(problems)
    return result


def apply(
    corrections: list[Correction],
    parts: dict[str, dict],
    already: set[tuple[str, str]],
    taxonomy: Taxonomy,
    *,
    where: str,
) -> list[SetAside]:
    """Carry the corrections out on the sources' COCO files, in place.

    Parameters
    ----------
    corrections : list of Correction
        From `read`.
    parts : dict
        COCO content by source.
    already : set of (source, file)
        What was set aside before: a correction of it is without effect, but no mistake.
    taxonomy : Taxonomy
        For the names of types.
    where : str
        The table's name, for messages.

    Returns
    -------
    list of SetAside
        What was removed or relabelled.

    Raises
    ------
    UserError
        For every correction that names an absent source, picture or cell, or leaves open which cell of several.
    """
    problems: list[Problem] = []
    rows: list[SetAside] = []
    for one in corrections:
        place = f"{where}, correction {one.line}"
        if one.source not in parts:
            problems.append(Problem(place, f"source {one.source!r} does not exist", f"one of {', '.join(sorted(parts))}"))
            continue
        part = parts[one.source]
        image = next((image for image in part["images"] if image["original"] == one.file), None)
        if image is None:
            if (one.source, one.file) not in already:
                what = f"source {one.source} has no picture {one.file!r}"
                problems.append(Problem(place, what, "write the name as in manifest.tsv, column original, or take the line out"))
            continue
        cells = [a for a in part["annotations"] if a["image_id"] == image["id"] and labelled(a)]
        if one.cell:
            cells = [a for a in cells if str(a.get("label", "")) == one.cell]
        if not cells or (one.action == "relabel" and len(cells) > 1):
            what = f"{one.file} has no annotation {one.cell!r}" if not cells else f"{one.file} has {len(cells)} annotated cells"
            problems.append(Problem(place, what, "name one annotation in the column cell"))
            continue
        reason = f": {one.reason}" if one.reason else ""
        if one.action == "relabel":
            before, after = taxonomy[cells[0]["category_id"]], taxonomy[one.type]
            cells[0]["category_id"] = after.id
            what, status = f"relabelled from {before.name} to {after.name}{reason}", "mended"
        else:
            # What a finder saw in a picture goes with the picture.
            gone = {a["id"] for a in (cells if one.cell else part["annotations"]) if a["image_id"] == image["id"]}
            part["annotations"] = [a for a in part["annotations"] if a["id"] not in gone]
            what, status = f"removed{reason}", "chosen"
        rows.append(SetAside(one.source, one.file, one.cell, status, what, f"none: {where} says so"))
    raise_all(problems)
    return rows


def labelled(annotation: dict) -> bool:
    """Whether a source named the cell, rather than a finder."""
    return "label" in annotation or annotation["origin"] != "found"
