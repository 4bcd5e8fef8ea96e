"""Fixed cells to look at while a training runs: per type, label, real and generated, of cells trained on and held out."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from smearsynth.files import read_json
from smearsynth.gans import data
from smearsynth.seeds import entropy, rng


@dataclass(frozen=True)
class Sample:
    """A cell to draw: its pair's window, and the key it is drawn with."""

    category_id: int
    colour: tuple[int, int, int]
    picture: np.ndarray
    mask: np.ndarray
    key: int


def choose(path: str | Path, seen: set[int], *, seed: int) -> list[Sample]:
    """For each type a cell that is trained on (of those whose ids are `seen`) and one that is not, where there is one."""
    entries = read_json(path)["pairs"]
    known = {entry["category_id"] for entry in entries if entry["cell_id"] in seen}
    wanted: list[int] = []
    for category_id in sorted(known):
        for trained in (True, False):
            members = [e["cell_id"] for e in entries if e["category_id"] == category_id and (e["cell_id"] in seen) == trained]
            if members:
                wanted.append(members[rng(seed, "grid", category_id, int(trained)).integers(len(members))])
    pairs = data.read(path, lambda entry: entry["cell_id"] in set(wanted))
    place = {entry["cell_id"]: i for i, entry in enumerate(pairs.entries)}
    samples = []
    for cell_id in wanted:
        i = place[cell_id]
        category_id = pairs.category_ids[i]
        colour = data.colour_of(pairs.categories, category_id)
        samples.append(Sample(category_id, colour, *pairs.window(i), entropy(seed, "grid", cell_id)))
    return samples


def draw(generator, samples: list[Sample]) -> np.ndarray:
    """A column for each sample: label, real, generated twice with two keys; uint8 RGB."""
    drawn = []
    for which in range(2):
        keys = [entropy(sample.key, "again", which) for sample in samples]
        drawn.append(generator.draw([s.mask for s in samples], [s.category_id for s in samples], keys=keys))
    seen = np.any([sample.mask for sample in samples], axis=0)
    frame = tuple(slice(where.min(), where.max() + 1) for where in np.nonzero(seen))
    columns = []
    for i, sample in enumerate(samples):
        label = np.where(sample.mask[..., None], np.array(sample.colour, np.uint8), np.uint8(0))
        columns.append(np.concatenate([picture[frame] for picture in (label, sample.picture, drawn[0][i], drawn[1][i])]))
    half = -(-len(columns) // 2)
    columns += [np.zeros_like(columns[0])] * (2 * half - len(columns))
    return np.concatenate([np.concatenate(columns[:half], axis=1), np.concatenate(columns[half:], axis=1)])
