"""What fields look like as arrangements of cells, measured on owner maps: of real fields, and of layouts in the same way.

Lengths are in diameters of a common red cell, so that fields and layouts of any resolution compare.
"""

from collections.abc import Iterable
from dataclasses import asdict, dataclass

import numpy as np
from scipy.ndimage import distance_transform_edt
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from smearsynth.errors import UserError
from smearsynth.layouts import pair_correlation

KINDS = ("red", "white", "platelet")
NEAR = 0.05
"""Cells touch when less than so much free smear lies between them (and no more than the next pixel, in coarse pictures)."""
LARGEST_GROUP = 12
"""Larger groups of touching cells count as such of this size."""
EDGES = np.round(np.arange(0, 3.01, 0.1), 6)
"""Bins of the pair correlation."""
FROM = 0.5
"""Nearer pairs do not enter the distance between two pair correlations: there are next to none of them."""
QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)


@dataclass(frozen=True)
class Arrangement:
    """One field or layout.

    Parameters
    ----------
    coverage : float
        Share of the frame under cells.
    counts : tuple of int
        Cells by `KINDS`, those that the frame cuts among them.
    frame : float
        Area of the frame, in squared diameters of a red cell.
    diameters : tuple of tuple of float
        Of discs of the area of each whole cell, by `KINDS`.
    groups : tuple of int
        Whole red cells by the size of the group of touching red cells that they are in: 1 (alone), 2, … `LARGEST_GROUP`.
    observed, expected : tuple of float
        Pairs of red cells by distance, see `pair_correlation.pairs`.
    """

    coverage: float
    counts: tuple[int, ...]
    frame: float
    diameters: tuple[tuple[float, ...], ...]
    groups: tuple[int, ...]
    observed: tuple[float, ...]
    expected: tuple[float, ...]


@dataclass(frozen=True)
class Reference:
    """What many fields have in common.

    Parameters
    ----------
    side : float
        Of a square as large as the median field, in diameters of a red cell.
    coverages : tuple of float
        Of each field.
    kinds : tuple of float
        Shares of the cells by `KINDS`, over all fields.
    per_area : tuple of float
        Cells per squared diameter of a red cell by `KINDS`, over all fields.
    diameters : dict of str to tuple of float
        By kind the `QUANTILES` of the whole cells' diameters.
    groups : tuple of float
        Shares of the red cells by the size of their group of touching red cells.
    g : tuple of float
        Pair correlation of red cells in the bins `EDGES`.
    floor : float
        Distance between the pair correlations of every other field and of the rest: what chance brings about.
    red_um : float or None
        Diameter of a red cell in micrometres; None where the resolution of the fields is not known, or they have several.
    """

    side: float
    coverages: tuple[float, ...]
    kinds: tuple[float, ...]
    per_area: tuple[float, ...]
    diameters: dict[str, tuple[float, ...]]
    groups: tuple[float, ...]
    g: tuple[float, ...]
    floor: float
    red_um: float | None = None

    @property
    def touching(self) -> float:
        """Share of the red cells that touch another one."""
        return 1 - self.groups[0]

    def content(self) -> dict:
        """For a JSON file; the inverse of `load`."""
        rounded = {key: _rounded(value) for key, value in asdict(self).items()}
        names = {"touching": round(self.touching, 6), "order": list(KINDS), "edges": EDGES.tolist(), "quantiles": list(QUANTILES)}
        return rounded | names


def load(content: dict, *, where: str) -> Reference:
    """A reference from the content of its file; a `UserError` where it is none, or of other bins."""
    try:
        if content["edges"] != EDGES.tolist() or content["order"] != list(KINDS):
            raise KeyError("edges")
        return Reference(
            side=float(content["side"]),
            coverages=tuple(content["coverages"]),
            kinds=tuple(content["kinds"]),
            per_area=tuple(content["per_area"]),
            diameters={kind: tuple(values) for kind, values in content["diameters"].items()},
            groups=tuple(content["groups"]),
            g=tuple(content["g"]),
            floor=float(content["floor"]),
            red_um=None if content["red_um"] is None else float(content["red_um"]),
        )
    except (KeyError, TypeError):
        raise UserError.of(where, "is no reference of layouts", "make it with: layouts measure") from None


def red_diameter(fields: Iterable[tuple[np.ndarray, np.ndarray]]) -> float:
    """The diameter in pixels of a disc as large as the median whole red cell.

    Parameters
    ----------
    fields : iterable of (owners, kinds)
        See `arrangement`.

    Raises
    ------
    UserError
        If no field holds a whole red cell.
    """
    areas = [_areas(owners, len(kinds))[_whole(owners, len(kinds)) & (kinds == 0)] for owners, kinds in fields]
    found = np.concatenate([*areas, np.zeros(0)])
    if len(found) == 0:
        raise UserError.of("layouts measure", "no whole red cell in any field", "give fields with red cells")
    return float(2 * np.sqrt(np.median(found) / np.pi))


def arrangement(owners: np.ndarray, kinds: np.ndarray, *, diameter: float) -> Arrangement:
    """Measure one field or layout.

    Parameters
    ----------
    owners : ndarray of int, shape (height, width)
        0 is empty smear, k the pixels of cell k.
    kinds : ndarray of int, shape (n,)
        Place of each cell's kind in `KINDS`, of cell k at k - 1.
    diameter : float
        Of a red cell in pixels.
    """
    count = len(kinds)
    areas, whole = _areas(owners, count), _whole(owners, count)
    seen = areas > 0
    red = (kinds == 0) & seen
    counts = tuple(int(np.count_nonzero(seen & (kinds == k))) for k in range(len(KINDS)))
    sizes = tuple(tuple(2 * np.sqrt(areas[seen & whole & (kinds == k)] / np.pi) / diameter) for k in range(len(KINDS)))
    groups = group_sizes(owners, red, reach=max(1.5, NEAR * diameter))[whole & red]
    # A cell's centre is known where it lies whole in the frame, and chance may put it wherever no white cell is in its way.
    reach = diameter / 2
    window = distance_transform_edt(np.pad(~np.isin(owners, 1 + np.flatnonzero(kinds == 1)), 1))[1:-1, 1:-1] > reach
    observed, expected = pair_correlation.pairs(_centres(owners, areas)[red], window, EDGES * diameter)
    return Arrangement(
        coverage=float(np.count_nonzero(owners) / owners.size),
        counts=counts,
        frame=owners.size / diameter**2,
        diameters=sizes,
        groups=tuple(np.bincount(np.minimum(groups, LARGEST_GROUP), minlength=LARGEST_GROUP + 1)[1:].tolist()),
        observed=tuple(observed),
        expected=tuple(expected),
    )


def tiles(owners: np.ndarray, kinds: np.ndarray, *, side: float | None) -> list[Arrangement]:
    """Measure a layout in parts as large as the fields that it is compared with, since smaller frames cut more groups.

    Parameters
    ----------
    owners, kinds
        See `arrangement`.
    side : float or None
        Of the parts, in diameters of a red cell; what is left over at the far sides is not measured. None measures it whole.
    """
    diameter = red_diameter([(owners, kinds)])
    step = max(owners.shape) if side is None else max(1, round(side * diameter))
    last = [max(length - step, 0) for length in owners.shape]
    corners = [(top, left) for top in range(0, last[0] + 1, step) for left in range(0, last[1] + 1, step)]
    parts = [np.ascontiguousarray(owners[top : top + step, left : left + step]) for top, left in corners]
    return [arrangement(part, kinds, diameter=diameter) for part in parts]


def pooled(found: list[Arrangement], *, red_um: float | None = None) -> Reference:
    """What arrangements have in common; a `UserError` if there is none. `red_um`: see `Reference`."""
    if not found:
        raise UserError.of("layouts measure", "no field to measure", "give fields with annotated cells")
    counts = np.sum([a.counts for a in found], axis=0)
    groups = np.sum([a.groups for a in found], axis=0)
    sizes = {kind: np.concatenate([np.array(a.diameters[k]) for a in found]) for k, kind in enumerate(KINDS)}
    return Reference(
        side=float(np.sqrt(np.median([a.frame for a in found]))),
        coverages=tuple(sorted(a.coverage for a in found)),
        kinds=tuple(counts / max(counts.sum(), 1)),
        per_area=tuple(counts / sum(a.frame for a in found)),
        diameters={kind: tuple(np.quantile(values, QUANTILES)) for kind, values in sizes.items() if len(values)},
        groups=tuple(groups / max(groups.sum(), 1)),
        g=tuple(correlation(found)),
        floor=distance(correlation(found[::2]), correlation(found[1::2])) if len(found) > 1 else 0.0,
        red_um=red_um,
    )


def correlation(found: list[Arrangement]) -> np.ndarray:
    """The pair correlation of red cells over many fields, 0 in bins where not even chance would have a pair."""
    observed, expected = (np.sum([getattr(a, name) for a in found], axis=0) for name in ("observed", "expected"))
    return np.divide(observed, expected, out=np.zeros(len(observed)), where=expected > 0)


def distance(one: np.ndarray | tuple[float, ...], other: np.ndarray | tuple[float, ...]) -> float:
    """Root mean squared difference of two pair correlations, from `FROM` diameters on."""
    far = EDGES[:-1] >= FROM - 1e-9
    return float(np.sqrt(np.mean((np.asarray(one)[far] - np.asarray(other)[far]) ** 2)))


def group_sizes(owners: np.ndarray, chosen: np.ndarray, *, reach: float) -> np.ndarray:
    """Of each chosen cell the size of the group of touching chosen cells that it is in; 0 for the others, shape (n,)."""
    first, second = contacts(owners, reach=reach)
    kept = chosen[first] & chosen[second]
    links = coo_array((np.ones(np.count_nonzero(kept), np.int8), (first[kept], second[kept])), shape=(len(chosen),) * 2)
    _, label = connected_components(links, directed=False)
    return np.where(chosen, np.bincount(label)[label], 0)


def contacts(owners: np.ndarray, *, reach: float) -> tuple[np.ndarray, np.ndarray]:
    """Pairs of cells with pixels at most `reach` apart (between pixel centres): indices from 0, the lower one first."""
    most = int(owners.max(initial=0)) + 1
    steps = int(np.floor(reach))
    found = []
    for down in range(steps + 1):
        for right in range(-steps, steps + 1):
            if (down, right) <= (0, 0) or down**2 + right**2 > reach**2:
                continue
            a = owners[: owners.shape[0] - down, max(0, -right) : owners.shape[1] - max(0, right)]
            b = owners[down:, max(0, right) : owners.shape[1] - max(0, -right)]
            meet = (a != b) & (a > 0) & (b > 0)
            low, high = np.minimum(a[meet], b[meet]).astype(np.int64), np.maximum(a[meet], b[meet]).astype(np.int64)
            found.append(np.unique(low * most + high))
    pairs = np.unique(np.concatenate(found)) if found else np.zeros(0, np.int64)
    return pairs // most - 1, pairs % most - 1


def _areas(owners: np.ndarray, count: int) -> np.ndarray:
    return np.bincount(owners.ravel(), minlength=count + 1)[1 : count + 1]


def _whole(owners: np.ndarray, count: int) -> np.ndarray:
    """Which cells do not touch the frame."""
    whole = np.ones(count + 1, bool)
    whole[np.concatenate([owners[0], owners[-1], owners[:, 0], owners[:, -1]])] = False
    return whole[1:]


def _centres(owners: np.ndarray, areas: np.ndarray) -> np.ndarray:
    """Centres of gravity (x, y), shape (n, 2); of cells without a pixel too, at (0, 0)."""
    rows, columns = np.nonzero(owners)
    label = owners[rows, columns]
    sums = [np.bincount(label, along, len(areas) + 1)[1:] for along in (columns, rows)]
    return np.column_stack(sums) / np.maximum(areas, 1)[:, None]


def numbers(kinds: list[str]) -> np.ndarray:
    """Places of kinds in `KINDS`, int, shape (n,)."""
    return np.array([KINDS.index(kind) for kind in kinds], int)


def _rounded(value):
    if isinstance(value, dict):
        return {key: _rounded(v) for key, v in value.items()}
    if isinstance(value, tuple):
        return [round(float(v), 6) for v in value]
    return None if value is None else round(float(value), 6)
