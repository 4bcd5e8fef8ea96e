"""From a layout to the picture of a slide."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from smearsynth.backgrounds import blocks, whole
from smearsynth.backgrounds.blocks import Generator
from smearsynth.backgrounds.stored import Styles
from smearsynth.layouts.raster import Window
from smearsynth.seeds import entropy, rng
from smearsynth.slides import cutout
from smearsynth.slides.pieces import Pieces, generate

Painter = Callable[[dict, list[Window], tuple[int, int]], np.ndarray]
"""(layout, masks in paint order, shape) → RGB uint8 picture."""


@dataclass(frozen=True)
class Look:
    """How cells are set into a slide.

    Parameters
    ----------
    blend : str
        ``translucent`` or ``opaque``, see `cutout.paint`.
    evenness : float
        How far the red cells are brought to the stain of one of them, in [0, 1].
    red : frozenset of int
        Category ids of red cells.
    """

    blend: str
    evenness: float
    red: frozenset[int]


def empty(styles: Styles, index: int, shape: tuple[int, int], seed: int) -> np.ndarray:
    """The empty background of a slide, in the style of one picture, RGB uint8."""
    chance = rng(seed, "slides", index, "background")
    style = styles.styles[chance.integers(len(styles.styles))]
    return whole.draw(style, shape, chance, unevenness=styles.unevenness)


def pasted(styles: Styles, pieces: Pieces, look: Look, *, seed: int) -> Painter:
    """Paint pieces in paint order on a seamless background; each slide has the light of one picture and one stain of red."""

    def painter(layout: dict, windows: list[Window], shape: tuple[int, int]) -> np.ndarray:
        background = empty(styles, layout["index"], shape, seed)
        canvas = background.copy()
        piece = pieces(layout, windows, shape)
        reds = [i for i, cell in enumerate(layout["cells"]) if cell["category_id"] in look.red and windows[i].area]
        target = None
        if reds and look.evenness > 0:
            model = piece(reds[rng(seed, "slides", layout["index"], "stain").integers(len(reds))])
            target = cutout.density(model.through, model.mask)
        even = set(reds) if target is not None else set()
        for i in range(len(windows)):
            if windows[i].area == 0:
                continue
            cell = piece(i)
            through = cell.through
            if target is not None and i in even:
                through = cutout.restain(through, cutout.density(through, cell.mask), target, look.evenness)
            cutout.paint(canvas, background, through, cell.alpha, cell.area, blend=look.blend)
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
            keys = [entropy(seed, "slides", layout["index"], "block", i) for i in range(blocks.count(shape))]
            canvas = blocks.draw(generator, shape, category_id=category_id, keys=keys)
        else:
            canvas = background[: shape[0], : shape[1]].copy()
        for picture, part in zip(generate(generator, layout, windows, seed), windows, strict=True):
            canvas[part.slices][part.mask] = picture[part.mask]
        return canvas

    return painter
