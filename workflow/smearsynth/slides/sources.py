"""The pictures that real cut-outs come from, read once each and kept while they are used often."""

from collections import OrderedDict
from pathlib import Path

import numpy as np

from smearsynth import images
from smearsynth.backgrounds import light
from smearsynth.cells.catalogue import Catalogue, Cell
from smearsynth.errors import Problem, raise_all


class Sources:
    """Cells of a catalogue with their pictures and light.

    Parameters
    ----------
    catalogue : Catalogue
    kept : int
        Pictures kept in memory, so that memory does not grow with the number of slides.
    """

    def __init__(self, catalogue: Catalogue, *, kept: int = 128):
        self.cells: dict[int, Cell] = {cell.id: cell for cell in catalogue.cells}
        self.kept = kept
        self.pictures: OrderedDict[Path, tuple[np.ndarray, np.ndarray]] = OrderedDict()

    def check(self, layouts: list[dict]) -> None:
        """Raise a `UserError` for cells that the catalogue lacks or that would carry test pixels into slides."""
        fix = "set layouts.shapes: train, or slides.render.cells: generated"
        used = self.known(layouts)
        raise_all([Problem(f"cell {i}", "a cut-out of the test split", fix) for i in used if self.cells[i].split != "train"][:20])

    def known(self, layouts: list[dict]) -> list[int]:
        """Ids of the cells that layouts take their outlines from; a `UserError` for those that the catalogue lacks."""
        used = sorted({cell["source_id"] for layout in layouts for cell in layout["cells"]})
        what, fix = "stands in the layout, not in the catalogue", "draw the layouts anew"
        raise_all([Problem(f"cell {i}", what, fix) for i in used if i not in self.cells][:20])
        return used

    def picture(self, source_id: int) -> tuple[np.ndarray, np.ndarray]:
        """A cell's picture (RGB uint8) and the colour of its light, shape (3,)."""
        path = self.cells[source_id].path
        if path in self.pictures:
            self.pictures.move_to_end(path)
        else:
            picture = images.read(path)
            self.pictures[path] = (picture, light.colour(picture))
            if len(self.pictures) > self.kept:
                self.pictures.popitem(last=False)
        return self.pictures[path]
