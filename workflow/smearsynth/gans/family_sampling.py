"""Drawing cells with a model of the family: every picture from its own type and key, whatever else is drawn with it."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from smearsynth import images
from smearsynth.gans import engine, trained
from smearsynth.gans.family import CODES, Recipe
from smearsynth.gans.family_options import FamilyOptions, recipe
from smearsynth.options import build
from smearsynth.seeds import entropy, rng


def load(folder: str | Path, device: str = "auto") -> "FamilyGenerator":
    """The generator of ``results/<run>/gans/family/<share>/<model>/``.

    Parameters
    ----------
    folder : path
        With model.json and generator.weights.h5.
    device : str
        ``auto``, ``cpu`` or ``gpu``.

    Raises
    ------
    UserError
        If the weights are missing, of another model, or changed since they were written.
    """
    folder = Path(folder)
    model = trained.about(folder, {"model": str, "size": int, "weights_sha256": str})
    options = build(FamilyOptions, model["options"], where=str(folder / "model.json"))
    engine.configure(device=device, threads=options.threads)
    from smearsynth.gans.networks import family as networks

    made = recipe(options, model["model"])
    network = networks.generator(
        made,
        size=model["size"],
        types=len(model["categories"]),
        filters=options.filters,
        precision=options.precision,
        seed=0,
    )
    trained.load_weights(network, folder / "generator.weights.h5", model["weights_sha256"])
    return FamilyGenerator(network, made, categories=tuple(model["categories"]))


class FamilyGenerator:
    """Draws cells one at a time, for where a picture lies in a batch changes its last bits.

    Parameters
    ----------
    network : keras.Model
        See `smearsynth.gans.networks.family.generator`.
    made : Recipe
        Of the network.
    categories : sequence of dict
        ``id`` and ``name`` of the types, in the order of training.
    """

    def __init__(self, network: Any, made: Recipe, *, categories: Sequence[dict]):
        from smearsynth.gans.networks import family as networks

        self.recipe, self.categories = made, tuple(categories)
        self.index = {category["id"]: place for place, category in enumerate(self.categories)}
        types = len(self.categories)

        def one(noise, kinds, codes):
            return network([noise, *networks.told(made, kinds, codes, types)], training=False)

        self._one = engine.compiled(one)

    def draw(self, category_ids: Sequence[int | None], *, keys: Sequence[int]) -> np.ndarray:
        """Draw cells.

        Parameters
        ----------
        category_ids : sequence of int or None
            A type for each; None from a model that was trained without types, which draws what it likes.
        keys : sequence of int
            `smearsynth.seeds.entropy` of each cell.

        Returns
        -------
        ndarray of uint8, shape (n, size, size, 3)
            RGB.

        Raises
        ------
        UserError
            If the model was not trained on a type.
        """
        if self.recipe.labelled:
            trained.check_types(category_ids, self.categories)
        pictures = [self._picture(category_id, key) for category_id, key in zip(category_ids, keys, strict=True)]
        return np.stack(pictures) if pictures else np.zeros((0, 1, 1, 3), np.uint8)

    def _picture(self, category_id: int | None, key: int) -> np.ndarray:
        random = rng(key, "family")
        noise = random.standard_normal((1, self.recipe.noise), np.float32)
        kind = self.index[category_id] if self.recipe.labelled else int(random.integers(len(self.categories)))
        codes = random.uniform(-1, 1, (1, CODES)).astype(np.float32)
        drawn = self._one(noise, np.array([kind], np.int32), codes)
        return images.from_network(engine.to_numpy(drawn)[0])

    def grid(self, seed: int, columns: int = 10) -> np.ndarray:
        """The same cells at each call: a row for each type, or as many rows from a model without types; uint8 RGB."""
        rows = []
        for category in self.categories:
            keys = [entropy(seed, "grid", category["id"], column) for column in range(columns)]
            rows.append(np.concatenate(list(self.draw([category["id"]] * columns, keys=keys)), axis=1))
        return np.concatenate(rows)
