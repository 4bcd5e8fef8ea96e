"""The outlines that layouts draw from: whole cells of the catalogue, by type, and a differential over the types."""

from dataclasses import dataclass, replace

import cv2
import numpy as np

from smearsynth.cells.catalogue import Catalogue
from smearsynth.errors import Problem, UserError, raise_all
from smearsynth.layouts.options import Share
from smearsynth.taxonomy import KINDS, Taxonomy

CUT = 0.1
"""A cell is cut by its picture when more than this share of its outline runs along the picture's border."""

NO_CELL = "has no whole cell in the catalogue's split"
MORE_CELLS = "add cells of it to a source, or choose layouts.shapes: all"


@dataclass(frozen=True)
class Shape:
    """The outline of one cell of the catalogue.

    Parameters
    ----------
    source_id : int
        Annotation id in the catalogue.
    category_id : int
        Cell type.
    kind : str
        The type's kind: white, red or platelet.
    polygon : ndarray, shape (n, 2)
        (x, y) in pixels of its picture.
    centre : ndarray, shape (2,)
        Centre of its smallest enclosing circle.
    radius : float
        Radius of that circle in pixels.
    area : float
        Area in square pixels.
    unit : float
        Pixels of a slide to one pixel of its picture, before any change of size.
    """

    source_id: int
    category_id: int
    kind: str
    polygon: np.ndarray
    centre: np.ndarray
    radius: float
    area: float
    unit: float = 1.0


def collect(catalogue: Catalogue, taxonomy: Taxonomy, *, split: str, um_per_px: float | None = None) -> dict[int, list[Shape]]:
    """Whole cells' outlines by type.

    Parameters
    ----------
    catalogue : Catalogue
    taxonomy : Taxonomy
        Types of kind background carry no shape.
    split : str
        ``train``, ``test`` or ``all``.
    um_per_px : float, optional
        Resolution of the slides.

    Returns
    -------
    dict of int to list of Shape
        Types without a whole cell are absent. Cells that their own picture's border cuts are left out.

    Raises
    ------
    UserError
        For sources whose resolution is not known, where one is asked for.
    """
    kinds = {t.id: t.kind for t in taxonomy.types if t.kind != "background"}
    found: dict[int, list[Shape]] = {}
    chosen = catalogue.select(split=None if split == "all" else split, category_ids=set(kinds))
    if um_per_px is not None:
        unknown = sorted({str(cell.image["source"]) for cell in chosen if not cell.image.get("um_per_px")})
        fix = "give um_per_px of the source in cells.sources, or set layouts.um_per_px to null"
        raise_all(Problem("layouts.um_per_px", f"the resolution of source {name} is not known", fix) for name in unknown)
    for cell in chosen:
        polygon = cell.polygons[0]
        if border_share(polygon, cell.shape) > CUT:
            continue
        (x, y), radius = cv2.minEnclosingCircle(polygon.astype(np.float32))
        unit = cell.image["um_per_px"] / um_per_px if um_per_px else 1.0
        kind, centre = kinds[cell.category_id], np.array([x, y])
        shape = Shape(cell.id, cell.category_id, kind, polygon, centre, float(radius), area(polygon), unit)
        found.setdefault(cell.category_id, []).append(shape)
    return found


def area(polygon: np.ndarray) -> float:
    """Area of a polygon (n, 2) in square pixels."""
    return float(cv2.contourArea((polygon - polygon[0]).astype(np.float32)))


def border_share(polygon: np.ndarray, shape: tuple[int, int]) -> float:
    """Share of an outline's length that runs along the border of a picture of (height, width)."""
    ends = np.roll(polygon, -1, axis=0)
    lengths = np.linalg.norm(ends - polygon, axis=1)
    at_border = np.zeros(len(polygon), bool)
    for axis, last in ((0, shape[1] - 1), (1, shape[0] - 1)):
        at_border |= (polygon[:, axis] <= 0.5) & (ends[:, axis] <= 0.5)
        at_border |= (polygon[:, axis] >= last - 0.5) & (ends[:, axis] >= last - 0.5)
    return float(lengths[at_border].sum() / max(lengths.sum(), 1e-9))


def shares(differential: tuple[Share, ...], shapes: dict[int, list[Shape]], taxonomy: Taxonomy) -> dict[int, float]:
    """A differential by type id, summing to 1.

    Parameters
    ----------
    differential : tuple of Share
        By type name, or by kind for all its types that are not named (shared out by the number of shapes).
    shapes : dict
        From `collect`.
    taxonomy : Taxonomy

    Raises
    ------
    UserError
        For every unknown name and every type or kind with a share but without a cell.
    """
    problems: list[Problem] = []
    result: dict[int, float] = {}
    named = {t.id for entry in differential if entry.type not in KINDS and (t := taxonomy.find(entry.type))}
    for name, share in ((entry.type, entry.share) for entry in differential):
        where = f"layouts.packed.differential: {name}"
        found = taxonomy.find(name)
        if name in KINDS and name != "background":
            members = [t for t in taxonomy.of_kind(name) if t.id not in named and t.id in shapes]
            if share > 0 and not members:
                problems.append(_no_cells(where, f"kind {name}"))
            total = sum(len(shapes[t.id]) for t in members)
            for t in members:
                result[t.id] = result.get(t.id, 0.0) + share * len(shapes[t.id]) / total
        elif found is None or found.kind == "background":
            known = ", ".join(t.name for t in taxonomy.types if t.kind != "background")
            problems.append(Problem(where, "no such cell type", f"a kind (white, red, platelet) or one of {known}"))
        elif share > 0 and found.id not in shapes:
            problems.append(_no_cells(where, found.name))
        elif found.id in result:
            problems.append(Problem(where, f"names {found.name} a second time", "keep one of the two"))
        elif share > 0:
            result[found.id] = share
    raise_all(problems)
    return {key: share for key, share in result.items() if share > 0}


def weighted(by_type: dict[int, float], kinds: dict[str, float], taxonomy: Taxonomy) -> dict[int, float]:
    """A differential whose kinds have other shares; within a kind its types share as before.

    Parameters
    ----------
    by_type : dict of int to float
        From `shares`.
    kinds : dict of str to float
        Shares of the kinds, summing to 1.
    taxonomy : Taxonomy

    Raises
    ------
    UserError
        For every kind with a share, but without one in `by_type`.
    """
    sums = {kind: sum(by_type.get(t.id, 0.0) for t in taxonomy.of_kind(kind)) for kind in kinds}
    raise_all(
        Problem(
            "layouts.packed.differential", f"no {kind}, which {share:.1%} of the reference's cells are", f"give {kind} a share"
        )
        for kind, share in kinds.items()
        if share > 0 and sums[kind] == 0
    )
    return {
        key: kinds[taxonomy[key].kind] * share / sums[taxonomy[key].kind]
        for key, share in by_type.items()
        if kinds.get(taxonomy[key].kind, 0) > 0
    }


def sized(
    shapes: dict[int, list[Shape]],
    diameters: dict[str, tuple[float, ...]],
    *,
    levels: tuple[float, ...],
    red: float | None = None,
) -> dict[int, list[Shape]]:
    """Shapes whose cells are as large as a reference's, kind by kind; the larger of two stays the larger one.

    A catalogue's platelets are those that somebody chose to photograph, some twice as large as those that lie about in a smear,
    and red cells found standing alone are smaller than those of whole fields.

    Parameters
    ----------
    shapes : dict
        From `collect`.
    diameters : dict of str to tuple of float
        By kind the diameters of the reference's cells at `levels`, in diameters of a red cell; other kinds stay as they are.
    levels : tuple of float
        Quantiles, rising.
    red : float, optional
        The reference's diameter of a red cell in pixels of a slide; without it, that of the shapes' own red cells.

    Returns
    -------
    dict of int to list of Shape
        With other units. A diameter at one of the catalogue's quantiles becomes the reference's; between them straight lines
        lead from one to the next, and beyond them the last one's factor holds.
    """
    own = {kind: np.sort([_diameter(s) for of in shapes.values() for s in of if s.kind == kind]) for kind in KINDS}
    if red is None:
        if not len(own["red"]):
            return shapes
        red = float(np.median(own["red"]))
    lines = {kind: (np.quantile(own[kind], levels), red * np.array(diameters[kind])) for kind in diameters if len(own[kind])}

    def fitted(shape: Shape) -> Shape:
        if shape.kind not in lines:
            return shape
        before, after = lines[shape.kind]
        within = np.clip(_diameter(shape), before[0], before[-1])
        return replace(shape, unit=shape.unit * float(np.interp(within, before, after) / within))

    return {key: [fitted(shape) for shape in of] for key, of in shapes.items()}


def _diameter(shape: Shape) -> float:
    """Of a disc of a shape's area, in pixels of a slide."""
    return 2 * float(np.sqrt(shape.area / np.pi)) * shape.unit


def _no_cells(where: str, what: str) -> Problem:
    return Problem(where, f"{what} {NO_CELL}", f"set its share to 0, {MORE_CELLS}")


def by_kind(shapes: dict[int, list[Shape]], taxonomy: Taxonomy, kind: str) -> list[Shape]:
    """All shapes of a kind; a `UserError` where there is none."""
    found = [shape for t in taxonomy.of_kind(kind) for shape in shapes.get(t.id, [])]
    if not found:
        raise UserError.of("layouts.kind: dgm", f"kind {kind} {NO_CELL}", f"choose kind: packed, {MORE_CELLS}")
    return found
