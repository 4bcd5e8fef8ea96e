"""What a generator is told of each pixel of a smear, as bytes: type, depth, edge between cells, dense region."""

import cv2
import numpy as np

DEPTH = 16
"""Pixels from an outline at which the depth plane reaches its end: about the radius of a red cell at 0.19 µm a pixel."""
KINDS = ("smear", "red", "white", "platelet")
"""What a pixel shows, by number."""


def label(owners: np.ndarray, places: np.ndarray, dense: np.ndarray) -> np.ndarray:
    """The label map of a smear.

    Parameters
    ----------
    owners : ndarray of int, shape (height, width)
        Which cell is seen at each pixel: 0 for the empty smear, k for the k-th cell.
    places : ndarray of int, shape (cells,)
        The type of each cell as its place in the model's list, from 1 on.
    dense : ndarray of bool, shape (height, width)
        Nuclei, where known.

    Returns
    -------
    ndarray of uint8, shape (height, width, 4)
        Type, depth, edge and dense region as `smearsynth.gans.networks.field.planes` takes them.
    """
    edge = edges(owners)
    # A way out of a cell passes one of its own edge pixels: the nearest edge pixel tells the depth in cells and smear alike.
    distance = cv2.distanceTransform((~edge).astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
    depth = np.minimum((distance + 0.5) / DEPTH, 1.0)
    signed = 128 + np.rint(127 * np.where(owners > 0, depth, -depth))
    kinds = np.concatenate([[0], places]).astype(np.uint8)[owners]
    return np.stack([kinds, signed.astype(np.uint8), edge * np.uint8(255), dense * np.uint8(255)], axis=-1)


def edges(owners: np.ndarray) -> np.ndarray:
    """The pixels beside another owner's, on both sides: between cells that touch as well; bool, shape (height, width)."""
    found = np.zeros(owners.shape, bool)
    down, across = owners[1:] != owners[:-1], owners[:, 1:] != owners[:, :-1]
    found[1:] |= down
    found[:-1] |= down
    found[:, 1:] |= across
    found[:, :-1] |= across
    return found


def kinds(owners: np.ndarray, category_ids: np.ndarray, kind_of: dict[int, str]) -> np.ndarray:
    """What each pixel shows, as a place in `KINDS`; a kind that it does not name counts as none of them (255).

    Parameters
    ----------
    owners : ndarray of int, shape (height, width)
    category_ids : ndarray of int, shape (cells,)
    kind_of : dict of int to str
        The kind of each type.
    """
    known = [KINDS.index(kind_of[c]) if kind_of[c] in KINDS else 255 for c in map(int, category_ids)]
    return np.array([0, *known], np.uint8)[owners]
