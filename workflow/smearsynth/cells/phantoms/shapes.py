"""Outlines of cells and nuclei as fields: positive inside, about the distance to the edge in µm."""

import cv2
import numpy as np

from smearsynth.cells.phantoms.morphology import Nucleus, Outline
from smearsynth.cells.phantoms.textures import noise

ANGLES = 360
"""Directions in which an outline is tabulated."""
TRIES = 20


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
    # The area is that of a disc with this diameter, whatever the waves and spikes.
    return (radius * diameter / 2 / np.sqrt(np.mean(radius**2))).astype(np.float32)


def radial_field(x: np.ndarray, y: np.ndarray, radius: np.ndarray) -> np.ndarray:
    """The field of a star-shaped outline with `radius` (`ANGLES`,) in µm around the origin."""
    closed = np.append(radius, radius[0])
    position = (np.arctan2(y, x) / (2 * np.pi) % 1.0) * ANGLES
    return (np.interp(position, np.arange(ANGLES + 1), closed) - np.hypot(x, y)).astype(np.float32)


def spine(rng: np.random.Generator, nucleus: Nucleus) -> tuple[np.ndarray, np.ndarray]:
    """Discs whose union is a nucleus, up to scale: centres (n, 2) and radii (n,).

    A nucleus is a bent spine thickened by discs. A short thick spine is an oval, a bent one a kidney or a horseshoe,
    a long thin one a band; lobes are thick stretches of a spine that is a thin filament between them.
    """
    lobes = int(rng.choice(np.arange(1, len(nucleus.lobes) + 1), p=np.asarray(nucleus.lobes) / np.sum(nucleus.lobes)))
    slender = rng.uniform(*nucleus.slender) * lobes
    neck = rng.uniform(*nucleus.neck)
    turn = np.deg2rad(rng.uniform(*nucleus.turn)) * rng.choice((-1, 1))
    size = rng.uniform(0.82, 1.12, lobes) if lobes > 1 else np.ones(1)
    stretch = rng.uniform(0.3, 0.5)
    count = max(24, 12 * lobes)
    place = (np.arange(count) + 0.5) / count
    lobe = (place * lobes).astype(int)
    start = rng.uniform(0, 2 * np.pi)
    for _ in range(TRIES):
        wander = nucleus.wander * np.cumsum(rng.normal(size=count)) / np.sqrt(count)
        heading = start + turn * place + wander
        centres = np.cumsum(2 * slender / count * np.stack([np.cos(heading), np.sin(heading)], 1), 0)
        middles = np.array([centres[lobe == i].mean(0) for i in range(lobes)])
        apart = np.hypot(*(middles[:, None] - middles[None]).transpose(2, 0, 1)) + 9 * np.eye(lobes)
        if lobes == 1 or apart.min() > nucleus.apart:
            break
        # The spine ran back into itself and its lobes would merge: straighten it.
        turn *= 0.85
    if lobes == 1:
        return centres, 1 + nucleus.swell * np.cos(2 * np.pi * (place + rng.uniform(-0.15, 0.15)))
    within = np.abs((place * lobes) % 1 - 0.5) * 2
    return centres, np.where(within < stretch, size[lobe], neck)


def disc_field(x: np.ndarray, y: np.ndarray, centres: np.ndarray, sizes: np.ndarray, *, blend: float) -> np.ndarray:
    """The field of a union of discs whose seams are rounded over about `blend` µm."""
    total = np.zeros_like(x)
    for (a, b), size in zip(centres.astype(np.float32), sizes.astype(np.float32)):
        depth = size - np.sqrt((x - a) ** 2 + (y - b) ** 2)
        total += np.exp(np.clip(depth / blend, -40, 40))
    # Discs stand close together along the spine: without this their sum would thicken it.
    return (blend * np.log(np.maximum(total, 1e-30)) - blend * np.log(len(sizes) / 6 + 1)).astype(np.float32)


def nucleus_field(
    x: np.ndarray, y: np.ndarray, cell: np.ndarray, rng: np.random.Generator, nucleus: Nucleus, *, diameter: float, step: float
) -> np.ndarray:
    """The field of a nucleus inside the cell whose field is `cell`; all arrays (n, n), lengths in µm."""
    centres, sizes = spine(rng, nucleus)
    centres = centres - np.average(centres, axis=0, weights=sizes**2)
    area = rng.uniform(*nucleus.area) * np.pi * diameter**2 / 4
    # Scale to the area wanted: measured on a coarse grid, as the union has no simple area.
    reach = float(np.max(np.hypot(*centres.T) + sizes)) * 1.1
    coarse = np.linspace(-reach, reach, 49, dtype=np.float32)
    u, v = np.meshgrid(coarse, coarse)
    inside = np.count_nonzero(disc_field(u, v, centres, sizes, blend=0.08) > 0)
    scale = np.sqrt(area / (inside * (2 * reach / 48) ** 2))
    offset = rng.uniform(*nucleus.offset) * diameter / 2
    toward = rng.uniform(0, 2 * np.pi)
    centres = centres * scale + offset * np.array([np.cos(toward), np.sin(toward)])
    warp = nucleus.warp
    shift = [warp * noise(rng, x.shape, 0.15 * diameter / step) for _ in "xy"]
    # The field is smooth: half resolution is enough.
    half = (x.shape[1] // 2 + 1, x.shape[0] // 2 + 1)
    u, v = (cv2.resize(axis + move, half, interpolation=cv2.INTER_LINEAR) for axis, move in zip((x, y), shift))
    field = cv2.resize(disc_field(u, v, centres, sizes * scale, blend=0.08 * scale), x.shape[::-1])
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
