"""Find what a source leaves without annotation: whole single red cells, platelets and patches of empty smear.

The red cells of a smear are alike in size, so candidates are measured in all pictures of a source first and judged together:
what is round, of the common size and not stained is a red cell; what is small and stained purple is a platelet. Heaps, cut
cells and what touches an annotated cell are left alone: few and certain is better here than many.
"""

from dataclasses import dataclass

import cv2
import numpy as np
from scipy import ndimage
from skimage.segmentation import watershed

from smearsynth import coco

CLEARANCE = 3
"""Pixels that a found cell keeps from annotated cells and from the picture's border."""
PATCH_CLEARANCE = 6
"""Pixels that a patch keeps from the rectangles around cells: their rims fade out, and the eye draws them wider."""
SOLID, FAINT = 0.4, 0.2
"""How far below the empty smear's green light matter begins, as a share of the way down to Otsu's threshold: red cells have
rims as sharp as the focus (SOLID), the pale margin of platelets and the halo that a patch keeps away from do not (FAINT)."""

COMMON = 0.25
"""Share of the most common grey's count from which a grey is common."""


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
    faint : bool
        Whether its outline includes what is `FAINT`.
    """

    polygon: np.ndarray
    area: float
    solidity: float
    aspect: float
    purple: float
    dark: float
    faint: bool


def matter(picture: np.ndarray, level: float) -> np.ndarray | None:
    """What is not empty smear (bool, the picture's shape), or None where the picture has no such contrast.

    Parameters
    ----------
    picture : ndarray of uint8, shape (height, width, 3)
        RGB; haemoglobin and the stain absorb green light.
    level : float
        Where matter begins: 0 at the empty smear's most common green, 1 at Otsu's threshold.
    """
    green = cv2.GaussianBlur(picture[..., 1], (0, 0), 1.2)
    otsu, _ = cv2.threshold(green, 0, 255, cv2.THRESH_BINARY + cv2.THRESH_OTSU)
    bright = green[green > otsu]
    if not 0.02 * green.size <= bright.size < green.size:
        return None
    counts = ndimage.gaussian_filter1d(np.bincount(bright, minlength=256).astype(float), 2)
    # Where cells crowd, their grey is the most common one: the empty smear is the brightest of the common ones.
    peaks = (counts == ndimage.maximum_filter1d(counts, 9)) & (counts > COMMON * counts.max())
    mode = int(np.flatnonzero(peaks)[-1])
    if mode - otsu < 12:
        return None
    found = green < mode - level * (mode - otsu)
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (3, 3))
    return cv2.morphologyEx(found.astype(np.uint8), cv2.MORPH_OPEN, kernel).astype(bool)


def candidates(picture: np.ndarray, taken: np.ndarray) -> list[Candidate]:
    """What stands alone in a picture, once with a solid and once with a faint outline.

    Parameters
    ----------
    picture : ndarray of uint8, shape (height, width, 3)
        RGB.
    taken : ndarray of bool, shape (height, width)
        The annotated cells.
    """
    result = []
    for level in (SOLID, FAINT):
        found = matter(picture, level)
        if found is not None:
            result += _alone(picture, taken, found, faint=level == FAINT)
    return result


def _alone(picture: np.ndarray, taken: np.ndarray, found: np.ndarray, *, faint: bool) -> list[Candidate]:
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
                faint,
            )
        )
    return result


def red_size(everything: list[Candidate]) -> float | None:
    """The common area of round, unstained candidates; None where there are fewer than five."""
    areas = np.array([c.area for c in everything if _round(c) and not c.faint and c.dark < 0.1 and c.area > 150])
    if len(areas) < 5:
        return None
    counts, edges = np.histogram(np.log(areas), bins=40)
    mode = ndimage.gaussian_filter1d(counts.astype(float), 2).argmax()
    near = np.abs(np.log(areas) - (edges[mode] + edges[mode + 1]) / 2) < 0.4
    return float(np.median(areas[near])) if near.any() else None


def judge(candidate: Candidate, size: float) -> str | None:
    """``red``, ``platelet`` or None for a candidate, given the common area of the source's red cells."""
    relative = candidate.area / size
    if not candidate.faint and _round(candidate) and 0.55 <= relative <= 1.7 and candidate.dark < 0.1 and candidate.purple < 24:
        return "red"
    compact = candidate.solidity > 0.84 and candidate.aspect < 1.9
    if candidate.faint and compact and 0.05 <= relative <= 0.5 and candidate.purple >= 12:
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
    found = matter(picture, FAINT)
    if found is None:
        return None
    full = _rectangles(ndimage.binary_fill_holes(found) | taken)
    kernel = np.ones((2 * PATCH_CLEARANCE + 1, 2 * PATCH_CLEARANCE + 1), np.uint8)
    free = 1 - cv2.dilate(full.astype(np.uint8), kernel)
    free[[0, -1]] = 0  # the distance then counts from the border
    free[:, [0, -1]] = 0
    reach = cv2.distanceTransform(free, cv2.DIST_C, 3)
    y, x = np.unravel_index(int(reach.argmax()), reach.shape)
    half = min(int(reach[y, x]) - CLEARANCE, largest // 2)
    side = 2 * half
    return None if side < smallest else (int(x) - half, int(y) - half, side)


def _rectangles(full: np.ndarray) -> np.ndarray:
    """Matter with the rectangle around each piece of it; heaps are parted at their necks first."""
    depth = ndimage.distance_transform_edt(np.pad(full, 1, mode="edge"))[1:-1, 1:-1]
    depth = ndimage.gaussian_filter(depth, 2)
    around = 2 * round(0.04 * max(full.shape)) + 1  # about a red cell's radius where a picture is five cells wide
    tops, _ = ndimage.label((depth == ndimage.maximum_filter(depth, around)) & full)
    pieces = watershed(-depth, tops, mask=full)
    result = full.copy()
    for place in ndimage.find_objects(pieces):
        result[place] = True
    return result
