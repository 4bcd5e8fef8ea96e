"""Match a reader to a microscope: at which scale and through which map of colours its pictures look like training's."""

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from smearsynth.errors import UserError
from smearsynth.layouts import raster
from smearsynth.layouts.raster import Window
from smearsynth.readers import field_look, field_reading
from smearsynth.readers.field_look import Look, Seen
from smearsynth.readers.field_reader import FieldReader

STEP = 1.25
"""From one scale that is tried to the next."""
SMALLEST, LARGEST = 1 / 16, 4.0
"""Scales that are tried, in reader's pixels for one of the picture's."""
LARGEST_SIDE = 4096
"""Nor are scales at which a picture would become larger than this, in pixels."""
FEWEST = 5
"""Whole red cells, in all pictures together, without which nothing can be measured."""
MORE = 2.0
"""So many times as many cells at a larger scale tell that those found before were heaps; parts of cells are fewer."""
BEYOND = 1.3
"""Once the cells found are larger than training's by this, at larger scales only parts of cells are found."""

Shown = Literal["camera", "balanced", "matched"]
"""A picture at the reader's scale as it came, with its light balanced, and with its stain changed as well."""


@dataclass(frozen=True)
class Match:
    """How pictures of a microscope are brought to what a reader was trained on.

    Parameters
    ----------
    factor : float
        Reader's pixels in one of the picture's.
    stain : ndarray, shape (3, 3)
        Map of absorbances, see `field_look.between`.
    """

    factor: float
    stain: np.ndarray


def match(reader: FieldReader, pictures: list[np.ndarray], target: Look, *, factor: float | None = None) -> Match:
    """Match a few pictures of one microscope, without annotations.

    The reader itself finds the cells on which size and colours are measured: first in pictures of which only the light is
    balanced, then once more through the map that these gave.

    Parameters
    ----------
    reader : FieldReader
        Trained on balanced light.
    pictures : list of ndarray of uint8, shape (height, width, 3)
        RGB.
    target : Look
        Of what the reader was trained on.
    factor : float, optional
        Where the resolution is known; it is measured by the size of red cells without it.

    Raises
    ------
    UserError
        Where hardly any red cell is found.
    """
    if factor is None:
        factor = scale(reader, pictures, target.red_diameter)
    found = Match(factor, np.eye(3))
    for _ in range(2):
        (fields,) = _seen(reader, pictures, found, "balanced")
        own = field_look.look(fields)
        found = replace(found, stain=field_look.between(own, target))
    return found


def scale(reader: FieldReader, pictures: list[np.ndarray], diameter: float) -> float:
    """The scale at which the red cells that a reader finds are as large as those it was trained on.

    Seen too small, heaps are taken for cells, and too large, parts of them; where the size that is found passes training's
    from below, both agree. Of several such scales the smallest holds, unless a larger one shows far more cells.

    Parameters
    ----------
    reader : FieldReader
    pictures : list of ndarray of uint8, shape (height, width, 3)
        RGB.
    diameter : float
        Of training's red cells, in the reader's pixels.
    """
    most = min(LARGEST, LARGEST_SIDE / max(max(picture.shape[:2]) for picture in pictures))
    factor, last = SMALLEST, None
    best: tuple[int, float] | None = None
    while factor <= most:
        sizes = _diameters(reader, pictures, factor)
        if len(sizes) >= FEWEST:
            size = float(np.median(sizes))
            if last is not None and last < diameter <= size and (best is None or len(sizes) > MORE * best[0]):
                # The cells' own size, as it is found here, tells the scale more closely than the steps do.
                best = len(sizes), factor * diameter / size
            if best is not None and size > BEYOND * diameter:
                break
            last = size
        factor *= STEP
    if best is None:
        fix = "give fields of stained blood with whole red cells, or their --um-per-px or --scale"
        raise UserError.of("--images", "the size of red cells cannot be measured: the reader finds too few of them", fix)
    sizes = _diameters(reader, pictures, best[1])
    return best[1] * diameter / float(np.median(sizes)) if len(sizes) >= FEWEST else best[1]


def compared(reader: FieldReader, pictures: list[np.ndarray], found: Match) -> tuple[Look, Look]:
    """Pictures at the reader's scale as the camera gave them, and matched; both measured on the same cells."""
    before, after = _seen(reader, pictures, found, "camera", "matched")
    return field_look.look(before), field_look.look(after)


def _diameters(reader: FieldReader, pictures: list[np.ndarray], factor: float) -> list[float]:
    """Diameters of the whole red cells that are found, in the reader's pixels."""
    (fields,) = _seen(reader, pictures, Match(factor, np.eye(3)), "matched")
    return [d for field in fields for d in field.diameters]


def views(reader: FieldReader, picture: np.ndarray, found: Match) -> dict[Shown, np.ndarray]:
    """A picture at the reader's scale, as `Shown` tells."""
    balanced = field_reading.prepare(reader, picture, factor=found.factor)
    camera = field_reading.at_scale(picture, found.factor)
    return {"camera": camera, "balanced": balanced, "matched": field_look.stained(balanced, found.stain)}


def _seen(reader: FieldReader, pictures: list[np.ndarray], found: Match, *shown: Shown) -> list[list[Seen]]:
    """What the reader finds in matched pictures, measured in each of the states of the pictures that are `shown`."""
    seen: list[list[Seen]] = [[] for _ in shown]
    for picture in pictures:
        states = views(reader, picture, found)
        cells = _cells(reader, states["matched"])
        for fields, state in zip(seen, shown, strict=True):
            fields.append(field_look.see(states["matched"], cells, through=states[state]))
    return seen


def _cells(reader: FieldReader, prepared: np.ndarray) -> list[tuple[str, Window]]:
    """Kind and mask of the cells that are found in a prepared picture."""
    found = field_reading.candidates(field_reading.look(reader, prepared), nms=reader.thresholds.nms)
    scores = field_reading.even(found, reader.thresholds.scores)
    cells = []
    for at in np.flatnonzero(scores >= 0.5):
        window = raster.window(found.outlines[at], prepared.shape[:2])
        if window.area:
            cells.append((reader.classes.types[found.classes[at] - 1].kind, window))
    return cells
