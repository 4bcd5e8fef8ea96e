"""Boxes and arrows: a directed graph drawn in layers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from smearsynth.studies import layered


@dataclass(frozen=True)
class Box:
    """A box of a diagram.

    Parameters
    ----------
    lines : tuple of str
        Its text; the first line is bold.
    parents : tuple of str
        Names of the boxes that arrows come from.
    kind : str
        Decides its colour and stands in the legend.
    """

    lines: tuple[str, ...]
    parents: tuple[str, ...]
    kind: str


PALETTE = ("#dbe8f6", "#dcefe1", "#f9e3c8", "#f6d9dc", "#e5def3", "#d5eef0", "#f2efc9", "#e6e6e6", "#f3dcef", "#e3ead0")
"""Fills of the kinds, in the order in which they come up; all light enough for dark text."""


def draw(
    path: Path,
    boxes: Mapping[str, Box],
    *,
    title: str,
    kinds: Sequence[str],
    across: bool,
    width: float,
    height: float,
    gap: float = 0.35,
) -> None:
    """Draw a diagram.

    Parameters
    ----------
    path : Path
        PNG.
    boxes : mapping
        Name to box; parents must be names.
    title : str
        Above it, on one or more lines.
    kinds : sequence of str
        All kinds, which gives each its colour; those that occur are told below.
    across : bool
        Arrows run to the right; else down.
    width, height : float
        Of a box, in inches.
    gap : float
        Between ranks, in inches.
    """
    import matplotlib.pyplot as plt

    from smearsynth.studies import style

    places = layered.place({name: box.parents for name, box in boxes.items()})
    along, beside = (width, height) if across else (height, width)

    def point(rank: float, position: float) -> tuple[float, float]:
        forward, sideways = rank * (along + gap), position * (beside + 0.12)
        return (forward, -sideways) if across else (sideways, -forward)

    middles = np.array([point(*at) for at in places.at.values()])
    passing = np.array([point(*at) for points in places.edges.values() for at in points] or [(0.0, 0.0)])
    half = np.array([width, height]) / 2 + 0.12
    low = np.minimum(middles.min(0) - half, passing.min(0) - 0.1)
    high = np.maximum(middles.max(0) + half, passing.max(0) + 0.1)
    fills = dict(zip(kinds, PALETTE * (1 + len(kinds) // len(PALETTE)), strict=False))
    shown = [kind for kind in kinds if any(box.kind == kind for box in boxes.values())]
    beside_each_other = min(len(shown), max(1, int((high - low)[0] / 1.55)))
    foot = 0.12 + 0.2 * -(-len(shown) // beside_each_other)
    size = high - low + (0, 0.15 + 0.2 * len(title.splitlines()) + foot)
    figure = plt.figure(figsize=tuple(size))
    axis = figure.add_axes((0, foot / size[1], 1, (high - low)[1] / size[1]))
    axis.set_xlim(low[0], high[0])
    axis.set_ylim(low[1], high[1])
    axis.set_axis_off()
    figure.text(0.12 / size[0], 1 - 0.1 / size[1], title, va="top", fontsize=10, fontweight="bold")
    for points in places.edges.values():
        _arrow(axis, [point(*at) for at in points], along=along, across=across, colour=style.FAINT)
    for name, box in boxes.items():
        _box(axis, point(*places.at[name]), (width, height), box.lines, fills[box.kind], style.INK)
    handles = [plt.Rectangle((0, 0), 1, 1, facecolor=fills[kind], edgecolor=style.FAINT) for kind in shown]
    figure.legend(
        handles, shown, loc="lower center", ncols=beside_each_other, handlelength=1.2, handleheight=1.0, borderaxespad=0.2
    )
    style.save(figure, path)


def _arrow(axis, points: Sequence[tuple[float, float]], *, along: float, across: bool, colour: str) -> None:
    """A smooth line through points, which starts and ends at the edge of a box."""
    from matplotlib.patches import FancyArrowPatch
    from matplotlib.path import Path as Line

    step = np.array([along / 2, 0.0]) if across else np.array([0.0, -along / 2])
    # Through every rank it runs straight for the length of a box, and bends between ranks.
    stops = [np.array(points[0]) + step]
    for middle in points[1:-1]:
        stops += [np.array(middle) - step, np.array(middle) + step]
    stops.append(np.array(points[-1]) - step)
    vertices, codes = [stops[0]], [Line.MOVETO]
    for start, end in zip(stops[0::2], stops[1::2], strict=True):
        bend = (end - start) * (0.5, 0) if across else (end - start) * (0, 0.5)
        vertices += [start + bend, end - bend, end]
        codes += [Line.CURVE4] * 3
        if end is not stops[-1]:
            vertices.append(end + 2 * step)
            codes.append(Line.LINETO)
    line = Line([tuple(vertex) for vertex in vertices], codes)
    axis.add_patch(
        FancyArrowPatch(path=line, arrowstyle="-|>", mutation_scale=8, color=colour, linewidth=1.1, shrinkA=0, shrinkB=0)
    )


def _box(axis, middle: tuple[float, float], size: tuple[float, float], lines: Sequence[str], fill: str, ink: str) -> None:
    from matplotlib.patches import FancyBboxPatch

    from smearsynth.studies import style

    (x, y), (width, height) = middle, size
    shape = "round,pad=0,rounding_size=0.06"
    corner = (x - width / 2, y - height / 2)
    axis.add_patch(FancyBboxPatch(corner, width, height, boxstyle=shape, facecolor=fill, edgecolor=style.FAINT, linewidth=0.8))
    for at, text in enumerate(lines):
        offset = (len(lines) - 1) / 2 - at
        bold = "bold" if at == 0 else "normal"
        axis.text(x, y + offset * 0.145, text, ha="center", va="center", fontsize=7.5, color=ink, fontweight=bold)
