"""Generated cells beside the real ones whose outline they were drawn in."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from smearsynth import images
from smearsynth.errors import Problem, raise_all
from smearsynth.files import inside, read_json


@dataclass(frozen=True)
class Match:
    """A generated cell and the real one of the same outline.

    Parameters
    ----------
    cell_id, category_id : int
        Of the catalogue.
    real, generated : ndarray of uint8, shape (size, size, 3)
        RGB on black.
    mask : ndarray of bool, shape (size, size)
        The outline, from the pair's label half.
    """

    cell_id: int
    category_id: int
    real: np.ndarray
    generated: np.ndarray
    mask: np.ndarray


def halves(pair: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Real cell (size, size, 3) and mask (size, size) of a pair (size, 2 · size, 3) as the thesis lays it out (Fig. 3.3)."""
    size = pair.shape[1] // 2
    return pair[:, :size], pair[:, size:].max(2) > 0


def read(pairs: str | Path, generated: str | Path, *, split: str = "test") -> list[Match]:
    """All generated cells of a split with their real ones, by cell id.

    Parameters
    ----------
    pairs : path
        ``pairs/index.json``.
    generated : path
        ``index.json`` of a generator's samples, of the same size as the pairs.
    split : str
        ``test``: the generator saw none of them.

    Raises
    ------
    UserError
        With every generated cell that has no pair, and sizes that differ.
    """
    pairs, generated = Path(pairs), Path(generated)
    real_index, generated_index = read_json(pairs), read_json(generated)
    real = {entry["cell_id"]: entry for entry in real_index["pairs"]}
    chosen = sorted((entry for entry in generated_index["cells"] if entry["split"] == split), key=lambda entry: entry["cell_id"])
    problems = [
        Problem(f"{generated}: cell {entry['cell_id']}", f"not in {pairs}", "generate the cells anew from these pairs")
        for entry in chosen
        if entry["cell_id"] not in real
    ]
    if real_index["size"] != generated_index["size"]:
        what = f"cells of {generated_index['size']} pixels, pairs of {real_index['size']}"
        problems.append(Problem(str(generated), what, "generate the cells at the size of the pairs"))
    if not chosen:
        problems.append(Problem(str(generated), f"no cell of split {split}", "generate the held-out cells"))
    raise_all(problems)
    matches = []
    for entry in chosen:
        picture, mask = halves(images.read(inside(pairs.parent, real[entry["cell_id"]]["file"], where=pairs)))
        drawn = images.read(inside(generated.parent, entry["file"], where=generated))
        matches.append(Match(entry["cell_id"], entry["category_id"], picture, drawn, mask))
    return matches
