"""A trained reader in its folder: ``reader.weights.h5`` and ``model.json``."""

from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from smearsynth import options as configuration
from smearsynth import structure, weights
from smearsynth.files import write_json
from smearsynth.gans import engine
from smearsynth.readers.architectures import Model, build
from smearsynth.readers.options import ReaderOptions
from smearsynth.readers.training import probabilities

WEIGHTS = "reader.weights.h5"


@dataclass(frozen=True)
class Reader:
    """A network with the types it knows, in the order of its outputs."""

    model: Model
    options: ReaderOptions
    types: tuple[int, ...]

    def name(self, pixels: np.ndarray) -> tuple[list[int], np.ndarray]:
        """The category id of each cell (n, size, size, 3; uint8, on black) and the probabilities (n, types)."""
        found = probabilities(self.model, pixels)
        return [self.types[at] for at in found.argmax(1)], found


def save(folder: Path, reader: Reader, *, seed: int, trained_on: dict[str, int]) -> None:
    """Write a reader into an existing folder, with what it was trained on."""
    reader.model.save_weights(folder / WEIGHTS)
    about = {"options": told(reader.options), "types": list(reader.types), "seed": seed, "trained_on": trained_on}
    write_json(folder / "model.json", about, indent=1)


def told(options: ReaderOptions) -> dict:
    """Options as a reader's file keeps them: of a path to weights the name alone, for paths differ between machines."""
    return {**asdict(options), "weights": Path(options.weights).name}


def load(folder: str | Path) -> Reader:
    """Read a reader that `save` wrote."""
    folder = Path(folder)
    form = {"options": dict, "types": [int]}
    about = structure.read(folder / "model.json", form, fix="give a folder that readers train wrote")
    options = configuration.build(ReaderOptions, about["options"], where="readers")
    engine.configure(device=options.device, threads=options.threads)
    model = build(options.architecture, size=options.size, classes=len(about["types"]), seed=0)
    weights.load(model, folder / WEIGHTS, what="the weights of this reader", fix="train the reader again")
    return Reader(model, options, tuple(about["types"]))
