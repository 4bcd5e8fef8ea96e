"""Red cells that lie together: clusters, whose cells touch, and rouleaux, whose cells overlap like a fallen stack of coins."""

from collections import Counter

import numpy as np

from smearsynth.layouts.candidate import Candidate, Group
from smearsynth.layouts.options import PackedOptions
from smearsynth.layouts.placement import Placed
from smearsynth.layouts.relax import Bonds

PITCH = 0.4
"""Distance of neighbours in a rouleau, in diameters."""
BEND = 0.12
"""Standard deviation of the turn from one cell of a rouleau to the next, in radians; a rouleau bends one way."""


def members(
    cells: list[Candidate], packed: PackedOptions, sizes: tuple[float, ...] | None, rng: np.random.Generator
) -> dict[Group, list[int]]:
    """The groups of red cells, formed where there are too few of them, with the indices of their cells."""
    if packed.clusters == packed.rouleaux == 0:
        return {}
    reds = [i for i, cell in enumerate(cells) if cell.shape.kind == "red"]
    free = [i for i in reds if cells[i].group is None]
    held = {kind: sum(g is not None and g.rouleau == kind for g in (cells[i].group for i in reds)) for kind in (True, False)}
    free = [free[i] for i in rng.permutation(len(free))]
    for group in form(len(free), held, len(reds), packed, sizes, rng):
        for _ in range(group.size):
            cells[free.pop()].group = group
    result: dict[Group, list[int]] = {}
    for i in reds:
        if (own := cells[i].group) is not None:
            result.setdefault(own, []).append(i)
    for number, (group, found) in enumerate(result.items()):
        for i in found:
            cells[i].rouleau = number if group.rouleau else -1
    return result


def form(free: int, held: dict[bool, int], reds: int, packed: PackedOptions, sizes, rng: np.random.Generator) -> list[Group]:
    """New groups for red cells that are in none yet.

    Parameters
    ----------
    free : int
        Red cells in no group.
    held : dict of bool to int
        Red cells in rouleaux (True) and in clusters (False) so far.
    reds : int
        Red cells in all.
    packed : PackedOptions
    sizes : ndarray or None
        Shares of the red cells by the size of their cluster, from 1; None for `cluster_size`.
    rng : Generator
    """
    groups = []
    asked = ((True, packed.rouleaux, packed.rouleau_length), (False, packed.clusters, packed.cluster_size))
    for rouleau, share, mean in asked:
        missing = min(round(share * reds) - held[rouleau], free)
        while missing >= 2:
            size = min(_size(mean, None if rouleau else sizes, rng), missing)
            # A single cell left over would be in no group.
            size += missing - size == 1
            turns = rng.uniform(0, 2 * np.pi, size).tolist()
            parents = rng.integers(0, 2**16, size).tolist()
            groups.append(Group(rouleau, float(rng.uniform(0, 2 * np.pi)), float(BEND * rng.normal()), size, parents, turns))
            missing -= size
            free -= size
    return groups


def _size(mean: float, shares, rng: np.random.Generator) -> int:
    """2 or more: by the shares of cells in groups of each size, or geometric with a mean."""
    if shares is None:
        return 1 + int(rng.geometric(min(1.0, 1 / (mean - 1))))
    often = np.asarray(shares[1:], float) / np.arange(2, len(shares) + 1)
    return 2 + int(rng.choice(len(often), p=often / often.sum()))


def offsets(group: Group, radii: np.ndarray) -> tuple[np.ndarray, list[tuple[int, int]]]:
    """Where the cells of a group lie from its first one, and which of them hold each other.

    Parameters
    ----------
    group : Group
    radii : ndarray, shape (n,)
        Of discs as large as its cells, in pixels.

    Returns
    -------
    places : ndarray, shape (n, 2)
    held : list of (int, int)
        In a rouleau every two cells, in a cluster each cell and the earlier one that it touches.
    """
    count = len(radii)
    if group.rouleau:
        heading = group.heading + group.bend * np.arange(count - 1)
        steps = 2 * PITCH * radii[:-1, None] * np.column_stack([np.cos(heading), np.sin(heading)])
        return np.concatenate([np.zeros((1, 2)), np.cumsum(steps, 0)]), [(i, j) for j in range(count) for i in range(j)]
    places = np.zeros((count, 2))
    held = []
    for i in range(1, count):
        parent, turn = group.parents[i % group.size] % i, group.turns[i % group.size]
        places[i] = places[parent] + (radii[parent] + radii[i]) * np.array([np.cos(turn), np.sin(turn)])
        held.append((parent, i))
    return places, held


def join(members: dict[Group, list[int]], start: np.ndarray, radii: np.ndarray) -> tuple[np.ndarray, Bonds]:
    """Gather each group around its first cell, and say what holds it together.

    Parameters
    ----------
    members : dict of Group to list of int
        Indices of its cells.
    start : ndarray, shape (n, 2)
        Where all cells would lie.
    radii : ndarray, shape (n,)
        Of discs as large as the cells, in pixels.
    """
    start = start.copy()
    first, second, lengths = [], [], []
    for group, cells in members.items():
        places, held = offsets(group, radii[cells])
        start[cells] = start[cells[0]] + places
        for i, j in held:
            first.append(cells[i])
            second.append(cells[j])
            lengths.append(float(np.linalg.norm(places[j] - places[i])))
    return start, Bonds(np.array(first, int), np.array(second, int), np.array(lengths, float))


def rouleaux(cells: list[Placed]) -> dict:
    """``rouleaux``, the share of the red cells that lie in one, and ``rouleau_length``, their cells in the mean."""
    sizes = [size for number, size in Counter(cell.rouleau for cell in cells).items() if number >= 0 and size > 1]
    reds = sum(cell.shape.kind == "red" for cell in cells)
    return {
        "rouleaux": round(sum(sizes) / max(reds, 1), 6),
        "rouleau_length": round(sum(sizes) / max(len(sizes), 1), 6),
    }
