"""What the stage `studies` may be told: one dataclass for each figure that has a choice to make."""

from dataclasses import dataclass
from typing import Literal

from smearsynth.errors import raise_all
from smearsynth.options import at_least, unfit


@dataclass(frozen=True)
class GraphOptions:
    """Figure 3.1: the graph and its layout (thesis 3.2).

    Parameters
    ----------
    generation : int
        Of the Dorogovtsev-Goltsev-Mendes graph; 4 has 42 nodes and 81 edges.
    iterations : int
        Of ForceAtlas2.
    repulsion : float
        Strength of the repulsion between nodes.
    """

    generation: int
    iterations: int
    repulsion: float

    def __post_init__(self) -> None:
        problems = unfit(
            self,
            ("generation", 1 <= self.generation <= 7, "from 1 (3 nodes) to 7 (1,095 nodes)"),
            ("iterations", self.iterations >= 1, "a whole number above 0"),
            ("repulsion", self.repulsion > 0, "a number above 0"),
        )
        raise_all(problems)


@dataclass(frozen=True)
class LayoutFigureOptions:
    """Figure 3.5: a layout made as in the thesis, whatever kind of layout the run's slides have (thesis 3.5).

    Parameters
    ----------
    generation : int
        Of the graph, whose nodes are the cells: 15, 42, 123 for 3, 4, 5.
    size : tuple of int
        Height and width in pixels; 1024 × 1024 in the thesis.
    scale : tuple of float
        Smallest and largest size of a cell, relative to its size in its own picture. Larger cells overlap more often,
        and a layout with an overlap is discarded.
    attempts : int
        Layouts that may be drawn before the figure says that none could be kept.
    """

    generation: int
    size: tuple[int, int]
    scale: tuple[float, float]
    attempts: int


@dataclass(frozen=True)
class LossOptions:
    """Figures 4.1 to 4.4 and the five checks (thesis 4.2).

    Parameters
    ----------
    smoothing : float
        Weight of the past in TensorBoard's running mean, from 0 (raw) to below 1.
    low : float
        A loss whose running mean falls below this share of its value at equal uncertainty counts as "very low".
    """

    smoothing: float
    low: float

    def __post_init__(self) -> None:
        smoothing = ("smoothing", 0 <= self.smoothing < 1, "from 0 (raw) to below 1; TensorBoard starts at 0.6")
        raise_all(unfit(self, smoothing, ("low", 0 < self.low < 1, "a share above 0 and below 1")))


@dataclass(frozen=True)
class GridOptions:
    """The arm that failed: a generator of whole pictures, trained on grids of cells (thesis 3.6).

    Parameters
    ----------
    side : int
        Cells along a side; 4 makes grids of 16, each cell at a quarter of the network's 256 pixels.
    pictures : int
        Different grids.
    steps : int
        Training steps, at batch 1 as in the thesis.
    filters : int
        Channels of the first level of generator and discriminator; 64 in the thesis, fewer train faster on a CPU.
    device : str
        Where it computes: ``auto`` (a GPU if one is visible), ``cpu``, ``gpu`` (an error if none is visible).
    threads : int
        Threads of the network's arithmetic; part of the result.
    """

    side: int
    pictures: int
    steps: int
    filters: int
    device: Literal["auto", "cpu", "gpu"]
    threads: int

    def __post_init__(self) -> None:
        side = ("side", self.side in (1, 2, 4, 8), "1, 2, 4 or 8: cells divide the 256 pixels of the network")
        raise_all(at_least(self, {"pictures": 1, "steps": 1, "filters": 1, "threads": 1}) + unfit(self, side))


@dataclass(frozen=True)
class ThesisOptions:
    """The studies of the thesis.

    Parameters
    ----------
    graph : GraphOptions
    layout : LayoutFigureOptions
    losses : LossOptions
    slides : int
        Slides shown, from Figure 4.17 on; 10 in the thesis.
    cells : int
        Cells of each type in the overview.
    grid : GridOptions
    amounts : tuple of int
        Training cells per type of the extra models behind "enough data?", such as 5, 44 and 100; none where empty.
    """

    graph: GraphOptions
    layout: LayoutFigureOptions
    losses: LossOptions
    slides: int
    cells: int
    grid: GridOptions
    amounts: tuple[int, ...]

    def __post_init__(self) -> None:
        different = min(self.amounts, default=1) >= 1 and len(set(self.amounts)) == len(self.amounts)
        problems = unfit(
            self,
            ("slides", 1 <= self.slides <= 10, "from 1 to 10: figures 4.17 to 4.26"),
            ("cells", 1 <= self.cells <= 12, "from 1 to 12"),
            ("amounts", different, "different whole numbers above 0, or an empty list"),
        )
        raise_all(problems)
