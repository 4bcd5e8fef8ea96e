"""Average precision of found cells by COCOeval, matched once image by image, so that resamples of the images cost little."""

import io
from collections.abc import Mapping
from contextlib import redirect_stdout
from dataclasses import dataclass
from typing import Any

import numpy as np
from pycocotools import mask as rle
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval

from smearsynth import run_lengths
from smearsynth.evaluation.field_annotations import KIND_IDS, FieldCells
from smearsynth.evaluation.field_options import FIELD_KINDS, IGNORE

RECALLS = np.linspace(0.0, 1.0, 101)
"""Where COCO reads the precision off."""


@dataclass(frozen=True)
class Matches:
    """What was found of one kind, best score first (equal scores in the order of images, as COCOeval has them).

    Parameters
    ----------
    images : ndarray of int, shape (d,)
        Image of each found cell.
    scores : ndarray of float, shape (d,)
    right, ignored : ndarray of bool, shape (10, d)
        At the thresholds of the overlap 0.50, 0.55 … 0.95: whether it is a true cell that no better one has taken, and whether
        it lies where nothing counts.
    truth : ndarray of int, shape (n,)
        True cells of each image.
    """

    images: np.ndarray
    scores: np.ndarray
    right: np.ndarray
    ignored: np.ndarray
    truth: np.ndarray

    def precisions(self, weights: np.ndarray | None = None) -> np.ndarray:
        """Average precision at each threshold.

        Parameters
        ----------
        weights : ndarray of int, shape (n,), optional
            How often each image counts; once by default, which gives COCOeval's numbers.

        Returns
        -------
        ndarray of float, shape (10,)
            NaN where the images hold no true cell.
        """
        weights = np.ones(len(self.truth), int) if weights is None else weights.astype(int)
        positives = int(weights @ self.truth)
        if positives == 0:
            return np.full(len(self.right), np.nan)
        counts = weights[self.images] * ~self.ignored
        right = np.cumsum(counts * self.right, axis=1, dtype=float)
        wrong = np.cumsum(counts * ~self.right, axis=1, dtype=float)
        # The spacing is COCOeval's guard against 0 / 0.
        precision = right / (right + wrong + np.spacing(1))
        # The best precision at this recall or a higher one; 0 beyond the last found cell.
        best = np.maximum.accumulate(precision[:, ::-1], axis=1)[:, ::-1]
        best = np.concatenate([best, np.zeros((len(best), 1))], axis=1)
        reached = (np.searchsorted(row, RECALLS, side="left") for row in right / positives)
        return np.array([row[at].mean() for row, at in zip(best, reached, strict=True)])

    def counted(self, least: float) -> np.ndarray:
        """Found cells of each image with a score from `least`, but for those where nothing counts; int (n,)."""
        kept = (self.scores >= least) & ~self.ignored[0]
        return np.bincount(self.images[kept], minlength=len(self.truth))


def match(truth: FieldCells, found: FieldCells, *, on: str, margins: Mapping[str, float] | None = None) -> dict[str, Matches]:
    """Match what was found with the truth, kind by kind.

    Parameters
    ----------
    truth, found : FieldCells
        Of the same images.
    on : {"bbox", "segm"}
        Boxes, of the outline where there is one, or masks.
    margins : mapping of str to float, optional
        By kind how many pixels found boxes are drawn wider on each side, within the picture. Experts leave a margin between a
        cell and its box, the same around small cells as around large ones: a box exactly around a platelet overlaps an expert's
        of TXL-PBC by 0.74 in the mean.

    Returns
    -------
    dict of str to Matches
        By kind.
    """
    names = sorted(truth.images)
    evaluation = _evaluated(names, truth, found, on, margins or {})
    results = {}
    for kind, kind_id in KIND_IDS.items():
        start = (kind_id - 1) * len(names)
        results[kind] = _concatenated(evaluation.evalImgs[start : start + len(names)], len(evaluation.params.iouThrs))
    return results


def _concatenated(images: list[dict | None], thresholds: int) -> Matches:
    """One kind's results of all images, put in order as ``COCOeval.accumulate`` does."""
    truth = np.array([0 if one is None else int((one["gtIgnore"] == 0).sum()) for one in images])
    at, scores = [np.empty(0, int)], [np.empty(0)]
    right, ignored = [np.empty((thresholds, 0), bool)], [np.empty((thresholds, 0), bool)]
    for number, one in enumerate(images):
        if one is not None:
            at.append(np.full(len(one["dtScores"]), number))
            scores.append(np.asarray(one["dtScores"], float))
            right.append(one["dtMatches"] > 0)
            ignored.append(one["dtIgnore"].astype(bool))
    score = np.concatenate(scores)
    order = np.argsort(-score, kind="mergesort")
    of_right, of_ignored = (np.concatenate(parts, axis=1)[:, order] for parts in (right, ignored))
    return Matches(np.concatenate(at)[order], score[order], of_right, of_ignored, truth)


def _evaluated(names: list[str], truth: FieldCells, found: FieldCells, on: str, margins: Mapping[str, float]) -> Any:
    """A COCOeval that has matched, in all sizes of cells together."""
    # COCO's classes print.
    with redirect_stdout(io.StringIO()):
        evaluation = COCOeval(_indexed(names, truth, on, {}), _indexed(names, found, on, margins), on)
        evaluation.params.imgIds = list(range(1, len(names) + 1))
        evaluation.params.catIds = list(KIND_IDS.values())
        evaluation.params.areaRng = [[0, 1e10]]
        evaluation.params.areaRngLbl = ["all"]
        # COCO's limit of 100 found objects is made for photographs; a field holds hundreds of cells, of which it would cut the
        # surplus off, as if they had not been found.
        evaluation.params.maxDets = [max(1, *(len(cells) for cells in found.cells.values()))]
        evaluation.evaluate()
    return evaluation


def _indexed(names: list[str], cells: FieldCells, on: str, margins: Mapping[str, float]) -> COCO:
    """A COCO object with images and kinds numbered alike for truth and found, boxes drawn wider by `margins`."""
    indexed = COCO()
    annotations: list[dict] = []
    for number, name in enumerate(names, 1):
        for cell in cells.cells[name]:
            # What is ignored is so for every kind: COCO knows it as a crowd, of a category.
            kinds = FIELD_KINDS if cell["kind"] == IGNORE else (cell["kind"],)
            for kind in kinds:
                crowd = 1 if cell["kind"] == IGNORE else cell.get("iscrowd", 0)
                entry = {**cell, "id": len(annotations) + 1, "image_id": number, "category_id": KIND_IDS[kind], "iscrowd": crowd}
                annotations.append(entry)
    indexed.dataset = {
        "images": [{**cells.images[name], "id": number} for number, name in enumerate(names, 1)],
        "annotations": annotations,
        "categories": [{"id": kind_id, "name": kind} for kind, kind_id in KIND_IDS.items()],
    }
    indexed.createIndex()
    for entry in annotations:
        image = cells.images[names[entry["image_id"] - 1]]
        if entry.get("segmentation"):
            entry["segmentation"] = run_lengths.packed(entry["segmentation"], (image["height"], image["width"]))
            if on == "bbox":
                entry["bbox"] = rle.toBbox(entry["segmentation"]).tolist()
        elif on == "segm":
            if entry["kind"] != IGNORE:
                raise ValueError(f"{cells.where}: a cell without outline cannot be matched by masks")
            x, y, width, height = entry["bbox"]
            entry["segmentation"] = [[x, y, x + width, y, x + width, y + height, x, y + height]]
        if margin := margins.get(entry["kind"], 0.0):
            entry["bbox"] = _wider(entry["bbox"], margin, image)
    return indexed


def _wider(box: list[float], margin: float, image: dict) -> list[float]:
    """A box (x, y, width, height) with a margin on each side, within its picture."""
    x, y, width, height = box
    left, top = max(0.0, x - margin), max(0.0, y - margin)
    return [left, top, min(image["width"], x + width + margin) - left, min(image["height"], y + height + margin) - top]
