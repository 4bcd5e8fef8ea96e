"""Cells of a cluster moved towards each other until they touch."""

import numpy as np

from smearsynth.layouts.candidate import Candidate, place
from smearsynth.layouts.frame import Frame
from smearsynth.layouts.placement import Placed
from smearsynth.layouts.relax import Bonds, closeness_of

ASIDE = (0.0, 0.35, -0.35, 0.7, -0.7)
"""Turns, in radians, by which a cell of a cluster may come to lie elsewhere on the one that it touches."""


def holding(i: int, cells: list[Candidate], bonds: Bonds) -> list[Placed]:
    """The cells of a cluster that hold a cell and have their place already."""
    if len(bonds.lengths) == 0 or cells[i].group is None or cells[i].rouleau >= 0:
        return []
    others = np.concatenate([bonds.first[bonds.second == i], bonds.second[bonds.first == i]])
    return [placed for j in others if (placed := cells[j].placed) is not None]


def dock(cell: Candidate, position: np.ndarray, held: list[Placed], frame: Frame, rng: np.random.Generator) -> Placed | None:
    """Move a cell towards one that holds it until they touch, and keep it there; None where other cells are in the way."""
    for other in sorted(held, key=lambda placed: float(np.linalg.norm(placed.position - position))):
        contact = cell.disc + other.scale * float(np.sqrt(other.shape.area / np.pi))
        heading = np.arctan2(*(position - other.position)[::-1])
        for aside in ASIDE:
            way = np.array([np.cos(heading + aside), np.sin(heading + aside)])

            def at(distance: float, *, way=way, other=other) -> Placed:
                return place(cell, other.position + distance * way, cell.angle, frame.options.size)

            near, far = 0.6 * contact, 1.3 * contact
            if not frame.fits(at(far)):
                continue
            while far - near > 0.02 * contact:
                middle = (near + far) / 2
                near, far = (near, middle) if frame.fits(at(middle)) else (middle, far)
            # Anything from the largest overlap that is permitted to none.
            looser = far + rng.random() * (1 - closeness_of(frame.options.packed.overlap)) * contact
            return frame.put(at(looser)) or frame.put(at(far))
    return None
