"""A picture: the named cell in the middle, neighbours around it, light and camera."""

from dataclasses import dataclass, replace

import cv2
import numpy as np

from smearsynth.cells.phantoms.cell import Layer, draw_cell
from smearsynth.cells.phantoms.morphology import CELLS, KINDS, PLATELET, RED
from smearsynth.cells.phantoms.stain import LIGHT, staining
from smearsynth.cells.phantoms.textures import noise
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
    step, wide = um_per_px / factor, size * factor
    half = size * um_per_px / 2
    canvas = _Canvas(wide)
    if kind == "background":
        reach = max(int(size * 0.25), 1)
        square = np.zeros((size, size), bool)
        square[size // 2 - reach : size // 2 + reach, size // 2 - reach : size // 2 + reach] = True
        keep_out = square
        first = [Instance(kind, square)]
    else:
        layer = draw_cell(rng, CELLS[kind], step=step, largest=0.88 * half)
        mask, nucleus = canvas.paint(layer, wide / 2, wide / 2, opaque=kind != "red_blood_cell")
        first = [Instance(kind, _down(mask, factor), None if nucleus is None else _down(nucleus, factor))]
        keep_out = first[0].mask
    around = _neighbours(rng, canvas, np.kron(keep_out, np.ones((factor, factor), bool)), step=step)
    others = []
    taken = first[0].mask
    for name, mask in reversed(around):
        # Painted last lies on top, and a pixel that two cells share by halves is the upper one's.
        small = _down(mask, factor) & ~taken
        taken = taken | small
        if small.any():
            others.append(Instance(name, small))
    others.reverse()
    return Phantom(_expose(rng, canvas.absorbed, factor, um_per_px), tuple(first + others))


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


class _Canvas:
    """What all cells together take from the light, at working resolution."""

    def __init__(self, wide: int):
        self.absorbed = np.zeros((wide, wide, 3), np.float32)

    def paint(self, layer: Layer, row: float, column: float, *, opaque: bool) -> tuple[np.ndarray, np.ndarray | None]:
        """Lay a cell on with its middle at (row, column); returns its mask and its nucleus's, of the canvas's size."""
        window, part = self.place(layer, row, column)
        there = layer.cover[part][..., None]
        below = self.absorbed[window]
        # Red cells are translucent: where two overlap, both take their share of the light.
        below += there * (layer.absorbed[part] - below) if opaque else there * layer.absorbed[part]
        mask = np.zeros(self.absorbed.shape[:2], bool)
        mask[window] = layer.cover[part] >= 0.5
        nucleus = None
        if layer.nucleus is not None:
            nucleus = np.zeros_like(mask)
            nucleus[window] = (layer.nucleus[part] >= 0.5) & mask[window]
        return mask, nucleus

    def place(self, layer: Layer, row: float, column: float) -> tuple[tuple[slice, slice], tuple[slice, slice]]:
        """The window of the canvas that the layer covers, and the part of the layer that lies in it."""
        reach = layer.cover.shape[0] // 2
        window, part = [], []
        for middle, length in zip((int(row), int(column)), self.absorbed.shape):
            start, stop = max(0, middle - reach), min(length, middle + reach + 1)
            window.append(slice(start, max(start, stop)))
            part.append(slice(start - middle + reach, max(start, stop) - middle + reach))
        return tuple(window), tuple(part)


def _neighbours(rng: np.random.Generator, canvas: _Canvas, keep_out: np.ndarray, *, step: float) -> list[tuple[str, np.ndarray]]:
    """Paint red cells and a few platelets around the cell, none over it; returns their visible masks."""
    wide = canvas.absorbed.shape[0]
    field = (wide * step) ** 2
    crowd = rng.uniform(*CROWD)
    names = ["red_blood_cell"] * rng.poisson(crowd * field) + ["platelet"] * rng.poisson(PLATELETS * field)
    # The red cells of one smear resemble each other more than those of two: drying and stain decide on the pallor.
    red = replace(RED, depth=_near(rng, RED.depth), pallor=_near(rng, RED.pallor))
    placed: list[tuple[str, np.ndarray]] = []
    middles: list[tuple[float, float]] = []
    small = replace(PLATELET, diameter=(3.3, 0.8))
    for name in names:
        row, column = rng.uniform(-0.05 * wide, 1.05 * wide, 2)
        form = red if name == "red_blood_cell" else small
        crowding = 0.75 * form.diameter[0] / step
        if any(np.hypot(row - a, column - b) < crowding for a, b in middles):
            continue
        layer = draw_cell(rng, form, step=step, largest=9.0)
        window, part = canvas.place(layer, row, column)
        if (keep_out[window] & (layer.cover[part] > 0.02)).any():
            continue
        mask, _ = canvas.paint(layer, row, column, opaque=name == "platelet")
        placed = [(other, seen & ~mask) for other, seen in placed] + [(name, mask)]
        middles.append((row, column))
    return placed


def _near(rng: np.random.Generator, whole: tuple[float, float]) -> tuple[float, float]:
    """A third of the range `whole`, somewhere in it."""
    width = (whole[1] - whole[0]) / 3
    low = rng.uniform(whole[0], whole[1] - width)
    return low, low + width


def _down(mask: np.ndarray, factor: int) -> np.ndarray:
    """A mask `factor` times smaller: a pixel belongs to it where at least half does."""
    if factor == 1:
        return mask
    height, width = mask.shape
    return mask.reshape(height // factor, factor, width // factor, factor).mean((1, 3)) >= 0.5


def _expose(rng: np.random.Generator, absorbed: np.ndarray, factor: int, um_per_px: float) -> np.ndarray:
    """The picture (size, size, 3) uint8 through the microscope: stain, lamp, focus, sensor."""
    light = np.exp(-absorbed @ staining(rng).T)
    if factor > 1:
        light = cv2.resize(light, None, fx=1 / factor, fy=1 / factor, interpolation=cv2.INTER_AREA)
    size = light.shape[0]
    focus = rng.uniform(0.03, 0.08) / um_per_px
    if focus > 0.3:
        light = cv2.GaussianBlur(light, (0, 0), focus)
    # Cameras sharpen: a thin bright ring around dark cells.
    sharpen = rng.uniform(0.0, 0.5)
    light += sharpen * (light - cv2.GaussianBlur(light, (0, 0), 0.2 / um_per_px))
    lamp = np.asarray(LIGHT, np.float32) * (1 + rng.normal(0, 0.008) + rng.normal(0, 0.004, 3)).astype(np.float32)
    tilt = rng.normal(0, 0.008, 2).astype(np.float32)
    axis = np.linspace(-1, 1, size, dtype=np.float32)
    shade = 1 + tilt[0] * axis[:, None] + tilt[1] * axis[None, :] - 0.008 * (axis[:, None] ** 2 + axis[None, :] ** 2)
    shade += 0.003 * noise(rng, (size, size), 2.0 / um_per_px)
    picture = light * lamp * shade[..., None]
    grain = rng.uniform(0.8, 2.0)
    picture += grain * rng.standard_normal(picture.shape, dtype=np.float32)
    return np.clip(np.rint(picture), 0, 255).astype(np.uint8)
