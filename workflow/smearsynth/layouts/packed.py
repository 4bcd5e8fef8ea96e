"""Packed layouts: as many cells as asked for, of the types asked for, wherever chance puts them and room allows."""

from dataclasses import dataclass

import numpy as np

from smearsynth.errors import UserError
from smearsynth.layouts import raster
from smearsynth.layouts.frame import Frame
from smearsynth.layouts.options import DENSEST, LayoutOptions
from smearsynth.layouts.placement import Placed, cell_entry, composition
from smearsynth.layouts.raster import Window
from smearsynth.layouts.relax import closeness_of, spread
from smearsynth.layouts.shapes import Shape
from smearsynth.taxonomy import Taxonomy

GOLDEN = (5**0.5 - 1) / 2
OUTSIDE = 0.5
"""A centre may lie outside the frame by this share of the cell's radius."""
RESTARTS = 6
"""A layout in which a cell found no room is begun anew so often, if it is small enough for that to be quick."""
NUDGES = 24
"""A cell that touches another is turned and moved a little so often before room is looked for elsewhere."""
EXCHANGES = 8
"""A cell that finds no room is exchanged for another of its type so often before it is given up."""


@dataclass
class _Cell:
    """A cell that has its shape, size and rotation but perhaps no place yet."""

    shape: Shape
    scale: float
    angle: float
    mirror: bool
    placed: Placed | None = None
    exchanged: bool = False

    @property
    def radius(self) -> float:
        return self.shape.radius * self.scale

    @property
    def area(self) -> float:
        return self.shape.area * self.scale**2


def types(shares: dict[int, float], rng: np.random.Generator):
    """An endless sequence of type ids whose every beginning has the shares as nearly as whole cells allow.

    Each id stands at each place with exactly its share as probability (over seeds): the golden-ratio sequence from a
    random start, looked up in the cumulated shares.
    """
    ids = np.array(sorted(shares))
    ids = ids[rng.permutation(len(ids))]
    steps = np.cumsum([shares[i] for i in ids])
    where = rng.random()
    while True:
        yield int(ids[min(np.searchsorted(steps, where * steps[-1], side="right"), len(ids) - 1)])
        where = (where + GOLDEN) % 1.0


def draw(
    options: LayoutOptions, shapes: dict[int, list[Shape]], shares: dict[int, float], taxonomy: Taxonomy, rng: np.random.Generator
) -> tuple[list[dict], dict]:
    """One packed layout.

    Parameters
    ----------
    options : LayoutOptions
    shapes : dict of int to list of Shape
    shares : dict of int to float
        Differential by type id.
    taxonomy : Taxonomy
    rng : Generator

    Returns
    -------
    cells : list of dict
        In paint order: red cells first, then white ones, then platelets.
    achieved : dict
        ``count, coverage, differential, max_overlap``, ``exchanged`` (cells that found room only with another shape
        of their type) and ``discarded`` (cells that found none).
    """
    check_room(options, shapes, shares)
    packed = options.packed
    sequence = types(shares, rng)

    def new() -> _Cell:
        candidates = shapes[next(sequence)]
        shape = candidates[rng.integers(len(candidates))]
        return _Cell(shape, rng.uniform(*options.scale), rng.uniform(0, 2 * np.pi), bool(rng.integers(2)))

    if packed.count is not None:
        cells = [new() for _ in range(packed.count)]
        arrange(cells, options, shapes, rng)
    else:
        cells = _cover(new, packed.coverage or 0.0, options, shapes, rng)
    discarded = sum(cell.placed is None for cell in cells)
    placed = [cell.placed for cell in cells if cell.placed is not None]
    order = sorted(range(len(placed)), key=lambda i: _level(placed[i], rng))
    placed = [placed[i] for i in order]
    entries = [cell_entry(cell, z=(i + 1) / len(placed)) for i, cell in enumerate(placed)]
    exchanged = sum(cell.exchanged and cell.placed is not None for cell in cells)
    achieved = composition(placed, taxonomy, options.size) | {"exchanged": exchanged, "discarded": discarded}
    return entries, achieved


def _level(cell: Placed, rng: np.random.Generator) -> tuple[int, float]:
    """Red cells lie lowest; within a kind chance decides."""
    return ("red", "white", "platelet").index(cell.shape.kind), rng.random()


def check_room(options: LayoutOptions, shapes: dict[int, list[Shape]], shares: dict[int, float]) -> None:
    """Raise a `UserError` where the cells asked for cannot fit, whatever their arrangement."""
    packed = options.packed
    sizes = np.mean(np.square(np.linspace(*options.scale, 21)))
    mean = sizes * sum(share * np.mean([s.area for s in shapes[key]]) for key, share in shares.items())
    beyond = 0.0
    if options.border == "cut":
        beyond = 2 * OUTSIDE * options.scale[1] * max(s.radius for key in shares for s in shapes[key])
    height, width = (side + beyond for side in options.size)
    if packed.count and packed.overlap == 0 and packed.count * mean > DENSEST * height * width:
        raise UserError.of(
            "layouts.packed.count",
            f"{packed.count} cells of {mean:.0f} px on average do not fit into {list(options.size)} px without overlap",
            f"ask for {int(0.5 * height * width / mean)} or fewer, enlarge layouts.size, lower layouts.scale or permit overlap",
        )


def _cover(new, coverage: float, options: LayoutOptions, shapes: dict[int, list[Shape]], rng: np.random.Generator) -> list[_Cell]:
    """Cells until their masks cover the share asked for, to half a cell."""
    height, width = options.size
    goal = coverage * height * width
    cells: list[_Cell] = []
    expected = 0.0
    while expected < goal:
        cells.append(new())
        expected += cells[-1].area
    for _ in range(8):
        arrange(cells, options, shapes, rng)
        kept = [cell.placed.window for cell in cells if cell.placed is not None]
        covered = _covered(kept, options.size)
        mean = float(np.mean([window.area for window in kept])) if kept else 1.0
        missing = goal - covered
        if abs(missing) <= 0.5 * mean or len(kept) < len(cells):
            break
        if missing > 0:
            for _ in range(max(1, round(missing / mean))):
                cells.append(new())
        else:
            # The latest go first, so that the sequence of types stays the one that keeps the differential.
            del cells[len(cells) - max(1, round(-missing / mean)) :]
    return cells


def _covered(windows: list[Window], size: tuple[int, int]) -> int:
    frame = np.zeros(size, bool)
    for part in windows:
        frame[part.slices] |= part.mask
    return int(np.count_nonzero(frame))


def arrange(cells: list[_Cell], options: LayoutOptions, shapes: dict[int, list[Shape]], rng: np.random.Generator) -> None:
    """Give every cell its place, or None where no room is left; cells that have one start from it."""
    radii = np.array([cell.radius for cell in cells])
    low, high = _bounds(radii, options)
    start = rng.uniform(low, high)
    for i, cell in enumerate(cells):
        if cell.placed is not None:
            start[i] = cell.placed.position
    closeness = np.array([1.0 if cell.shape.kind == "white" else closeness_of(options.packed.overlap) for cell in cells])
    for _ in range(RESTARTS):
        centres = spread(start, radii, low, high, gap=options.packed.min_gap, closeness=closeness)
        frame = Frame(options)
        waiting = []
        # Large cells first: what is left over is filled more easily by small ones.
        for i in sorted(range(len(cells)), key=lambda i: -radii[i]):
            cells[i].placed = frame.put(_place(cells[i], centres[i], cells[i].angle, options.size))
            if cells[i].placed is None:
                waiting.append(cells[i])
                _nudge(cells[i], centres[i], frame, rng)
        for cell in waiting:
            if cell.placed is None:
                _squeeze(cell, frame, rng)
        lost = sum(cell.placed is None for cell in waiting)
        if lost == 0 or len(cells) > 200 or lost > 0.1 * len(cells):
            break
        start = rng.uniform(low, high)
    given_up = 0
    for cell in waiting:
        for _ in range(EXCHANGES):
            # Where three cells found no room with any shape, the others will not either.
            if cell.placed is not None or given_up == 3:
                break
            among = shapes[cell.shape.category_id]
            cell.shape, cell.scale = among[rng.integers(len(among))], rng.uniform(*options.scale)
            cell.exchanged = True
            _squeeze(cell, frame, rng)
        given_up += cell.placed is None


def _bounds(radii: np.ndarray, options: LayoutOptions) -> tuple[np.ndarray, np.ndarray]:
    """Where the centres of circles may lie: lowest and highest (x, y) of each, shape (n, 2)."""
    height, width = options.size
    margin = radii + 1 if options.border == "inside" else -OUTSIDE * radii
    middle = np.array([(width - 1) / 2, (height - 1) / 2])
    return np.minimum(margin[:, None], middle), np.maximum(np.array([width - 1, height - 1]) - margin[:, None], middle)


def _place(cell: _Cell, position: np.ndarray, angle: float, size: tuple[int, int]) -> Placed:
    matrix = raster.affine(cell.shape.centre, position=position, scale=cell.scale, angle=angle, mirror=cell.mirror)
    # Rounded here, as it will stand in the file, so that what is checked is what will be painted.
    polygon = np.round(raster.transform(matrix, cell.shape.polygon), 2)
    return Placed(cell.shape, matrix, polygon, np.asarray(position, float), raster.window(polygon, size))


def _nudge(cell: _Cell, position: np.ndarray, frame: Frame, rng: np.random.Generator) -> None:
    """Put a cell near a position where it does not fit as it is: turned, or moved by less than half its radius."""
    for attempt in range(NUDGES):
        moved = position + rng.normal(size=2) * 0.4 * cell.radius * attempt / NUDGES
        cell.placed = frame.put(_place(cell, moved, rng.uniform(0, 2 * np.pi), frame.options.size))
        if cell.placed is not None:
            return


def _squeeze(cell: _Cell, frame: Frame, rng: np.random.Generator) -> None:
    """Put a cell where there is the most room, trying other rotations."""
    low, high = _bounds(np.array([cell.radius]), frame.options)
    for position in frame.free(cell.radius, low[0], high[0], rng):
        cell.placed = frame.put(_place(cell, position, rng.uniform(0, 2 * np.pi), frame.options.size))
        if cell.placed is not None:
            return
