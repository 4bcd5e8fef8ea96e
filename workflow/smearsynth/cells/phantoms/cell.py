"""One cell as a layer: what it takes from the light, where it lies, where its nucleus is."""

from dataclasses import dataclass

import numpy as np

from smearsynth.cells.phantoms.forms import Cytoplasm, Granules, Morphology, Nucleus, RedCell
from smearsynth.cells.phantoms.shapes import cover, grid, nucleus_field, radial_field, radii
from smearsynth.cells.phantoms.stain import density, mix
from smearsynth.cells.phantoms.textures import flecks, granules, noise


@dataclass(frozen=True)
class Layer:
    """A drawn cell in a square window around its middle.

    Parameters
    ----------
    absorbed : ndarray (n, n, 3), float32
        Optical density of the cell, as `stain.density`.
    cover : ndarray (n, n), float32
        Coverage in [0, 1]; 0.5 at the outline.
    nucleus : ndarray (n, n), float32 or None
        Coverage of the nucleus; None for cells without.
    """

    absorbed: np.ndarray
    cover: np.ndarray
    nucleus: np.ndarray | None


def draw_cell(rng: np.random.Generator, form: Morphology | RedCell, *, step: float, largest: float) -> Layer:
    """Draw one cell at `step` µm per pixel; `largest` is the greatest distance (µm) of its edge from its middle."""
    diameter = form.diameter[0] + form.diameter[1] * float(np.clip(rng.normal(), -2, 2))
    radius = radii(rng, form.outline, diameter=diameter)
    radius *= min(1.0, largest / radius.max())
    diameter = 2 * float(np.sqrt(np.mean(radius**2)))
    x, y = grid(float(radius.max()) + 4 * step, step)
    field = radial_field(x, y, radius)
    field += np.float32(rng.uniform(*form.outline.fringe)) * noise(rng, x.shape, 0.2 / step)
    if isinstance(form, RedCell):
        away = np.hypot(x, y)
        return _red(rng, form, field, away / np.maximum(away + field, step), step=step)
    return _white(rng, form, x, y, field, diameter=diameter, step=step)


def _red(rng: np.random.Generator, form: RedCell, field: np.ndarray, outward: np.ndarray, *, step: float) -> Layer:
    """A disc that is thickest in a ring; `outward` (n, n) runs from 0 in the middle to 1 at the outline."""
    ring, depth = rng.uniform(*form.pallor), rng.uniform(*form.depth)
    uneven = outward + 0.05 * noise(rng, field.shape, 1.2 / step)
    thickness = 1 - depth / (1 + np.exp((uneven - ring) / 0.08))
    thickness *= 1 + 0.12 * np.exp(-(((outward - 0.86) / 0.1) ** 2))
    absorbed = thickness[..., None] * mix(form.first, form.second, rng.uniform())
    return Layer(absorbed.astype(np.float32), cover(field, max(0.16, step)), None)


def _white(
    rng: np.random.Generator, form: Morphology, x: np.ndarray, y: np.ndarray, field: np.ndarray, *, diameter: float, step: float
) -> Layer:
    soft = max(form.blur, 0.6 * step)
    cell = cover(field, 1.5 * soft)
    inner = None
    depth = np.full_like(field, -5.0)
    if form.nucleus is not None:
        depth = nucleus_field(x, y, field, rng, form.nucleus, diameter=diameter, step=step)
        inner = cover(depth, 1.3 * soft)
    absorbed = _cytoplasm(rng, form.cytoplasm, x, y, field, depth, step=step)
    below = [g for g in form.granules if not g.over_nucleus]
    above = [g for g in form.granules if g.over_nucleus]
    for kind in below:
        where = cover(field - kind.margin, 0.15) * (1 - cover(depth + 0.1, 0.1))
        absorbed = _granules(rng, kind, absorbed, where, step=step)
    if form.nucleus is not None and inner is not None:
        chromatin = _chromatin(rng, form.nucleus, x, y, depth, step=step)
        absorbed += inner[..., None] * (chromatin - absorbed)
    for kind in above:
        share = 1 - (1 - kind.over_nucleus) * (0 if inner is None else inner)
        absorbed = _granules(rng, kind, absorbed, cover(field - kind.margin, 0.15) * share, step=step)
    return Layer(absorbed.astype(np.float32), cell, inner)


def _cytoplasm(
    rng: np.random.Generator, form: Cytoplasm, x: np.ndarray, y: np.ndarray, field: np.ndarray, depth: np.ndarray, *, step: float
) -> np.ndarray:
    """Optical density (n, n, 3): base colour, clouds, a darker rim, a pale zone, vacuoles."""
    amount = 1 + form.rim * np.exp(-((field / 0.45) ** 2))
    amount += form.mottle * (0.7 * noise(rng, field.shape, 0.13 / step) + 0.6 * noise(rng, field.shape, 0.8 / step))
    pale = rng.uniform(*form.hof)
    if pale > 0:
        # The Golgi zone lies against the nucleus, on the side with the most cytoplasm: a pale halo stands for it.
        amount *= 1 - pale * np.exp(-((np.minimum(depth, 0) / 0.8) ** 2))
    amount = np.maximum(amount, 0.15)
    inside = (field > 0.8) & (depth < 0.3)
    count = int(rng.integers(form.vacuoles[0], form.vacuoles[1] + 1))
    rows, columns = np.nonzero(inside)
    if count and len(rows):
        for pick in rng.integers(0, len(rows), count):
            radius = rng.uniform(*form.vacuole_radius)
            away = radius - np.hypot(x - x[rows[pick], columns[pick]], y - y[rows[pick], columns[pick]])
            amount *= 1 - 0.8 * cover(away, max(0.08, step))
    return amount[..., None] * mix(form.first, form.second, rng.uniform())


def _chromatin(
    rng: np.random.Generator, form: Nucleus, x: np.ndarray, y: np.ndarray, depth: np.ndarray, *, step: float
) -> np.ndarray:
    """Optical density (n, n, 3) of a nucleus: condensed chromatin, gaps, a dark rim, nucleoli."""
    light = flecks(rng, depth.shape, size=form.fleck, share=rng.uniform(*form.gaps), sharpness=form.sharpness, step=step)
    light *= cover(depth - 0.25, 0.25)
    rows, columns = np.nonzero(depth > 0.35 * depth.max())
    count = int(rng.integers(form.nucleoli[0], form.nucleoli[1] + 1))
    dark, pale = density(form.dark), density(form.light)
    dark = dark * rng.normal(1, 0.05)
    result = dark + light[..., None] * (pale - dark)
    result *= (1 + 0.08 * noise(rng, depth.shape, 0.1 / step))[..., None]
    nucleolus = mix(form.light, (128, 112, 190), 0.6)
    for pick in rng.integers(0, max(len(rows), 1), count if len(rows) else 0):
        radius = rng.uniform(0.6, 1.1)
        away = radius - np.hypot(x - x[rows[pick], columns[pick]], y - y[rows[pick], columns[pick]])
        ring = np.exp(-((away / 0.2) ** 2))[..., None]
        result += 0.6 * cover(away, 0.25)[..., None] * (nucleolus - result)
        result += 0.5 * ring * (dark - result)
    return result


def _granules(rng: np.random.Generator, form: Granules, absorbed: np.ndarray, where: np.ndarray, *, step: float) -> np.ndarray:
    """`absorbed` (n, n, 3) with granules of one kind on it."""
    uneven = np.clip(1 + form.patchy * noise(rng, where.shape, 1.0 / step), 0, 2)
    there = granules(rng, where * uneven, radius=form.radius, density=rng.uniform(*form.density), step=step)
    return absorbed + form.strength * there[..., None] * (density(form.colour) - absorbed)
