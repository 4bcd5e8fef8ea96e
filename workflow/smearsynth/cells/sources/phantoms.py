"""Drawn cells: as many pictures of each type as asked for, with exact outlines."""

from pathlib import Path

import cv2
import numpy as np

from smearsynth import coco
from smearsynth.cells.options import SourceOptions
from smearsynth.cells.phantoms import Instance, draw
from smearsynth.cells.set_aside import SetAside
from smearsynth.cells.sources.records import GivenCell, GivenPicture
from smearsynth.seeds import rng
from smearsynth.taxonomy import Taxonomy

APART = 5
"""A neighbour becomes a cell of its own only if nothing lies within this many pixels (a window's side) of it."""


def files(entry: SourceOptions, data: Path) -> list[Path]:
    """None: phantoms come from the seed."""
    return []


def plan(entry: SourceOptions, data: Path, taxonomy: Taxonomy) -> tuple[list[GivenPicture], list[SetAside]]:
    """One picture for each named cell; phantom ``i`` of a type is the same however many are asked for."""
    return [
        GivenPicture(f"{kind}_{i:05d}", (GivenCell("1", kind, (), "phantom"),))
        for kind, count in entry.counts.items()
        for i in range(count)
    ], []


def load(picture: GivenPicture, entry: SourceOptions, seed: int) -> tuple[np.ndarray, tuple[GivenCell, ...]]:
    """Draw the picture; its named cell comes first, then its whole, isolated neighbours."""
    kind, number = picture.original.rsplit("_", 1)
    assert entry.um_per_px
    phantom = draw(kind, rng(seed, "phantoms", kind, int(number)), size=entry.size, um_per_px=entry.um_per_px)
    chosen = [phantom.instances[0], *_neighbours(phantom.instances, entry.neighbours)]
    cells = []
    for label, instance in enumerate(chosen, 1):
        polygons = tuple(coco.outline(instance.mask)[:1])
        cells.append(GivenCell(str(label), instance.kind, polygons, "phantom", nucleus=instance.nucleus, traced=True))
    return phantom.picture, tuple(cells)


def _neighbours(instances: tuple[Instance, ...], limit: int) -> list[Instance]:
    """The first neighbours that lie whole in the picture and touch no other cell, rarer platelets before red cells."""
    window = np.ones((APART, APART), np.uint8)
    owners = np.sum([instance.mask for instance in instances], axis=0)
    found = []
    for instance in instances[1:]:
        near = cv2.dilate(instance.mask.astype(np.uint8), window).astype(bool)
        at_border = near[0].any() or near[-1].any() or near[:, 0].any() or near[:, -1].any()
        if not at_border and not (owners[near & ~instance.mask] > 0).any() and (owners[instance.mask] == 1).all():
            found.append(instance)
    return sorted(found, key=lambda instance: instance.kind != "platelet")[:limit]
