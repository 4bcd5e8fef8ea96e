"""What the commands that make label maps of whole fields share; `smearsynth.pairs.field_maps` reads what they write."""

from collections.abc import Iterable
from pathlib import Path

import cv2
import numpy as np

from smearsynth import coco, images
from smearsynth.cells import finder
from smearsynth.cells.dense import dense
from smearsynth.errors import UserError
from smearsynth.pairs import field_labels
from smearsynth.pairs.field_labels import Reds

LAYERS = {"file": "pictures", "owners": "owners", "dense": "dense"}
"""Keys of a field's files in the index, and their folders."""


def shrunk(picture: np.ndarray, scale: float) -> np.ndarray:
    """A picture, or a mask of floats, at a scale of 1 at most, by area; shape (height, width) or (height, width, channels)."""
    height, width = (max(1, round(side * scale)) for side in picture.shape[:2])
    return cv2.resize(picture, (width, height), interpolation=cv2.INTER_AREA) if scale < 1 else picture


def measured(
    fields: Iterable[tuple[np.ndarray, np.ndarray]], *, red_diameter: float | None, scale: float, where: str, section: str
) -> Reds:
    """What the red cells of some fields are like, at the scale of the fields.

    Parameters
    ----------
    fields : iterable of (ndarray of uint8, shape (height, width, 3); ndarray of bool, shape (height, width))
        RGB, and the cells that are known and not measured.
    red_diameter : float or None
        Of a common red cell, in pixels of the pictures that the fields are made of; None measures it.
    scale : float
        Pixels of a field to one of its picture.
    where, section : str
        For messages: where the pictures come from, and the section of the configuration that has ``red_diameter``.

    Raises
    ------
    UserError
        If it is neither told nor to be measured, as fewer than five red cells stand alone.
    """
    found = field_labels.common([one for picture, taken in fields for one in finder.candidates(picture, taken)])
    if red_diameter is not None:
        return Reds(np.pi / 4 * (red_diameter * scale) ** 2, found.purple if found else 0.0)
    if found is None:
        what = "fewer than five red cells stand alone: their size is not known"
        raise UserError.of(where, what, f"set {section}.red_diameter, in pixels of the pictures")
    return found


def write(folder: Path, number: int, picture: np.ndarray, owners: np.ndarray, whites: Iterable[np.ndarray]) -> dict[str, str]:
    """Write the layers of a field: the picture, the owners of its pixels, and the nuclei of its white cells.

    Parameters
    ----------
    folder : Path
        Of the index.
    number : int
        The field's, after which its files are named.
    picture : ndarray of uint8, shape (height, width, 3)
        RGB.
    owners : ndarray of uint16, shape (height, width)
        0 is empty smear.
    whites : iterable of ndarray of bool, shape (height, width)
        The masks of its annotated white cells.

    Returns
    -------
    dict of str to str
        What the index tells of the files, relative to `folder`.
    """
    nuclei = np.zeros(owners.shape, bool)
    for white in whites:
        nuclei |= dense(picture, white)
    files = {key: f"{part}/{number:06d}.png" for key, part in LAYERS.items()}
    for key, layer in zip(LAYERS, (picture, owners, nuclei * np.uint8(255)), strict=True):
        images.write(folder / files[key], layer)
    return files


def cell(mask: np.ndarray, *, owner: int, category_id: int, cell_id: int | None) -> dict:
    """What the index tells of a cell of a field.

    Parameters
    ----------
    mask : ndarray of bool, shape (height, width)
        Its pixels, one at least. The cell is ``whole`` if they keep off the frame.
    owner : int
        Its value in the owners.
    category_id : int
        Its type.
    cell_id : int or None
        Its id where it was annotated; None if it was found.
    """
    height, width = mask.shape
    box = coco.box(mask)
    return {
        "owner": owner,
        "category_id": category_id,
        "cell_id": cell_id,
        "bbox": box,
        "area": int(np.count_nonzero(mask)),
        "whole": box[0] > 0 and box[1] > 0 and box[0] + box[2] < width and box[1] + box[3] < height,
    }
