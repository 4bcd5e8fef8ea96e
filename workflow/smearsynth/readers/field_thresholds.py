"""Thresholds of a field reader, found on held training fields."""

import numpy as np
from pycocotools import mask as rle

from smearsynth.layouts import raster
from smearsynth.readers.field_reader import FieldReader, Thresholds
from smearsynth.readers.field_reading import FAINTEST, Found, candidates, look
from smearsynth.readers.field_sources import IGNORED, Field
from smearsynth.slides import runs

NMS = (0.4, 0.3, 0.5, 0.2)
"""Overlaps that are tried; of equally good ones the first is taken, StarDist's own default."""
IOU = 0.5
"""From this overlap on a candidate has found a cell."""


def hits(found: Found, field: Field) -> tuple[np.ndarray, np.ndarray]:
    """Which candidates are cells of the field, of the right class.

    Parameters
    ----------
    found : Found
        Best first, at the field's resolution.
    field : Field

    Returns
    -------
    ndarray of bool, shape (n,)
        True for a cell found, by the best candidate that fits it. Each cell is found once.
    ndarray of bool, shape (n,)
        False for candidates of which most lies where nothing is taught: they are no mistakes.
    """
    shape = field.owners.shape
    masks = [raster.window(outline, shape) for outline in found.outlines]
    silent = field.owners == IGNORED
    told = np.array([bool(part.area) and silent[part.slices][part.mask].mean() <= 0.5 for part in masks], bool)
    numbers = np.unique(field.owners[field.owners > 0])
    truth = [rle.encode(np.asfortranarray(_cell(field, number), np.uint8)) for number in numbers]
    hit = np.zeros(len(found), bool)
    if not truth or not len(found):
        return hit, told
    packed = [runs.encode(part, shape) for part in masks]
    overlap = rle.iou([{**one, "counts": one["counts"].encode()} for one in packed], truth, [0] * len(truth))
    overlap[found.classes[:, None] != field.classes[numbers - 1][None]] = 0
    free = np.ones(len(truth), bool)
    for at in range(len(found)):
        fits = np.where(free, overlap[at], 0)
        if fits.max() >= IOU:
            free[fits.argmax()] = False
            hit[at] = True
    return hit, told


def _cell(field: Field, number: int) -> np.ndarray:
    """The pixels of a cell: all of them if the field tells what is hidden, else those that are seen."""
    seen = field.owners == number
    return seen if field.hidden is None else seen | (field.hidden == number)


def best(scores: np.ndarray, hit: np.ndarray, cells: int) -> tuple[float, float, float]:
    """The highest score from which on candidates do as well as they can, as far as so many cells tell.

    That is: with an F1 not below the largest by more than its standard error, that of a share of `cells` (the rule of one
    standard error, Breiman et al. 1984). Where many scores do equally well, as on slides, in which hardly anything is mistaken
    for a platelet, the largest F1 lies anywhere among them by chance; real smears have dirt, and the highest score finds least
    of it.

    Parameters
    ----------
    scores : ndarray of float, shape (n,)
    hit : ndarray of bool, shape (n,)
    cells : int
        Cells that there are to find.

    Returns
    -------
    float
        Midway between the last candidate that is taken and the next; 0.5 where nothing can be found.
    float
        F1 of the candidates from there on, 0 to 1.
    float
        The largest F1.
    """
    if not len(scores) or not hit.any():
        return 0.5, 0.0, 0.0
    order = np.argsort(-scores, kind="stable")
    right = np.cumsum(hit[order])
    f1 = 2 * right / (np.arange(1, len(scores) + 1) + cells)
    # Of equal scores all are taken or none.
    f1[np.append(np.diff(scores[order]) == 0, False)] = -1
    largest = float(f1.max())
    error = np.sqrt(largest * (1 - largest) / cells)
    at = int(np.flatnonzero(f1 >= largest - error)[0])
    following = scores[order[at + 1]] if at + 1 < len(scores) else FAINTEST
    return float(np.clip((scores[order[at]] + following) / 2, FAINTEST, 0.95)), float(f1[at]), largest


def choose(reader: FieldReader, fields: list[Field]) -> tuple[Thresholds, list[dict]]:
    """The overlap with the largest mean F1 over the classes, and the score of each class (`best`).

    Parameters
    ----------
    reader : FieldReader
        Its own thresholds are not used.
    fields : list of Field
        Held training fields, at the reader's resolution.

    Returns
    -------
    Thresholds
    list of dict
        For each class ``cells`` and ``f1`` on these fields, which the thresholds have seen.
    """
    classes = len(reader.classes.types)
    present = [field.classes[np.unique(field.owners[field.owners > 0]) - 1] for field in fields]
    cells = np.bincount(np.concatenate(present), minlength=classes + 1)[1:]
    looked = [look(reader, field.picture) for field in fields]
    tried = []
    for nms in NMS:
        scores, number, hit = [np.zeros(0)], [np.zeros(0, int)], [np.zeros(0, bool)]
        for field, seen in zip(fields, looked, strict=True):
            found = candidates(seen, nms=nms)
            good, told = hits(found, field)
            scores.append(found.scores[told])
            number.append(found.classes[told])
            hit.append(good[told])
        score, of_class, right = (np.concatenate(part) for part in (scores, number, hit))
        own = [of_class == one for one in range(1, classes + 1)]
        of = [best(score[these], right[these], int(count)) for these, count in zip(own, cells, strict=True)]
        tried.append((float(np.mean([largest for _, _, largest in of])), nms, of))
    _, nms, of = max(tried, key=lambda one: one[0])
    about = [{"cells": int(count), "f1": round(f1, 4)} for count, (_, f1, _) in zip(cells, of, strict=True)]
    return Thresholds(nms, tuple(round(score, 4) for score, _, _ in of)), about
