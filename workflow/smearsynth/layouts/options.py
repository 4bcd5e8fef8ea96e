"""What the `layouts` section may say."""

import math
from dataclasses import dataclass, field
from typing import Literal

from smearsynth.errors import Problem, raise_all

Split = Literal["train", "test", "all"]
SMALLEST, LARGEST = 256, 8192
DENSEST = math.pi / math.sqrt(12)
"""Share of the plane that equal discs cover at most (hexagonal packing, 0.9069)."""
MOST_COVERED = 0.7
"""Share of a slide up to which cells that do not overlap find room."""


@dataclass(frozen=True)
class Share:
    """One entry of a differential.

    Parameters
    ----------
    type : str
        A cell type, or a kind (``white``, ``red``, ``platelet``) for its types that are not named themselves, as
        frequent among each other as in the catalogue.
    share : float
        Of the cells, in [0, 1].
    """

    type: str
    share: float


@dataclass(frozen=True)
class PackedOptions:
    """Placement that always ends and reports what was asked against what came out.

    Parameters
    ----------
    count : int or None
        Cells in a slide; exactly one of `count` and `coverage` is given.
    coverage : float or None
        Share of the slide that cells cover, in (0, 0.9).
    min_gap : float
        Free distance in pixels between two cells; 0 where `overlap` is above 0.
    overlap : float
        Largest share of the smaller of two cells that may lie under or over the other, in [0, 0.9]; two white cells
        never overlap.
    differential : tuple of Share
        Shares of the cells, summing to 1. A list, so that a preset replaces it whole.
    like : str or None
        ``reference``: coverage, shares of the kinds and clusters are those of measured reference fields; `differential` then
        says how types share within their kind alone.
    clusters : float
        Share of the red cells in groups of touching ones, in [0, 1].
    cluster_size : float
        Cells of such a group in the mean, from 2.
    rouleaux : float
        Share of the red cells in rouleaux, in [0, 1].
    rouleau_length : float
        Cells of a rouleau in the mean, from 2.
    """

    differential: tuple[Share, ...]
    count: int | None = None
    coverage: float | None = None
    min_gap: float = 2.0
    overlap: float = 0.0
    like: Literal["reference"] | None = None
    clusters: float = 0.0
    cluster_size: float = 3.0
    rouleaux: float = 0.0
    rouleau_length: float = 5.0

    def __post_init__(self) -> None:
        problems = []
        if self.like is not None and (self.count is not None or self.coverage is not None or self.clusters):
            given = f"count {self.count}, coverage {self.coverage}, clusters {self.clusters} beside like: {self.like}"
            problems.append(Problem("like", given, "set count and coverage to null and clusters to 0: the reference gives them"))
        if self.like is None and (self.count is None) == (self.coverage is None):
            problems.append(
                Problem("count, coverage", f"got {self.count} and {self.coverage}", "give one of them and set the other to null")
            )
        if self.count is not None and self.count < 1:
            problems.append(Problem("count", f"got {self.count}", "1 or more"))
        if self.coverage is not None and not 0 < self.coverage < 1:
            problems.append(Problem("coverage", f"got {self.coverage}", "a share above 0 and below 1"))
        if self.coverage is not None and self.overlap == 0 and self.coverage > MOST_COVERED:
            fix = f"at most {MOST_COVERED}, or permit overlap: without it not even equal discs in a lattice pass {DENSEST:.2f}"
            problems.append(Problem("coverage", f"{self.coverage} cannot be reached by cells that do not overlap", fix))
        if self.min_gap < 0:
            problems.append(Problem("min_gap", f"got {self.min_gap}", "0 or more pixels"))
        if not 0 <= self.overlap <= 0.9:
            problems.append(Problem("overlap", f"got {self.overlap}", "a share from 0 to 0.9"))
        if self.overlap > 0 and self.min_gap > 0:
            problems.append(Problem("min_gap, overlap", "both above 0", "set min_gap to 0 where cells may overlap"))
        problems += self._groups()
        for entry in self.differential:
            if not entry.share >= 0:
                problems.append(Problem(f"differential: {entry.type}", f"got {entry.share}", "a share of 0 or more"))
        total = sum(entry.share for entry in self.differential)
        if not abs(total - 1) < 1e-6:
            problems.append(Problem("differential", f"the shares sum to {total:.6g}", "they sum to 1"))
        raise_all(problems)

    def _groups(self) -> list[Problem]:
        problems = [
            Problem(name, f"got {getattr(self, name)}", "a share from 0 to 1")
            for name in ("clusters", "rouleaux")
            if not 0 <= getattr(self, name) <= 1
        ]
        problems += [
            Problem(name, f"got {getattr(self, name)}", "from 2 to 50 cells")
            for name in ("cluster_size", "rouleau_length")
            if not 2 <= getattr(self, name) <= 50
        ]
        if self.clusters + self.rouleaux > 1:
            problems.append(Problem("clusters, rouleaux", f"sum to {self.clusters + self.rouleaux:g}", "at most 1 together"))
        if (self.clusters or self.rouleaux or self.like) and self.min_gap > 0:
            problems.append(Problem("min_gap", f"{self.min_gap} px between cells that are to touch", "set min_gap to 0"))
        return problems


@dataclass(frozen=True)
class DgmOptions:
    """The thesis's layout (3.2, 3.5): a Dorogovtsev-Goltsev-Mendes graph laid out by ForceAtlas2.

    Parameters
    ----------
    generation : int
        Generation g of the graph, (3^g + 3) / 2 cells; the thesis shows 4, 42 cells.
    iterations : int
        Of ForceAtlas2.
    repulsion : float
        Its repulsion (networkx calls it ``scaling_ratio``).
    red_to_white : float
        Red cells to one white cell.
    attempts : int
        Layouts that may be drawn for one slide before it is given up.
    """

    generation: int = 4
    iterations: int = 200
    repulsion: float = 0.001
    red_to_white: float = 4.0
    attempts: int = 1000

    def __post_init__(self) -> None:
        problems = [
            Problem(name, f"got {getattr(self, name)}", f"from {low} to {high}")
            for name, low, high in (
                ("generation", 1, 7),
                ("iterations", 1, 10_000),
                ("repulsion", 1e-9, 1e3),
                ("red_to_white", 0, 1000),
                ("attempts", 1, 1_000_000),
            )
            if not low <= getattr(self, name) <= high
        ]
        raise_all(problems)


@dataclass(frozen=True)
class LayoutOptions:
    """The `layouts` section.

    Parameters
    ----------
    kind : str
        ``packed`` or ``dgm``.
    size : tuple of int
        Height and width of a slide in pixels, each from 256 to 8192.
    shapes : str
        Which cells' outlines are used: of the ``train`` split, the ``test`` split or ``all``.
    scale : tuple of float
        Smallest and largest size of a cell, relative to its size in its own picture, or, where `um_per_px`
        is given, to its true size.
    um_per_px : float or None
        Resolution of the slides, in micrometres a pixel; None leaves cells as many pixels as they have in their own picture.
    border : str
        ``cut``: the frame may cut cells, as in a real field; ``inside``: cells lie wholly in it (thesis 3.5).
    packed, dgm
        Options of the two kinds.
    """

    kind: Literal["packed", "dgm"]
    size: tuple[int, int]
    packed: PackedOptions
    shapes: Split = "train"
    scale: tuple[float, float] = (0.9, 1.1)
    um_per_px: float | None = None
    border: Literal["cut", "inside"] = "cut"
    dgm: DgmOptions = field(default_factory=DgmOptions)

    def __post_init__(self) -> None:
        problems = []
        if not all(SMALLEST <= side <= LARGEST for side in self.size):
            problems.append(Problem("size", f"got {list(self.size)}", f"height and width from {SMALLEST} to {LARGEST} px"))
        if not 0.05 <= self.scale[0] <= self.scale[1] <= 10:
            problems.append(Problem("scale", f"got {list(self.scale)}", "smallest and largest factor, from 0.05 to 10"))
        if self.um_per_px is not None and not 0.01 <= self.um_per_px <= 10:
            problems.append(Problem("um_per_px", f"got {self.um_per_px}", "from 0.01 to 10 µm a pixel, or null"))
        if self.kind == "dgm" and self.border != "inside":
            problems.append(Problem("border", f"got {self.border} with kind dgm", "inside: the thesis discards cut cells"))
        raise_all(problems)
