"""What content of JSON must look like: told as Python writes it, checked at once, the first fault named by its place.

A form is a type (``float`` takes integers too, neither NaN, Infinity nor bool), a frozenset of values, ``[form]`` for a list,
``(form, form)`` for a list of as many entries, a dict of forms for an object that has these keys and may have others, or `Maybe`
of a form for a key that may lack or be null.
"""

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from smearsynth.errors import UserError
from smearsynth.files import read_json

LARGEST = 2**53
"""Up to this whole numbers are what a float of 64 bits says they are."""


@dataclass(frozen=True)
class Maybe:
    """A form of which the key may lack, or its value be null."""

    form: Any


BOX = (float, float, float, float)
"""x, y, width, height."""


def read(path: str | Path, form: Any, *, fix: str) -> Any:
    """Read a JSON file of a form; see `check`."""
    data = read_json(path)
    check(data, form, where=path, fix=fix)
    return data


def check(data: Any, form: Any, *, where: str | Path, fix: str) -> None:
    """Refuse content of another form.

    Parameters
    ----------
    data : object
        From JSON.
    form : form
        See the module.
    where : str or path
        The file, for the message.
    fix : str
        Which file to give instead.

    Raises
    ------
    UserError
        With the first place that is wrong and what stands there.
    """
    fault = _fault(data, form)
    if fault is not None:
        place, got, wanted = fault
        raise UserError.of(str(where), f"{place.lstrip('.') or 'the file'} is {got!r:.60}, not {wanted}", fix)


def _fault(data: Any, form: Any) -> tuple[str, Any, str] | None:
    """Place, value and what was wanted, of the first fault."""
    if isinstance(form, type):
        return None if _is(data, form) else ("", data, NAMES[form])
    if isinstance(form, Maybe):
        return None if data is None else _fault(data, form.form)
    if isinstance(form, frozenset):
        fine = isinstance(data, str | int | None) and data in form
        return None if fine else ("", data, f"one of {', '.join(map(str, sorted(form, key=str)))}")
    if isinstance(form, dict):
        if not isinstance(data, dict):
            return "", data, "an object"
        for key, inner in form.items():
            if key not in data and not isinstance(inner, Maybe):
                return f".{key}", None, "there"
            if (fault := _fault(data.get(key), inner)) is not None:
                return f".{key}{fault[0]}", *fault[1:]
        return None
    if not isinstance(data, list):
        return "", data, "a list"
    if isinstance(form, tuple) and len(form) != len(data):
        return "", data, f"a list of {len(form)}"
    if form in ([float], [int]) and _are(data, form[0]):
        return None
    inners = form if isinstance(form, tuple) else form * len(data)
    for at, (entry, inner) in enumerate(zip(data, inners)):
        if (fault := _fault(entry, inner)) is not None:
            return f"[{at}]{fault[0]}", *fault[1:]
    return None


def _are(values: list, kind: type) -> bool:
    """Whether a list, of millions perhaps, surely holds numbers of a kind alone."""
    if not set(map(type, values)) <= {int, kind}:
        return False
    # A sum with NaN or Infinity is one of them.
    return not values or (min(values) >= -LARGEST and max(values) <= LARGEST and math.isfinite(sum(values)))


def _is(value: Any, kind: type) -> bool:
    if kind in (int, float):
        number = isinstance(value, int if kind is int else int | float) and not isinstance(value, bool)
        return number and abs(value) <= LARGEST and math.isfinite(value)
    return isinstance(value, kind)


NAMES = {int: "a whole number", float: "a number", str: "text", bool: "true or false", dict: "an object", list: "a list"}
