"""Which rule of a workflow reads what another one writes, from the patterns of their files alone."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

WILDCARD = re.compile(r"\{(\w+)(?:,([^{}]+(?:\{[^}]*\}[^{}]*)*))?\}")
"""A wildcard of Snakemake with its constraint, such as ``{model,all|fold0}``."""


@dataclass(frozen=True)
class Rule:
    """Files of a rule, as patterns with wildcards."""

    inputs: Sequence[str]
    outputs: Sequence[str]


def parents(rules: Mapping[str, Rule]) -> dict[str, list[str]]:
    """The rules that each rule takes files from, in the order of the rules.

    Two patterns meet where they are the same or where the text of the input fits the output's pattern, in which every wildcard
    takes any text: an input ``cells/{source}/images`` is written by ``cells/{source}/images`` and by ``cells/{name}/images``.
    """
    writers = [(name, _expression(pattern), pattern) for name, rule in rules.items() for pattern in rule.outputs]
    found = {}
    for name, rule in rules.items():
        wanted = {
            writer
            for path in rule.inputs
            for writer, expression, pattern in writers
            if writer != name and (path == pattern or expression.fullmatch(path))
        }
        found[name] = [other for other in rules if other in wanted]
    return found


def upstream(graph: Mapping[str, Sequence[str]], target: str) -> dict[str, list[str]]:
    """The part of a graph that a rule needs, the rule itself included."""
    needed = {target}
    waiting = [target]
    while waiting:
        new = [parent for parent in graph[waiting.pop()] if parent not in needed]
        needed.update(new)
        waiting.extend(new)
    return {name: [p for p in own if p in needed] for name, own in graph.items() if name in needed}


def _expression(pattern: str) -> re.Pattern[str]:
    parts, end = [], 0
    for match in WILDCARD.finditer(pattern):
        parts += [re.escape(pattern[end : match.start()]), r"[^/]+"]
        end = match.end()
    # What lies in a folder that is written is written with it.
    return re.compile("".join([*parts, re.escape(pattern[end:]), "(/.*)?"]))
