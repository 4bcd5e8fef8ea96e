"""The cells of a slide as pieces that can be pasted: cut out of real pictures, or drawn by a generator."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from smearsynth import coco
from smearsynth.backgrounds.blocks import Generator
from smearsynth.layouts import raster
from smearsynth.layouts.raster import Window
from smearsynth.seeds import entropy
from smearsynth.slides import cutout
from smearsynth.slides.sources import Sources


@dataclass(frozen=True)
class Piece:
    """A cell ready to be pasted.

    Parameters
    ----------
    area : tuple of slice
        Rows and columns of the slide.
    mask : ndarray of bool, shape (rows, columns)
        Its pixels there.
    alpha : ndarray of float32, shape (rows, columns)
        How much of it shows, in [0, 1].
    through : ndarray of float32, shape (rows, columns, 3)
        Its transmittance.
    """

    area: tuple[slice, slice]
    mask: np.ndarray
    alpha: np.ndarray
    through: np.ndarray


Pieces = Callable[[dict, list[Window], tuple[int, int]], Callable[[int], Piece]]
"""(layout, masks in paint order, shape of the slide) → a function from a cell's place to its piece."""


def keys(layout: dict, seed: int) -> list[int]:
    """What each cell of a slide is drawn from: the run's seed, the slide's index and its own place in it."""
    return [entropy(seed, "slides", layout["index"], "cell", i) for i in range(len(layout["cells"]))]


def generate(generator: Generator, layout: dict, windows: list[Window], seed: int) -> list[np.ndarray]:
    """All cells of a slide from a generator in one call: RGB uint8 of the windows' sizes.

    A cell that the frame cuts is drawn whole and cut afterwards, for half an outline is no cell's outline.
    """
    wholes = [raster.whole(coco.from_flat(cell["polygon"])) for cell in layout["cells"]]
    ids = [cell["category_id"] for cell in layout["cells"]]
    pictures = generator.draw([part.mask for part in wholes], ids, keys=keys(layout, seed))
    result = []
    for picture, part, seen in zip(pictures, wholes, windows, strict=True):
        top, left = seen.top - part.top, seen.left - part.left
        height, width = seen.mask.shape
        result.append(picture[top : top + height, left : left + width] if seen.area else picture[:0, :0])
    return result


def cut(sources: Sources, *, feather: float) -> Pieces:
    """Pieces of the pictures that the layout's shapes come from, with `feather` pixels of soft edge."""

    def pieces(layout: dict, windows: list[Window], shape: tuple[int, int]) -> Callable[[int], Piece]:
        def piece(i: int) -> Piece:
            cell, part = layout["cells"][i], windows[i]
            area = cutout.around(part, int(np.ceil(feather)), shape)
            picture, light = sources.picture(cell["source_id"])
            pixels = cutout.warp(picture, np.array(cell["affine"]), area)
            mask = cutout.place(part, area)
            return Piece(area, mask, cutout.soft(mask, feather), cutout.transmittance(pixels, light))

        return piece

    return pieces


def drawn(generator: Generator, *, light: np.ndarray, feather: float, seed: int) -> Pieces:
    """Pieces that a generator draws; `light` is that of the pictures it was trained on, RGB, shape (3,)."""

    def pieces(layout: dict, windows: list[Window], shape: tuple[int, int]) -> Callable[[int], Piece]:
        pictures = generate(generator, layout, windows, seed)

        def piece(i: int) -> Piece:
            part = windows[i]
            # A generated cell ends at its mask: the soft edge keeps to the inside.
            alpha = cutout.soft(part.mask, feather) * part.mask
            return Piece(part.slices, part.mask, alpha, cutout.transmittance(pictures[i], light))

        return piece

    return pieces
