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
        problems = []
        for source in sorted({cell["source_id"] for layout in layouts for cell in layout["cells"]}):
            if source not in self.cells:
                problems.append(Problem(f"cell {source}", "stands in the layout, not in the catalogue", "draw the layouts anew"))
            elif self.cells[source].split != "train":
                fix = "set layouts.shapes: train, or slides.render.cells: generated"
                problems.append(Problem(f"cell {source}", "a cut-out of the test split", fix))
        raise_all(problems[:20])

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
