"""The best closed contour around a point that every ray from there meets once, by dynamic programming.

The evidence and the edges are sampled along rays. A contour's cost is the evidence that it encloses and the edges that it
follows, and grows with its changes of radius from ray to ray; the cheapest one is found exactly, but for closure, for which
the rays are gone round twice and the half of the way that is farthest from both ends is kept (as in live-wire and circular
shortest paths: Sun and Pallottino 2003).
"""

import cv2
import numpy as np
from scipy import ndimage

RAYS = 96
STEP = 3
"""Most pixels by which the radius changes from a ray to the next."""
REFUSED = -4.0
"""Log odds outside the picture."""


def contour(
    odds: np.ndarray,
    colours: np.ndarray,
    core: np.ndarray,
    centre: tuple[float, float],
    *,
    edges: float = 12.0,
    stiffness: float = 1.0,
) -> np.ndarray:
    """Find the region around a centre that holds the most evidence and ends at edges.

    Parameters
    ----------
    odds : ndarray of float, shape (height, width)
        Log odds of each pixel to be inside.
    colours : ndarray of float, shape (height, width, 3)
        Colours whose change along a ray is an edge.
    core : ndarray of bool, shape (height, width)
        Region whose own border is no edge (a nucleus); its size is the unit of length.
    centre : (row, column)
        Where the rays start.
    edges : float
        Gain of a full edge, in units of log odds times the core's radius.
    stiffness : float
        Cost of a squared change of radius between two rays, in pixels² per core's radius.

    Returns
    -------
    ndarray of bool, shape (height, width)
    """
    radius = np.sqrt(max(int(core.sum()), 1) / np.pi)
    angles = np.arange(RAYS) * 2 * np.pi / RAYS
    reach = np.arange(1, int(np.ceil(np.hypot(*odds.shape) / 2)) + 8, dtype=np.float32)
    columns = (centre[1] + np.cos(angles)[:, None] * reach).astype(np.float32)
    rows = (centre[0] + np.sin(angles)[:, None] * reach).astype(np.float32)
    gain = _sampled(odds, columns, rows, cv2.BORDER_CONSTANT, REFUSED)
    edge = _edges(
        _sampled(colours, columns, rows, cv2.BORDER_REPLICATE), _sampled(core, columns, rows, cv2.BORDER_CONSTANT) > 0.5
    )
    arc = 2 * np.pi / RAYS
    cost = -np.cumsum(gain * reach, axis=1) * arc / radius - edges * edge * arc
    radii = reach[_cheapest(cost, stiffness / radius)]
    points = np.column_stack([centre[1] + np.cos(angles) * radii, centre[0] + np.sin(angles) * radii])
    canvas = np.zeros(odds.shape, np.uint8)
    cv2.fillPoly(canvas, [np.round(points * 16).astype(np.int32)], 1, shift=4)
    return canvas.astype(bool)


def _sampled(values: np.ndarray, columns: np.ndarray, rows: np.ndarray, border: int, outside: float = 0.0) -> np.ndarray:
    return cv2.remap(values.astype(np.float32), columns, rows, cv2.INTER_LINEAR, borderMode=border, borderValue=outside)


def _edges(colours: np.ndarray, core: np.ndarray) -> np.ndarray:
    """Change of colour along each ray over four pixels, 1 at the median of the rays' strongest and never more."""
    change = np.zeros(colours.shape[:2], np.float32)
    change[:, 2:-2] = np.linalg.norm(colours[:, 4:] - colours[:, :-4], axis=-1)
    change[ndimage.binary_dilation(core)] = 0
    return np.clip(change / (np.median(change.max(axis=1)) + 1e-6), 0, 1)


def _cheapest(cost: np.ndarray, stiffness: float) -> np.ndarray:
    """Index of the radius on each ray on the cheapest closed way (int, shape (rays,)); cost is (rays, radii)."""
    rays, radii = cost.shape
    steps = np.arange(-STEP, STEP + 1)
    before = np.clip(np.arange(radii) + steps[:, None], 0, radii - 1)
    change = stiffness * steps[:, None] ** 2
    total, came = cost[0], np.zeros((2 * rays, radii), int)
    for turn in range(1, 2 * rays):
        options = total[before] + change
        best = options.argmin(axis=0)
        came[turn] = before[best, np.arange(radii)]
        total = np.take_along_axis(options, best[None], axis=0)[0] + cost[turn % rays]
    way = np.empty(2 * rays, int)
    way[-1] = total.argmin()
    for turn in range(2 * rays - 1, 0, -1):
        way[turn - 1] = came[turn, way[turn]]
    half = rays // 2
    return np.concatenate([way[rays : rays + half], way[half:rays]])
