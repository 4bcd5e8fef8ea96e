"""Part heaps of red cells into cells: deep places are middles, necks are borders."""

import cv2
import numpy as np
from scipy import ndimage
from skimage.segmentation import watershed

PALLOR = 0.35
"""Largest hole that may be a cell's pallor, in the area of a red cell."""
CONVEX = 0.82
"""Least solidity of a pallor; gaps between cells have sides that bend inwards."""
DEEPEST = 1.3
"""Greatest depth that a cell may have at its pallor, in radii of a red cell; amid four cells that touch it is greater."""
OF_ONE = 0.8
"""Least share of a pallor that one cell has of it."""
NECK = 0.92
"""Two middles are one cell's if the depth between them is at least this share of the lesser one's."""
LARGEST = 1.4
"""Largest area that two middles may have as one cell, in that of a red cell."""


def part(matter: np.ndarray, radius: float) -> list[np.ndarray]:
    """The cells of a heap.

    Parameters
    ----------
    matter : ndarray of bool, shape (height, width)
        Red cells, with or without their pallor.
    radius : float
        Of a common red cell, in pixels.

    Returns
    -------
    list of ndarray of bool, shape (height, width)
        Disjoint and connected; thin spurs and slivers belong to none.
    """
    whole = opened(filled(matter, np.pi * radius**2), 0.15 * radius)
    if not whole.any():
        return []
    depth = cv2.GaussianBlur(depths(whole), (0, 0), 0.1 * radius) * whole
    reach = 2 * max(1, round(0.4 * radius)) + 1
    tops, _ = ndimage.label((depth >= ndimage.maximum_filter(depth, reach)) & whole & (depth > 0.1 * radius))
    basins = merged(watershed(-depth, tops, mask=whole), depth, np.pi * radius**2)
    gaps, count = ndimage.label(whole & ~matter)
    for number in range(1, count + 1):
        # What was taken for a pallor, but was parted among cells, is the gap between them.
        shares = np.bincount(basins[gaps == number])[1:]
        if shares.sum() > 0.02 * np.pi * radius**2 and shares.max() < OF_ONE * shares.sum():
            basins[gaps == number] = 0
    return [largest_piece(basins == number) for number in np.unique(basins[basins > 0])]


def filled(matter: np.ndarray, area: float) -> np.ndarray:
    """Matter with the pallors of its cells, but with the gaps between them left open."""
    holes, _ = ndimage.label(~matter)
    chosen = []
    for number, place in enumerate(ndimage.find_objects(holes), 1):
        rows, columns = place
        hole = holes[place] == number
        sides = (rows.start == 0) + (columns.start == 0) + (rows.stop == matter.shape[0]) + (columns.stop == matter.shape[1])
        if sides > 1 or np.count_nonzero(hole) > PALLOR * area:
            continue
        if np.count_nonzero(hole) < 0.02 * area or solidity(hole) >= CONVEX:
            chosen.append(number)
    pallors = np.isin(holes, chosen)
    deepest = ndimage.maximum(depths(matter | pallors), holes, chosen) if chosen else []
    gaps = [number for number, depth in zip(chosen, deepest, strict=True) if depth > DEEPEST * np.sqrt(area / np.pi)]
    return matter | (pallors & ~np.isin(holes, gaps))


def depths(mask: np.ndarray) -> np.ndarray:
    """Distance of each pixel to the background, float32; beyond the frame lies none: a cut cell is deepest at the cut."""
    padded = np.pad(mask, 1, mode="edge").astype(np.uint8)
    return cv2.distanceTransform(padded, cv2.DIST_L2, cv2.DIST_MASK_PRECISE)[1:-1, 1:-1]


def solidity(mask: np.ndarray) -> float:
    """Area of a mask over that of its convex hull, in (0, 1]."""
    points = np.argwhere(mask)[:, ::-1].astype(np.int32)
    canvas = np.zeros(mask.shape, np.uint8)
    cv2.fillConvexPoly(canvas, cv2.convexHull(points), 1)
    return float(mask.sum()) / max(float(canvas.sum()), 1.0)


def opened(mask: np.ndarray, radius: float) -> np.ndarray:
    """A mask without what is thinner than a disc of that radius; the frame cuts nothing off."""
    reach = max(1, round(radius))
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * reach + 1, 2 * reach + 1))
    padded = np.pad(mask, 2 * reach, mode="edge").astype(np.uint8)
    return cv2.morphologyEx(padded, cv2.MORPH_OPEN, kernel)[2 * reach : -2 * reach, 2 * reach : -2 * reach].astype(bool)


def merged(basins: np.ndarray, depth: np.ndarray, area: float) -> np.ndarray:
    """Basins without those that are one cell: joined by what is nearly as wide as themselves, the widest neck first."""
    basins = basins.copy()
    while True:
        areas = np.bincount(basins.ravel())
        best, joined = NECK, None
        peaks = ndimage.maximum(depth, basins, np.arange(len(areas)))
        for (a, b), neck in necks(basins, depth).items():
            share = neck / max(min(peaks[a], peaks[b]), 1e-6)
            if share >= best and areas[a] + areas[b] <= LARGEST * area:
                best, joined = share, (a, b)
        if joined is None:
            return basins
        basins[basins == joined[1]] = joined[0]


def necks(basins: np.ndarray, depth: np.ndarray) -> dict[tuple[int, int], float]:
    """The greatest depth on the border of every two basins that touch."""
    result: dict[tuple[int, int], float] = {}
    for one, other in (((slice(None), slice(1, None)), (slice(None), slice(-1))), ((slice(1, None),), (slice(-1),))):
        a, b, low = basins[one], basins[other], np.minimum(depth[one], depth[other])
        border = (a != b) & (a > 0) & (b > 0)
        for first, second, value in zip(a[border], b[border], low[border], strict=True):
            pair = (int(min(first, second)), int(max(first, second)))
            result[pair] = max(result.get(pair, 0.0), float(value))
    return result


def largest_piece(mask: np.ndarray) -> np.ndarray:
    """The largest connected piece of a mask."""
    labels, count = ndimage.label(mask)
    if count <= 1:
        return mask
    sizes = np.bincount(labels.ravel())
    sizes[0] = 0
    return labels == sizes.argmax()
