"""Exact annotations of a painted slide: what is seen of each cell, what it has in all, and how much is hidden."""

import numpy as np

from smearsynth import coco
from smearsynth.layouts.raster import Window
from smearsynth.slides import runs


def annotate(cells: list[dict], windows: list[Window], owner: np.ndarray, *, image_id: int, first_id: int) -> list[dict]:
    """COCO annotations of a slide; cells of which nothing is seen are left out.

    Parameters
    ----------
    cells : list of dict
        Entries of the layout, in paint order.
    windows : list of Window
        Their whole masks, cut by the frame alone (amodal).
    owner : ndarray of int32
        From `smearsynth.layouts.raster.own`.
    image_id, first_id : int
        Ids of the slide and of its first annotation.

    Returns
    -------
    list of dict
        COCO's keys from the visible mask, ``amodal_segmentation``, ``amodal_bbox``, ``occluded_rate`` (share of the
        amodal mask under other cells), ``z`` and ``source_id``.
    """
    result: list[dict] = []
    for number, (cell, part) in enumerate(zip(cells, windows, strict=True), start=1):
        seen = Window(part.top, part.left, owner[part.slices] == number)
        if seen.area == 0:
            continue
        result.append(
            {
                "id": first_id + len(result),
                "image_id": image_id,
                "category_id": cell["category_id"],
                "iscrowd": 0,
                "bbox": box(seen),
                "area": float(seen.area),
                "segmentation": runs.encode(seen, owner.shape),
                "amodal_segmentation": runs.encode(part, owner.shape),
                "amodal_bbox": box(part),
                "occluded_rate": round(1 - seen.area / part.area, 6),
                "z": cell["z"],
                "source_id": cell["source_id"],
            }
        )
    return result


def box(part: Window) -> list[float]:
    """``[x, y, width, height]`` in the frame."""
    x, y, width, height = coco.box(part.mask)
    return [x + part.left, y + part.top, width, height]
