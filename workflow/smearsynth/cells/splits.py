"""Train and test, and the two folds of the training split (thesis 3.4), by group and by a hash of the group."""

from collections.abc import Iterable, Mapping, Set
from math import ceil

from smearsynth.errors import Problem, raise_all
from smearsynth.seeds import entropy


def split(groups: Mapping[str, set[str]], *, test_share: float, seed: int, held: Set[str] = frozenset()) -> dict[str, str]:
    """Which groups are held out as the test split.

    A group goes to test if its own hash, taken as a number in [0, 1), lies below `test_share`: groups that are added later
    move none of those that were there. Only where that would leave a type with less than half or more than twice its share,
    or with fewer than two training groups of three, the groups whose hashes come nearest change sides.

    Parameters
    ----------
    groups : mapping
        Names of the types that each group holds.
    test_share : float
        In [0, 1); 0 gives no test split but what is held.
    seed : int
        The run's seed.
    held : set of str
        Groups that always belong to test.

    Returns
    -------
    dict
        ``train`` or ``test`` for every group.

    Raises
    ------
    UserError
        For types that cannot be divided: one group only, or all groups held out.
    """
    place = {group: _number(seed, "split", group) for group in groups}
    sides = {group: "test" if group in held or place[group] < test_share else "train" for group in groups}
    members = _members(groups)

    def count(kind: str, side: str) -> int:
        return sum(sides[group] == side for group in members[kind])

    def spare(group: str, kind: str) -> bool:
        """Whether the other types of a group keep one on its side without it."""
        return all(count(other, sides[group]) > 1 for other in groups[group] if other != kind)

    problems = []
    for kind in sorted(members, key=lambda k: (len(members[k]), k)):
        names = sorted(members[kind], key=lambda group: (place[group], group))
        least_test = max(1, int(len(names) * test_share / 2)) if test_share else 0
        most_test = min(max(1, ceil(len(names) * test_share * 2)), len(names) - (1 if len(names) < 3 else 2))
        if len(names) < min(least_test, 1) + 1:
            what = (
                "all its cells belong to one group (a picture, its duplicates, a patient): train and test cannot both have some"
            )
            fix = "add pictures of it, raise min_per_type to leave it out, or set test_share to 0"
            problems.append(Problem(f"type {kind}", what, fix))
            continue
        for group in names:
            if count(kind, "test") >= least_test:
                break
            if sides[group] == "train" and spare(group, kind):
                sides[group] = "test"
        for group in reversed(names):
            if count(kind, "test") <= most_test:
                break
            if sides[group] == "test" and group not in held and spare(group, kind):
                sides[group] = "train"
        if not count(kind, "train"):
            what = f"all its {len(names)} groups are held out: none is left to train on"
            problems.append(Problem(f"type {kind}", what, "add pictures of it, or take a folder out of hold_out"))
    raise_all(problems)
    return sides


def folds(groups: Mapping[str, Mapping[str, int]], *, seed: int) -> dict[str, int]:
    """Divide groups into two folds in which every type has as nearly equal numbers of cells as its groups allow.

    Parameters
    ----------
    groups : mapping
        Cells of each type in each group of the training split.
    seed : int
        The run's seed.

    Returns
    -------
    dict
        0 or 1 for every group. A type with two groups or more, where no group holds several types, has cells in both.
    """
    members = _members(groups)
    rank = {group: (_number(seed, "fold", group), group) for group in groups}
    filled: dict[str, list[int]] = {kind: [0, 0] for kind in members}
    result: dict[str, int] = {}
    for kind in sorted(members, key=lambda k: (len(members[k]), k)):
        # Rare types first: their groups decide for the types that share a picture with them.
        for group in sorted(members[kind] - result.keys(), key=rank.__getitem__):
            order = [_balance(filled, groups[group], kind, fold) for fold in (0, 1)]
            fold = int(order[1] < order[0]) if order[0] != order[1] else int(rank[group][0] < 0.5)
            result[group] = fold
            for k, cells in groups[group].items():
                filled[k][fold] += cells
    return result


def _balance(filled: dict[str, list[int]], cells: Mapping[str, int], kind: str, fold: int) -> tuple[float, float]:
    """How unequal the folds would be with a group in `fold`: for its rarest type, then for all its types."""

    def unequal(k: str) -> float:
        sides = list(filled[k])
        sides[fold] += cells[k]
        return abs(sides[0] - sides[1])

    return unequal(kind), sum(map(unequal, sorted(cells)))


def _members(groups: Mapping[str, Iterable[str]]) -> dict[str, set[str]]:
    members: dict[str, set[str]] = {}
    for group, kinds in groups.items():
        for kind in kinds:
            members.setdefault(kind, set()).add(group)
    return members


def _number(seed: int, purpose: str, group: str) -> float:
    """A number in [0, 1) that belongs to a group."""
    return entropy(seed, "cells", purpose, group) / 2**128
