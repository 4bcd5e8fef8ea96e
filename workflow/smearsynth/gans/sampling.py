"""Drawing cells with a trained model: every cell from its own outline, type and key, whatever else is drawn with it."""

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol

import cv2
import numpy as np

from smearsynth import coco, images
from smearsynth.gans import augment, data, engine, guides, trained
from smearsynth.gans.options import DefaultOptions, GanOptions
from smearsynth.options import build
from smearsynth.seeds import rng

LARGEST = 1024
"""Cells beyond this side are drawn smaller and enlarged: a network's memory grows with the window's area."""


class CellGenerator(Protocol):
    """What renderers and studies draw cells with."""

    def draw(
        self,
        masks: Sequence[np.ndarray],
        category_ids: Sequence[int],
        *,
        keys: Sequence[int],
        only: tuple[slice, slice] | None = None,
    ) -> list[np.ndarray]:
        """Draw cells.

        Parameters
        ----------
        masks : sequence of ndarray of bool, shape (height, width)
            Of any sizes.
        category_ids : sequence of int
            A type for each.
        keys : sequence of int
            `smearsynth.seeds.entropy` of each cell; other keys give other cells of the same outline.
        only : (slice, slice), optional
            The rows and columns of the pictures that are wanted; what else they hold may be black.

        Returns
        -------
        list of ndarray of uint8, shape (height, width, 3)
            RGB, black outside the mask.

        Raises
        ------
        UserError
            If the model was not trained on a type.
        """
        ...


def load(folder: str | Path, device: str = "auto", *, tries: int = guides.TRIES) -> CellGenerator:
    """The generator of ``results/<run>/gans/<model>/``.

    Parameters
    ----------
    folder : path
        With model.json, generator.weights.h5 and, for the default preset, guides.npz.
    device : str
        ``auto``, ``cpu`` or ``gpu``.
    tries : int
        Guides that a cell of the default preset is offered, the one that fits its outline best being taken: few where the
        outlines are those of the guides' own cells.
    """
    folder = Path(folder)
    model = trained.about(folder, {"size": int})
    options = build(GanOptions, model["options"], where=str(folder / "model.json"))
    engine.configure(device=device, threads=options.threads)
    weights = folder / "generator.weights.h5"
    categories = tuple(model["categories"])
    if options.preset == "thesis":
        from smearsynth.gans.networks import thesis

        network = thesis.generator(0)
        trained.load_weights(network, weights)
        return ThesisGenerator(network, size=model["size"], categories=categories)
    network = default_network(options.default, len(categories), seed=0)
    trained.load_weights(network, weights)
    bank = guides.Bank.load(folder / "guides.npz") if options.default.guide == "measured" else None
    return DefaultGenerator(network, categories=categories, bank=bank, tries=tries)


def default_network(options: DefaultOptions, types: int, *, seed: int) -> Any:
    """The default generator that `options` describe."""
    from smearsynth.gans.networks import default

    return default.generator(
        seed,
        types=types,
        filters=options.filters,
        norm=options.normalisation,
        upsample=options.upsample,
        noise=options.noise,
        precision=options.precision,
    )


def standardised(styles: np.ndarray, bank: guides.Bank) -> np.ndarray:
    """Styles with mean 0 and standard deviation 1 over the bank, float32."""
    return ((styles - bank.styles.mean(0)) / (bank.styles.std(0) + 1e-3)).astype(np.float32)


def place(mask: np.ndarray, window: int) -> tuple[np.ndarray, tuple[slice, slice], tuple[slice, slice]]:
    """A mask with its bounding box centred in a square window, and both places: in the window, in the mask.

    A mask whose box is larger than the window is scaled down into it; the two places then differ in size.
    """
    left, top, width, height = map(int, coco.box(mask))
    cell = mask[top : top + height, left : left + width]
    scale = min(1.0, window / max(height, width))
    if scale < 1:
        size = (max(1, round(width * scale)), max(1, round(height * scale)))
        cell = cv2.resize(cell.astype(np.uint8), size, interpolation=cv2.INTER_NEAREST_EXACT).astype(bool)
    y, x = (window - cell.shape[0]) // 2, (window - cell.shape[1]) // 2
    centred = np.zeros((window, window), bool)
    inside = (slice(y, y + cell.shape[0]), slice(x, x + cell.shape[1]))
    centred[inside] = cell
    return centred, inside, (slice(top, top + height), slice(left, left + width))


def _back(picture: np.ndarray, mask: np.ndarray, inside: tuple[slice, slice], outside: tuple[slice, slice]) -> np.ndarray:
    """Put what was drawn in a window back where the mask lies, black outside it."""
    drawn = picture[inside]
    height, width = mask[outside].shape
    if drawn.shape[:2] != (height, width):
        drawn = cv2.resize(drawn, (width, height), interpolation=cv2.INTER_LINEAR)
    result = np.zeros((*mask.shape, 3), np.uint8)
    result[outside] = drawn
    result[~mask] = 0
    return result


class ThesisGenerator:
    """Draws as the thesis generates: ``training=True``, each cell as if alone, dropout from the cell's own key.

    Parameters
    ----------
    network : keras.Model
        See `smearsynth.gans.networks.thesis.generator`.
    size : int
        Side of the window that the training pairs were cut from; it is resized to 256 px as in training.
    categories : sequence of dict
        ``id``, ``name``, ``colour`` of the types.
    """

    def __init__(self, network: Any, *, size: int, categories: Sequence[dict]):
        from smearsynth.gans.thesis_batched import BatchedThesis

        self.size, self.categories = size, categories
        self._batched = BatchedThesis(network)

    def draw(
        self,
        masks: Sequence[np.ndarray],
        category_ids: Sequence[int],
        *,
        keys: Sequence[int],
        only: tuple[slice, slice] | None = None,
    ) -> list[np.ndarray]:
        """See `CellGenerator`."""
        trained.check_types(category_ids, self.categories)
        from smearsynth.gans.shortened import Frame

        side = 256
        results: list[np.ndarray] = [np.zeros((*mask.shape, 3), np.uint8) for mask in masks]
        members = [i for i, mask in enumerate(masks) if mask.any()]
        places, which = [], []
        numbers: dict[tuple[int, bytes], int] = {}
        labels: list[np.ndarray] = []
        for i in members:
            window, inside, outside = self._place(masks[i])
            places.append((inside, outside))
            known = (category_ids[i], window.tobytes())
            if known not in numbers:
                numbers[known] = len(labels)
                colour = np.array(data.colour_of(self.categories, category_ids[i]), np.uint8)
                labels.append(images.to_network(augment.nearest(np.where(window[..., None], colour, np.uint8(0)), side)))
            which.append(numbers[known])
        seeds = [data.dropout_seeds(rng(keys[i], "dropout")) for i in members]
        asis = self.size == side and all(masks[i].shape == (side, side) for i in members)
        frame = Frame.holding(*only) if only is not None and asis else None
        for number, drawn, values in self._batched.draw(labels, which, seeds, frame):
            picture: np.ndarray = np.zeros((side, side, 3), np.uint8)
            picture[drawn.slices] = images.from_network(values)
            if self.size != side:
                how = cv2.INTER_AREA if self.size < side else cv2.INTER_LINEAR
                picture = cv2.resize(picture, (self.size, self.size), interpolation=how)
            i = members[number]
            results[i] = _back(picture, masks[i], *places[number])
        return results

    def _place(self, mask: np.ndarray) -> tuple[np.ndarray, tuple[slice, slice], tuple[slice, slice]]:
        """See `place`; a mask of the window's own size stays where it lies, as the thesis's half square does (3.6)."""
        if mask.shape != (self.size, self.size):
            return place(mask, self.size)
        whole = (slice(0, self.size), slice(0, self.size))
        return mask, whole, whole


class DefaultGenerator:
    """Draws at native resolution, one cell at a time.

    A batch would not be faster on a CPU (18 ms a cell against 23 ms in batches of 8), and where a cell lies in a batch changes
    its last bits.

    Parameters
    ----------
    network : keras.Model
        See `smearsynth.gans.networks.default.generator`.
    categories : sequence of dict
        ``id`` and ``name`` of the types, in the order of training.
    bank : Bank or None
        Guides, if the model was trained with them.
    tries : int
        See `load`.
    """

    def __init__(self, network: Any, *, categories: Sequence[dict], bank: guides.Bank | None, tries: int = guides.TRIES):
        from smearsynth.gans.networks import default

        self.categories, self.bank, self.tries = categories, bank, tries
        self.index = {category["id"]: i for i, category in enumerate(categories)}
        self._levels = default.NOISE_LEVELS
        types = len(categories)

        def one(kinds, shape, style, grains):
            from keras import ops

            mask, depth, dense = ops.split(ops.cast(shape, "float32") / 255.0, 3, axis=-1)
            told = default.planes(kinds, mask, depth, dense, types)
            return network([told, mask, style, ops.one_hot(kinds, types), *grains], training=False)

        self._one = engine.compiled(one)

    def draw(
        self,
        masks: Sequence[np.ndarray],
        category_ids: Sequence[int],
        *,
        keys: Sequence[int],
        only: tuple[slice, slice] | None = None,
    ) -> list[np.ndarray]:
        """See `CellGenerator`."""
        trained.check_types(category_ids, self.categories)
        results: list[np.ndarray] = [np.zeros((*mask.shape, 3), np.uint8) for mask in masks]
        for i, (mask, category_id, key) in enumerate(zip(masks, category_ids, keys, strict=True)):
            if mask.any():
                _, _, width, height = map(int, coco.box(mask))
                side = min(LARGEST, max(64, math.ceil(max(height, width) / 32) * 32))
                window, inside, outside = place(mask, side)
                drawn = self._window(window, category_id, key)
                results[i] = _back(images.from_network(drawn), mask, inside, outside)
        return results

    def _window(self, window: np.ndarray, category_id: int, key: int) -> np.ndarray:
        """Draw one window: float32 (side, side, 3) in [-1, 1]."""
        dense, style = np.zeros_like(window), np.zeros(guides.STYLE, np.float32)
        if self.bank is not None:
            dense, raw = self.bank.fit(window, category_id, rng(key, "guide"), tries=self.tries)
            style = standardised(raw, self.bank)
        grains = data.noise(rng(key, "noise"), window.shape[0], self._levels)
        shape = np.stack([window * np.uint8(255), data.depth(window), dense * np.uint8(255)], axis=-1)
        kind = np.array([self.index[category_id]], np.int32)
        return engine.to_numpy(self._one(kind, shape[None], style[None], [grain[None] for grain in grains]))[0]
