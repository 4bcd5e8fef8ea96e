"""Fixed fields to look at while a training runs: label, real and generated, of fields trained on and held out."""

from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from smearsynth.gans import field_planes, field_style
from smearsynth.pairs import field_maps
from smearsynth.seeds import entropy, rng

SIDE = 192
"""Most pixels of a field that are shown."""
EACH = 4
"""Fields of each split."""


@dataclass(frozen=True)
class Sample:
    """A field to draw."""

    picture: np.ndarray
    owners: np.ndarray
    dense: np.ndarray
    category_ids: np.ndarray
    style: np.ndarray
    key: int


def choose(index: str | Path, categories: tuple[dict, ...], *, seed: int) -> list[Sample]:
    """Fields of both splits, up to `EACH`, that show no other types than `categories`."""
    known = {c["id"]: c["kind"] for c in categories}
    samples = []
    for split in ("train", "test"):
        found = [f for f in field_maps.read(index, split=split) if set(map(int, f.category_ids)) <= set(known)]
        for i in sorted(rng(seed, "grid", split).permutation(len(found))[:EACH].tolist()):
            part, ids = (slice(0, SIDE), slice(0, SIDE)), np.asarray(found[i].category_ids)
            picture, owners, dense = (values()[part] for values in (found[i].picture, found[i].owners, found[i].dense))
            style = field_style.measure(picture, field_planes.kinds(owners, ids, known), dense)
            samples.append(Sample(picture, owners, dense, ids, style, entropy(seed, "grid", split, i)))
    return samples


def draw(generator, samples: list[Sample], categories: tuple[dict, ...]) -> np.ndarray:
    """A row for each sample: label, real, generated in its own style and in that of the sample before; uint8 RGB."""
    colours = {c["id"]: c["colour"] for c in categories}
    rows = []
    for i, sample in enumerate(samples):
        table = np.array([(235, 235, 235), *(colours[int(c)] for c in sample.category_ids)], np.uint8)
        shown = table[sample.owners]
        shown[field_planes.edges(sample.owners) | sample.dense] //= 2
        drawn = [
            generator.paint(sample.owners, sample.category_ids, sample.dense, style=style, key=sample.key)
            for style in (sample.style, samples[i - 1].style)
        ]
        row = np.concatenate([shown, sample.picture, *drawn], axis=1)
        below, beside = SIDE - row.shape[0], 4 * SIDE - row.shape[1]
        rows.append(cv2.copyMakeBorder(row, 0, below, 0, beside, cv2.BORDER_CONSTANT))
    half = -(-len(rows) // 2)
    rows += [np.zeros_like(rows[0])] * (2 * half - len(rows))
    return np.concatenate([np.concatenate(rows[:half]), np.concatenate(rows[half:])], axis=1)
