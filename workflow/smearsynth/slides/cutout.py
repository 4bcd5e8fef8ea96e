"""Cells pasted with a soft edge on a seamless background, in its light.

A smear is seen in transmitted light: a cell's picture is the light behind it times the cell's transmittance. So a
cell is carried from its picture to the slide as transmittance (its pixels divided by the light of its own picture), and
takes on the slide's light. Plain background around it has transmittance 1: no rim shows, whatever the two stains.
"""

import cv2
import numpy as np

from smearsynth.layouts.raster import Window


def around(part: Window, reach: int, shape: tuple[int, int]) -> tuple[slice, slice]:
    """The rectangle of a window with `reach` pixels more on every side, as far as the frame goes."""
    rows, columns = part.slices
    return (
        slice(max(rows.start - reach, 0), min(rows.stop + reach, shape[0])),
        slice(max(columns.start - reach, 0), min(columns.stop + reach, shape[1])),
    )


def place(part: Window, area: tuple[slice, slice]) -> np.ndarray:
    """The window's mask within a rectangle of the frame that holds it."""
    mask = np.zeros((area[0].stop - area[0].start, area[1].stop - area[1].start), bool)
    top, left = part.top - area[0].start, part.left - area[1].start
    mask[top : top + part.mask.shape[0], left : left + part.mask.shape[1]] = part.mask
    return mask


def soft(mask: np.ndarray, feather: float) -> np.ndarray:
    """A soft edge: 1 well inside the mask, 1/2 on its border, 0 well outside.

    Parameters
    ----------
    mask : ndarray of bool, shape (height, width)
    feather : float
        Width of the edge in pixels, half of it on either side.

    Returns
    -------
    ndarray of float32 in [0, 1], shape (height, width)
    """
    if feather <= 0:
        return mask.astype(np.float32)
    # The frame's border is no edge of the cell: distances are measured as if the mask went on.
    wide = np.pad(mask.astype(np.uint8), 2 + int(feather), mode="edge")
    inside = cv2.distanceTransform(wide, cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
    outside = cv2.distanceTransform(1 - wide, cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
    signed = np.where(wide > 0, inside - 0.5, 0.5 - outside)
    part = np.clip(0.5 + signed / feather, 0, 1).astype(np.float32)
    border = 2 + int(feather)
    alpha = part[border : border + mask.shape[0], border : border + mask.shape[1]]
    return alpha * alpha * (3 - 2 * alpha)


def warp(picture: np.ndarray, affine: np.ndarray, area: tuple[slice, slice]) -> np.ndarray:
    """A source picture in the slide's pixels.

    Parameters
    ----------
    picture : ndarray of uint8, shape (h, w, 3)
    affine : ndarray, shape (2, 3)
        Source (x, y) to slide (x, y).
    area : tuple of slice
        Rows and columns of the slide that are wanted.

    Returns
    -------
    ndarray of uint8, shape (rows, columns, 3)
        Beyond the picture its border is repeated.
    """
    rows, columns = area
    matrix = np.asarray(affine, float).copy()
    matrix[:, 2] -= (columns.start, rows.start)
    scale = np.sqrt(abs(np.linalg.det(matrix[:, :2])))
    if scale < 0.75:
        # Warping alone would skip source pixels: blur away what the slide's pixels cannot show.
        picture = cv2.GaussianBlur(picture, (0, 0), 0.4 / scale)
    return cv2.warpAffine(
        picture,
        matrix,
        (columns.stop - columns.start, rows.stop - rows.start),
        flags=cv2.INTER_CUBIC if scale >= 0.75 else cv2.INTER_LINEAR,
        borderMode=cv2.BORDER_REPLICATE,
    )


def transmittance(pixels: np.ndarray, light: np.ndarray) -> np.ndarray:
    """What share of its light a cell lets through: pixels (rows, columns, 3) over light (3,), float32."""
    return pixels.astype(np.float32) / light.astype(np.float32)


def density(through: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """Mean optical density of a cell, -ln of the transmittance, per channel, shape (3,).

    Parameters
    ----------
    through : ndarray of float32, shape (rows, columns, 3)
        From `transmittance`.
    mask : ndarray of bool, shape (rows, columns)
        The cell's pixels.
    """
    return -np.log(np.clip(through[mask], 1 / 255, 1)).mean(0)


def restain(through: np.ndarray, own: np.ndarray, target: np.ndarray, evenness: float) -> np.ndarray:
    """Scale a cell's optical density from its `own` mean towards `target`, per channel, at most by half or double.

    Parameters
    ----------
    through : ndarray of float32, shape (rows, columns, 3)
    own, target : ndarray, shape (3,)
        From `density`.
    evenness : float
        0 leaves the cell as it is, 1 gives it the target's mean.
    """
    factor = np.clip(target / np.maximum(own, 1e-3), 0.5, 2.0) ** evenness
    return np.clip(through, 1 / 255, None) ** factor.astype(np.float32)


def paint(
    canvas: np.ndarray, empty: np.ndarray, through: np.ndarray, alpha: np.ndarray, area: tuple[slice, slice], *, blend: str
) -> None:
    """Paint a cell into `canvas`.

    Parameters
    ----------
    canvas : ndarray of uint8, shape (height, width, 3)
        The slide so far; changed in place.
    empty : ndarray of uint8, shape (height, width, 3)
        The slide without cells.
    through : ndarray of float32, shape (rows, columns, 3)
        The cell's transmittance.
    alpha : ndarray of float32, shape (rows, columns)
        How much of the cell shows.
    area : tuple of slice
        Where it lies in the slide.
    blend : str
        ``translucent``: the light that the cells below let through passes through this one; ``opaque``: they are covered.
    """
    below = canvas[area].astype(np.float32)
    behind = below if blend == "translucent" else empty[area].astype(np.float32)
    weight = alpha[..., None]
    mixed = below * (1 - weight) + behind * through * weight
    canvas[area] = np.clip(np.rint(mixed), 0, 255).astype(np.uint8)
