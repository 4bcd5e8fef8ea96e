"""From a layout to the picture of a slide."""

from collections.abc import Callable

import numpy as np

from smearsynth.backgrounds import blocks, whole
from smearsynth.backgrounds.blocks import Generator
from smearsynth.backgrounds.stored import Styles
from smearsynth.layouts.raster import Window
from smearsynth.seeds import entropy, rng
from smearsynth.slides import cutout
from smearsynth.slides.sources import Sources

Painter = Callable[[dict, list[Window], tuple[int, int]], np.ndarray]
"""(layout, masks in paint order, shape) → RGB uint8 picture."""


def keys(layout: dict, seed: int) -> list[int]:
    """What each cell of a slide is drawn from: the run's seed, the slide's index and its own place in it."""
    return [entropy(seed, "slides", layout["index"], "cell", i) for i in range(len(layout["cells"]))]


def empty(styles: Styles, index: int, shape: tuple[int, int], seed: int) -> np.ndarray:
    """The empty background of a slide, in the style of one picture, RGB uint8."""
    chance = rng(seed, "slides", index, "background")
    style = styles.styles[chance.integers(len(styles.styles))]
    return whole.draw(style, shape, chance, unevenness=styles.unevenness)


def real(styles: Styles, sources: Sources, *, seed: int, feather: float, blend: str) -> Painter:
    """Paint with cells cut out of the catalogue's pictures."""

    def painter(layout: dict, windows: list[Window], shape: tuple[int, int]) -> np.ndarray:
        background = empty(styles, layout["index"], shape, seed)
        canvas = background.copy()
        for cell, part in zip(layout["cells"], windows, strict=True):
            area = cutout.around(part, int(np.ceil(feather)), shape)
            picture, light = sources.picture(cell["source_id"])
            pixels = cutout.warp(picture, np.array(cell["affine"]), area)
            alpha = cutout.soft(cutout.place(part, area), feather)
            cutout.paint(canvas, background, pixels, alpha, area, light=light, blend=blend)
        return canvas

    return painter


def generated(styles: Styles, generator: Generator, *, seed: int, feather: float, blend: str) -> Painter:
    """Paint with cells that a generator draws, all cells of a slide in one call."""

    def painter(layout: dict, windows: list[Window], shape: tuple[int, int]) -> np.ndarray:
        background = empty(styles, layout["index"], shape, seed)
        canvas = background.copy()
        for cell, part in zip(_drawn(generator, layout, windows, seed), windows, strict=True):
            # A generator's cell ends at its mask: the soft edge keeps to the inside.
            alpha = cutout.soft(part.mask, feather) * part.mask
            cutout.paint(canvas, background, cell, alpha, part.slices, light=styles.reference, blend=blend)
        return canvas

    return painter


def stencilled(background: np.ndarray | None, generator: Generator, *, seed: int, category_id: int) -> Painter:
    """Paint as in thesis 3.6: blocks, then each cell through a stencil of its contour.

    Parameters
    ----------
    background : ndarray of uint8 or None
        A stored picture of blocks, at least as large as a slide; None draws every block of every slide anew.
    generator : CellGenerator
    seed : int
    category_id : int
        The background's.
    """

    def painter(layout: dict, windows: list[Window], shape: tuple[int, int]) -> np.ndarray:
        if background is None:
            block_keys = [entropy(seed, "slides", layout["index"], "block", i) for i in range(blocks.count(shape))]
            canvas = blocks.draw(generator, shape, category_id=category_id, keys=block_keys)
        else:
            canvas = background[: shape[0], : shape[1]].copy()
        for cell, part in zip(_drawn(generator, layout, windows, seed), windows, strict=True):
            canvas[part.slices][part.mask] = cell[part.mask]
        return canvas

    return painter


def _drawn(generator: Generator, layout: dict, windows: list[Window], seed: int) -> list[np.ndarray]:
    ids = [cell["category_id"] for cell in layout["cells"]]
    return generator.draw([part.mask for part in windows], ids, keys=keys(layout, seed))
