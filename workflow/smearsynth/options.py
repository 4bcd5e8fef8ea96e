"""From a section of the configuration to a frozen dataclass: all that is wrong is told at once.

A stage's options are dataclasses in its own ``options`` module, so that a change to one stage's options
changes no other stage's `source_digest`.
"""

import dataclasses
import json
import types
import typing
from collections.abc import Mapping
from typing import Any, TypeVar, Union, get_args, get_origin, get_type_hints

from smearsynth.errors import Problem, UserError, unknown

T = TypeVar("T")


def build(cls: type[T], values: Any, *, where: str) -> T:
    """Build the dataclass `cls` from nested mappings, lists and scalars.

    Types are checked and never guessed: a number given as text is an error, an integer may stand for a float.
    Checks that cross fields belong in ``__post_init__``, which raises `UserError`.

    Parameters
    ----------
    cls : type
        A frozen dataclass.
    values : mapping
        What the configuration says.
    where : str
        The section's name, for messages.

    Raises
    ------
    UserError
        With every unknown key, missing key and wrong type.
    """
    problems: list[Problem] = []
    result = _build(cls, values, where, problems)
    if problems:
        raise UserError(problems)
    return result


def loads(cls: type[T], text: str, *, where: str) -> T:
    """`build` from JSON text, as the command line gets it with ``--options``."""
    try:
        values = json.loads(text)
    except json.JSONDecodeError as error:
        raise UserError.of(where, f"--options is not JSON ({error})", "pass one JSON object") from None
    return build(cls, values, where=where)


def unfit(options: Any, *checks: tuple[str, bool, str]) -> list[Problem]:
    """The problems of options that fail their check, for ``__post_init__``.

    Parameters
    ----------
    options : dataclass
    checks : (str, bool, str)
        Name of an option, whether its value may stand, and which values may:
        ``("share", 0 < self.share <= 1, "above 0, at most 1")``.
    """

    def got(value: Any) -> str:
        return f"got {list(value) if isinstance(value, tuple) else value!r}"

    return [Problem(name, got(getattr(options, name)), fix) for name, fine, fix in checks if not fine]


def at_least(options: Any, limits: Mapping[str, float]) -> list[Problem]:
    """The problems of options that are below their limit, see `unfit`."""
    return unfit(options, *((name, getattr(options, name) >= limit, f"at least {limit}") for name, limit in limits.items()))


def _build(cls: type, values: Any, where: str, problems: list[Problem]) -> Any:
    if not isinstance(values, dict):
        problems.append(Problem(where, f"got {values!r}", "give a mapping of option: value"))
        return None
    hints = get_type_hints(cls)
    fields = {field.name: field for field in dataclasses.fields(cls) if field.init}
    before = len(problems)
    for name in values.keys() - fields.keys():
        problems.append(unknown(f"{where}.{name}", str(name), fields, word="option"))
    arguments = {}
    for name, field in fields.items():
        if name in values:
            arguments[name] = _convert(hints[name], values[name], f"{where}.{name}", problems)
        elif field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING:
            problems.append(Problem(f"{where}.{name}", "missing", f"set it in the section {where} of the configuration"))
    if len(problems) > before:
        return None
    try:
        return cls(**arguments)
    except UserError as error:
        problems.extend(Problem(f"{where}: {p.where}" if p.where else where, p.what, p.fix) for p in error.problems)
        return None


def _convert(hint: Any, value: Any, where: str, problems: list[Problem]) -> Any:
    origin = get_origin(hint)
    if isinstance(hint, type) and dataclasses.is_dataclass(hint):
        return _build(hint, value, where, problems)
    if origin in (Union, types.UnionType):
        if value is None and type(None) in get_args(hint):
            return None
        inner = [kind for kind in get_args(hint) if kind is not type(None)]
        if len(inner) == 1:
            return _convert(inner[0], value, where, problems)
        for kind in inner:
            attempt: list[Problem] = []
            result = _convert(kind, value, where, attempt)
            if not attempt:
                return result
        problems.append(Problem(where, f"got {value!r}", f"expected one of {', '.join(map(_name, inner))}"))
        return None
    if origin is typing.Literal:
        if value not in get_args(hint):
            problems.append(Problem(where, f"got {value!r}", f"one of {', '.join(map(str, get_args(hint)))}"))
        return value
    if origin is tuple:
        if not isinstance(value, list | tuple):
            problems.append(Problem(where, f"got {value!r}", "give a list"))
            return None
        kinds = get_args(hint)
        if len(kinds) == 2 and kinds[1] is Ellipsis:
            return tuple(_convert(kinds[0], v, f"{where}[{i}]", problems) for i, v in enumerate(value))
        if len(kinds) != len(value):
            problems.append(Problem(where, f"{len(value)} values", f"give {len(kinds)}"))
            return None
        return tuple(_convert(k, v, f"{where}[{i}]", problems) for i, (k, v) in enumerate(zip(kinds, value, strict=True)))
    if origin is dict:
        if not isinstance(value, dict):
            problems.append(Problem(where, f"got {value!r}", "give a mapping"))
            return None
        kind = get_args(hint)[1]
        return {str(k): _convert(kind, v, f"{where}.{k}", problems) for k, v in value.items()}
    if hint is float and isinstance(value, int) and not isinstance(value, bool):
        try:
            return float(value)
        except OverflowError:
            problems.append(Problem(where, f"got a number of {len(str(value))} digits", "give a smaller one"))
            return None
    if not isinstance(value, hint) or (isinstance(value, bool) and hint is not bool):
        fix = f"expected {_name(hint)}"
        if hint is float and isinstance(value, str):
            fix += "; YAML reads 2e-4 as text: write 2.0e-4"
        problems.append(Problem(where, f"got {value!r} ({type(value).__name__})", fix))
    return value


def _name(hint: Any) -> str:
    return getattr(hint, "__name__", str(hint))
