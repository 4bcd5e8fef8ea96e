"""A picture: the named cell in the middle, neighbours around it, photographed together."""

from dataclasses import dataclass, replace

import numpy as np

from smearsynth.cells.phantoms.camera import expose
from smearsynth.cells.phantoms.canvas import Canvas, Window
from smearsynth.cells.phantoms.cell import draw_cell
from smearsynth.cells.phantoms.forms import Morphology, RedCell
from smearsynth.cells.phantoms.morphology import CELLS, KINDS, PLATELET, RED
from smearsynth.errors import Problem, raise_all

FINEST = 0.12
"""Cells are drawn at this many µm per pixel or finer and averaged down: granules measure some 0.2 µm."""
SMALLEST_FIELD = 26.0
"""The largest monocytes and a strip of smear around them need a picture of this width, µm."""
COARSEST = 0.6
"""Above this many µm per pixel a platelet is smaller than 8 pixels."""

CROWD = (0.007, 0.022)
"""Red cells per µm² of smear that are tried; some find no room."""
PLATELETS = 0.001
"""Platelets per µm²."""
SMALL_PLATELET = replace(PLATELET, diameter=(3.3, 0.8))
"""Most platelets are smaller than those that are pictured for themselves."""
NEAREST = 0.75
"""Red cells overlap, but their middles stay this far apart, in diameters."""


@dataclass(frozen=True)
class Instance:
    """One cell of a picture.

    Parameters
    ----------
    kind : str
        One of `KINDS`.
    mask : ndarray of bool (size, size)
        Its visible pixels.
    nucleus : ndarray of bool (size, size) or None
        The pixels of its nucleus, or None for red cells, platelets and background.
    """

    kind: str
    mask: np.ndarray
    nucleus: np.ndarray | None = None


@dataclass(frozen=True)
class Phantom:
    """A drawn picture, RGB uint8 (size, size, 3), and its cells; the first is the named one, whole and in the middle."""

    picture: np.ndarray
    instances: tuple[Instance, ...]


def draw(kind: str, rng: np.random.Generator, *, size: int = 360, um_per_px: float = 0.095) -> Phantom:
    """Draw one cell of a type with its neighbours.

    Parameters
    ----------
    kind : str
        One of `KINDS`. ``background`` gives a picture whose middle, a square of half its width, is free of cells.
    rng : numpy Generator
        The only source of randomness: the same state gives the same bytes.
    size : int
        Height and width of the picture in pixels.
    um_per_px : float
        µm per pixel; the defaults are those of the PBC set. The picture must be at least `SMALLEST_FIELD` wide.

    Returns
    -------
    Phantom

    Raises
    ------
    UserError
        For an unknown kind, or a size and resolution at which a cell does not fit.
    """
    _check(kind, size, um_per_px)
    factor = int(np.ceil(um_per_px / FINEST))
    step = um_per_px / factor
    canvas = Canvas(size, factor)
    middle = canvas.wide // 2
    if kind == "background":
        window = (slice(middle - canvas.wide // 4, middle + canvas.wide // 4),) * 2
        canvas.owner[window] = 1
        nucleus = None
    else:
        layer = draw_cell(rng, CELLS[kind], step=step, largest=0.44 * size * um_per_px)
        window, part = canvas.place(layer, middle, middle)
        canvas.paint(layer, window, part, number=1, opaque=kind != "red_blood_cell")
        nucleus = layer.nucleus
    placed = [(kind, window), *_neighbours(rng, canvas, step=step)]
    instances = _instances(canvas, placed)
    if nucleus is not None:
        inside = canvas.reduce((nucleus[part] >= 0.5) & (canvas.owner[window] == 1), window)
        instances[0] = replace(instances[0], nucleus=inside & instances[0].mask)
    return Phantom(expose(rng, canvas.absorbed, factor=factor, um_per_px=um_per_px), tuple(instances))


def _instances(canvas: Canvas, placed: list[tuple[str, Window]]) -> list[Instance]:
    """The cells that are visible in the picture, in the order in which they were placed."""
    found = []
    taken = np.zeros((canvas.wide // canvas.factor,) * 2, bool)
    # From the top, the named cell first of all: a pixel that two cells share by halves is the upper one's.
    for number in (1, *range(len(placed), 1, -1)):
        kind, window = placed[number - 1]
        mask = canvas.reduce(canvas.owner[window] == number, window) & ~taken
        taken |= mask
        if mask.any():
            found.append((number, Instance(kind, mask)))
    return [instance for _, instance in sorted(found, key=lambda pair: pair[0])]


def _check(kind: str, size: int, um_per_px: float) -> None:
    problems = []
    if kind not in KINDS:
        problems.append(Problem("phantoms", f"no phantom of type {kind!r}", f"use one of {', '.join(KINDS)}"))
    if not 0 < um_per_px <= COARSEST:
        problems.append(Problem("phantoms: um_per_px", f"got {um_per_px}", f"give µm per pixel above 0 and up to {COARSEST}"))
    elif size * um_per_px < SMALLEST_FIELD:
        least = int(np.ceil(SMALLEST_FIELD / um_per_px))
        fix = (
            f"a large cell needs {SMALLEST_FIELD:g} µm: set size to {least} or more, or um_per_px to {SMALLEST_FIELD / size:.3f}"
        )
        problems.append(Problem("phantoms: size", f"{size} px of {um_per_px} µm are {size * um_per_px:.1f} µm", fix))
    raise_all(problems)


def _neighbours(rng: np.random.Generator, canvas: Canvas, *, step: float) -> list[tuple[str, Window]]:
    """Paint red cells and a few platelets around cell 1, none over it, as cells 2, 3, …; returns their types and windows."""
    field = (canvas.wide * step) ** 2
    # The red cells of one smear resemble each other more than those of two: drying and stain decide on the pallor.
    red = replace(RED, depth=_near(rng, RED.depth), pallor=_near(rng, RED.pallor))
    kinds: list[tuple[str, Morphology | RedCell]] = [("red_blood_cell", red)] * rng.poisson(rng.uniform(*CROWD) * field)
    kinds += [("platelet", SMALL_PLATELET)] * rng.poisson(PLATELETS * field)
    middle = canvas.owner == 1
    placed: list[tuple[str, Window]] = []
    middles: list[tuple[float, float]] = []
    for kind, form in kinds:
        row, column = rng.uniform(-0.05 * canvas.wide, 1.05 * canvas.wide, 2)
        if any(np.hypot(row - a, column - b) < NEAREST * form.diameter[0] / step for a, b in middles):
            continue
        layer = draw_cell(rng, form, step=step, largest=9.0)
        window, part = canvas.place(layer, row, column)
        if (middle[window] & (layer.cover[part] > 0.02)).any():
            continue
        canvas.paint(layer, window, part, number=len(placed) + 2, opaque=kind == "platelet")
        placed.append((kind, window))
        middles.append((row, column))
    return placed


def _near(rng: np.random.Generator, whole: tuple[float, float]) -> tuple[float, float]:
    """A third of the range `whole`, somewhere in it."""
    width = (whole[1] - whole[0]) / 3
    low = rng.uniform(whole[0], whole[1] - width)
    return low, low + width
