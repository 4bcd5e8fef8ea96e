"""Which rule of a workflow reads what another one writes, found as a workflow engine finds it: from a target, file by file."""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

WILDCARD = re.compile(r"\{(\w+)(?:,([^{}]+(?:\{[^}]*\}[^{}]*)*))?\}")
"""A wildcard of Snakemake with its constraint, such as ``{model,all|fold0}``."""


class Wildcards(dict[str, str]):
    """Values of a job's wildcards, also as attributes, as input functions expect them."""

    def __getattr__(self, name: str) -> str:
        try:
            return self[name]
        except KeyError:
            raise AttributeError(name) from None


@dataclass(frozen=True)
class Rule:
    """Files of a rule.

    Parameters
    ----------
    inputs : sequence of str or callable
        Patterns with wildcards, or functions that take `Wildcards` and give one file or several.
    outputs : sequence of str
        Patterns with wildcards and their constraints.
    """

    inputs: Sequence[str | Callable[[Any], str | Iterable[str]]]
    outputs: Sequence[str]


def upstream(rules: Mapping[str, Rule], target: str) -> dict[str, list[str]]:
    """The rules that a target needs, itself included, each with the rules that its jobs take files from; in the order of `rules`.

    Files that no rule writes are the user's own and leave no trace.
    """
    writers = [(name, _expression(pattern)) for name, rule in rules.items() for pattern in rule.outputs]
    found: dict[str, set[str]] = {target: set()}
    waiting = [(target, Wildcards())]
    jobs: set[tuple[str, tuple]] = {(target, ())}
    paths: dict[str, tuple[str, Wildcards] | None] = {}
    while waiting:
        name, wildcards = waiting.pop()
        for path in _files(rules[name], wildcards):
            if path not in paths:
                paths[path] = _writer(writers, path)
            if (written := paths[path]) is None:
                continue
            found[name].add(written[0])
            found.setdefault(written[0], set())
            job = (written[0], tuple(sorted(written[1].items())))
            if job not in jobs:
                jobs.add(job)
                waiting.append(written)
    return {name: [other for other in rules if other in found[name]] for name in rules if name in found}


def _files(rule: Rule, wildcards: Wildcards) -> list[str]:
    """The files that a job of the rule reads."""
    files: list[str] = []
    for item in rule.inputs:
        told = item(wildcards) if callable(item) else WILDCARD.sub(lambda match: wildcards[match[1]], item)
        files += [told] if isinstance(told, str) else map(str, told)
    return files


def _writer(writers: Sequence[tuple[str, re.Pattern[str]]], path: str) -> tuple[str, Wildcards] | None:
    """The job that writes a file, or the folder that it lies in."""
    matches = [(name, match) for name, expression in writers if (match := expression.fullmatch(path))]
    if not matches:
        return None
    name, match = min(matches, key=lambda both: len(both[1]["_within"] or ""))
    return name, Wildcards({key: value for key, value in match.groupdict().items() if key != "_within"})


def _expression(pattern: str) -> re.Pattern[str]:
    """The pattern as a regular expression; what lies in a folder that is written is written with it."""
    parts, end, seen = [], 0, set()
    for match in WILDCARD.finditer(pattern):
        name, constraint = match[1], match[2] or ".+"
        parts += [re.escape(pattern[end : match.start()]), f"(?P={name})" if name in seen else f"(?P<{name}>{constraint})"]
        seen.add(name)
        end = match.end()
    return re.compile("".join([*parts, re.escape(pattern[end:]), "(?P<_within>/.*)?"]))
