"""Guides: what a real cell looks like beyond its outline, measured, kept and fitted into other outlines.

An outline and a type do not say where the nucleus lies, how many lobes it has or how the cell took the stain. A generator that
has to guess learns their mean. A guide tells it: the *dense* region (the nucleus; the rim of a red cell) and a few numbers of
colour and grain. They are measured on training cells and kept in a bank beside the model; to draw a cell, one of the bank's
guides of its type is chosen by the cell's own key and bent into its outline.
"""

from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from smearsynth import arrays, images
from smearsynth.cells.dense import dense

ANGLES, RADII = 96, 40
TRIES = 12
"""Guides among which the one is chosen that fits an outline best."""
STYLE = 10
"""Length of a style: mean RGB and grain of the dense region, of the rest, sharpness, share of the dense region."""
FAR = 4.0
"""Robust standard deviations from its type's colours beyond which a guide is not drawn with."""


def style(picture: np.ndarray, mask: np.ndarray, region: np.ndarray) -> np.ndarray:
    """Colour, grain and sharpness of a cell, float32 of length `STYLE`, each of the order of 1 or below."""
    colours = images.to_network(picture)
    grey = colours.mean(2)
    rest = mask & ~region
    part = [area if np.count_nonzero(area) >= 16 else mask for area in (region, rest)]
    fine = grey - cv2.GaussianBlur(grey, (0, 0), 1.5)
    inner = cv2.erode(mask.astype(np.uint8), np.ones((7, 7), np.uint8)).astype(bool)
    sharpness = fine[inner].std() if inner.any() else 0.0
    values = [*colours[part[0]].mean(0), *colours[part[1]].mean(0), 5 * grey[part[0]].std(), 5 * grey[part[1]].std()]
    share = region.sum() / max(int(mask.sum()), 1)
    return np.array([*values, 20 * sharpness, share], np.float32)


def radius(mask: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Centre (x, y) of a mask and, for `ANGLES` directions, the distance from it to the last pixel of the mask."""
    rows, columns = np.nonzero(mask)
    centre = np.array([columns.mean(), rows.mean()])
    reach = int(np.ceil(np.hypot(*mask.shape)))
    steps = np.arange(0, reach, 0.5)
    angles = np.arange(ANGLES) * (2 * np.pi / ANGLES)
    x = np.rint(centre[0] + np.cos(angles)[:, None] * steps).astype(int)
    y = np.rint(centre[1] + np.sin(angles)[:, None] * steps).astype(int)
    inside = (x >= 0) & (y >= 0) & (x < mask.shape[1]) & (y < mask.shape[0])
    hit = inside & mask[np.where(inside, y, 0), np.where(inside, x, 0)]
    last = len(steps) - 1 - hit[:, ::-1].argmax(1)
    return centre, np.where(hit.any(1), np.maximum(steps[last], 1.0), 1.0).astype(np.float32)


def unroll(region: np.ndarray, centre: np.ndarray, radii: np.ndarray) -> np.ndarray:
    """A region in coordinates of the outline: uint8 (`ANGLES`, `RADII`), columns from the centre (0) to the outline (1)."""
    angles = np.arange(ANGLES) * (2 * np.pi / ANGLES)
    distance = (np.arange(RADII) + 0.5) / RADII * radii[:, None]
    x = (centre[0] + np.cos(angles)[:, None] * distance).astype(np.float32)
    y = (centre[1] + np.sin(angles)[:, None] * distance).astype(np.float32)
    return cv2.remap(region.astype(np.uint8) * 255, x, y, cv2.INTER_LINEAR)


def roll(unrolled: np.ndarray, mask: np.ndarray, centre: np.ndarray, radii: np.ndarray) -> np.ndarray:
    """The inverse of `unroll` within `mask`: a boolean region of its shape."""
    y, x = np.mgrid[0 : mask.shape[0], 0 : mask.shape[1]].astype(np.float32)
    turn = np.arctan2(y - centre[1], x - centre[0]) / (2 * np.pi) % 1.0 * ANGLES
    reach = np.interp(turn.reshape(-1), np.arange(ANGLES + 1), np.append(radii, radii[0])).reshape(mask.shape)
    depth = np.hypot(y - centre[1], x - centre[0]) / reach * RADII - 0.5
    # One row more than the circle has, so that interpolation goes round; beyond the outline it stays at its edge.
    closed = np.concatenate([unrolled, unrolled[:1]])
    values = cv2.remap(closed, np.clip(depth, 0, RADII - 1).astype(np.float32), turn.astype(np.float32), cv2.INTER_LINEAR)
    return (values >= 128) & mask


@dataclass(frozen=True)
class Bank:
    """Guides of training cells.

    Parameters
    ----------
    category_ids : ndarray of int64, shape (n,)
        Types.
    profiles : ndarray of float32, shape (n, ANGLES)
        Distance from centre to outline by direction, in pixels.
    regions : ndarray of uint8, shape (n, ANGLES, RADII)
        Dense regions, unrolled.
    styles : ndarray of float32, shape (n, STYLE)
        Styles.
    """

    category_ids: np.ndarray
    profiles: np.ndarray
    regions: np.ndarray
    styles: np.ndarray

    @property
    def known(self) -> set[int]:
        """Types that it has guides of."""
        return set(self.category_ids.tolist())

    def fit(
        self, mask: np.ndarray, category_id: int, rng: np.random.Generator, *, tries: int = TRIES
    ) -> tuple[np.ndarray, np.ndarray]:
        """Bend a guide of a type into an outline: of `tries` drawn at random, the one whose cell needs the least bending.

        Parameters
        ----------
        mask : ndarray of bool, shape (height, width)
            The cell to draw, not empty.
        category_id : int
            Its type, one of `known`.
        rng : numpy Generator
            The cell's own.

        Returns
        -------
        ndarray of bool, shape (height, width)
            The dense region.
        ndarray of float32, shape (STYLE,)
            The style.
        """
        candidates = np.flatnonzero(self.category_ids == category_id)
        chosen = candidates[rng.integers(len(candidates), size=tries)]
        mirrored = rng.random(tries) < 0.5
        centre, radii = radius(mask)
        aim = np.log(radii)
        best = (np.inf, 0, False, 0)
        for i, mirror in zip(chosen, mirrored, strict=True):
            profile = np.log(self.profiles[i])
            if mirror:
                profile = np.roll(profile[::-1], 1)
            # Squared distance of the outlines for every turn at once, by the circular correlation.
            match = np.fft.irfft(np.fft.rfft(aim) * np.conj(np.fft.rfft(profile)), ANGLES)
            turn = int(match.argmax())
            cost = float((aim**2).sum() + (profile**2).sum() - 2 * match[turn])
            if cost < best[0]:
                best = (cost, int(i), bool(mirror), turn)
        _, i, mirror, turn = best
        region = np.roll(self.regions[i][::-1], 1, axis=0) if mirror else self.regions[i]
        return roll(np.roll(region, turn, axis=0), mask, centre, radii), self.styles[i]

    def typical(self) -> "Bank":
        """Without the guides whose colours are far from their type's: outlines that hold background, or another stain.

        Far is more than `FAR` robust standard deviations (1.4826 · median absolute deviation) from the type's median in any
        of the six mean colours. A type keeps all its guides where that would leave it fewer than half of them.
        """
        keep = np.ones(len(self.category_ids), bool)
        for category_id in self.known:
            of_type = self.category_ids == category_id
            colours = self.styles[of_type, :6]
            distance = np.abs(colours - np.median(colours, 0))
            near = (distance <= FAR * np.maximum(1.4826 * np.median(distance, 0), 0.02)).all(1)
            if near.mean() >= 0.5:
                keep[of_type] = near
        return Bank(*(values[keep] for values in (self.category_ids, self.profiles, self.regions, self.styles)))

    def save(self, path: str | Path) -> None:
        """Write it as an ``.npz`` file, the same bytes for the same bank."""
        np.savez_compressed(path, **vars(self))

    @classmethod
    def load(cls, path: str | Path) -> "Bank":
        """Read what `save` wrote; a `UserError` for anything else."""
        forms = {"category_ids": ("iu", "n"), "profiles": ("f", f"n {ANGLES}"), "regions": ("u", f"n {ANGLES} {RADII}")}
        forms |= {"styles": ("f", f"n {STYLE}")}
        file = arrays.read(path, forms, what="guides", fix="give the guides.npz of a trained generator")
        return cls(**{name: file[name] for name in forms})


def measure(pictures: list[np.ndarray], masks: list[np.ndarray], category_ids: list[int]) -> tuple[Bank, list[np.ndarray]]:
    """The bank of some cells, and each one's dense region in its own picture."""
    regions = [dense(picture, mask) for picture, mask in zip(pictures, masks, strict=True)]
    styles = [style(picture, mask, region) for picture, mask, region in zip(pictures, masks, regions, strict=True)]
    circles = [radius(mask) for mask in masks]
    unrolled = [unroll(region, *circle) for region, circle in zip(regions, circles, strict=True)]
    return (
        Bank(
            np.array(category_ids, np.int64),
            np.array([radii for _, radii in circles], np.float32).reshape(-1, ANGLES),
            np.array(unrolled, np.uint8).reshape(-1, ANGLES, RADII),
            np.array(styles, np.float32).reshape(-1, STYLE),
        ),
        regions,
    )
