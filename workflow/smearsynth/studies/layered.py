"""Places for the boxes of a directed graph in layers, as of Sugiyama et al. 1981: ranks, order within a rank, positions."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import pairwise

SORTING = 12
SETTLING = 200
"""Sweeps down and up that sort the boxes of each rank, and that then only move them."""
THIN = 0.35
"""Room that a passing edge needs beside its neighbours, relative to a box."""


@dataclass(frozen=True)
class Places:
    """Where boxes lie and edges pass.

    Parameters
    ----------
    at : dict
        Box to (rank, position): ranks are whole numbers from 0, boxes of one rank at least 1 apart.
    edges : dict
        Edge (from, to) to the points (rank, position) it passes, both ends included.
    """

    at: dict[str, tuple[int, float]]
    edges: dict[tuple[str, str], list[tuple[int, float]]]


def ranks(parents: Mapping[str, Iterable[str]]) -> dict[str, int]:
    """Length of the longest path to every box from a box without parents.

    Raises
    ------
    ValueError
        If the graph has a circle.
    """
    found: dict[str, int] = {}

    def rank(name: str, above: tuple[str, ...] = ()) -> int:
        if name in above:
            raise ValueError(f"a circle: {' → '.join((*above, name))}")
        if name not in found:
            found[name] = 1 + max((rank(parent, (*above, name)) for parent in parents[name]), default=-1)
        return found[name]

    for name in parents:
        rank(name)
    return found


def reduced(parents: Mapping[str, Iterable[str]]) -> dict[str, list[str]]:
    """The graph without the edges that a longer path stands for (its transitive reduction)."""
    ancestors: dict[str, set[str]] = {}
    for name in sorted(parents, key=ranks(parents).get):  # type: ignore[arg-type]
        ancestors[name] = {further for parent in parents[name] for further in (parent, *ancestors[parent])}
    return {
        name: [p for p in dict.fromkeys(own) if not any(p in ancestors[other] for other in own)] for name, own in parents.items()
    }


def place(parents: Mapping[str, Iterable[str]]) -> Places:
    """Place the boxes of a graph without circles.

    Parameters
    ----------
    parents : mapping
        Box to the boxes that its edges come from; every box is a key.
    """
    level = ranks(parents)
    # An edge over several ranks passes a thin place of its own in each rank between.
    chains: dict[tuple[str, str], list[str]] = {}
    above: dict[str, list[str]] = {name: [] for name in parents}
    for name, own in parents.items():
        for parent in dict.fromkeys(own):
            passing = [f"{parent} > {name} > {between}" for between in range(level[parent] + 1, level[name])]
            chain = [parent, *passing, name]
            for step, (upper, lower) in enumerate(pairwise(chain)):
                above.setdefault(lower, []).append(upper)
                level.setdefault(lower, level[parent] + step + 1)
            chains[parent, name] = chain
    below: dict[str, list[str]] = {name: [] for name in above}
    for name, own in above.items():
        for upper in own:
            below[upper].append(name)

    rows = [[name for name in above if level[name] == rank] for rank in range(max(level.values(), default=-1) + 1)]
    positions = {name: float(at) for row in rows for at, name in enumerate(row)}
    for sweep in range(SORTING + SETTLING):
        down = sweep % 2 == 0
        for row in rows if down else rows[::-1]:
            neighbours = above if down else below
            if sweep < SORTING:
                row.sort(key=lambda name: _mean([positions[other] for other in neighbours[name]], positions[name]))
            _spread(row, positions, {name: [*above[name], *below[name]] for name in row}, wide=set(parents))
    at = {name: (level[name], positions[name]) for name in parents}
    edges = {edge: [(level[name], positions[name]) for name in chain] for edge, chain in chains.items()}
    return Places(at, edges)


def _mean(values: list[float], otherwise: float) -> float:
    return sum(values) / len(values) if values else otherwise


def _spread(row: list[str], positions: dict[str, float], neighbours: dict[str, list[str]], *, wide: set[str]) -> None:
    """Move the boxes of a rank towards the middle of their neighbours, in their order and without touching."""
    asked = [_mean([positions[other] for other in neighbours[name]], positions[name]) for name in row]
    gaps = [(1.0, (1.0 + THIN) / 2, THIN)[len({a, b} - wide)] for a, b in pairwise(row)]
    # Pushed right from the left and left from the right; the mean of both keeps all gaps.
    right = list(asked)
    for at in range(1, len(row)):
        right[at] = max(right[at], right[at - 1] + gaps[at - 1])
    left = list(asked)
    for at in range(len(row) - 2, -1, -1):
        left[at] = min(left[at], left[at + 1] - gaps[at])
    for name, one, other in zip(row, right, left, strict=True):
        positions[name] = (one + other) / 2
