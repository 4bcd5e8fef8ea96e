"""Checks of outlines as people and tools give them."""

import cv2
import numpy as np
from shapely import Polygon, STRtree, linestrings, make_valid
from shapely.validation import explain_validity

from smearsynth import coco, run_lengths
from smearsynth.errors import UserError

BEYOND = 1.0
"""Outlines may reach this many pixels over the border, where tools round differently; they are clipped."""
MIN_PART = 0.05
"""Parts of a mask below this share of the largest part's area are debris and no part of the cell."""
TRIFLE = 0.02
"""A self-crossing that cuts off less than this share of the area is a spur of a traced outline, and is cut off."""
MAX_CROSSINGS = 1000
"""Of an outline with itself: mending one takes time with their number, and no outline of a cell has as many."""


def checked(polygon: np.ndarray, shape: tuple[int, int]) -> tuple[np.ndarray, str | None]:
    """An outline that can be used, and what had to be mended, or None.

    Parameters
    ----------
    polygon : ndarray, shape (n, 2)
        Vertices as (x, y) in pixels.
    shape : tuple of int
        Height and width of the picture.

    Returns
    -------
    polygon : ndarray, shape (n, 2)
        Within the picture, simple.
    mended : str or None
        What was changed by more than a pixel's rounding.

    Raises
    ------
    UserError
        For coordinates that are not finite, less than three points, an area of 0, points outside the picture, and an
        outline that crosses itself.
    """
    if not np.isfinite(polygon).all():
        raise UserError.of("", "an outline with coordinates that are not finite numbers (NaN)", "write the outline anew")
    if len(polygon) > run_lengths.MAX_POINTS:
        what = f"an outline of {len(polygon):,} points, more than {run_lengths.MAX_POINTS:,}"
        raise UserError.of("", what, "draw it with fewer points")
    points = len(np.unique(polygon, axis=0))
    if points < 3:
        raise UserError.of(
            "", f"an outline with {points} point{'s' if points != 1 else ''}", "an outline has three points or more"
        )
    height, width = shape
    (left, top), (right, bottom) = polygon.min(0), polygon.max(0)
    if left < -BEYOND or top < -BEYOND or right > width - 1 + BEYOND or bottom > height - 1 + BEYOND:
        what = (
            f"an outline that reaches from ({left:g}, {top:g}) to ({right:g}, {bottom:g}), outside its picture of "
            f"{width} × {height} pixels"
        )
        raise UserError.of("", what, "correct the outline; x comes before y, both in pixels of this picture")
    polygon = np.clip(polygon, 0, (width - 1, height - 1))
    shell = Polygon(polygon)
    if shell.is_valid and shell.area > 0:
        return polygon, None
    if _crosses_often(polygon):
        raise UserError.of("", f"an outline that crosses itself ({explain_validity(shell)})", "draw it without crossings")
    parts = make_valid(shell)
    pieces = [part for part in getattr(parts, "geoms", [parts]) if part.geom_type in ("Polygon", "MultiPolygon")]
    pieces = [piece for part in pieces for piece in getattr(part, "geoms", [part])]
    if not pieces:
        raise UserError.of("", "an outline with no area", "outline the cell all around")
    largest = max(pieces, key=lambda piece: piece.area)
    if largest.area < (1 - TRIFLE) * sum(piece.area for piece in pieces):
        raise UserError.of("", f"an outline that crosses itself ({explain_validity(shell)})", "draw it without crossings")
    return np.asarray(largest.exterior.coords[:-1]), "spurs of its outline that cross or touch were cut off"


def _crosses_often(polygon: np.ndarray) -> bool:
    """Whether an outline (n, 2) meets itself more than `MAX_CROSSINGS` times, neighbouring edges aside."""
    edges = linestrings(np.stack([polygon, np.roll(polygon, -1, axis=0)], axis=1))
    tree, found = STRtree(edges), 0
    # In slices, so that a star of many points is known before all its crossings are listed.
    for start in range(0, len(edges), 8):
        first, second = tree.query(edges[start : start + 8], predicate="intersects")
        apart = np.abs(first + start - second)
        found += int(np.count_nonzero((apart > 1) & (apart < len(edges) - 1)))
        if found > 2 * MAX_CROSSINGS:
            return True
    return False


def main_parts(mask: np.ndarray) -> tuple[np.ndarray, ...]:
    """The outlines of a boolean mask (height, width), largest first, without debris below `MIN_PART`."""
    outlines = coco.outline(mask)
    areas = [cv2.contourArea(outline.astype(np.float32)) for outline in outlines]
    return tuple(outline for outline, area in zip(outlines, areas) if area >= MIN_PART * areas[0])


def from_run_lengths(segmentation: dict, shape: tuple[int, int]) -> tuple[np.ndarray, ...]:
    """The outlines of COCO run lengths, compressed or not, largest first; a `UserError` if they do not fit the picture."""
    mask = coco.decode(segmentation, shape)
    outlines = main_parts(mask)
    if not outlines:
        raise UserError.of("", "run lengths of an empty mask", "outline the cell, or take the annotation out")
    return outlines
