"""Training pictures of every source before and after normalisation, beside each other."""

import cv2
import numpy as np

from smearsynth.seeds import entropy

SIDE = 144
"""Side of a picture in the figure, in pixels."""
EACH = 6
"""Pictures of a source in the figure, at most."""
LABEL = 132
"""Width of the column with the sources' names."""


def examples(data: dict, *, seed: int) -> dict[int, str]:
    """Ids of the images that are shown, with their sources: training pictures chosen by hash, of as many types as there are."""
    kinds: dict[int, int] = {}
    for cell in data["annotations"]:
        kinds.setdefault(cell["image_id"], cell["category_id"])
    offers: dict[str, list[tuple[int, int, int]]] = {}
    for image in data["images"]:
        if image["split"] == "train":
            order = entropy(seed, "cells", "stain figure", image["source"], image["original"])
            offers.setdefault(image["source"], []).append((order, image["id"], kinds[image["id"]]))
    chosen: dict[int, str] = {}
    for source in sorted(offers):
        times: dict[int, int] = {}
        ranked = []
        for order, image_id, kind in sorted(offers[source]):
            times[kind] = times.get(kind, 0) + 1
            ranked.append((times[kind], order, image_id))
        chosen |= {image_id: source for _, _, image_id in sorted(ranked)[:EACH]}
    return chosen


def view(picture: np.ndarray) -> np.ndarray:
    """The middle square of a picture, (SIDE, SIDE, 3) uint8."""
    side = min(picture.shape[:2])
    top, left = (picture.shape[0] - side) // 2, (picture.shape[1] - side) // 2
    return cv2.resize(picture[top : top + side, left : left + side], (SIDE, SIDE), interpolation=cv2.INTER_AREA)


def draw(chosen: dict[int, str], shown: dict[int, tuple[np.ndarray, np.ndarray]]) -> np.ndarray:
    """The figure.

    Parameters
    ----------
    chosen : dict
        From `examples`.
    shown : dict
        Views before and after, by image id.

    Returns
    -------
    ndarray of uint8, shape (height, width, 3)
        Two rows for each source, before above after.
    """
    sources = sorted(set(chosen.values()))
    height, width = 2 * SIDE + 14, LABEL + EACH * (SIDE + 4)
    figure = np.full((height * max(1, len(sources)), width, 3), 255, np.uint8)
    for row, source in enumerate(sources):
        for line, when in enumerate(("before", "after")):
            top = row * height + line * (SIDE + 4) + 4
            for text, y, colour in ((source, 0, (30, 30, 30)), (when, 20, (110, 110, 110))):
                at = (8, top + SIDE // 2 + y)
                cv2.putText(figure, text[:14], at, cv2.FONT_HERSHEY_SIMPLEX, 0.5, colour, 1, cv2.LINE_AA)
            for column, image_id in enumerate(key for key in chosen if chosen[key] == source):
                left = LABEL + column * (SIDE + 4)
                figure[top : top + SIDE, left : left + SIDE] = shown[image_id][line]
    return figure
