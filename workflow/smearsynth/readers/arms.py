"""The training sets that are compared: each an equal number of pictures, composed of real, varied and synthetic cells."""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from smearsynth.errors import Problem, raise_all
from smearsynth.readers.arm_augmentation import AUGMENTATIONS, Ranges, augmented
from smearsynth.readers.arms_options import NEED_SYNTHETIC
from smearsynth.readers.balance import thinned


@dataclass(frozen=True)
class Stock:
    """Cells that a set may be composed of.

    Parameters
    ----------
    pixels : ndarray of uint8, shape (n, size, size, 3)
    labels : ndarray of int, shape (n,)
        Classes from 0.
    """

    pixels: np.ndarray
    labels: np.ndarray


@dataclass(frozen=True)
class ArmSet:
    """A training set.

    Parameters
    ----------
    pixels : ndarray of uint8, shape (pictures, size, size, 3)
    labels : ndarray of int, shape (pictures,)
        Classes.
    sources : ndarray of int, shape (pictures,)
        The cell that a picture shows: its place in the real stock, or -1 - its place in the synthetic one. Copies and
        variations of a cell share it.
    """

    pixels: np.ndarray
    labels: np.ndarray
    sources: np.ndarray


def quotas(labels: np.ndarray, classes: int, total: int, *, counts: Literal["real", "equal"]) -> np.ndarray:
    """Pictures of each class.

    Parameters
    ----------
    labels : ndarray of int, shape (n,)
        Classes of the real cells.
    classes : int
    total : int
        At least one a class.
    counts : str
        ``real``: in the proportions of `labels`, at least one a class; ``equal``.

    Returns
    -------
    ndarray of int, shape (classes,)
        Their sum is `total`; remainders go to the largest fractions (Hamilton's method), then to the lower class.
    """
    weights = np.bincount(labels, minlength=classes) if counts == "real" else np.ones(classes, int)
    # One a class comes first; what is left follows the proportions.
    exact = weights / weights.sum() * (total - classes)
    found = np.floor(exact).astype(int)
    largest = np.argsort(found - exact, kind="stable")[: total - classes - found.sum()]
    found[largest] += 1
    return found + 1


def repeated(places: np.ndarray, quota: int, rng: np.random.Generator) -> np.ndarray:
    """`quota` of some places in random order: all of them equally often, but for one time more or less."""
    rounds = [rng.permutation(places) for _ in range(-(-quota // len(places)))]
    return np.concatenate(rounds)[:quota] if rounds else places[:0]


def compose(
    arm: str,
    real: Stock,
    synthetic: Stock | None,
    *,
    classes: int,
    pictures: int,
    rng: np.random.Generator,
    ranges: Ranges,
    share: float = 0.5,
    counts: Literal["real", "equal"] = "real",
    target: int | None = None,
) -> ArmSet:
    """The training set of an arm.

    Parameters
    ----------
    arm : str
        ``original``: the real cells, again and again, unchanged. ``augmentation_1`` to ``_3``: the same with each picture varied.
        ``synthetic``: synthetic cells alone. ``original_synthetic``: a `share` of synthetic ones, the rest original.
        ``class_balanced``: `target` different cells of each type, and these again and again: frequent types thinned
        of look-alikes, rare ones topped up with synthetic cells.
    real, synthetic : Stock
        Every class must have a real cell; and a synthetic one for the arms that need them.
    classes, pictures : int
    rng : Generator
    ranges : Ranges
        Of the augmentations.
    share, counts, target
        See `ArmsOptions`.

    Returns
    -------
    ArmSet
        Exactly `pictures` of them. Where a stock has fewer cells than its quota, they are repeated.

    Raises
    ------
    UserError
        If a class has no cell where one is needed, or there are fewer pictures than classes.
    """
    wants_synthetic = arm in NEED_SYNTHETIC
    _check(arm, real, synthetic, classes, pictures, wants_synthetic)
    quota = quotas(real.labels, classes, pictures, counts="equal" if arm == "class_balanced" else counts)
    target = target or -(-len(real.labels) // classes)
    sources: list[np.ndarray] = []
    for label, count in enumerate(quota):
        ours = np.flatnonzero(real.labels == label)
        drawn = -1 - np.flatnonzero(synthetic.labels == label) if wants_synthetic and synthetic is not None else ours[:0]
        if arm == "synthetic":
            sources.append(repeated(drawn, count, rng))
        elif arm == "original_synthetic":
            extra = min(round(count * share), count - 1)
            sources += [repeated(ours, count - extra, rng), repeated(drawn, extra, rng)]
        elif arm == "class_balanced":
            kept = ours[thinned(real.pixels[ours], target)]
            topped = repeated(drawn, target - len(kept), rng) if len(kept) < target else drawn[:0]
            sources.append(repeated(np.concatenate([kept, topped]), count, rng))
        else:
            sources.append(repeated(ours, count, rng))
    chosen = np.concatenate(sources)
    pixels = np.empty((pictures, *real.pixels.shape[1:]), np.uint8)
    pixels[chosen >= 0] = real.pixels[chosen[chosen >= 0]]
    if synthetic is not None:
        pixels[chosen < 0] = synthetic.pixels[-1 - chosen[chosen < 0]]
    labels = np.repeat(np.arange(classes), quota)
    if arm in AUGMENTATIONS:
        pixels = augmented(pixels, AUGMENTATIONS[arm], ranges, rng)
    return ArmSet(pixels, labels, chosen)


def divided(sources: np.ndarray, labels: np.ndarray, rng: np.random.Generator, *, test: float, validation: float) -> np.ndarray:
    """The paper's cut of a set in itself, by cell: all copies and variations of a cell fall into one part.

    Parameters
    ----------
    sources, labels : ndarray of int, shape (pictures,)
        Of an `ArmSet`.
    rng : Generator
    test : float
        Share of the cells of each class that is tested on.
    validation : float
        Share of the rest that is held back too.

    Returns
    -------
    ndarray of str, shape (pictures,)
        ``train``, ``validation`` or ``test``. At least one cell of a class is trained on.
    """
    parts = np.full(len(sources), "train", dtype="<U10")
    for label in np.unique(labels):
        cells = rng.permutation(np.unique(sources[labels == label]))
        tested = min(round(len(cells) * test), len(cells) - 1)
        held = min(round((len(cells) - tested) * validation), len(cells) - tested - 1)
        parts[np.isin(sources, cells[:tested])] = "test"
        parts[np.isin(sources, cells[tested : tested + held])] = "validation"
    return parts


def singled(sources: np.ndarray, parts: np.ndarray) -> np.ndarray:
    """Places of the pictures that are tested on: one of each cell that was held back, for copies would count it twice.

    Parameters
    ----------
    sources, parts : ndarray, shape (pictures,)
        Of an `ArmSet` and of `divided`.

    Returns
    -------
    ndarray of int
    """
    first = np.sort(np.unique(sources, return_index=True)[1])
    return first[parts[first] != "train"]


def _check(arm: str, real: Stock, synthetic: Stock | None, classes: int, pictures: int, wants_synthetic: bool) -> None:
    problems = []
    stocks = [("real", real)] + ([("synthetic", synthetic)] if wants_synthetic else [])
    for name, stock in stocks:
        if stock is None:
            problems.append(Problem(arm, "no synthetic cells", "give them with --synthetic"))
            continue
        missing = np.flatnonzero(np.bincount(stock.labels, minlength=classes)[:classes] == 0)
        problems += [Problem(arm, f"no {name} cell of class {label}", f"give {name} cells of every type") for label in missing]
    if pictures < classes:
        problems.append(Problem("pictures", f"{pictures} for {classes} types", "at least one a type"))
    raise_all(problems)
