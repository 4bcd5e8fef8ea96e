"""From pairs on disk to batches: what a step sees follows from seed and step alone."""

import hashlib
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from smearsynth import coco, images
from smearsynth.errors import Problem, UserError, raise_all
from smearsynth.files import read_json
from smearsynth.gans import augment
from smearsynth.seeds import rng

DEPTH = 24
"""Pixels from the outline at which the depth plane reaches 1."""
SELECTIONS = ("all", "fold0", "fold1")


@dataclass(frozen=True)
class Pairs:
    """Pairs in memory, each cropped to its cell.

    Parameters
    ----------
    size : int
        Side of the window that they were cut from.
    categories : tuple of dict
        ``id, name, kind, colour`` of the types that have pairs, by id.
    entries : tuple of dict
        Of the index, in its order.
    pictures : tuple of ndarray of uint8, shape (height, width, 3)
        The cell on black, cropped to its bounding box.
    masks : tuple of ndarray of bool, shape (height, width)
        The cell.
    boxes : tuple of (top, left)
        Where the crop lies in the window.
    digest : str
        SHA-256 over index entries and pictures.
    """

    size: int
    categories: tuple[dict, ...]
    entries: tuple[dict, ...]
    pictures: tuple[np.ndarray, ...]
    masks: tuple[np.ndarray, ...]
    boxes: tuple[tuple[int, int], ...]
    digest: str

    @property
    def category_ids(self) -> list[int]:
        """Type of each pair."""
        return [entry["category_id"] for entry in self.entries]

    def window(self, i: int) -> tuple[np.ndarray, np.ndarray]:
        """Picture (size, size, 3) and mask (size, size) of a pair as it was cut."""
        picture, mask = np.zeros((self.size, self.size, 3), np.uint8), np.zeros((self.size, self.size), bool)
        (top, left), (height, width) = self.boxes[i], self.masks[i].shape
        picture[top : top + height, left : left + width] = self.pictures[i]
        mask[top : top + height, left : left + width] = self.masks[i]
        return picture, mask


def chosen(entry: dict, which: str) -> bool:
    """Whether a pair is trained on: split ``train`` and, for ``foldK``, a fold other than K (its held-out one)."""
    return entry["split"] == "train" and (which == "all" or entry["fold"] != int(which[-1]))


def read(path: str | Path, keep) -> Pairs:
    """Read the pairs whose index entry `keep` accepts.

    Raises
    ------
    UserError
        With every picture that is damaged, of another size, without a cell, or whose label has not its type's colour.
    """
    path = Path(path)
    index = read_json(path)
    size, colours = index["size"], {c["id"]: np.array(c["colour"], np.uint8) for c in index["categories"]}
    entries = [entry for entry in index["pairs"] if keep(entry)]
    if not entries:
        raise UserError.of(str(path), "no pairs in this selection", "check the splits and folds of the catalogue")
    digest, problems = hashlib.sha256(str(size).encode()), []
    pictures, masks, boxes = [], [], []
    for entry in entries:
        file = path.parent / entry["file"]
        try:
            pair = images.read(file)
        except UserError as error:
            problems.extend(error.problems)
            continue
        if pair.shape != (size, 2 * size, 3):
            problems.append(
                Problem(str(file), f"{pair.shape[0]} × {pair.shape[1]} px", f"pairs are {size} × {2 * size}: draw them anew")
            )
            continue
        real, label = pair[:, :size], pair[:, size:]
        mask = np.asarray(label.any(2))
        if not mask.any() or (label[mask] != colours[entry["category_id"]]).any():
            what = "no cell in its label" if not mask.any() else "label colours that are not its type's"
            problems.append(Problem(str(file), what, "draw the pairs anew; label pictures do not survive JPEG"))
            continue
        left, top, width, height = map(int, coco.box(mask))
        pictures.append(real[top : top + height, left : left + width].copy())
        masks.append(mask[top : top + height, left : left + width].copy())
        boxes.append((top, left))
        digest.update(f"{entry['cell_id']} {entry['category_id']} {entry['split']} {entry['fold']}".encode() + pair.tobytes())
    raise_all(problems)
    present = {entry["category_id"] for entry in entries}
    categories = tuple(sorted((c for c in index["categories"] if c["id"] in present), key=lambda c: c["id"]))
    return Pairs(size, categories, tuple(entries), tuple(pictures), tuple(masks), tuple(boxes), digest.hexdigest())


def depth(mask: np.ndarray) -> np.ndarray:
    """Distance to the outline as uint8: 0 outside, 255 from `DEPTH` pixels inside on."""
    padded = cv2.copyMakeBorder(mask.astype(np.uint8), 1, 1, 1, 1, cv2.BORDER_CONSTANT)
    distance = cv2.distanceTransform(padded, cv2.DIST_L2, 5)[1:-1, 1:-1]
    return np.minimum(distance * (255 / DEPTH), 255).astype(np.uint8)


def buffered_order(count: int, generator: np.random.Generator, *, buffer: int = 192) -> list[int]:
    """The order of an epoch: files listed in random order, then drawn from a shuffle buffer (thesis 3.4)."""
    listed = generator.permutation(count).tolist()
    held, order = listed[:buffer], []
    for item in listed[buffer:]:
        place = int(generator.integers(len(held)))
        order.append(held[place])
        held[place] = item
    while held:
        order.append(held.pop(int(generator.integers(len(held)))))
    return order


def thesis_batch(pairs: Pairs, step: int, *, seed: int, order: list[int]) -> dict[str, np.ndarray]:
    """The pair of a step (from 0), jittered: ``label`` and ``real`` float32 (1, 256, 256, 3), ``dropout`` uint32 (3, 2)."""
    generator = rng(seed, "step", step)
    i = order[step % len(order)]
    picture, mask = pairs.window(i)
    label = np.where(mask[..., None], np.array(colour_of(pairs.categories, pairs.category_ids[i]), np.uint8), 0)
    label, real = augment.jitter(label.astype(np.uint8), picture, generator)
    return {
        "label": images.to_network(label)[None],
        "real": images.to_network(real)[None],
        "dropout": dropout_seeds(generator),
    }


def dropout_seeds(generator: np.random.Generator) -> np.ndarray:
    """A seed for each of the generator's three dropout layers: uint32 (3, 2)."""
    return generator.integers(2**32, size=(3, 2), dtype=np.uint32)


def colour_of(categories, category_id: int) -> tuple[int, int, int]:
    """Label colour of a type."""
    return tuple(next(c["colour"] for c in categories if c["id"] == category_id))


def noise(generator: np.random.Generator, size: int, levels: int) -> list[np.ndarray]:
    """Normal noise of a cell, float32 (side, side, 1) at full, half, … resolution."""
    return [generator.standard_normal((size >> level, size >> level, 1), dtype=np.float32) for level in range(levels)]


def crop_batch(
    pairs: Pairs,
    dense: list[np.ndarray],
    depths: list[np.ndarray],
    styles: np.ndarray,
    by_type: list[np.ndarray],
    step: int,
    *,
    seed: int,
    batch: int,
    crop: int,
    levels: int,
) -> dict[str, np.ndarray]:
    """A batch of the default preset: types equally often, turned and mirrored, each placed or cropped at random.

    Parameters
    ----------
    dense, depths : lists of ndarray
        Of each pair, of its mask's shape; see `smearsynth.gans.guides.dense` and `depth`.
    styles : ndarray of float32, shape (n, STYLE)
        Standardised styles.
    by_type : list of ndarray
        Indices of the pairs of each type.
    step : int
        From 0; with `seed` it decides everything.

    Returns
    -------
    dict
        ``real`` uint8 (batch, crop, crop, 3), ``shape`` uint8 (batch, crop, crop, 3): mask (0, 255), depth, dense (0, 255);
        ``type`` int32 (batch,), ``style`` float32 (batch, STYLE), ``noise0`` … float32, ``augment`` float32 (batch, 8).
    """
    generator = rng(seed, "step", step)
    real, shape = np.zeros((2, batch, crop, crop, 3), np.uint8)
    kinds = generator.integers(len(by_type), size=batch).astype(np.int32)
    chosen_cells = []
    for place, kind in enumerate(kinds):
        i = by_type[kind][generator.integers(len(by_type[kind]))]
        chosen_cells.append(i)
        told = np.stack([pairs.masks[i] * np.uint8(255), depths[i], dense[i] * np.uint8(255)], axis=-1)
        turns, mirror = int(generator.integers(4)), generator.random() < 0.5
        cell = [np.rot90(values[:, ::-1] if mirror else values, turns) for values in (pairs.pictures[i], told)]
        source, target = [], []
        for side in cell[0].shape[:2]:
            spare = crop - side
            start = int(generator.integers(abs(spare) + 1))
            length = min(crop, side)
            source.append(slice(0, length) if spare >= 0 else slice(start, start + length))
            target.append(slice(start, start + length) if spare >= 0 else slice(0, length))
        real[place][tuple(target)], shape[place][tuple(target)] = cell[0][tuple(source)], cell[1][tuple(source)]
    grains = [generator.standard_normal((batch, crop >> level, crop >> level, 1), dtype=np.float32) for level in range(levels)]
    return {
        "real": real,
        "shape": shape,
        "type": kinds,
        # A little blur of the measured style, so that the network reads it as a range and not as the name of a cell.
        "style": styles[chosen_cells] + generator.normal(0, 0.1, (batch, styles.shape[1])).astype(np.float32),
        "augment": generator.random((batch, 8), dtype=np.float32),
        **{f"noise{level}": grain for level, grain in enumerate(grains)},
    }
