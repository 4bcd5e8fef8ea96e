"""Features of crops in a file (npz), layer by layer, with the pictures that the crops come from."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from smearsynth import arrays
from smearsynth.errors import Problem, UserError, raise_all
from smearsynth.files import atomic


@dataclass(frozen=True)
class CropFeatures:
    """Features of crops, in the order of their index, by which they are spread over the pictures.

    Parameters
    ----------
    extractor : str
        What computed them: network, layer, size and the beginning of the weights' SHA-256.
    crops : str
        Side and resolution of the crops.
    pictures : ndarray of int, shape (n,)
        Number of the picture that each crop comes from.
    layers : dict of str to ndarray of float32, shape (n, d)
        Early to late; the last is the extractor's own.
    """

    extractor: str
    crops: str
    pictures: np.ndarray
    layers: dict[str, np.ndarray]

    def __len__(self) -> int:
        return len(self.pictures)

    @property
    def values(self) -> np.ndarray:
        """Features of the extractor's own layer, float32 (n, d)."""
        return self.layers[list(self.layers)[-1]]

    def at(self, keep: np.ndarray) -> "CropFeatures":
        """The crops at indices, or where a mask is true."""
        layers = {name: values[keep] for name, values in self.layers.items()}
        return CropFeatures(self.extractor, self.crops, self.pictures[keep], layers)

    def halves(self, rng: np.random.Generator) -> tuple["CropFeatures", "CropFeatures"]:
        """Two parts that share no picture."""
        mixed = rng.permutation(np.unique(self.pictures))
        first = np.isin(self.pictures, mixed[::2])
        return self.at(first), self.at(~first)


FORMS = {"layers": ("U", "k"), "extractor": ("U", ""), "crops": ("U", ""), "pictures": ("iu", "n")}


def write(path: str | Path, features: CropFeatures) -> None:
    """Write features, atomically; the same features are the same bytes."""
    columns: dict[str, Any] = {f"layer{at}": values for at, values in enumerate(features.layers.values())}
    columns |= {name: np.array(getattr(features, name)) for name in ("extractor", "crops", "pictures")}
    with atomic(path) as temporary, open(temporary, "wb") as handle:
        np.savez(handle, layers=np.array(list(features.layers)), **columns)


def read(path: str | Path) -> CropFeatures:
    """Read what `write` wrote.

    Raises
    ------
    UserError
        If the file is missing or not of that kind.
    """
    what, fix = "features of crops", "make it anew with the command field_features"
    data = arrays.read(path, FORMS, what=what, fix=fix)
    layers = {str(name): data[f"layer{at}"] for at, name in enumerate(data["layers"]) if f"layer{at}" in data}
    crops = data["pictures"].shape
    fits = [values.dtype.kind == "f" and values.shape[:-1] == crops for values in layers.values()]
    if not fits or not all(fits) or len(fits) != len(data["layers"]):
        raise UserError.of(str(path), "layers that do not fit its crops", fix)
    return CropFeatures(str(data["extractor"]), str(data["crops"]), data["pictures"], layers)


@dataclass(frozen=True)
class Compared:
    """What one extractor says of the real fields, of the renderers, and of deliberately bad fields."""

    real: CropFeatures
    synthetic: dict[str, CropFeatures]
    ceilings: dict[str, CropFeatures]


def by_extractor(
    real: Sequence[Path], synthetic: Sequence[tuple[str, Path]], ceilings: Sequence[tuple[str, Path]]
) -> dict[str, Compared]:
    """Read the files of several extractors; each needs one of real fields.

    Raises
    ------
    UserError
        With every file that has no real counterpart of the same extractor and the same crops, or a name given twice.
    """
    groups: dict[str, Compared] = {}
    problems = []
    for path in real:
        found = read(path)
        if found.extractor in groups:
            problems.append(
                Problem(str(path), f"a second file of real fields for {found.extractor}", "give one for each extractor")
            )
        groups[found.extractor] = Compared(found, {}, {})
    for name, path, is_ceiling in [*((*one, False) for one in synthetic), *((*one, True) for one in ceilings)]:
        found = read(path)
        group = groups.get(found.extractor)
        if group is None:
            fix = f"compute all with one of: {'; '.join(groups)}"
            problems.append(Problem(str(path), f"features of {found.extractor}, of which real fields have none", fix))
            continue
        if found.crops != group.real.crops or list(found.layers) != list(group.real.layers):
            what = f"crops of {found.crops} and layers {', '.join(found.layers)}; real fields have {group.real.crops}"
            fix = "compute both with the same section evaluation.field_features; --um-per-px tells a resolution"
            problems.append(Problem(str(path), what, fix))
        place = group.ceilings if is_ceiling else group.synthetic
        if name in place:
            problems.append(Problem(name, f"given twice for {found.extractor}", "give every renderer its own name"))
        place[name] = found
    raise_all(problems)
    return groups
