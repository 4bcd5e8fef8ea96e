"""Features of a set of pictures in a file (npz), with what they were computed by."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from smearsynth import arrays
from smearsynth.errors import Problem, UserError, raise_all
from smearsynth.files import atomic


@dataclass(frozen=True)
class Features:
    """Features of pictures, in the order of their index.

    Parameters
    ----------
    extractor : str
        What computed them: network, layer, size and the beginning of the weights' SHA-256.
    values : ndarray of float32, shape (n, d)
    probabilities : ndarray of float32, shape (n, k)
        Of each type; k = 0 where the extractor names nothing.
    types : ndarray of int, shape (k,)
        Category ids of the probabilities.
    category_ids : ndarray of int, shape (n,)
        Types that were drawn or seen; -1 where nobody knows.
    cell_ids : ndarray of int, shape (n,)
    parts : ndarray of float, shape (n,)
        Place among the training cells, see `pairs.crops.Crops`.
    """

    extractor: str
    values: np.ndarray
    probabilities: np.ndarray
    types: np.ndarray
    category_ids: np.ndarray
    cell_ids: np.ndarray
    parts: np.ndarray

    def __len__(self) -> int:
        return len(self.values)

    @property
    def named(self) -> np.ndarray | None:
        """The likeliest category id of each picture, None where the extractor names nothing."""
        return self.types[self.probabilities.argmax(1)] if len(self.types) else None

    def at(self, keep: np.ndarray) -> "Features":
        """Those at indices, or where a mask is true."""
        rows = (self.values, self.probabilities, self.category_ids, self.cell_ids, self.parts)
        values, probabilities, category_ids, cell_ids, parts = (column[keep] for column in rows)
        return Features(self.extractor, values, probabilities, self.types, category_ids, cell_ids, parts)

    def share(self, share: float) -> "Features":
        """The training cells with a place below `share`; cells without a place stay."""
        return self.at(~(self.parts >= share))


COLUMNS = ("values", "probabilities", "types", "category_ids", "cell_ids", "parts")
FORMS = {"extractor": ("U", ""), "values": ("f", "n d"), "probabilities": ("f", "n k"), "types": ("iu", "k")}
FORMS |= {"category_ids": ("iu", "n"), "cell_ids": ("iu", "n"), "parts": ("f", "n")}


def write(path: str | Path, features: Features) -> None:
    """Write features, atomically; the same features are the same bytes."""
    columns = {name: getattr(features, name) for name in COLUMNS}
    with atomic(path) as temporary, open(temporary, "wb") as handle:
        np.savez(handle, extractor=np.array(features.extractor), **columns)


def read(path: str | Path) -> Features:
    """Read what `write` wrote.

    Raises
    ------
    UserError
        If the file is missing or not of that kind.
    """
    data = arrays.read(path, FORMS, what="features", fix="make it anew with the command features")
    return Features(str(data["extractor"]), **{name: data[name] for name in COLUMNS})


def read_for(path: str | Path, cell_ids: np.ndarray, *, share: float = 1.0) -> Features:
    """Read the features of cells whose pictures are at hand too, of a share of the training cells where one is given.

    Refuses those of other cells, or in another order.
    """
    found = read(path).share(share)
    if not np.array_equal(found.cell_ids, cell_ids):
        raise UserError.of(str(path), "features of other cells than the index has", "compute them anew with the command features")
    return found


def named_path(text: str) -> tuple[str, Path]:
    """``NAME=PATH`` of the command line."""
    name, found, path = text.partition("=")
    if not (name and found and path):
        raise UserError.of(text, "not of the form NAME=PATH", "write, for instance, wgan_gp_ac=features/wgan_gp_ac.npz")
    return name, Path(path)


def same_extractor(sets: dict[str, Features]) -> None:
    """Refuse to compare features of different extractors; keys say whose they are."""
    first = next(iter(sets.values()))
    raise_all(
        Problem(name, f"features of {found.extractor}, others of {first.extractor}", "compute all with one extractor")
        for name, found in sets.items()
        if found.extractor != first.extractor
    )
