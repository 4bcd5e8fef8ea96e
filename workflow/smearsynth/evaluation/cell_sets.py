"""Sets of cells that stand beside each other in a table: which are chosen, and of which types."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from smearsynth import seeds, structure
from smearsynth.errors import UserError
from smearsynth.evaluation import feature_files
from smearsynth.pairs import crops
from smearsynth.structure import Maybe


def models(synthetic: list[str], features: list[str]) -> Iterator[tuple[str, crops.Crops, feature_files.Features]]:
    """Name, cells and features of each model, from the command line's ``MODEL=INDEX`` and ``MODEL=NPZ``."""
    files = dict(map(feature_files.named_path, features))
    for name, index in map(feature_files.named_path, synthetic):
        if name not in files:
            raise UserError.of("--features", f"none for {name}", "give the features of every model of --synthetic")
        drawn = crops.read(index, split="synthetic")
        yield name, drawn, feature_files.read_for(files[name], drawn.cell_ids)


def trained_on(index: Path, cell_ids: np.ndarray) -> np.ndarray:
    """Which training cells a generator was trained on, by the index of its cells: some may have been kept for its validation.

    Parameters
    ----------
    index : path
        ``index.json`` of synthetic cells; one that does not say counts as trained on all.
    cell_ids : ndarray of int, shape (n,)
        Of the training cells.

    Returns
    -------
    ndarray of bool, shape (n,)

    Raises
    ------
    UserError
        If it was trained on none of them.
    """
    told = structure.read(index, {"trained_on": Maybe([int])}, fix="give the index.json of synthetic cells").get("trained_on")
    learnt = np.ones(len(cell_ids), bool) if told is None else np.isin(cell_ids, told)
    if not learnt.any():
        what = f"of a model that was trained on none of the {len(cell_ids)} training cells"
        raise UserError.of(str(index), what, "give the windows and the share that the model was trained on")
    return learnt


def halves(cells: feature_files.Features, *, seed: int) -> tuple[feature_files.Features, feature_files.Features]:
    """Held-out cells in two random halves: one against the other is what real cells measure."""
    order = seeds.rng(seed, "evaluation", "halves").permutation(len(cells))
    return cells.at(order[::2]), cells.at(order[1::2])


def same_numbers(one: np.ndarray, other: np.ndarray, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Indices of equally many cells of two sets, of each type equally many where the types of both are known.

    Parameters
    ----------
    one, other : ndarray of int, shapes (n,) and (m,)
        Category ids; with one below 0 in either set, types are not looked at.

    Returns
    -------
    ndarray of int, ndarray of int
        Of equal length, in random order; the i-th of both have the same type.
    """
    first, second = rng.permutation(len(one)), rng.permutation(len(other))
    if (one < 0).any() or (other < 0).any():
        count = min(len(one), len(other))
        return first[:count], second[:count]
    chosen = []
    for category_id in np.unique(one):
        of_one, of_other = first[one[first] == category_id], second[other[second] == category_id]
        count = min(len(of_one), len(of_other))
        chosen.append((of_one[:count], of_other[:count]))
    left, right = (np.concatenate(parts) for parts in zip(*chosen, strict=True))
    order = rng.permutation(len(left))
    return left[order], right[order]


def composed(types: np.ndarray, wanted: np.ndarray, *, seed: int) -> np.ndarray:
    """Indices of as many cells of each type as there are in `wanted`, or of all where there are fewer.

    A distance also sees how frequent the types are and how many cells there are: rows of real and of spoilt cells have to have
    the numbers of the models' rows to be the ends of their scale.

    Parameters
    ----------
    types, wanted : ndarray of int, shapes (n,) and (m,)
        Category ids.
    """
    places = []
    for category_id in np.unique(types):
        rng = seeds.rng(seed, "evaluation", "composed", int(category_id))
        places.append(rng.permutation(np.flatnonzero(types == category_id))[: int((wanted == category_id).sum())])
    return np.sort(np.concatenate(places))
