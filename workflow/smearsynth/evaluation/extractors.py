"""Networks whose layers give the features of pictures: our reader, applications of Keras, networks in HDF5 files."""

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from scipy.special import softmax

from smearsynth import images, weights
from smearsynth.errors import UserError, unknown
from smearsynth.evaluation import squeezenet
from smearsynth.evaluation.metrics_options import ExtractorOptions
from smearsynth.files import sha256
from smearsynth.readers.applications import load_weights
from smearsynth.readers.batches import outputs
from smearsynth.readers.pictures import fit, resized


@dataclass(frozen=True)
class Extractor:
    """A network and the layer of it that is looked at.

    Parameters
    ----------
    name : str
        Network, layer, size, and the beginning of the SHA-256 over its weights: features of equal names can be compared.
    model : keras.Model
        From prepared pictures.
    layer : str
        Whose output is the feature, averaged over the picture where it still has space.
    prepare : callable
        uint8 (n, side, side, 3) of any side to the model's input.
    types : tuple of int
        Category ids of the model's outputs, which are logits then; empty where it names nothing.
    """

    name: str
    model: Any
    layer: str
    prepare: Callable[[np.ndarray], np.ndarray]
    types: tuple[int, ...] = ()


def resize(pixels: np.ndarray, size: int) -> np.ndarray:
    """Square pictures at another side, uint8; see `pictures.resized`."""
    return np.stack([resized(picture, size) for picture in pixels])


def load(options: ExtractorOptions, *, reader: Path | None = None) -> Extractor:
    """The network that the options name, ready to compute.

    Parameters
    ----------
    options : ExtractorOptions
    reader : path
        Folder of the run's reader, for ``cells``.

    Raises
    ------
    UserError
        For a reader, a file or a layer that is not there, weights of another architecture or SHA-256, and weights that cannot
        be fetched.
    """
    kind, _, rest = options.network.partition(":")
    if kind == "cells":
        return _cells(reader)
    if kind == "keras":
        return _application(rest, options)
    path, _, layer = rest.rpartition(":")
    return _file(Path(path), layer, options)


def extract(extractor: Extractor, pixels: np.ndarray, *, batch: int = 64) -> tuple[np.ndarray, np.ndarray]:
    """Features of pictures.

    Parameters
    ----------
    extractor : Extractor
    pixels : ndarray of uint8, shape (n, side, side, 3)
    batch : int
        See `batches.outputs`.

    Returns
    -------
    features : ndarray of float32, shape (n, d)
    probabilities : ndarray of float32, shape (n, k)
        k = 0 where the network names nothing.
    """
    import keras

    looked_at = [extractor.model.get_layer(extractor.layer).output]
    looked_at += [extractor.model.output] if extractor.types else []
    network = keras.Model(extractor.model.inputs, looked_at)
    values, probabilities = [], []
    for feature, *logits in outputs(network, pixels, extractor.prepare, batch=batch):
        values.append(feature.mean((1, 2)) if feature.ndim == 4 else feature)
        probabilities += [softmax(found, axis=1) for found in logits]
    named = np.concatenate(probabilities) if probabilities else np.zeros((len(pixels), 0), np.float32)
    return np.concatenate(values).astype(np.float32), named.astype(np.float32)


def fingerprint(model: Any) -> str:
    """The first 8 hexadecimal digits of the SHA-256 over all weights of a model."""
    digest = hashlib.sha256()
    for array in model.get_weights():
        digest.update(np.ascontiguousarray(array).tobytes())
    return digest.hexdigest()[:8]


def _cells(folder: Path | None) -> Extractor:
    if folder is None:
        raise UserError.of("--reader", "missing", "the extractor cells is the run's reader: give its folder")
    from smearsynth.readers import reader

    trained = reader.load(folder)
    window, size = trained.options.window, trained.options.size

    def prepare(pixels: np.ndarray) -> np.ndarray:
        return images.to_network(np.stack([fit(picture, window=window, size=size) for picture in pixels]))

    name = f"cells ({trained.options.architecture}, {size} px, {fingerprint(trained.model)})"
    return Extractor(name, trained.model, _before_last(trained.model), prepare, trained.types)


def _before_last(model: Any) -> str:
    """The layer that the last one with weights gets its input from."""
    last = next(layer for layer in reversed(model.layers) if layer.weights)
    return last.input._keras_history.operation.name


def _application(name: str, options: ExtractorOptions) -> Extractor:
    import keras

    builders = {n: f for n in dir(keras.applications) if callable(f := getattr(keras.applications, n))}
    if name not in builders:
        raise UserError([unknown(f"keras:{name}", name, builders, word="application")])
    size = options.size or (299 if "ception" in name else 224)
    path = _weights(options)
    build = builders[name]
    where = f"keras:{name}"
    try:
        model = build(include_top=False, weights=None if path else "imagenet", input_shape=(size, size, 3), pooling="avg")
    except Exception as error:
        if path is None and ("URL fetch" in str(error) or isinstance(error, OSError)):
            fix = "give the file under weights, or run once where there is a network"
            raise UserError.of(where, f"its weights cannot be fetched ({error})", fix) from None
        raise UserError.of(where, f"cannot be built at {size} pixels ({error})", "set a size that it takes") from None
    if path:
        load_weights(model, path, name, fix=f"give {name}'s weights without top")
    module = next(
        module
        for module in vars(keras.applications).values()
        if hasattr(module, "preprocess_input") and getattr(module, name, None) is build
    )
    label = f"keras:{name} ({size} px, {fingerprint(model)})"

    def prepare(pixels: np.ndarray) -> np.ndarray:
        return np.asarray(module.preprocess_input(resize(pixels, size).astype(np.float32)), np.float32)

    return Extractor(label, model, model.layers[-1].name, prepare)


def _weights(options: ExtractorOptions) -> Path | None:
    """The file of an application's weights, fetched and checked; None where Keras is to fetch its own."""
    if options.weights is None:
        return None
    if not options.remote:
        return checked(Path(options.weights), options.sha256)
    import keras

    try:
        return Path(keras.utils.get_file(origin=options.weights, file_hash=options.sha256, hash_algorithm="sha256"))
    except ValueError as error:
        raise UserError.of(options.weights, f"not the file of this SHA-256 ({error})", "check the URL and sha256") from None
    except Exception as error:
        fix = "fetch the file where there is a network and give its path under weights"
        raise UserError.of(options.weights, f"cannot be fetched ({error})", fix) from None


def checked(path: Path, wanted: str | None) -> Path:
    """A file that is there and, where one is given, has the SHA-256."""
    if not path.is_file():
        raise UserError.of(str(path), "no such file", "give the path of the weights")
    if wanted is not None and (found := sha256(path)) != wanted.lower():
        raise UserError.of(str(path), f"its SHA-256 is {found}, not {wanted}", "fetch the file again, or correct sha256")
    return path


def _whole(path: Path, told: Any, *, fix: str) -> Any:
    """A whole model of Keras's own layers; those that carry code are refused before anything is built."""
    import keras

    try:
        content = json.loads(told)
    except (ValueError, TypeError, RecursionError) as error:
        raise UserError.of(str(path), f"a model whose layers cannot be read ({error})", fix) from None
    weights.architecture(content, where=path, fix=fix)
    try:
        model = keras.models.load_model(path, compile=False, safe_mode=True)
        # A sequence of layers without an input is no network yet.
        return keras.Model(model.inputs, model.outputs)
    # Keras raises a dozen kinds of errors for layers that do not fit together.
    except Exception as error:
        raise UserError.of(str(path), f"a model that cannot be built ({str(error).splitlines()[:1]})", fix) from None


def _file(path: Path, layer: str, options: ExtractorOptions) -> Extractor:
    import h5py
    import keras

    checked(path, options.sha256)
    where = f"file:{path}:{layer}"
    fix = "give a model of Keras's own layers, or weights of SqueezeNet 1.1 without top, saved as .h5"
    weights.check(path, fix=fix, texts=True)
    with h5py.File(path) as file:
        told = file.attrs.get("model_config")
    if told is not None:
        model = _whole(path, told, fix=fix)
        size = options.size or model.input_shape[1]
        if size is None:
            raise UserError.of(where, "the model takes any size", "set size")
        name = squeezenet.check_layer(model, layer, where)
        label = f"{path.stem}:{name} ({size} px, {fingerprint(model)})"
        return Extractor(label, model, name, lambda pixels: images.to_network(resize(pixels, size)))
    if not squeezenet.recognises(path):
        fix = "give a whole model (model.save), or weights of SqueezeNet 1.1 without top"
        raise UserError.of(str(path), "weights of an architecture that is not known here", fix)
    model = squeezenet.load(path)
    size = options.size or 227
    name = squeezenet.check_layer(model, layer, where)

    def prepare(pixels: np.ndarray) -> np.ndarray:
        resized = resize(pixels, size).astype(np.float32)
        return np.asarray(keras.applications.imagenet_utils.preprocess_input(resized, mode="caffe"), np.float32)

    return Extractor(f"squeezenet:{name} ({size} px, {fingerprint(model)})", model, name, prepare)
