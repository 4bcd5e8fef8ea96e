"""Find what a source leaves without annotation: whole single red cells, platelets and patches of empty smear.

The red cells of a smear are alike in size, so candidates are measured in all pictures of a source first and judged together:
what is round, of the common size and not stained is a red cell; what is small and stained purple is a platelet. Heaps, cut
cells and what touches an annotated cell are left alone: few and certain is better here than many.
"""

from dataclasses import dataclass

import cv2
import numpy as np
from scipy import ndimage

from smearsynth import coco

CLEARANCE = 3
"""Pixels that a found cell keeps from annotated cells and from the picture's border."""


@dataclass(frozen=True)
class Candidate:
    """A piece of matter that stands alone.

    Parameters
    ----------
    polygon : ndarray, shape (n, 2)
        Its outline, pallor filled.
    area : float
        In square pixels.
    solidity : float
        Area over that of the convex hull, in (0, 1].
    aspect : float
        Length over width of the smallest rectangle around it, at least 1.
    purple : float
        How much bluer it is than the red cells' pink: median of 128 · (blue - red) / light, without unit.
    dark : float
        Share of its pixels darker than half of the light of the empty smear, in [0, 1].
    """

    polygon: np.ndarray
    area: float
    solidity: float
    aspect: float
    purple: float
    dark: float


def matter(picture: np.ndarray) -> np.ndarray | None:
    """What is not empty smear (bool, the picture's shape), or None where the picture has no such contrast.

    Green light, which haemoglobin and the stain absorb; the threshold lies between the empty smear's mode and Otsu's.
    """
    green = cv2.GaussianBlur(picture[..., 1], (0, 0), 1.2)
    otsu, _ = cv2.threshold(green, 0, 255, cv2.THRESH_BINARY + cv2.THRESH_OTSU)
    bright = green[green > otsu]
    if bright.size < 0.02 * green.size:
        return None
    counts = np.bincount(bright, minlength=256).astype(float)
    mode = int(ndimage.gaussian_filter1d(counts, 2).argmax())
    if mode - otsu < 12:
        return None
    found = green < mode - 0.4 * (mode - otsu)
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (3, 3))
    return cv2.morphologyEx(found.astype(np.uint8), cv2.MORPH_OPEN, kernel).astype(bool)


def candidates(picture: np.ndarray, taken: np.ndarray) -> list[Candidate]:
    """What stands alone in a picture.

    Parameters
    ----------
    picture : ndarray of uint8, shape (height, width, 3)
        RGB.
    taken : ndarray of bool, shape (height, width)
        The annotated cells.
    """
    found = matter(picture)
    if found is None:
        return []
    near = ndimage.binary_dilation(taken, iterations=CLEARANCE)
    light = np.median(picture[~found & ~taken], axis=0) if (~found & ~taken).any() else np.array([255.0] * 3)
    height, width = taken.shape
    contours, _ = cv2.findContours(found.astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    result = []
    for contour in contours:
        x, y, w, h = cv2.boundingRect(contour)
        area = cv2.contourArea(contour)
        inside = x >= CLEARANCE and y >= CLEARANCE and x + w <= width - CLEARANCE and y + h <= height - CLEARANCE
        if not inside or area < 30:
            continue
        polygon = contour[:, 0, :].astype(float)
        mask = coco.fill([polygon - (x, y)], (h, w))
        if (mask & near[y : y + h, x : x + w]).any():
            continue
        colours = picture[y : y + h, x : x + w][mask] / np.maximum(light, 1)
        sides = sorted(cv2.minAreaRect(contour)[1])
        result.append(
            Candidate(
                polygon,
                float(area),
                float(area / max(cv2.contourArea(cv2.convexHull(contour)), 1.0)),
                float(sides[1] / max(sides[0], 1.0)),
                float(np.median(128 * (colours[:, 2] - colours[:, 0]))),
                float(np.mean(colours[:, 1] < 0.5)),
            )
        )
    return result


def red_size(everything: list[Candidate]) -> float | None:
    """The common area of round, unstained candidates; None where there are fewer than five."""
    areas = np.array([c.area for c in everything if _round(c) and c.dark < 0.1 and c.area > 150])
    if len(areas) < 5:
        return None
    counts, edges = np.histogram(np.log(areas), bins=40)
    mode = ndimage.gaussian_filter1d(counts.astype(float), 2).argmax()
    near = np.abs(np.log(areas) - (edges[mode] + edges[mode + 1]) / 2) < 0.4
    return float(np.median(areas[near])) if near.any() else None


def judge(candidate: Candidate, size: float) -> str | None:
    """``red``, ``platelet`` or None for a candidate, given the common area of the source's red cells."""
    relative = candidate.area / size
    if _round(candidate) and 0.55 <= relative <= 1.7 and candidate.dark < 0.1 and candidate.purple < 24:
        return "red"
    if 0.03 <= relative <= 0.5 and candidate.solidity > 0.85 and candidate.aspect < 1.9 and candidate.purple >= 24:
        return "platelet"
    return None


def _round(candidate: Candidate) -> bool:
    return candidate.solidity > 0.95 and candidate.aspect < 1.35


def patch(picture: np.ndarray, taken: np.ndarray, *, smallest: int, largest: int) -> tuple[int, int, int] | None:
    """The largest square of empty smear.

    Parameters
    ----------
    picture : ndarray of uint8, shape (height, width, 3)
    taken : ndarray of bool, shape (height, width)
        The annotated cells.
    smallest, largest : int
        Sides that it may have, in pixels.

    Returns
    -------
    (x, y, side) or None
    """
    found = matter(picture)
    if found is None:
        return None
    full = ndimage.binary_fill_holes(found) | taken
    kernel = np.ones((2 * CLEARANCE + 1, 2 * CLEARANCE + 1), np.uint8)
    full = cv2.dilate(full.astype(np.uint8), kernel)
    free = cv2.distanceTransform(np.pad(1 - full, 1), cv2.DIST_C, 3)[1:-1, 1:-1]
    y, x = np.unravel_index(int(free.argmax()), free.shape)
    half = min(int(free[y, x]) - 1, largest // 2)
    side = 2 * half
    return None if side < smallest else (int(x) - half, int(y) - half, side)
