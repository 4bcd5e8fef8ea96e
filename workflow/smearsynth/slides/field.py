"""Whole slides drawn at once by a field generator: the layout says which cell is seen where, the generator does the rest."""

from collections import OrderedDict
from collections.abc import Callable
from typing import Protocol

import numpy as np

from smearsynth import coco
from smearsynth.errors import UserError
from smearsynth.gans import guides
from smearsynth.layouts.raster import Window, own
from smearsynth.seeds import entropy, rng
from smearsynth.slides import cutout
from smearsynth.slides.paint import Painter
from smearsynth.slides.sources import Sources

KEPT = 2048
"""Nuclei kept in memory."""
NEAR = 1.25
"""Cells may be so many times larger or smaller than those that the generator was trained on."""

Nucleus = Callable[[int], tuple[np.ndarray, tuple[int, int]]]
"""Source cell → its dense region (bool) and the place (left, top) of that in the cell's picture."""


class FieldGenerator(Protocol):
    """What draws slides; see `smearsynth.gans.field_sampling.FieldGenerator`."""

    um_per_px: float | None

    def paint(
        self, owners: np.ndarray, category_ids: np.ndarray, dense: np.ndarray, *, style: np.ndarray, key: int, tile: int | None
    ) -> np.ndarray:
        """Draw a smear: RGB uint8."""


def painted(
    generator: FieldGenerator,
    styles: np.ndarray,
    nucleus: Nucleus,
    *,
    white: frozenset[int],
    seed: int,
    style: int | None = None,
    tile: int | None = None,
) -> Painter:
    """Paint each slide in one piece.

    Parameters
    ----------
    generator : FieldGenerator
    styles : ndarray of float32, shape (n, entries)
        Styles to choose from.
    nucleus : callable
        See `measured`.
    white : frozenset of int
        Types of white cells, whose nuclei are told.
    seed : int
        The run's.
    style : int, optional
        The style of every slide; each draws one of its own unless given.
    tile : int, optional
        Side of the tiles in pixels; None draws a slide at once.

    Raises
    ------
    UserError
        If there is no such style.
    """
    if style is not None and not 0 <= style < len(styles):
        raise UserError.of("slides.render.style", f"{style}", f"from 0 to {len(styles) - 1}, or null for one at random a slide")

    def painter(layout: dict, windows: list[Window], shape: tuple[int, int]) -> np.ndarray:
        path = (seed, "slides", layout["index"])
        owner = own(windows, shape)
        chosen = styles[rng(*path, "style").integers(len(styles)) if style is None else style]
        ids = np.array([cell["category_id"] for cell in layout["cells"]], np.int64)
        dense = nuclei(layout["cells"], windows, owner, nucleus, white)
        return generator.paint(owner, ids, dense, style=chosen, key=entropy(*path, "field"), tile=tile)

    return painter


def nuclei(cells: list[dict], windows: list[Window], owner: np.ndarray, nucleus: Nucleus, white: frozenset[int]) -> np.ndarray:
    """The dense map of a slide: each white cell's measured nucleus, carried to where the cell is seen.

    Parameters
    ----------
    cells : list of dict
        Of the layout, in paint order.
    windows : list of Window
        Their masks.
    owner : ndarray of int32, shape (height, width)
        From `smearsynth.layouts.raster.own`.
    nucleus : callable
    white : frozenset of int

    Returns
    -------
    ndarray of bool, shape (height, width)
    """
    dense = np.zeros(owner.shape, bool)
    for number, (cell, part) in enumerate(zip(cells, windows, strict=True), start=1):
        if cell["category_id"] not in white or part.area == 0:
            continue
        region, (left, top) = nucleus(cell["source_id"])
        if not region.any():
            continue
        matrix = np.array(cell["affine"], float)
        matrix[:, 2] += matrix[:, :2] @ (left, top)
        # Warped as grey levels and cut at half: the outline stays smooth at any turn and size.
        warped = cutout.warp(region * np.uint8(255), matrix, part.slices)
        dense[part.slices] |= (warped >= 128) & (owner[part.slices] == number)
    return dense


def measured(sources: Sources) -> Nucleus:
    """Measures the dense region of cells of the catalogue in their own pictures, as training did, each once while it is kept."""
    kept: OrderedDict[int, tuple[np.ndarray, tuple[int, int]]] = OrderedDict()

    def nucleus(source_id: int) -> tuple[np.ndarray, tuple[int, int]]:
        if source_id not in kept:
            mask = sources.cells[source_id].mask()
            left, top, width, height = map(int, coco.box(mask))
            part = (slice(top, top + height), slice(left, left + width))
            region = guides.dense(sources.picture(source_id)[0][part], mask[part])
            # A rim of nothing around it, for a warp repeats what lies at the border.
            kept[source_id] = np.pad(region, 1), (left - 1, top - 1)
            if len(kept) > KEPT:
                kept.popitem(last=False)
        kept.move_to_end(source_id)
        return kept[source_id]

    return nucleus


def check_scale(layouts: list[dict], sources: Sources, um_per_px: float | None) -> None:
    """Raise a `UserError` where a layout's cells are much larger or smaller than those that a generator was trained on.

    Parameters
    ----------
    layouts : list of dict
    sources : Sources
    um_per_px : float or None
        Of the generator's pixels; nothing is checked where it or the sources' own are not known.
    """
    scales, ratios = [], []
    for cell in (cell for layout in layouts for cell in layout["cells"]):
        size = sources.cells[cell["source_id"]].image.get("um_per_px")
        if size and um_per_px:
            scales.append(float(np.sqrt(abs(np.linalg.det(np.array(cell["affine"])[:, :2])))))
            ratios.append(scales[-1] * um_per_px / size)
    if not ratios or 1 / NEAR <= np.median(ratios) <= NEAR:
        return
    what = f"cells are {np.median(ratios):.2f} times as large as those that the generator was trained on"
    needed = float(np.median(scales) / np.median(ratios))
    fix = f"set it to {um_per_px:.3g}, or leave it null and set layouts.scale around {needed:.2g}, and draw the layouts anew"
    raise UserError.of("layouts.um_per_px", what, fix)
