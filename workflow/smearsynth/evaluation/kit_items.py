"""Which pictures a reading kit shows: as many real as synthetic ones, of each type too, some of them twice."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from smearsynth import seeds
from smearsynth.errors import UserError
from smearsynth.evaluation.kit_sources import Candidate, Field, crops

REAL = "real"
"""Name of the set of real pictures in a key."""


@dataclass(frozen=True)
class Item:
    """A picture that is shown, and the truth about it.

    Parameters
    ----------
    item : str
        Opaque id.
    set : str
        `REAL`, or the synthetic set that it is of.
    beside : str
        The synthetic set that it stands beside, its own for a synthetic one: half of each such group is real.
    candidate : Candidate
    again : str or None
        Id of the item that this one repeats.
    """

    item: str
    set: str
    beside: str
    candidate: Candidate
    again: str | None = None


def chosen_cells(
    real: Sequence[Candidate], synthetic: Mapping[str, Sequence[Candidate]], *, each: int, seed: int
) -> tuple[list[Item], dict[int, int]]:
    """Cells in equal numbers: of each type, each set's with as many real ones of their own beside them.

    Parameters
    ----------
    real : sequence of Candidate
    synthetic : mapping of str to sequence of Candidate
        By the names of the sets.
    each : int
        Synthetic cells of each type and set; fewer where the real or synthetic cells do not suffice.
    seed : int

    Returns
    -------
    items : list of Item
    counts : dict of int to int
        Category id to the number of each set, 0 for types that are left out.
    """
    pools = {REAL: _by_type(real), **{name: _by_type(found) for name, found in synthetic.items()}}
    items: list[Item] = []
    counts = {}
    for category_id in sorted(set().union(*pools.values())):
        of_type = {name: pool.get(category_id, []) for name, pool in pools.items()}
        count = min(each, len(of_type[REAL]) // len(synthetic), *(len(of_type[name]) for name in synthetic))
        counts[category_id] = count
        drawn = {
            name: [found[i] for i in seeds.rng(seed, "evaluation", "kit", name, category_id).permutation(len(found))]
            for name, found in of_type.items()
        }
        items += _beside({name: drawn[name][:count] for name in synthetic}, drawn[REAL], seed=seed)
    return items, counts


def chosen_fields(
    real: Sequence[Field], synthetic: Mapping[str, Sequence[Field]], *, each: int, side: int, anywhere: bool, seed: int
) -> list[Item]:
    """Crops of fields in equal numbers: each set's with as many real ones of their own beside them.

    Raises
    ------
    UserError
        If not even one crop of each set can be cut.
    """

    def cut(name: str, fields: Sequence[Field], count: int) -> list[Candidate]:
        rng = seeds.rng(seed, "evaluation", "kit", name)
        return crops(list(fields), count=count, side=side, anywhere=anywhere, rng=rng)

    found = {name: cut(name, fields, each) for name, fields in synthetic.items()}
    shown = cut(REAL, real, each * len(synthetic))
    count = min(len(shown) // len(synthetic), *map(len, found.values()))
    if count == 0:
        numbers = ", ".join(f"{len(crops)} of {name}" for name, crops in {REAL: shown, **found}.items())
        raise UserError.of(
            "evaluation.kit.crop", f"{side} px gives {numbers}", "cut smaller crops, give more fields, or empty `around`"
        )
    return _beside({name: crops[:count] for name, crops in found.items()}, shown, seed=seed)


def repeated(items: Sequence[Item], count: int, *, seed: int) -> list[Item]:
    """Items to show again under ids of their own: `count` at random, at most half of them, real and synthetic alternating."""
    order = seeds.rng(seed, "evaluation", "kit", "again").permutation(len(items))
    sides = [[items[i] for i in order if (items[i].set == REAL) == real] for real in (True, False)]
    mixed = [item for pair in zip(*sides, strict=True) for item in pair]
    again = mixed[: min(count, len(items) // 2)]
    return [
        Item(_opaque(seed, item.set, item.candidate.name, "again"), item.set, item.beside, item.candidate, item.item)
        for item in again
    ]


def _by_type(candidates: Sequence[Candidate]) -> dict[int, list[Candidate]]:
    found = defaultdict(list)
    for candidate in candidates:
        if candidate.category_id is not None:
            found[candidate.category_id].append(candidate)
    return dict(found)


def _beside(synthetic: Mapping[str, Sequence[Candidate]], real: Sequence[Candidate], *, seed: int) -> list[Item]:
    """Items of the sets, each set with its share of the real ones, in the order given."""
    items, at = [], 0
    for name, candidates in synthetic.items():
        partners = real[at : at + len(candidates)]
        at += len(candidates)
        for of, group in ((name, candidates), (REAL, partners)):
            items += [Item(_opaque(seed, of, candidate.name), of, name, candidate) for candidate in group]
    return items


def _opaque(seed: int, *path: str) -> str:
    """An id that tells nothing to who has only the page."""
    return f"{seeds.entropy(seed, 'evaluation', 'kit', 'item', *path):032x}"[:12]


def order(items: Sequence[Item]) -> list[Item]:
    """By their ids: the order in the page's source tells nothing either."""
    return [items[i] for i in np.argsort([item.item for item in items])]
