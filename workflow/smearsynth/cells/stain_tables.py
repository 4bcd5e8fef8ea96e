"""The stain of every source before and after normalisation, in numbers."""

from dataclasses import dataclass

import numpy as np

from smearsynth.cells import stain_transfer

STATISTICS = ["source", "split", "when", "pictures", "L", "a", "b", "L_spread", "a_spread", "b_spread"]
STATISTICS += ["empty_L", "empty_a", "empty_b", "types", "distance", "empty_distance", "saturated"]
FALLBACKS = ["source", "file", "asked", "used", "why"]
EACH = 8192
"""Pixels of a type where types are to have the same say."""


@dataclass(frozen=True)
class Seen:
    """What was seen of a picture.

    Parameters
    ----------
    empty : ndarray, shape (3,)
        RGB of its empty smear.
    pixels : ndarray of uint8, shape (n, 3)
        A sample of its stained pixels.
    at : ndarray of int, shape (n,)
        Where they lie in the flattened picture.
    kind : int
        Category id of its cells that the source named; of the most frequent, where it shows several types.
    """

    empty: np.ndarray
    pixels: np.ndarray
    at: np.ndarray
    kind: int


def alike(one: list[Seen], other: list[Seen]) -> set[int]:
    """The types that both have stained pixels of."""
    return {s.kind for s in one if len(s.pixels)} & {s.kind for s in other if len(s.pixels)}


def evenly(seen: list[Seen], kinds: set[int]) -> np.ndarray:
    """Pixels (n, 3) of these types, as many of each: sources with other shares of types are then like with like."""
    parts = []
    for kind in sorted(kinds):
        pixels = np.concatenate([s.pixels for s in seen if s.kind == kind])
        parts.append(pixels[np.linspace(0, len(pixels) - 1, EACH).astype(int)])
    return np.concatenate(parts) if parts else np.zeros((0, 3), np.uint8)


def summary(pictures: list[dict], before: list[Seen], after: list[Seen], reference: str) -> list[list]:
    """Rows of the table `STATISTICS`: for every source and split, before and after.

    ``L`` to ``b_spread``: means and standard deviations over the sampled stained pixels, the same places before and after.
    ``types``, ``distance``: how many types it has in common with the reference's training pictures, and ΔE*ab (CIE 1976) of the
    means from theirs before, each of these types with the same say; where there is none in common, n/a and over all types.
    ``empty_distance``: the same of the empty smear. ``saturated``: share of the sampled pixels with a channel at 0 or 255.
    """

    def chosen(seen: list[Seen], source: str, split: str) -> list[Seen]:
        return [s for image, s in zip(pictures, seen, strict=True) if (image["source"], image["split"]) == (source, split)]

    target = chosen(before, reference, "train")
    rows: list[list] = []
    for source in sorted({image["source"] for image in pictures}):
        for split in ("train", "test"):
            for when, seen in (("before", before), ("after", after)):
                own = chosen(seen, source, split)
                if own:
                    rows.append([source, split, when, len(own), *_colours(own), *_compared(own, target), _saturated(own)])
    return rows


def _colours(seen: list[Seen]) -> list[float | None]:
    """Mean and spread of L*, a*, b* of the stained pixels, None without any, and L*, a*, b* of the empty smear."""
    colours = stain_transfer.lab(np.concatenate([s.pixels for s in seen]))
    stained = np.concatenate([colours.mean(0), colours.std(0)]).tolist() if len(colours) else [None] * 6
    return [*stained, *_empty(seen).tolist()]


def _compared(own: list[Seen], target: list[Seen]) -> list[float | None]:
    """Types in common, and the distances of the stained pixels and of the empty smear."""
    kinds = alike(own, target)
    pixels = [evenly(some, kinds) if kinds else np.concatenate([s.pixels for s in some]) for some in (own, target)]
    one, other = (stain_transfer.lab(some).mean(0) if len(some) else None for some in pixels)
    far = None if one is None or other is None else float(np.linalg.norm(one - other))
    return [len(kinds) or None, far, float(np.linalg.norm(_empty(own) - _empty(target)))]


def _saturated(seen: list[Seen]) -> float | None:
    pixels = np.concatenate([s.pixels for s in seen])
    return float(((pixels == 0) | (pixels == 255)).any(-1).mean()) if len(pixels) else None


def _empty(seen: list[Seen]) -> np.ndarray:
    """L*a*b* of the median empty smear."""
    return stain_transfer.lab(np.median([s.empty for s in seen], axis=0))
