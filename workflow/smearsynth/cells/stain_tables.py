"""The stain of every source before and after normalisation, in numbers."""

from dataclasses import dataclass

import numpy as np

from smearsynth.cells import stain_transfer

STATISTICS = ["source", "split", "when", "pictures", "L", "a", "b", "L_spread", "a_spread", "b_spread"]
STATISTICS += ["empty_L", "empty_a", "empty_b", "distance", "empty_distance", "saturated"]
FALLBACKS = ["source", "file", "asked", "used", "why"]


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
    """

    empty: np.ndarray
    pixels: np.ndarray
    at: np.ndarray


def summary(pictures: list[dict], before: list[Seen], after: list[Seen], reference: str) -> list[list]:
    """Rows of the table `STATISTICS`: for every source and split, before and after.

    ``L`` to ``b_spread``: means and standard deviations over the sampled stained pixels, the same places before and after.
    ``distance``, ``empty_distance``: ΔE*ab (CIE 1976) of the mean, and of the empty smear, from those of the reference's training
    pictures before. ``saturated``: share of the sampled pixels with a channel at 0 or 255.
    """

    def chosen(seen: list[Seen], source: str, split: str) -> list[Seen]:
        return [s for image, s in zip(pictures, seen, strict=True) if (image["source"], image["split"]) == (source, split)]

    target, smear, _ = _measured(chosen(before, reference, "train"))
    rows: list[list] = []
    for source in sorted({image["source"] for image in pictures}):
        for split in ("train", "test"):
            for when, seen in (("before", before), ("after", after)):
                own = chosen(seen, source, split)
                if not own:
                    continue
                numbers, empty, saturated = _measured(own)
                distances = [float(np.linalg.norm(numbers[:3] - target[:3])), float(np.linalg.norm(empty - smear))]
                told = [*numbers, *empty, *distances, saturated]
                # A source without a stained pixel has no numbers.
                rows.append([source, split, when, len(own), *(float(n) if np.isfinite(n) else None for n in told)])
    return rows


def _measured(seen: list[Seen]) -> tuple[np.ndarray, np.ndarray, float]:
    """Means and spreads of L*a*b* (6,), L*a*b* of the empty smear (3,), and the saturated share."""
    pixels = np.concatenate([s.pixels for s in seen])
    empty = stain_transfer.lab(np.median([s.empty for s in seen], axis=0))
    if not len(pixels):
        return np.full(6, np.nan), empty, np.nan
    colours = stain_transfer.lab(pixels)
    saturated = float(((pixels == 0) | (pixels == 255)).any(-1).mean())
    return np.concatenate([colours.mean(0), colours.std(0)]), empty, saturated
