"""Whole-cell outlines of stained cells, with a box or without one.

A Romanowsky-stained nucleus is what is darkest in red and green light, so it is found first. How usual each colour is far
from the nucleus, or outside the box, tells what is smear or red cell; how usual it is within the cell so far tells what is
cytoplasm. The outline is the closed contour around the nucleus that holds most evidence and follows edges; colours within
it are counted anew, and so on a few times. docs/outlines.md tells what this reaches, and what else was tried.
"""

from dataclasses import dataclass
from typing import NamedTuple

import cv2
import numpy as np
from scipy import ndimage

from smearsynth.cells.stain import Palette, empty, lab, nuclei
from smearsynth.cells.star_contour import contour

WORKING_SIDE = 160
"""Pictures are reduced to at most this side around the cell: finer detail gains nothing and takes time."""
ROUNDS = 4
"""How often colours are counted anew inside the contour."""
FAINT = 3e-4
"""Density added to both densities of a colour: what is rarer than this tells nothing."""
STRONGEST = 1.5
"""Bound of the log odds that colour alone can give a pixel."""
NUCLEUS_WEIGHT = 0.5
"""Weight of a nucleus' pixel among the cell's colours: cytoplasm often is stained like a weak nucleus, but not always."""
SURE = 4.0
"""Log odds of the nucleus, and against what cannot be of the cell."""
FAR, REACH = 1.0, 2.6
"""Distances from the nucleus' hull in the nucleus' radii: from FAR on colours count as the smear's, beyond REACH is no cell."""
COMPACT = 0.75
"""Least share of a nucleus that survives an opening by two pixels; nuclei on which this was looked at keep 0.90 at least."""


@dataclass(frozen=True)
class Outline:
    """A cell that was found.

    Parameters
    ----------
    cell : ndarray of bool, shape (height, width)
        One component without holes.
    nucleus : ndarray of bool, shape (height, width)
        Its stained part, all lobes; inside `cell`.
    """

    cell: np.ndarray
    nucleus: np.ndarray


@dataclass(frozen=True)
class NotFound:
    """Why there is no outline."""

    reason: str


class Expectation(NamedTuple):
    """Where the cell may be, before any colour is looked at; each of shape (height, width)."""

    possible: np.ndarray  # bool
    odds: np.ndarray  # log odds
    first: np.ndarray  # 0…1: whose colours are the cell's at first
    far: np.ndarray  # bool: whose colours are not the cell's


def find(picture: np.ndarray, *, prompt: tuple[float, float, float, float] | None = None) -> Outline | NotFound:
    """Find the outline of the prompted cell or, without a box, of the stained cell nearest to the picture's middle.

    Parameters
    ----------
    picture : ndarray of uint8, shape (height, width, 3)
        RGB.
    prompt : (x, y, width, height), optional
        Box around the cell, in pixels.

    Returns
    -------
    Outline or NotFound
    """
    if prompt is not None and min(prompt[2:]) <= 0:
        return NotFound("the box has no area")
    frame = _frame(prompt, picture.shape[:2])
    if min(frame[2] - frame[0], frame[3] - frame[1]) < 8:
        return NotFound("the box, or the picture, holds less than 8 × 8 pixels")
    view, scale = _view(picture, frame)
    stain = nuclei(view)
    nucleus = _chosen(stain, _within(prompt, frame, scale))
    if nucleus is None:
        return NotFound("nothing there is stained like a nucleus or a platelet")
    if ndimage.binary_opening(nucleus, iterations=2).sum() < COMPACT * nucleus.sum():
        return NotFound("what is stained there is as ragged as noise")
    strange = stain & ~nucleus
    if prompt is None:  # now that its place and size are known, look closer at a small one
        near = _around(nucleus, frame, scale)
        view, scale = _view(picture, near)
        nucleus, strange = (_moved(mask, frame, near, view.shape[:2]) for mask in (nucleus, strange))
        frame = near
    cell = _cell(view, nucleus, strange, _within(prompt, frame, scale))
    if cell.sum() < 20:
        return NotFound("the stained region has fewer than 20 pixels at the working size")
    left, top, right, bottom = frame
    whole, core = (np.zeros(picture.shape[:2], bool) for _ in range(2))
    whole[top:bottom, left:right] = _enlarged(cell, (bottom - top, right - left))
    core[top:bottom, left:right] = _enlarged(nucleus & cell, (bottom - top, right - left))
    return Outline(whole, core & whole)


Frame = tuple[int, int, int, int]
"""Left, top, right and bottom of a part of the picture; right and bottom are excluded."""


def _frame(prompt, shape: tuple[int, int]) -> Frame:
    """The part of the picture that is looked at: a box with half its side around it, or all."""
    height, width = shape
    if prompt is None:
        return 0, 0, width, height
    x0, y0, side = prompt[0], prompt[1], max(prompt[2:])
    x1, y1 = x0 + prompt[2], y0 + prompt[3]
    low = max(0, int(x0 - side / 2)), max(0, int(y0 - side / 2))
    return *low, min(width, int(np.ceil(x1 + side / 2))), min(height, int(np.ceil(y1 + side / 2)))


def _around(nucleus: np.ndarray, frame: Frame, scale: float) -> Frame:
    """The part of a frame that a cell of this nucleus can fill, and a little more; the nucleus is at the frame's working size."""
    left, top, right, bottom = frame
    pad = 1.05 * REACH * np.sqrt(nucleus.sum() / np.pi)
    (y0, x0), (y1, x1) = np.argwhere(nucleus).min(0) - pad, np.argwhere(nucleus).max(0) + 1 + pad
    near = left + int(x0 / scale), top + int(y0 / scale), left + int(np.ceil(x1 / scale)), top + int(np.ceil(y1 / scale))
    return max(left, near[0]), max(top, near[1]), min(right, near[2]), min(bottom, near[3])


def _view(picture: np.ndarray, frame: Frame) -> tuple[np.ndarray, float]:
    """A part of the picture at the working size, and its scale."""
    left, top, right, bottom = frame
    view = picture[top:bottom, left:right]
    scale = min(1.0, WORKING_SIDE / max(view.shape[:2]))
    return (cv2.resize(view, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA) if scale < 1 else view), scale


def _within(prompt, frame: Frame, scale: float) -> tuple[float, float, float, float] | None:
    """Left, top, right and bottom of a prompt at the working size of a frame."""
    if prompt is None:
        return None
    x, y, width, height = prompt
    left, top = frame[:2]
    return (x - left) * scale, (y - top) * scale, (x + width - left) * scale, (y + height - top) * scale


def _moved(mask: np.ndarray, source: Frame, target: Frame, shape: tuple[int, int]) -> np.ndarray:
    """The part of a mask of the source frame that lies in the target frame, at another working size."""
    full = _enlarged(mask, (source[3] - source[1], source[2] - source[0]))
    part = full[target[1] - source[1] : target[3] - source[1], target[0] - source[0] : target[2] - source[0]]
    return cv2.resize(part.astype(np.uint8), shape[::-1], interpolation=cv2.INTER_NEAREST) > 0


def _chosen(stain: np.ndarray, box) -> np.ndarray | None:
    """The lobes of one nucleus: the main component, and those so near that they can only be its own."""
    labels, count = ndimage.label(stain)
    if count == 0:
        return None
    index = np.arange(1, count + 1)
    areas = ndimage.sum_labels(stain, labels, index)
    middles = np.array(ndimage.center_of_mass(stain, labels, index))
    height, width = stain.shape
    if box is None:
        aim, reach = np.array([height / 2, width / 2]), 0.5 * min(height, width)
    else:
        aim = np.array([(box[1] + box[3]) / 2, (box[0] + box[2]) / 2])
        reach = 0.5 * max(box[2] - box[0], box[3] - box[1])
    distance = np.hypot(*(middles - aim).T) / reach
    main = int((areas * np.exp(-((distance / 0.6) ** 2))).argmax())
    if areas[main] < 12:
        return None
    gaps = ndimage.minimum(ndimage.distance_transform_edt(labels != main + 1), labels, index)
    own = (gaps <= (0.9 if box is None else 1.2) * np.sqrt(areas[main] / np.pi)) & (areas >= 0.04 * areas[main])
    own &= distance <= (distance[main] + 1.3 * np.sqrt(areas.sum() / np.pi) / reach if box is None else 1.0)
    own[main] = True
    return np.isin(labels, index[own])


def _cell(picture: np.ndarray, nucleus: np.ndarray, strange: np.ndarray, box) -> np.ndarray:
    """The cell of a nucleus; `strange` are the nuclei of other cells."""
    colours = lab(picture)
    palette = Palette(colours)
    hull = _hull(nucleus)
    expected = _unboxed(hull, nucleus) if box is None else _boxed(nucleus.shape, box)
    smear = expected.far & ~ndimage.binary_dilation(strange, iterations=3)
    if smear.sum() < 200:
        smear = ~nucleus
    usual = palette.density(smear | (empty(colours) & ~hull))
    # At first the cell's colours are those that are near enough and unusual elsewhere.
    weights = expected.first / (1 + usual / (0.1 * np.median(usual[smear])))
    weights[nucleus] = NUCLEUS_WEIGHT
    smooth = cv2.GaussianBlur(colours, (0, 0), 0.6)
    centre = ndimage.center_of_mass(hull) if box is None else ((box[1] + box[3]) / 2, (box[0] + box[2]) / 2)
    for _ in range(ROUNDS):
        odds = np.clip(np.log((palette.density(weights) + FAINT) / (usual + FAINT)), -STRONGEST, STRONGEST) + expected.odds
        odds[nucleus] = SURE
        odds[~expected.possible] = -SURE
        cell = contour(odds, smooth, nucleus, centre) | nucleus
        centre = ndimage.center_of_mass(cell)
        weights = cell / (1 + np.exp(-2 * odds))
        weights[nucleus] = NUCLEUS_WEIGHT
    return _clean(cell, nucleus)


def _unboxed(hull: np.ndarray, nucleus: np.ndarray) -> Expectation:
    """A cell reaches about as far around its nucleus as the nucleus is wide."""
    away = ndimage.distance_transform_edt(~hull) / np.sqrt(nucleus.sum() / np.pi)
    return Expectation(away < REACH, -0.8 * np.clip(away - 0.5, -0.3, 3.0), np.clip(1 - away / 1.2, 0, 1), away > FAR)


def _boxed(shape: tuple[int, int], box) -> Expectation:
    """A cell fills the ellipse in its box more or less, and passes the box by 3 % at most, as boxes are drawn by hand."""
    x0, y0, x1, y1 = box
    rows, columns = np.mgrid[: shape[0], : shape[1]]
    margin = 0.03 * max(x1 - x0, y1 - y0)
    possible = (columns >= x0 - margin) & (columns <= x1 + margin) & (rows >= y0 - margin) & (rows <= y1 + margin)
    ring = np.hypot((columns - (x0 + x1) / 2) / ((x1 - x0) / 2), (rows - (y0 + y1) / 2) / ((y1 - y0) / 2))
    return Expectation(possible, 2 * np.clip(1.1 - ring, -1, 0.4), np.clip(2 * (1.25 - ring), 0, 1), ~possible | (ring > 1.3))


def _hull(mask: np.ndarray) -> np.ndarray:
    points = np.argwhere(mask)[:, ::-1].astype(np.int32)
    canvas = np.zeros(mask.shape, np.uint8)
    cv2.fillConvexPoly(canvas, cv2.convexHull(points), 1)
    return canvas.astype(bool)


def _clean(region: np.ndarray, nucleus: np.ndarray) -> np.ndarray:
    """One component without holes or thin spurs, with its nucleus."""
    radius = max(1, round(0.18 * np.sqrt(max(region.sum(), 1) / np.pi)))
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * radius + 1, 2 * radius + 1))
    padded = np.pad(ndimage.binary_fill_holes(region | nucleus), 2 * radius).astype(np.uint8)
    opened = cv2.morphologyEx(padded, cv2.MORPH_OPEN, kernel) | np.pad(nucleus, 2 * radius)
    closed = cv2.morphologyEx(opened, cv2.MORPH_CLOSE, kernel)[2 * radius : -2 * radius, 2 * radius : -2 * radius]
    labels, count = ndimage.label(closed)
    inside = np.bincount(labels[nucleus], minlength=count + 1)
    inside[0] = 0
    return ndimage.binary_fill_holes(labels == inside.argmax())


def _enlarged(mask: np.ndarray, shape: tuple[int, int]) -> np.ndarray:
    """A mask at another size, with a smooth border."""
    if mask.shape == tuple(shape):
        return mask
    soft = cv2.GaussianBlur(mask.astype(np.float32), (0, 0), 0.8)
    return cv2.resize(soft, (shape[1], shape[0]), interpolation=cv2.INTER_LINEAR) > 0.5
