"""From field maps to batches of crops: what a step sees follows from seed and step alone."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from smearsynth.errors import Problem, raise_all
from smearsynth.files import read_json, sha256
from smearsynth.gans import field_planes, field_style
from smearsynth.pairs import field_maps
from smearsynth.seeds import rng

KEPT = 4096
"""Fields kept in memory; the others are read again when they are drawn."""
BLUR = 0.1
"""Deviation of the noise on styles in training, so that the network reads them as a range and not as the name of a field."""


@dataclass(frozen=True)
class Field:
    """A field as training needs it.

    Parameters
    ----------
    picture : ndarray of uint8, shape (height, width, 3)
    label : ndarray of uint8, shape (height, width, 4)
        See `smearsynth.gans.field_planes.label`.
    kinds : ndarray of uint8, shape (height, width)
        See `smearsynth.gans.field_planes.kinds`.
    dense : ndarray of bool, shape (height, width)
    """

    picture: np.ndarray
    label: np.ndarray
    kinds: np.ndarray
    dense: np.ndarray


class Fields:
    """The training fields of an index.

    Parameters
    ----------
    index : path
        ``pairs/fields/index.json``.
    crop : int
        Side of the crops in pixels.
    restain : float
        Share of the crops whose look is changed; see `restained`.
    seed : int
        Of the changed looks by which styles are standardised.

    Attributes
    ----------
    categories : tuple of dict
        ``id, name, kind, colour`` of the types that the fields show, by id.
    maps : list of FieldMap
    scale : float
        Pixels of a field to one of its source picture.
    um_per_px : float or None
        Median size of a pixel.
    styles : Styles
        Of each field.
    by_type : list of ndarray of int
        For each type that somebody annotated, places of the fields that show such a cell.
    digest : str
        SHA-256 over the index and all its training files.

    Raises
    ------
    UserError
        Without training fields, for fields smaller than a crop and for files that do not fit their index.
    """

    def __init__(self, index: str | Path, *, crop: int, restain: float, seed: int):
        self.crop, self.restain, path = crop, restain, Path(index)
        self.maps = field_maps.read(path, split="train")
        content = read_json(path)
        self.scale = float(content["scale"])
        problems = [] if self.maps else [Problem(str(path), "no training fields", "check the splits of the catalogue")]
        entries = [field.entry for field in self.maps]
        for entry in entries:
            if min(entry["height"], entry["width"]) < crop:
                what = f"{entry['height']} × {entry['width']} px, smaller than a crop"
                fix = f"gans.field.crop: below {crop}, or a larger pairs.fields.scale"
                problems.append(Problem(f"{path}: {entry['file']}", what, fix))
        raise_all(problems[:20])
        present = sorted({int(c) for field in self.maps for c in field.category_ids})
        self.categories = tuple(c for c in sorted(content["categories"], key=lambda c: c["id"]) if c["id"] in present)
        self._kind_of = {c["id"]: c["kind"] for c in self.categories}
        self._places = {c["id"]: i for i, c in enumerate(self.categories, start=1)}
        sizes = [entry["um_per_px"] for entry in entries if entry.get("um_per_px")]
        self.um_per_px = float(np.median(sizes)) if sizes else None
        self._annotated = [[cell for cell in entry["cells"] if cell["cell_id"] is not None] for entry in entries]
        shown = [{cell["category_id"] for cell in cells} for cells in self._annotated]
        self.by_type = [np.flatnonzero([c in seen for seen in shown]) for c in sorted(set().union(*shown))]
        self.field = lru_cache(KEPT)(self._read)
        measured = [field_style.measure(f.picture, f.kinds, f.dense) for f in map(self.field, range(len(self.maps)))]
        looks = [self.look(i, style, rng(seed, "look", i))[1] for i, style in enumerate(measured)] if restain else measured
        image_ids = np.array([entry["image_id"] for entry in entries], np.int64)
        self.styles = field_style.Styles.of(np.stack(measured), image_ids, np.stack(looks))
        files = [entry[key] for entry in entries for key in ("file", "owners", "dense")]
        told = [json.dumps(content, sort_keys=True), *(sha256(path.parent / file) for file in files)]
        self.digest = hashlib.sha256("\n".join(told).encode()).hexdigest()

    def _read(self, i: int) -> Field:
        """A field, from its files."""
        found = self.maps[i]
        owners, dense, ids = found.owners(), found.dense(), np.asarray(found.category_ids)
        places = np.array([self._places[int(c)] for c in ids], np.uint8)
        label = field_planes.label(owners, places, dense)
        return Field(found.picture(), label, field_planes.kinds(owners, ids, self._kind_of), dense)

    def look(self, i: int, own: np.ndarray, generator: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        """A field's picture as training shows it this time, and its style, which is its `own` unless the look is changed."""
        field = self.field(i)
        if generator.random() >= self.restain:
            return field.picture, own
        picture = restained(field.picture, own[:3], generator)
        return picture, field_style.measure(picture, field.kinds, field.dense)

    def annotated(self, i: int) -> list[dict]:
        """The entries of a field's cells that somebody annotated."""
        return self._annotated[i]


def batch(fields: Fields, step: int, *, seed: int, batch: int, levels: int) -> dict[str, np.ndarray]:
    """A batch: annotated types equally often, a crop around a cell of the type, turned and mirrored.

    Parameters
    ----------
    fields : Fields
    step : int
        From 0; with `seed` it decides everything.
    batch, levels : int
        Crops and grids of noise.

    Returns
    -------
    dict
        ``real`` uint8 (batch, crop, crop, 3), ``label`` uint8 (batch, crop, crop, 4), ``light`` float32 (batch, crop, crop, 1),
        ``style`` float32 (batch, CODE) standardised, ``noise0`` … float32 (batch, side, side, 1), ``augment`` float32
        (batch, 8).
    """
    generator, crop = rng(seed, "step", step), fields.crop
    reals: list[np.ndarray] = []
    labels: list[np.ndarray] = []
    lights: list[np.ndarray] = []
    styles: list[np.ndarray] = []
    for _ in range(batch):
        among = fields.by_type[generator.integers(len(fields.by_type))] if fields.by_type else np.arange(len(fields.maps))
        i = int(among[generator.integers(len(among))])
        field = fields.field(i)
        picture, style = fields.look(i, fields.styles.values[i], generator)
        cells = fields.annotated(i)
        part = window(field.label.shape[:2], cells[generator.integers(len(cells))]["bbox"] if cells else None, crop, generator)
        turns, mirror = int(generator.integers(4)), generator.random() < 0.5
        known = fields.styles.filled(style)
        parts: Sequence[Any] = (picture[part], field.label[part], field_style.plane(known, field.label.shape[:2], *part))
        for values, made in zip(parts, (reals, labels, lights), strict=True):
            made.append(np.rot90(values[:, ::-1] if mirror else values, turns))
        styles.append(fields.styles.standardised(style))
    grains = [generator.standard_normal((batch, crop >> level, crop >> level, 1), dtype=np.float32) for level in range(levels)]
    blur = generator.normal(0, BLUR, (batch, field_style.CODE)).astype(np.float32)
    return {
        "real": np.stack(reals),
        "label": np.stack(labels),
        "light": np.stack(lights),
        "style": np.stack(styles) + blur,
        "augment": generator.random((batch, 8), dtype=np.float32),
        **{f"noise{level}": grain for level, grain in enumerate(grains)},
    }


def window(shape: tuple[int, int], box: Sequence[float] | None, crop: int, generator: np.random.Generator) -> tuple[slice, slice]:
    """A random crop of a field that holds the middle of a box ``[x, y, width, height]``, if there is one."""
    found = []
    for axis, side in enumerate(shape):
        low, high = 0, side - crop
        if box is not None:
            middle = int(box[1 - axis] + box[3 - axis] / 2)
            low, high = max(low, middle - crop + 1), min(high, middle)
        start = int(generator.integers(low, high + 1))
        found.append(slice(start, start + crop))
    return found[0], found[1]


def restained(picture: np.ndarray, light: np.ndarray, generator: np.random.Generator) -> np.ndarray:
    """A field under other light, in another stain, out of focus or grainier.

    Parameters
    ----------
    picture : ndarray of uint8, shape (height, width, 3)
    light : ndarray of float32, shape (3,)
        The light of its empty smear, in [0, 1].
    generator : numpy Generator

    Returns
    -------
    ndarray of uint8, shape (height, width, 3)
        Optical densities are scaled by 0.6 to 1.7, by up to a seventh more or less in a channel; the light becomes 0.75 to 1.1 of
        what it was, up to white; half of the pictures are blurred by up to 1 px or grained by up to 3 % of the light.
    """
    stain = np.exp(generator.uniform(-0.5, 0.5) + generator.uniform(-0.15, 0.15, 3))
    behind = np.clip(light * generator.uniform(0.8, 1.05) * np.exp(generator.uniform(-0.06, 0.06, 3)), 0.05, 1.0)
    through = np.maximum(picture, 1) / (255 * np.maximum(light, 1 / 255))
    changed = (255 * behind * through**stain).astype(np.float32)
    chance, amount = generator.random(), generator.random()
    if chance < 0.25:
        changed = cv2.GaussianBlur(changed, (0, 0), 0.3 + 0.7 * amount)
    elif chance < 0.5:
        changed += generator.standard_normal(picture.shape[:2], dtype=np.float32)[..., None] * (0.03 * 255 * amount)
    return np.clip(np.rint(changed), 0, 255).astype(np.uint8)
