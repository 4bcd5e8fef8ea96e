"""A field reader: StarDist's network with our classes, in a folder that StarDist itself can open.

The folder holds ``weights_best.h5`` (weights alone), ``config.json`` and ``thresholds.json`` (StarDist's own), and ``model.json``
(options, classes, what it was trained on), from which it is read.
"""

import contextlib
import io
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Literal

import numpy as np

from smearsynth import options as configuration
from smearsynth import seeds, structure, weights
from smearsynth.errors import UserError
from smearsynth.files import atomic, read_json, write_json
from smearsynth.gans import engine
from smearsynth.readers import field_classes
from smearsynth.readers.field_classes import Classes
from smearsynth.readers.field_options import FieldReaderOptions

WEIGHTS = "weights_best.h5"

TYPE = {"id": int, "name": str, "kind": str, "colour": (int, int, int)}
FORM = {"options": dict, "classes": {"by": str, "types": [TYPE]}, "thresholds": {"nms": float, "scores": [float]}}


@dataclass(frozen=True)
class Thresholds:
    """From what on a candidate is a cell.

    Parameters
    ----------
    nms : float
        Overlap from which of two candidates the better one stays.
    scores : tuple of float
        Least score of each class.
    """

    nms: float
    scores: tuple[float, ...]


@dataclass(frozen=True)
class FieldReader:
    """A network with its classes and thresholds; ``model`` is a ``stardist.models.StarDist2D``."""

    model: Any
    options: FieldReaderOptions
    classes: Classes
    thresholds: Thresholds


def network(options: FieldReaderOptions, *, classes: int, seed: int) -> Any:
    """StarDist's network before its training.

    Parameters
    ----------
    options : FieldReaderOptions
    classes : int
        Number of classes without the background.
    seed : int
        Of the initial weights: Glorot's uniform ones, as StarDist starts, but drawn from the seed and the layer alone.

    Returns
    -------
    stardist.models.StarDist2D
        Float32 (n, height, width, 3) in [-1, 1] to probability, distances and classes on the grid.
    """
    engine.configure(device=options.device, threads=options.threads)
    from stardist.models import Config2D, StarDist2D

    config = Config2D(
        axes="YXC",
        n_channel_in=3,
        n_rays=options.rays,
        grid=(options.grid, options.grid),
        n_classes=classes,
        unet_n_depth=options.depth,
        unet_n_filter_base=options.filters,
        net_conv_after_unet=options.features,
        train_patch_size=(options.patch, options.patch),
        train_batch_size=options.batch,
        train_learning_rate=options.learning_rate,
        train_epochs=1,
        train_steps_per_epoch=options.steps,
        train_tensorboard=False,
        train_reduce_lr=None,
    )
    with contextlib.redirect_stdout(io.StringIO()):  # StarDist tells its default thresholds, which are not ours.
        model = StarDist2D(config, name="reader", basedir=None)
    for number, layer in enumerate(layer for layer in model.keras_model.layers if layer.weights):
        kernel, bias = layer.get_weights()
        reach = kernel.shape[0] * kernel.shape[1]
        limit = np.sqrt(6 / (reach * (kernel.shape[2] + kernel.shape[3])))
        rng = seeds.rng(seed, "readers", "field", "weights", number)
        layer.set_weights([rng.uniform(-limit, limit, kernel.shape).astype(np.float32), np.zeros_like(bias)])
    return model


def save(folder: Path, reader: FieldReader, *, about: dict) -> None:
    """Write a reader into an existing folder, with what it was trained on (`about`, for ``model.json``)."""
    with atomic(folder / WEIGHTS) as temporary:
        reader.model.keras_model.save_weights(str(temporary))
    write_json(folder / "config.json", dict(vars(reader.model.config)), indent=1)
    # StarDist knows one threshold for all classes.
    write_json(folder / "thresholds.json", {"prob": min(reader.thresholds.scores), "nms": reader.thresholds.nms}, indent=1)
    content = {
        "reader": "field",
        "options": asdict(reader.options),
        "classes": field_classes.to_json(reader.classes),
        "thresholds": asdict(reader.thresholds),
        **about,
    }
    write_json(folder / "model.json", content, indent=1)


def load(folder: Path, *, device: Literal["auto", "cpu", "gpu"] | None = None) -> FieldReader:
    """Read a reader that `save` wrote; `device` is instead of the one that it was trained on.

    Raises
    ------
    UserError
        If the folder holds no field reader.
    """
    about = read_json(folder / "model.json")
    if not isinstance(about, dict) or about.get("reader") != "field":
        raise UserError.of(str(folder), "not a field reader", "give a folder that 'readers field_train' wrote")
    structure.check(about, FORM, where=folder / "model.json", fix="give a folder that 'readers field_train' wrote")
    options = configuration.build(FieldReaderOptions, about["options"], where="readers.field")
    if device:
        options = replace(options, device=device)
    classes = field_classes.from_json(about["classes"])
    thresholds = Thresholds(about["thresholds"]["nms"], tuple(about["thresholds"]["scores"]))
    model = network(options, classes=len(classes.types), seed=0)
    fix = "train the reader again, or copy its folder again from its source"
    weights.load(model.keras_model, folder / WEIGHTS, what="weights of this reader", fix=fix)
    return FieldReader(model, options, classes, thresholds)
