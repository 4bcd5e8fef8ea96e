"""White cells that a field reader found, named by a classifier of single cells."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from smearsynth.errors import Problem, UserError, raise_all
from smearsynth.files import read_json
from smearsynth.layouts.raster import Window
from smearsynth.pairs import windows
from smearsynth.readers import pictures, reader
from smearsynth.readers.field_classes import Classes
from smearsynth.readers.field_sources import resized
from smearsynth.slides.cutout import around, place
from smearsynth.taxonomy import Taxonomy


@dataclass(frozen=True)
class Namer:
    """A classifier of single cells behind a field reader.

    Parameters
    ----------
    classifier : Reader
    taxonomy : Taxonomy
        What the results name: the field reader's red cells and platelets, the classifier's white types.
    white : frozenset of int
        Ids of the field reader's white classes, which are named anew.
    scale : float
        Pixels of the classifier's training pictures in one of the picture's.
    black : bool
        The classifier knows cells on black; else with what lies around them.
    """

    classifier: reader.Reader
    taxonomy: Taxonomy
    white: frozenset[int]
    scale: float
    black: bool

    def name(self, picture: np.ndarray, masks: list[Window], ids: list[int]) -> list[int]:
        """The ids, those of white cells by the classifier.

        Parameters
        ----------
        picture : ndarray of uint8, shape (height, width, 3)
            RGB.
        masks : list of Window
        ids : list of int
            Category ids of the field reader.
        """
        at = [index for index, one in enumerate(ids) if one in self.white]
        if not at:
            return ids
        options = self.classifier.options
        cut = [square(picture, masks[index], options.window, scale=self.scale, black=self.black) for index in at]
        pixels = np.stack([pictures.fit(one, window=options.window, size=options.size) for one in cut])
        _, belief = self.classifier.name(pixels)
        # What the field reader calls white stays white: the classifier says which.
        known = {t.id for t in self.taxonomy.of_kind("white")}
        belief[:, [one not in known for one in self.classifier.types]] = -1
        result = list(ids)
        for index, one in zip(at, belief.argmax(1), strict=True):
            result[index] = self.classifier.types[one]
        return result


def square(picture: np.ndarray, mask: Window, side: int, *, scale: float, black: bool) -> np.ndarray:
    """The square around a cell as the classifier was trained on it, uint8 (side, side, 3)."""
    reach = round(side / scale)
    area = around(mask, reach, (picture.shape[0], picture.shape[1]))
    part = picture[area]
    if black:
        part = np.where(place(mask, area)[..., None], part, 0).astype(np.uint8)
    height, width = mask.mask.shape
    centre = (mask.left + width // 2 - area[1].start, mask.top + height // 2 - area[0].start)
    cut = windows.window(part, centre, reach, black=black)
    return resized(cut, (side, side))


def load(folder: Path, *, field_reader: Path, classes: Classes, scale: float, black: bool) -> Namer:
    """A classifier behind a field reader.

    Parameters
    ----------
    folder : path
        Of the classifier.
    field_reader : path
        Folder of the field reader, whose taxonomy names the classifier's types.
    classes : Classes
        Of the field reader.
    scale, black
        See `Namer`.

    Raises
    ------
    UserError
        If the folder holds no classifier, or one whose types the taxonomy does not know, or none of white cells.
    """
    about = read_json(folder / "model.json")
    if not isinstance(about, dict) or not isinstance(about.get("types"), list):
        raise UserError.of(str(folder), "not a classifier of single cells", "give a folder that 'readers train' wrote")
    types = {t.id: t for t in Taxonomy.from_config(read_json(field_reader / "model.json")["taxonomy"]).types}
    fix = "train both readers with the same taxonomy"
    raise_all(
        Problem(str(folder), f"names type {one}, which the field reader's taxonomy does not know", fix)
        for one in about["types"]
        if one not in types
    )
    white = [types[one] for one in about["types"] if types[one].kind == "white"]
    if not white:
        raise UserError.of(str(folder), "knows no white cell", "give a classifier that was trained on white cells")
    others = [t for t in classes.types if t.kind != "white"]
    old = frozenset(t.id for t in classes.types if t.kind == "white")
    return Namer(reader.load(folder), Taxonomy((*others, *white)), old, scale, black)
