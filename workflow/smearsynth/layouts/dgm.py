"""The thesis's layout: a Dorogovtsev-Goltsev-Mendes graph spread by ForceAtlas2 in three dimensions (3.2, 3.5)."""

import networkx as nx
import numpy as np

from smearsynth.errors import UserError
from smearsynth.layouts import raster
from smearsynth.layouts.options import DgmOptions, LayoutOptions
from smearsynth.layouts.placement import Placed, cell_entry, composition
from smearsynth.layouts.shapes import Shape, by_kind
from smearsynth.seeds import entropy, rng
from smearsynth.taxonomy import Taxonomy


def graph(generation: int) -> nx.Graph:
    """The graph of a generation, with (3^g + 3) / 2 nodes (thesis 2.1.2, 3.2)."""
    return nx.dorogovtsev_goltsev_mendes_graph(generation)


def positions(network: nx.Graph, options: DgmOptions, *, seed: int) -> np.ndarray:
    """Nodes in space (thesis 3.2: ForceAtlas2, 200 iterations, repulsion 0.001, three dimensions).

    Parameters
    ----------
    network : Graph
        Nodes 0 … n - 1.
    options : DgmOptions
    seed : int
        Any size; its lowest 32 bits are used, as networkx takes no more.

    Returns
    -------
    ndarray, shape (n, 3)
        Every axis scaled to [0, 1].
    """
    found = nx.forceatlas2_layout(network, max_iter=options.iterations, scaling_ratio=options.repulsion, dim=3, seed=seed % 2**32)
    points = np.array([found[node] for node in range(network.number_of_nodes())], float)
    low, high = points.min(0), points.max(0)
    return (points - low) / np.maximum(high - low, 1e-12)


def draw(options: LayoutOptions, shapes: dict[int, list[Shape]], taxonomy: Taxonomy, *, seed: int, index: int) -> dict:
    """One layout as in thesis 3.5: drawn anew until no two cells overlap and all lie in the frame.

    The nodes' x and y span the frame but for a margin of half the largest cell; z gives the size, from the smallest to
    the largest scale. A white cell's type is that of a cell drawn from all white cells, so that types are as
    frequent as in the catalogue.

    Raises
    ------
    UserError
        If none of ``options.dgm.attempts`` layouts can be kept; it says why they were discarded.
    """
    dgm = options.dgm
    red, white = by_kind(shapes, taxonomy, "red"), by_kind(shapes, taxonomy, "white")
    network = graph(dgm.generation)
    overlapping = 0
    for attempt in range(dgm.attempts):
        chance = rng(seed, "layouts", index, "dgm", attempt)
        points = positions(network, dgm, seed=entropy(seed, "layouts", index, "graph", attempt))
        cells = _cells(points, red, white, options, chance)
        if all(_whole(cell, options.size) for cell in cells):
            achieved = composition(cells, taxonomy, options.size)
            if achieved["max_overlap"] == 0:
                # The height decides the order, as it decides the size.
                order = np.argsort(points[:, 2], kind="stable")
                return {
                    "index": index,
                    "asked": {"count": len(cells), "max_overlap": 0.0},
                    "achieved": achieved | {"discarded": 0, "attempts": attempt + 1},
                    "cells": [cell_entry(cells[i], z=points[i, 2]) for i in order],
                }
            overlapping += 1
    nodes = network.number_of_nodes()
    raise UserError.of(
        f"layouts.dgm: slide {index}",
        f"none of {dgm.attempts} layouts of {nodes} cells on {options.size[0]} × {options.size[1]} px can be kept: in "
        f"{overlapping} two cells overlap, in {dgm.attempts - overlapping} one leaves the frame",
        "lower layouts.scale or layouts.dgm.generation, raise layouts.size or layouts.dgm.attempts, or set layouts.kind: packed",
    )


def _cells(
    points: np.ndarray, red: list[Shape], white: list[Shape], options: LayoutOptions, rng: np.random.Generator
) -> list[Placed]:
    height, width = options.size
    low, high = options.scale
    margin = high * max(float(np.median([s.unit * s.radius for s in white])), 1.0) + 1
    cells = []
    for x, y, z in points:
        among = red if rng.random() < options.dgm.red_to_white / (options.dgm.red_to_white + 1) else white
        shape = among[rng.integers(len(among))]
        position = np.array([margin + x * (width - 1 - 2 * margin), margin + y * (height - 1 - 2 * margin)])
        matrix = raster.affine(
            shape.centre,
            position=position,
            scale=shape.unit * (low + z * (high - low)),
            angle=rng.uniform(0, 2 * np.pi),
            mirror=bool(rng.integers(2)),
        )
        polygon = np.round(raster.transform(matrix, shape.polygon), 2)
        cells.append(Placed(shape, matrix, polygon, position, raster.window(polygon, options.size)))
    return cells


def _whole(cell: Placed, size: tuple[int, int]) -> bool:
    points = np.rint(cell.polygon)
    return bool(points.min() >= 0 and points[:, 0].max() < size[1] and points[:, 1].max() < size[0])
