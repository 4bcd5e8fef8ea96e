"""Outlines of cells and nuclei as fields: positive inside, about the distance to the edge in µm."""

import cv2
import numpy as np
from scipy.ndimage import gaussian_filter1d

from smearsynth.cells.phantoms.forms import Nucleus, Outline
from smearsynth.cells.phantoms.textures import noise

ANGLES = 360
"""Directions in which an outline is tabulated."""
BENDS = 10
"""Bends of a spine that are tried for one that keeps the lobes apart and the nucleus in the cell; then the best is taken."""
FLATTENED = 0.12
"""How far an eccentric nucleus may be pressed against the membrane, in radii of the cell."""
BLEND = 0.08
"""How far the seams between the discs of a nucleus are rounded, in radii of a disc."""


def grid(half: float, step: float) -> tuple[np.ndarray, np.ndarray]:
    """Coordinates x, y (n, n) in µm of pixels `step` µm apart, n odd, that reach `half` µm from the middle."""
    reach = int(np.ceil(half / step))
    axis = np.arange(-reach, reach + 1, dtype=np.float32) * np.float32(step)
    return np.meshgrid(axis, axis)


def radii(rng: np.random.Generator, outline: Outline, *, diameter: float) -> np.ndarray:
    """Radius in µm (`ANGLES`,) of a slightly irregular closed outline: an ellipse, smooth waves and spikes."""
    angle = np.linspace(0, 2 * np.pi, ANGLES, endpoint=False)
    stretch = np.sqrt(1 + rng.uniform(*outline.elongation))
    turn = angle + rng.uniform(0, 2 * np.pi)
    radius = 1 / np.hypot(np.cos(turn) / stretch, np.sin(turn) * stretch)
    roughness = rng.uniform(*outline.waves)
    for order in range(2, 8):
        radius += roughness * rng.normal() * order**-1.3 * np.cos(order * angle + rng.uniform(0, 2 * np.pi))
    for _ in range(rng.integers(outline.spikes[0], outline.spikes[1] + 1)):
        away = angle - rng.uniform(0, 2 * np.pi)
        radius += rng.uniform(*outline.spike_height) * np.exp((np.cos(away) - 1) / rng.uniform(*outline.spike_width) ** 2)
    for _ in range(rng.integers(outline.pressed[0], outline.pressed[1] + 1)):
        # A neighbour presses one side flat.
        toward = np.cos(angle - rng.uniform(0, 2 * np.pi))
        radius = np.where(toward > 0.1, np.minimum(radius, rng.uniform(0.8, 1.0) / np.maximum(toward, 0.1)), radius)
    # Corners of a living cell are round.
    radius = gaussian_filter1d(radius, outline.roundness, mode="wrap")
    # The area is that of a disc with this diameter, whatever the waves and spikes.
    return (radius * diameter / 2 / np.sqrt(np.mean(radius**2))).astype(np.float32)


def radial_field(x: np.ndarray, y: np.ndarray, radius: np.ndarray) -> np.ndarray:
    """The field of a star-shaped outline with `radius` (`ANGLES`,) in µm around the origin."""
    closed = np.append(radius, radius[0])
    position = (np.arctan2(y, x) / (2 * np.pi) % 1.0) * ANGLES
    return (np.interp(position, np.arange(ANGLES + 1), closed) - np.hypot(x, y)).astype(np.float32)


def discs(rng: np.random.Generator, nucleus: Nucleus, *, radius: float, room: float) -> tuple[np.ndarray, np.ndarray]:
    """Discs whose union is a nucleus: centres (n, 2) around the origin and radii (n,), in µm.

    The cell has the area of a disc of `radius` µm, and a nucleus that reaches up to `room` µm from the middle fits in.

    A nucleus is a bent spine thickened by discs. A short thick spine is an oval, a bent one a kidney or a horseshoe,
    a long thin one a band; lobes are thick stretches of a spine that is a thin filament between them.
    """
    lobes = int(rng.choice(np.arange(1, len(nucleus.lobes) + 1), p=np.asarray(nucleus.lobes) / np.sum(nucleus.lobes)))
    count = max(24, 12 * lobes)
    place = (np.arange(count) + 0.5) / count
    lobe = (place * lobes).astype(int)
    slender = rng.uniform(*nucleus.slender) * lobes
    if lobes == 1:
        kept = slice(None)
        waves = [np.cos(2 * np.pi * order * (place + rng.uniform())) * rng.normal() for order in (1, 2, 3)]
        sizes = 1 + nucleus.swell * np.clip(np.sum(waves, axis=0), -2, 2)
    else:
        sizes = rng.uniform(0.82, 1.12, lobes)
        pitch = 2 * slender / lobes
        # Each lobe is as long as leaves space for the filament to the next.
        length = (1 - (2 * sizes + nucleus.gap + rng.uniform(0, 0.12)) / pitch) / 2
        thick = np.abs((place * lobes) % 1 - 0.5) < np.maximum(length, 0.05)[lobe]
        # The filament runs from the first lobe to the last, not beyond.
        kept = slice(np.argmax(thick), count - np.argmax(thick[::-1]))
        sizes = np.where(thick, sizes[lobe], rng.uniform(*nucleus.neck))[kept]
    sharpest = 2 * slender / nucleus.bend
    turn = min(np.deg2rad(rng.uniform(*nucleus.turn)), sharpest)
    sharpest = min(sharpest, 1.3 * turn)
    side, start = rng.choice((-1, 1)), rng.uniform(0, 2 * np.pi)
    area = rng.uniform(*nucleus.area) * np.pi * radius**2
    tried = []
    for _ in range(BENDS):
        wander = nucleus.wander * np.cumsum(rng.normal(size=count)) / np.sqrt(count)
        heading = start + side * turn * place + wander
        centres = np.cumsum(2 * slender / count * np.stack([np.cos(heading), np.sin(heading)], 1), 0)[kept]
        (column, row), _ = cv2.minEnclosingCircle(centres.astype(np.float32))
        centres -= (column, row)
        merged = max(0.0, nucleus.gap - lobe_gap(centres, sizes, np.where(thick, lobe, -1)[kept])) if lobes > 1 else 0.0
        scale = np.sqrt(area / union_area(centres, sizes))
        beyond = max(0.0, float(np.max(np.hypot(*centres.T) + sizes)) * scale / room - 1)
        tried.append((2 * merged + beyond, beyond, centres * scale, sizes * scale))
        if tried[-1][0] == 0:
            break
        # Lobes that run into each other want a straighter spine, one that reaches beyond the cell a sharper bend.
        turn = turn * 0.85 if merged else min(turn * 1.15, sharpest)
    _, beyond, centres, sizes = min(tried, key=lambda attempt: attempt[0])
    shrunk = 1 / (1 + max(0.0, beyond - FLATTENED / 2))
    return centres * shrunk, sizes * shrunk


def lobe_gap(centres: np.ndarray, sizes: np.ndarray, lobe: np.ndarray) -> float:
    """The narrowest space between discs of two lobes; `lobe` (n,) is a disc's lobe, or -1 in a filament."""
    centres, sizes, lobe = (part[lobe >= 0] for part in (centres, sizes, lobe))
    space = np.hypot(*(centres[:, None] - centres[None]).transpose(2, 0, 1)) - sizes[:, None] - sizes[None]
    return float(space[lobe[:, None] != lobe[None]].min())


def disc_field(x: np.ndarray, y: np.ndarray, centres: np.ndarray, sizes: np.ndarray, *, blend: float) -> np.ndarray:
    """The field of a union of discs whose seams are rounded over about `blend` µm."""
    total = np.zeros_like(x)
    for (a, b), size in zip(centres.astype(np.float32), sizes.astype(np.float32)):
        depth = size - np.sqrt((x - a) ** 2 + (y - b) ** 2)
        total += np.exp(np.clip(depth / blend, -40, 40))
    # Discs stand close together along the spine: without this their sum would thicken it.
    return (blend * np.log(np.maximum(total, 1e-30)) - blend * np.log(len(sizes) / 6 + 1)).astype(np.float32)


def union_area(centres: np.ndarray, sizes: np.ndarray) -> float:
    """Area of the union of discs with radii about 1, measured on a coarse grid as it has no simple formula."""
    reach = float(np.max(np.hypot(*centres.T) + sizes)) * 1.1
    axis = np.linspace(-reach, reach, 41, dtype=np.float32)
    x, y = np.meshgrid(axis, axis)
    return np.count_nonzero(disc_field(x, y, centres, sizes, blend=BLEND) > 0) * (axis[1] - axis[0]) ** 2


def nucleus_field(
    x: np.ndarray, y: np.ndarray, cell: np.ndarray, rng: np.random.Generator, nucleus: Nucleus, *, diameter: float, step: float
) -> np.ndarray:
    """The field of a nucleus inside the cell whose field is `cell`; all arrays (n, n), lengths in µm."""
    narrowest = float(np.hypot(x, y)[cell < 0].min()) - nucleus.margin
    centres, sizes = discs(rng, nucleus, radius=diameter / 2, room=narrowest)
    reach = float(np.max(np.hypot(*centres.T) + sizes))
    # The membrane may flatten a nucleus that lies against it, but not cut much off it.
    room = max(0.0, narrowest + FLATTENED * diameter / 2 - reach)
    offset = min(rng.uniform(*nucleus.offset) * diameter / 2, room)
    toward = rng.uniform(0, 2 * np.pi)
    centres = centres + offset * np.array([np.cos(toward), np.sin(toward)])
    warp = nucleus.warp
    shift = [warp * noise(rng, x.shape, 0.15 * diameter / step) for _ in "xy"]
    # The field is smooth: half resolution is enough.
    half = (x.shape[1] // 2 + 1, x.shape[0] // 2 + 1)
    u, v = (cv2.resize(axis + move, half, interpolation=cv2.INTER_LINEAR) for axis, move in zip((x, y), shift))
    field = cv2.resize(disc_field(u, v, centres, sizes, blend=BLEND * float(np.median(sizes))), x.shape[::-1])
    # A nucleus near the membrane is flattened by it.
    return smooth_min(field, cell - nucleus.margin, 0.25)


def smooth_min(a: np.ndarray, b: np.ndarray, blend: float) -> np.ndarray:
    """The smaller of two fields with the corner rounded over `blend` µm."""
    mix = np.clip(0.5 + 0.5 * (b - a) / blend, 0, 1)
    return b * (1 - mix) + a * mix - blend * mix * (1 - mix)


def cover(field: np.ndarray, softness: float) -> np.ndarray:
    """Coverage in [0, 1] of a field: 0.5 at the edge, soft over ± `softness` µm."""
    ramp = np.clip(0.5 + field / (2 * softness), 0, 1)
    return ramp * ramp * (3 - 2 * ramp)
