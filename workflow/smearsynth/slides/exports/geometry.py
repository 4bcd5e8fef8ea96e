"""From masks to polygons along the edges of pixels: pixel (x, y) is the square from (x, y) to (x + 1, y + 1)."""

import numpy as np
import shapely
from shapely.geometry import MultiPolygon, Polygon

from smearsynth.layouts.raster import Window


def trace(part: Window, *, tolerance: float = 0.75) -> Polygon | MultiPolygon:
    """The area of a mask, with its holes and parts.

    Parameters
    ----------
    part : Window
        Not empty.
    tolerance : float
        How far in pixels a vertex that is left out may have been from the line; 0 keeps every corner.

    Returns
    -------
    Polygon or MultiPolygon
        Valid; in pixels of the frame.
    """
    padded = np.zeros((part.mask.shape[0], part.mask.shape[1] + 2), np.int8)
    padded[:, 1:-1] = part.mask
    change = np.diff(padded, axis=1)
    rows, starts = np.nonzero(change == 1)
    _, ends = np.nonzero(change == -1)
    y = rows + part.top
    whole = shapely.union_all(shapely.box(starts + part.left, y, ends + part.left, y + 1))
    simple = shapely.simplify(whole, tolerance, preserve_topology=True) if tolerance else shapely.simplify(whole, 0)
    return simple if simple.is_valid and not simple.is_empty else whole


def parts(area: Polygon | MultiPolygon) -> list[Polygon]:
    """The parts of an area, largest first."""
    return sorted(getattr(area, "geoms", [area]), key=lambda polygon: -polygon.area)


def one_ring(area: Polygon | MultiPolygon) -> np.ndarray:
    """An area as a single ring, for formats that know neither holes nor parts.

    Holes and further parts are reached over bridges of no width between the nearest vertices, there and back.

    Returns
    -------
    ndarray, shape (n, 2)
        (x, y); the last vertex is not the first again.
    """
    rings = [ring for polygon in parts(area) for ring in (polygon.exterior, *polygon.interiors)]
    joined = np.asarray(rings[0].coords)[:-1]
    for ring in rings[1:]:
        other = np.asarray(ring.coords)[:-1]
        distance = ((joined[:, None] - other[None]) ** 2).sum(2)
        i, j = np.unravel_index(distance.argmin(), distance.shape)
        loop = np.concatenate([other[j:], other[: j + 1]])
        joined = np.concatenate([joined[: i + 1], loop, joined[i:]])
    return joined
