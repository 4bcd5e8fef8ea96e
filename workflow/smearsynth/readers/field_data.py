"""Training patches of a field reader: which, and how varied, follows from seed and step alone."""

from collections.abc import Sequence
from dataclasses import replace

import cv2
import numpy as np
from scipy import ndimage

from smearsynth import seeds
from smearsynth.errors import Problem, UserError, raise_all
from smearsynth.layouts.raster import Window
from smearsynth.readers import field_look
from smearsynth.readers.field_classes import Classes
from smearsynth.readers.field_look import Look
from smearsynth.readers.field_options import FieldAugmentation, FieldReaderOptions
from smearsynth.readers.field_sources import IGNORED, Field, Source, scaled, white_balanced

KEPT = 2**30
"""Bytes of fields that are kept in memory; what is beyond is read again each time it is drawn."""

LOOKED = 150
"""Fields of a source that its look is measured on."""


class Fields:
    """The fields of all sources, at the reader's resolution, split in those that teach and those that are held.

    Parameters
    ----------
    sources : sequence of Source
    numbers : sequence of dict
        For each source, category id to class.
    options : FieldReaderOptions
    shares : sequence of float
        How often each source is drawn; they sum to 1.
    seed : int
        Chooses the held fields: of each source a share ``options.held``, at least one.

    Raises
    ------
    UserError
        If a source has a single field, or its resolution is not known where the reader's is.
    """

    def __init__(
        self,
        sources: Sequence[Source],
        numbers: Sequence[dict[int, int]],
        options: FieldReaderOptions,
        *,
        shares: Sequence[float],
        seed: int,
    ):
        problems = []
        for source in sources:
            if len(source) < 2:
                problems.append(
                    Problem(source.name, "a single field", "a reader needs two: to learn from, and for its thresholds")
                )
            if options.um_per_px and source.um_per_px(0) is None:
                fix = "give --um-per-px of its pictures, or set readers.field.um_per_px: null to take all as they are"
                problems.append(Problem(source.name, "its resolution is not known", fix))
        raise_all(problems)
        self.sources, self._numbers, self._options, self._shares = sources, numbers, options, np.asarray(shares, float)
        self.held: list[list[int]] = []
        self.taught: list[list[int]] = []
        for at, source in enumerate(sources):
            order = seeds.rng(seed, "readers", "field", "held", at).permutation(len(source)).tolist()
            count = min(max(1, round(options.held * len(source))), len(source) - 1)
            self.held.append(sorted(order[:count]))
            self.taught.append(sorted(order[count:]))
        self._kept: dict[tuple[int, int], Field] = {}
        self._bytes = 0

    def field(self, source: int, index: int) -> Field:
        """A field at the reader's resolution, its light balanced where the options say so."""
        if (source, index) in self._kept:
            return self._kept[source, index]
        field = self.sources[source].field(index, self._numbers[source])
        own = self.sources[source].um_per_px(index)
        if self._options.um_per_px and own:
            field = scaled(field, own / self._options.um_per_px)
        if self._options.white_balance:
            field = replace(field, picture=white_balanced(field.picture))
        size = field.picture.nbytes + field.owners.nbytes + (0 if field.hidden is None else field.hidden.nbytes)
        if self._bytes + size <= KEPT:
            self._kept[source, index] = field
            self._bytes += size
        return field

    def draw(self, rng: np.random.Generator) -> Field:
        """A varied patch."""
        source = int(rng.choice(len(self.sources), p=self._shares))
        field = self.field(source, int(rng.choice(self.taught[source])))
        middle = _around(field, rng) if rng.random() < self._options.balance else None
        patch = vary(crop(field, rng, self._options, middle), rng, self._options.augmentation)
        return framed(patch, rng, self._options.margin)


def look(fields: Fields, classes: Classes) -> Look | None:
    """What the fields that teach look like, as the reader sees them; None where they show no whole red cell.

    Of each source `LOOKED` fields at most, evenly from all, each with the same say.
    """
    seen = []
    for source, taught in enumerate(fields.taught):
        for index in taught[:: -(-len(taught) // LOOKED)]:
            field = fields.field(source, index)
            cells = []
            for number, place in enumerate(ndimage.find_objects(np.maximum(field.owners, 0)), start=1):
                if place is not None:
                    kind = classes.types[field.classes[number - 1] - 1].kind
                    cells.append((kind, Window(place[0].start, place[1].start, field.owners[place] == number)))
            seen.append(field_look.see(field.picture, cells, unknown=field.owners == IGNORED))
    return field_look.look(seen) if any(one.diameters for one in seen) else None


def shares_of(sources: Sequence[Source], given: Sequence[float] | None) -> list[float]:
    """How often each source is drawn: as told, or by the number of its fields; they sum to 1."""
    if given is None:
        total = sum(map(len, sources))
        return [len(source) / total for source in sources]
    if len(given) != len(sources) or min(given) <= 0:
        what = f"{len(given)} for {len(sources)} source(s): {', '.join(f'{share:g}' for share in given)}"
        raise UserError.of("--shares", what, "one above 0 for each --slides, then for each --fields")
    return [share / sum(given) for share in given]


def _around(field: Field, rng: np.random.Generator) -> tuple[int, int] | None:
    """A pixel of a cell of a class that is drawn evenly from those in the field."""
    owners = np.unique(field.owners[field.owners > 0])
    if not len(owners):
        return None
    classes = field.classes[owners - 1]
    chosen = rng.choice(owners[classes == rng.choice(np.unique(classes))])
    rows, columns = np.nonzero(field.owners == chosen)
    at = int(rng.integers(len(rows)))
    return int(rows[at]), int(columns[at])


def crop(field: Field, rng: np.random.Generator, options: FieldReaderOptions, middle: tuple[int, int] | None) -> Field:
    """A square patch of ``options.patch`` pixels, its size varied; beyond the field it is mirrored, and nothing is taught."""
    factor = (1 + options.augmentation.scale * rng.random()) ** rng.choice([-1, 1])
    side = max(8, round(options.patch / factor))
    slices = []
    for axis, length in enumerate(field.owners.shape):
        place, jitter = rng.random(), rng.uniform(-0.4, 0.4)
        start = round(place * max(0, length - side)) if middle is None else round(middle[axis] - side * (0.5 + jitter))
        start = int(np.clip(start, 0, max(0, length - side)))
        slices.append(slice(start, min(start + side, length)))
    part = extended(field, tuple(slices), [(0, side - (one.stop - one.start)) for one in slices])
    return scaled(part, options.patch / side)


def extended(field: Field, part: tuple[slice, ...], ends: list[tuple[int, int]]) -> Field:
    """A part of a field with so many pixels more before and after it on each axis: mirrored, and nothing is taught there."""
    picture = np.pad(field.picture[part], [*ends, (0, 0)], mode="symmetric")
    owners = np.pad(field.owners[part], ends, constant_values=IGNORED)
    hidden = None if field.hidden is None else np.pad(field.hidden[part], ends)
    return Field(picture, owners, field.classes, hidden)


def vary(patch: Field, rng: np.random.Generator, options: FieldAugmentation) -> Field:
    """Another position, light, stain, focus and noise. The same numbers are drawn whatever is switched on."""
    quarters, flip = int(rng.integers(4)), rng.random() < 0.5
    brightness, tint = rng.uniform(-1, 1), rng.uniform(-1, 1, 3)
    strength, mixing = rng.uniform(-1, 1), rng.uniform(-1, 1, (3, 3))
    soft, sigma, noise = rng.random() < 0.5, rng.random(), rng.random()
    grain = rng.standard_normal(patch.picture.shape, np.float32)

    def turned(array: np.ndarray) -> np.ndarray:
        if not options.turn:
            return array
        array = np.rot90(array, quarters)
        return np.ascontiguousarray(array[:, ::-1] if flip else array)

    picture = turned(patch.picture)
    owners, hidden = patch.maps(turned)
    # Light and stain act on the absorbance, in which dyes add up (Beer and Lambert).
    absorbed = -np.log((picture.astype(np.float32) + 1) / 256)
    if options.stain:
        mix = np.eye(3) * (1 + options.stain * strength) + options.stain / 3 * mixing
        absorbed = absorbed @ mix.T.astype(np.float32)
    gains = (1 + options.light * brightness) * (1 + options.light / 2 * tint)
    values = np.exp(-absorbed) * 256 * gains.astype(np.float32) - 1
    if options.blur and soft:
        values = cv2.GaussianBlur(values, (0, 0), max(0.05, options.blur * sigma))
    values = values + options.noise * noise * grain
    return Field(np.clip(np.rint(values), 0, 255).astype(np.uint8), owners, patch.classes, hidden)


def framed(patch: Field, rng: np.random.Generator, margin: int) -> Field:
    """A patch that ends `margin` pixels earlier on some sides: beyond, it is mirrored, as in reading, and teaches nothing."""
    ends = (margin * (rng.random((2, 2)) < 0.5)).tolist()
    inner = tuple(slice(low, length - high) for (low, high), length in zip(ends, patch.owners.shape, strict=True))
    return extended(patch, inner, ends)


def patches(fields: Fields, options: FieldReaderOptions, *, seed: int, step: int) -> list[Field]:
    """The patches of a step."""
    return [fields.draw(seeds.rng(seed, "readers", "field", "step", step, place)) for place in range(options.batch)]
