"""Packed layouts: as many cells as asked for, of the types asked for, wherever chance puts them and room allows."""

import numpy as np

from smearsynth.errors import UserError
from smearsynth.layouts import groups
from smearsynth.layouts.candidate import Candidate, place
from smearsynth.layouts.docking import dock, holding
from smearsynth.layouts.frame import Frame
from smearsynth.layouts.options import DENSEST, LayoutOptions
from smearsynth.layouts.placement import Placed, cell_entry, composition
from smearsynth.layouts.raster import Window
from smearsynth.layouts.relax import NO_BONDS, closeness_of, spread
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
APART = (0.06, 0.21)
"""Room that a cell keeps around it where there are groups, in its own diameters: what is in none rarely touches another."""


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
    options: LayoutOptions,
    shapes: dict[int, list[Shape]],
    shares: dict[int, float],
    taxonomy: Taxonomy,
    rng: np.random.Generator,
    *,
    sizes: tuple[float, ...] | None = None,
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
    sizes : tuple of float, optional
        Shares of the red cells by the size of the group of touching ones that they are in, from 1; the options' own clusters
        unless given.

    Returns
    -------
    cells : list of dict
        In paint order: red cells first, those of a rouleau one after another, then white ones, then platelets.
    achieved : dict
        ``count, coverage, differential, max_overlap``, ``exchanged`` (cells that found room only with another shape
        of their type), ``discarded`` (cells that found none) and, where they are asked for, ``rouleaux`` and
        ``rouleau_length``.
    """
    check_room(options, shapes, shares)
    packed = options.packed
    sequence = types(shares, rng)

    def new() -> Candidate:
        candidates = shapes[next(sequence)]
        shape = candidates[rng.integers(len(candidates))]
        return Candidate(shape, shape.unit * rng.uniform(*options.scale), rng.uniform(0, 2 * np.pi), bool(rng.integers(2)))

    if packed.count is not None:
        cells = [new() for _ in range(packed.count)]
        arrange(cells, options, shapes, rng, sizes=sizes)
    else:
        cells = _cover(new, packed.coverage or 0.0, options, shapes, rng, sizes)
    discarded = sum(cell.placed is None for cell in cells)
    placed = _ordered([cell.placed for cell in cells if cell.placed is not None], rng)
    entries = [cell_entry(cell, z=(i + 1) / len(placed)) for i, cell in enumerate(placed)]
    exchanged = sum(cell.exchanged and cell.placed is not None for cell in cells)
    achieved = composition(placed, taxonomy, options.size) | {"exchanged": exchanged, "discarded": discarded}
    if packed.rouleaux > 0:
        achieved |= groups.rouleaux(placed)
    return entries, achieved


def _ordered(cells: list[Placed], rng: np.random.Generator) -> list[Placed]:
    """In paint order: red cells lie lowest, within a kind chance decides, and each cell of a rouleau lies on the one before."""
    levels = [(("red", "white", "platelet").index(cell.shape.kind), rng.random()) for cell in cells]
    first: dict[int, tuple[int, float]] = {}
    for cell, level in zip(cells, levels, strict=True):
        if cell.rouleau >= 0:
            first.setdefault(cell.rouleau, level)
    levels = [first.get(cell.rouleau, level) for cell, level in zip(cells, levels, strict=True)]
    return [cells[i] for i in sorted(range(len(cells)), key=lambda i: (*levels[i], i))]


def check_room(options: LayoutOptions, shapes: dict[int, list[Shape]], shares: dict[int, float]) -> None:
    """Raise a `UserError` where the cells asked for cannot fit, whatever their arrangement."""
    packed = options.packed
    sizes = np.mean(np.square(np.linspace(*options.scale, 21)))
    mean = sizes * sum(share * np.mean([s.unit**2 * s.area for s in shapes[key]]) for key, share in shares.items())
    beyond = 0.0
    if options.border == "cut":
        beyond = 2 * OUTSIDE * options.scale[1] * max(s.unit * s.radius for key in shares for s in shapes[key])
    height, width = (side + beyond for side in options.size)
    if packed.count and packed.overlap == 0 and packed.count * mean > DENSEST * height * width:
        room = int(0.5 * height * width / mean)
        raise UserError.of(
            "layouts.packed.count",
            f"{packed.count} cells of {mean:.0f} px on average do not fit into {list(options.size)} px without overlap",
            f"{f'ask for {room} or fewer, ' if room else ''}enlarge layouts.size, lower layouts.scale or permit overlap",
        )


def _cover(
    new,
    coverage: float,
    options: LayoutOptions,
    shapes: dict[int, list[Shape]],
    rng: np.random.Generator,
    sizes: tuple[float, ...] | None,
) -> list[Candidate]:
    """Cells until their masks cover the share asked for, to half a cell."""
    height, width = options.size
    goal = coverage * height * width
    cells: list[Candidate] = []
    expected = 0.0
    while expected < goal:
        cells.append(new())
        expected += cells[-1].area
    for _ in range(8):
        arrange(cells, options, shapes, rng, sizes=sizes)
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


def arrange(
    cells: list[Candidate],
    options: LayoutOptions,
    shapes: dict[int, list[Shape]],
    rng: np.random.Generator,
    *,
    sizes: tuple[float, ...] | None = None,
) -> None:
    """Give every cell its place, or None where no room is left; cells that have one start from it."""
    members = groups.members(cells, options.packed, sizes, rng)
    radii = np.array([cell.radius for cell in cells])
    low, high = _bounds(radii, options)
    start = rng.uniform(low, high)
    for i, cell in enumerate(cells):
        if cell.placed is not None:
            start[i] = cell.placed.position
    closeness = np.array([1.0 if cell.shape.kind == "white" else closeness_of(options.packed.overlap) for cell in cells])
    bonds, apart = NO_BONDS, radii
    if members:
        # What is in no group keeps apart, if only just, so that the groups are those asked for.
        discs = np.array([cell.disc for cell in cells])
        apart, closeness = discs * (1 + rng.uniform(*APART, len(cells))), np.ones(len(cells))
    for _ in range(RESTARTS):
        for cell in cells:
            cell.placed = None
        if members:
            start, bonds = groups.join(members, start, discs)
        centres = spread(start, apart, low, high, gap=options.packed.min_gap, closeness=closeness, bonds=bonds)
        frame = Frame(options)
        waiting = []
        # Large cells first: what is left over is filled more easily by small ones.
        for i in sorted(range(len(cells)), key=lambda i: -radii[i]):
            cells[i].placed = dock(cells[i], centres[i], holding(i, cells, bonds), frame, rng) or frame.put(
                place(cells[i], centres[i], cells[i].angle, options.size)
            )
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
            cell.shape = among[rng.integers(len(among))]
            cell.scale = cell.shape.unit * rng.uniform(*options.scale)
            cell.exchanged = True
            _squeeze(cell, frame, rng)
        given_up += cell.placed is None


def _bounds(radii: np.ndarray, options: LayoutOptions) -> tuple[np.ndarray, np.ndarray]:
    """Where the centres of circles may lie: lowest and highest (x, y) of each, shape (n, 2)."""
    height, width = options.size
    margin = radii + 1 if options.border == "inside" else -OUTSIDE * radii
    middle = np.array([(width - 1) / 2, (height - 1) / 2])
    return np.minimum(margin[:, None], middle), np.maximum(np.array([width - 1, height - 1]) - margin[:, None], middle)


def _nudge(cell: Candidate, position: np.ndarray, frame: Frame, rng: np.random.Generator) -> None:
    """Put a cell near a position where it does not fit as it is: turned, or moved by less than half its radius."""
    for attempt in range(NUDGES):
        moved = position + rng.normal(size=2) * 0.4 * cell.radius * attempt / NUDGES
        cell.placed = frame.put(place(cell, moved, rng.uniform(0, 2 * np.pi), frame.options.size))
        if cell.placed is not None:
            return


def _squeeze(cell: Candidate, frame: Frame, rng: np.random.Generator) -> None:
    """Put a cell where there is the most room, trying other rotations; it leaves its group."""
    cell.group, cell.rouleau = None, -1
    low, high = _bounds(np.array([cell.radius]), frame.options)
    for position in frame.free(cell.radius, low[0], high[0], rng):
        cell.placed = frame.put(place(cell, position, rng.uniform(0, 2 * np.pi), frame.options.size))
        if cell.placed is not None:
            return
