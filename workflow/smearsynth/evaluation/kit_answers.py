"""The answers to a reading kit: files of readers checked against the key, and brought into one table."""

import csv
import io
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from smearsynth import structure
from smearsynth.errors import Problem, UserError, raise_all
from smearsynth.evaluation.kit_items import REAL
from smearsynth.evaluation.kit_page import NONE
from smearsynth.files import read_json, read_text
from smearsynth.structure import Maybe

COLUMNS = ("kit", "reader", "item", "shown", "judgement", "type", "milliseconds")
JUDGEMENTS = ("real", "fake")
MISSING = -1

ITEM = {"item": str, "set": str, "type": Maybe(str), "beside": Maybe(str), "again": Maybe(str)}
KEY = {"kit": str, "types": [str], "sets": [str], "items": [ITEM]}


@dataclass(frozen=True)
class Answers:
    """Answers of all readers; items in the order of the key.

    Parameters
    ----------
    readers : tuple of str
        r of them.
    says_fake : ndarray of int, shape (r, n)
        1 fake, 0 real, `MISSING` not answered.
    named : ndarray of int, shape (r, n)
        Place in `types`, ``len(types)`` for none of these, `MISSING` not answered or not asked.
    milliseconds : ndarray of float, shape (r, n)
        nan not answered.
    fake : ndarray of bool, shape (n,)
        The truth.
    true_type : ndarray of int, shape (n,)
        Place in `types`, `MISSING` without types.
    beside : ndarray of str, shape (n,)
        The synthetic set that an item is of or stands beside.
    repeats : ndarray of int, shape (k, 2)
        Places of an item and of its repeat.
    types, sets : tuple of str
    """

    readers: tuple[str, ...]
    says_fake: np.ndarray
    named: np.ndarray
    milliseconds: np.ndarray
    fake: np.ndarray
    true_type: np.ndarray
    beside: np.ndarray
    repeats: np.ndarray
    types: tuple[str, ...]
    sets: tuple[str, ...]

    @property
    def first(self) -> np.ndarray:
        """Which items are no repeats, ndarray of bool, shape (n,)."""
        mask = np.ones(len(self.fake), bool)
        mask[self.repeats[:, 1]] = False
        return mask


def read(key_path: Path, files: Sequence[Path]) -> Answers:
    """Read the answers of one kit.

    Parameters
    ----------
    key_path : Path
        ``key.json`` of the kit.
    files : sequence of Path
        One CSV a reader, as the page saves them; separators that a spreadsheet has changed are understood.

    Raises
    ------
    UserError
        With all that is wrong in all files.
    """
    key = read_json(key_path)
    fix = "give the key.json that was made with the page"
    if not isinstance(key, dict) or not {"kit", "types", "sets", "items"} <= key.keys():
        raise UserError.of(str(key_path), "no key of a reading kit", fix)
    structure.check(key, KEY, where=key_path, fix=fix)
    places = {entry["item"]: place for place, entry in enumerate(key["items"])}
    types = tuple(key["types"])
    lost = [entry for entry in key["items"] if (entry.get("again") or entry["item"]) not in places]
    odd = [entry for entry in key["items"] if types and entry.get("type") not in types]
    if lost or odd or len(places) != len(key["items"]):
        raise UserError.of(str(key_path), "items that repeat others wrongly, or of no type of the key", fix)
    problems: list[Problem] = []
    rows_of: dict[str, tuple[Path, list[dict[str, str]]]] = {}
    for path in files:
        rows = _rows(path, problems)
        readers = list(dict.fromkeys(row["reader"] for row in rows))
        if len(readers) > 1:
            problems.append(Problem(str(path), f"answers of several readers: {', '.join(readers)}", "one file for each reader"))
        for reader in readers[:1]:
            if reader.casefold() in rows_of:
                what = f"reader {reader} also in {rows_of[reader.casefold()][0]}"
                problems.append(Problem(str(path), what, "keep the last file, or give two readers two codes"))
            else:
                rows_of[reader.casefold()] = path, rows
        problems += _wrong(path, rows, key["kit"], places, types)
    raise_all(problems)
    shape = len(rows_of), len(places)
    says_fake, named, milliseconds = np.full(shape, MISSING), np.full(shape, MISSING), np.full(shape, np.nan)
    for place, (_, rows) in enumerate(rows_of.values()):
        for row in rows:
            at = place, places[row["item"]]
            says_fake[at] = JUDGEMENTS.index(row["judgement"])
            milliseconds[at] = float(row["milliseconds"])
            if types:
                named[at] = (*types, NONE).index(row["type"])
    items = key["items"]
    again = [(places[entry.get("again")], place) for place, entry in enumerate(items) if entry.get("again")]
    return Answers(
        *(tuple(rows[0]["reader"] for _, rows in rows_of.values()), says_fake, named, milliseconds),
        fake=np.array([entry["set"] != REAL for entry in items]),
        true_type=np.array([types.index(entry.get("type")) if types else MISSING for entry in items]),
        beside=np.array([entry.get("beside") for entry in items]),
        repeats=np.array(again, int).reshape(-1, 2),
        types=types,
        sets=tuple(key["sets"]),
    )


def _rows(path: Path, problems: list[Problem]) -> list[dict[str, str]]:
    """The rows of a file; none, and a problem, where it cannot be read."""
    again = "ask the reader to save the answers again"
    try:
        text = read_text(path)
    except UserError as error:
        problems += error.problems
        return []
    header = text.partition("\n")[0]
    reader = csv.DictReader(io.StringIO(text), delimiter=max(",;\t", key=header.count))
    try:
        missing = [name for name in COLUMNS if name not in (reader.fieldnames or ())]
    except csv.Error as error:
        problems.append(Problem(str(path), f"not readable as a table ({error})", again))
        return []
    if not text.strip():
        problems.append(Problem(str(path), "the file is empty", again))
    elif missing:
        problems.append(Problem(str(path), f"no column {', '.join(missing)}", again))
    else:
        try:
            rows = [{name: (row[name] or "").strip() for name in COLUMNS} for row in reader]
        except csv.Error as error:
            problems.append(Problem(str(path), f"not readable as a table ({error})", again))
            return []
        if not rows:
            problems.append(Problem(str(path), "no answers, only the names of the columns", again))
        return rows
    return []


def _wrong(path: Path, rows: list[dict[str, str]], kit: str, places: dict[str, int], types: tuple[str, ...]) -> list[Problem]:
    """What is wrong with the rows of one file."""
    others = sorted({row["kit"] for row in rows} - {kit})
    if others:
        return [Problem(str(path), f"answers to kit {', '.join(others)}, the key is of kit {kit}", "give the key of that kit")]
    found: list[Problem] = []
    seen: dict[str, int] = {}
    for line, row in enumerate(rows, 2):

        def wrong(what: str, fix: str, *, line: int = line) -> None:
            found.append(Problem(f"{path}, line {line}", what, fix))

        item = row["item"]
        if item not in places:
            wrong(f"unknown item {item!r}", "was the file edited? ask the reader to save the answers again")
        if item in seen:
            wrong(f"item {item} was already answered in line {seen[item]}", "keep one of the two lines")
        seen.setdefault(item, line)
        if not row["reader"]:
            wrong("no reader", "fill in the reader's code name")
        if row["judgement"] not in JUDGEMENTS:
            wrong(f"judgement {row['judgement']!r}", "real or fake")
        if types and row["type"] not in (*types, NONE):
            wrong(f"type {row['type']!r}", f"one of {', '.join(types)}, {NONE}")
        if not re.fullmatch(r"[0-9]{1,12}", row["milliseconds"]):
            wrong(f"milliseconds {row['milliseconds']!r}", "a whole number")
    return found
