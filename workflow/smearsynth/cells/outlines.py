"""Whole-cell outlines of stained cells, with a box or without one.

A Romanowsky-stained nucleus is the darkest thing in green light, so it is found first. The cell is then parted from the
smear by a graph cut (Rother et al. 2004, GrabCut) that starts from what the picture itself tells: the nucleus is cell, what
has the colour of the empty smear or of the red cells is not, and what lies far from the nucleus, or outside the box, cannot be.
"""

from dataclasses import dataclass

import cv2
import numpy as np
from scipy import ndimage
from skimage.segmentation import watershed

WORKING_SIDE = 160
"""Pictures are reduced to about this side around the cell: graph cuts take seconds on larger ones and gain nothing."""
SMOOTHING = 1.2
"""Standard deviation in pixels at the working size of the blur before colours are compared."""
EMPTY, RED = 4.0, 3.0
"""Distances in standard deviations: above EMPTY from the colour of the empty smear is matter, below RED from that of red cells is red."""
FLOOR = (1.2, 0.7, 0.8)
"""Least standard deviations of L*, a*, b* of the empty smear."""
PROMPT_MARGIN = 0.04
"""Share of a box's side by which a cell may pass it: boxes are drawn by hand."""


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
    height, width = picture.shape[:2]
    left, top, right, bottom = _frame(prompt, (height, width))
    if right - left < 8 or bottom - top < 8:
        return NotFound("the box holds less than 8 × 8 pixels of the picture")
    view = picture[top:bottom, left:right]
    scale = min(1.0, WORKING_SIDE / max(view.shape[:2]))
    small = cv2.resize(view, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA) if scale < 1 else view
    box = None if prompt is None else tuple((v - o) * scale for v, o in zip(_corners(prompt), (left, top, left, top)))
    stain = nuclei(small)
    nucleus = _chosen(stain, small, box)
    if nucleus is None:
        return NotFound("nothing there is stained like a nucleus or a platelet")
    if box is None:
        box = _around(nucleus)
    cell = _part(small, nucleus, box)
    if cell.sum() < 20:
        return NotFound("the stained region has fewer than 20 pixels at the working size")
    whole = np.zeros((height, width), bool)
    whole[top:bottom, left:right] = _enlarged(cell, view.shape[:2])
    core = np.zeros((height, width), bool)
    core[top:bottom, left:right] = _enlarged(nucleus & cell, view.shape[:2])
    return Outline(whole, core & whole)


def nuclei(picture: np.ndarray) -> np.ndarray:
    """What is stained like a nucleus: dark in green light, and more in green than in blue (bool, the picture's shape).

    The threshold is Otsu's between the two darkest of three classes; a picture with little contrast has none.
    """
    green = cv2.GaussianBlur(picture[..., 1], (0, 0), 1.0)
    from skimage.filters import threshold_multiotsu

    try:
        low, _ = threshold_multiotsu(green, classes=3, nbins=128)
    except ValueError:  # fewer than three grey levels
        return np.zeros(green.shape, bool)
    light = np.percentile(green, 95)
    region = green <= low
    # Red cells are never as dark as half of the empty smear.
    if light < 30 or np.median(green[region]) > 0.72 * light:
        return np.zeros(green.shape, bool)
    return ndimage.binary_fill_holes(ndimage.binary_opening(region, iterations=1))


def _corners(box):
    x, y, width, height = box
    return x, y, x + width, y + height


def _frame(prompt, shape: tuple[int, int]) -> tuple[int, int, int, int]:
    """The part of the picture that is looked at: a box with half its side around it, or all."""
    height, width = shape
    if prompt is None:
        return 0, 0, width, height
    x0, y0, x1, y1 = _corners(prompt)
    pad = 0.5 * max(x1 - x0, y1 - y0)
    return max(0, int(x0 - pad)), max(0, int(y0 - pad)), min(width, int(np.ceil(x1 + pad))), min(height, int(np.ceil(y1 + pad)))


def _chosen(stain: np.ndarray, picture: np.ndarray, box) -> np.ndarray | None:
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
    worth = areas * np.exp(-((distance / 0.6) ** 2))
    main = int(worth.argmax())
    if areas[main] < 12:
        return None
    radius = np.sqrt(areas.sum() / np.pi)
    away = ndimage.distance_transform_edt(labels != main + 1)
    gaps = ndimage.minimum(away, labels, index)
    own = (gaps <= (0.9 if box is None else 1.2) * np.sqrt(areas[main] / np.pi)) & (areas >= 0.04 * areas[main])
    own &= distance <= (1.0 if box is not None else distance[main] + 1.3 * radius / reach)
    own[main] = True
    return np.isin(labels, index[own])


def _around(nucleus: np.ndarray) -> tuple[float, float, float, float]:
    """The box that a cell with this nucleus can fill at most."""
    rows, columns = np.nonzero(nucleus)
    radius = np.sqrt(nucleus.sum() / np.pi)
    extent = max(np.ptp(rows), np.ptp(columns)) / 2
    half = max(1.35 * extent, 0) + 1.0 * radius
    y, x = (rows.min() + rows.max()) / 2, (columns.min() + columns.max()) / 2
    return x - half, y - half, x + half, y + half


def _part(picture: np.ndarray, nucleus: np.ndarray, box) -> np.ndarray:
    """Part a cell from the empty smear by its colour, then from the red cells that touch it by theirs and by shape."""
    shape = picture.shape[:2]
    x0, y0, x1, y1 = box
    margin = PROMPT_MARGIN * max(x1 - x0, y1 - y0)
    yy, xx = np.mgrid[: shape[0], : shape[1]]
    inside = (xx >= x0 - margin) & (xx <= x1 + margin) & (yy >= y0 - margin) & (yy <= y1 + margin)
    lab = cv2.cvtColor(picture.astype(np.float32) / 255, cv2.COLOR_RGB2LAB)
    smooth = np.stack([cv2.GaussianBlur(plane, (0, 0), SMOOTHING) for plane in cv2.split(lab)], axis=-1)
    from_empty = away(smooth, empty(smooth), floor=FLOOR)
    matter = ndimage.binary_fill_holes(_opened((from_empty > EMPTY) | nucleus, 1)) | nucleus
    own = _touching(_opened(matter, 3) | nucleus, nucleus)
    # Red cells: matter that does not hang together with this cell, or lies where this cell cannot reach.
    other = _opened((matter & ~own) | (matter & ~inside), 3)
    light = np.median(smooth[..., 0][empty(smooth)])
    red = other & (from_empty > EMPTY) & (smooth[..., 0] > 0.55 * light)
    cell = own & inside
    if red.sum() > 0.004 * red.size and (own & ~inside).sum() > 0.02 * own.sum():
        from_red = away(smooth, red, floor=(4.0, 1.5, 1.5))
        alike = _opened((from_red < RED) & own & ~nucleus, 3)
        cell = _cut(cell & ~alike, own & ~inside | alike, nucleus, own)
    return _clean(cell, nucleus)


def _cut(cell: np.ndarray, foreign: np.ndarray, nucleus: np.ndarray, matter: np.ndarray) -> np.ndarray:
    """Part matter between a cell and what is foreign to it at its necks: a watershed of the distance to the border."""
    sure = _touching(_opened(cell, 3) | nucleus, nucleus)
    markers = np.zeros(matter.shape, np.int32)
    markers[foreign] = 1
    markers[sure & ~foreign] = 2
    markers[nucleus] = 2
    return watershed(-ndimage.distance_transform_edt(matter), markers, mask=matter) == 2


def away(lab: np.ndarray, region: np.ndarray, *, floor: tuple[float, float, float]) -> np.ndarray:
    """Distance of each pixel's colour from those of a region, in robust standard deviations of at least `floor`."""
    middle = np.median(lab[region], axis=0)
    spread = np.maximum(1.48 * np.median(np.abs(lab[region] - middle), axis=0), floor)
    return np.sqrt((((lab - middle) / spread) ** 2).sum(-1))


def empty(lab: np.ndarray) -> np.ndarray:
    """The empty smear: the most common of the bright colours."""
    light = lab[..., 0]
    bright = light >= np.percentile(light, 60)
    counts, edges = np.histogram(light[bright], bins=100, range=(0, 100.1))
    mode = edges[int(ndimage.gaussian_filter1d(counts.astype(float), 1).argmax())]
    region = np.abs(light - mode) < 3.0
    middle = np.median(lab[region], axis=0)
    return region & (np.abs(lab - middle) < (4.0, 3.0, 4.0)).all(-1)


def _opened(mask: np.ndarray, radius: int) -> np.ndarray:
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * radius + 1, 2 * radius + 1))
    return cv2.morphologyEx(mask.astype(np.uint8), cv2.MORPH_OPEN, kernel).astype(bool)


def _touching(mask: np.ndarray, seed: np.ndarray) -> np.ndarray:
    """The components of a mask that a seed touches."""
    labels, _ = ndimage.label(mask)
    return np.isin(labels, np.unique(labels[seed & mask])) & mask


def _hull(mask: np.ndarray) -> np.ndarray:
    points = np.argwhere(mask)[:, ::-1].astype(np.int32)
    canvas = np.zeros(mask.shape, np.uint8)
    cv2.fillConvexPoly(canvas, cv2.convexHull(points), 1)
    return canvas.astype(bool)


def _clean(region: np.ndarray, nucleus: np.ndarray) -> np.ndarray:
    """One component without holes or thin spurs, with its nucleus."""
    radius = max(1, round(0.18 * np.sqrt(max(region.sum(), 1) / np.pi)))
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * radius + 1, 2 * radius + 1))
    filled = ndimage.binary_fill_holes(region | nucleus)
    opened = cv2.morphologyEx(np.pad(filled, radius).astype(np.uint8), cv2.MORPH_OPEN, kernel)
    opened = opened[radius:-radius, radius:-radius].astype(bool) | nucleus
    closed = cv2.morphologyEx(opened.astype(np.uint8), cv2.MORPH_CLOSE, kernel).astype(bool)
    labels, count = ndimage.label(closed)
    if count == 0:
        return closed
    inside = np.bincount(labels[nucleus], minlength=count + 1)
    inside[0] = 0
    return ndimage.binary_fill_holes(labels == inside.argmax())


def _enlarged(mask: np.ndarray, shape: tuple[int, int]) -> np.ndarray:
    """A mask at another size, with a smooth border."""
    if mask.shape == tuple(shape):
        return mask
    soft = cv2.GaussianBlur(mask.astype(np.float32), (0, 0), 0.8)
    return cv2.resize(soft, (shape[1], shape[0]), interpolation=cv2.INTER_LINEAR) > 0.5
