"""A cell on its way into a layout: it has its shape, size and rotation but perhaps no place yet."""

from dataclasses import dataclass

import numpy as np

from smearsynth.layouts import raster
from smearsynth.layouts.placement import Placed
from smearsynth.layouts.shapes import Shape


@dataclass(eq=False)
class Group:
    """A cluster or rouleau; its cells know it, it does not know them.

    Parameters
    ----------
    rouleau : bool
    heading : float
        Direction of a rouleau at its first cell, in radians.
    bend : float
        Its turn from cell to cell, in radians.
    size : int
        Cells that it is to have.
    parents : list of int
        Of each cell of a cluster, modulo the number of earlier ones, which of these it touches.
    turns : list of float
        In what direction, in radians.
    """

    rouleau: bool
    heading: float
    bend: float
    size: int
    parents: list[int]
    turns: list[float]


@dataclass
class Candidate:
    """A cell with or without a place.

    Parameters
    ----------
    shape : Shape
    scale : float
        Factor on lengths, from its picture to the slide.
    angle : float
        In radians.
    mirror : bool
    group : Group or None
        The cluster or rouleau that it belongs to.
    rouleau : int
        Number of its rouleau, -1 for none.
    placed : Placed or None
    exchanged : bool
        Whether it found room only with another shape of its type.
    """

    shape: Shape
    scale: float
    angle: float
    mirror: bool
    group: Group | None = None
    rouleau: int = -1
    placed: Placed | None = None
    exchanged: bool = False

    @property
    def radius(self) -> float:
        """Of the smallest enclosing circle, in pixels."""
        return self.shape.radius * self.scale

    @property
    def disc(self) -> float:
        """Radius of a disc as large as the cell."""
        return float(np.sqrt(self.area / np.pi))

    @property
    def area(self) -> float:
        """In square pixels."""
        return self.shape.area * self.scale**2


def place(cell: Candidate, position: np.ndarray, angle: float, size: tuple[int, int]) -> Placed:
    """The cell at a position (x, y) and rotation in a frame of `size`."""
    matrix = raster.affine(cell.shape.centre, position=position, scale=cell.scale, angle=angle, mirror=cell.mirror)
    # Rounded here, as it will stand in the file, so that what is checked is what will be painted.
    polygon = np.round(raster.transform(matrix, cell.shape.polygon), 2)
    return Placed(cell.shape, matrix, polygon, np.asarray(position, float), raster.window(polygon, size), cell.rouleau)
