"""Networks behind features: names, weights, and what is refused."""

import hashlib

import numpy as np
import pytest

from smearsynth.errors import UserError
from smearsynth.evaluation import extractors, squeezenet
from smearsynth.evaluation.metrics_options import ExtractorOptions, FeaturesOptions, MemorisationOptions, TwoSampleOptions


@pytest.mark.parametrize("network", ["reader", "keras:", "file:a.h5", "file::layer", "file:a.h5:"])
def test_unknown_networks_are_refused(network):
    with pytest.raises(UserError, match="network"):
        ExtractorOptions(network)


def test_options_tell_all_problems_at_once():
    with pytest.raises(UserError) as error:
        ExtractorOptions("cells", size=8, weights="https://example.org/w.h5", sha256="12")
    assert [problem.where for problem in error.value.problems] == ["size", "weights", "sha256"]
    with pytest.raises(UserError, match="SHA-256"):
        ExtractorOptions("keras:VGG16", weights="https://example.org/w.h5")
    with pytest.raises(UserError) as error:
        FeaturesOptions({"a/b": ExtractorOptions("cells")}, "cpu", 0)
    assert len(error.value.problems) == 2
    with pytest.raises(UserError) as error:
        TwoSampleOptions(0, 1, 2.0, 1, 3, 0.0, 1.0, "cpu", 1)
    assert len(error.value.problems) == 7
    with pytest.raises(UserError) as error:
        MemorisationOptions(0, 0.6, 0, 99, 0.4)
    assert len(error.value.problems) == 5


def test_the_reader_has_to_be_named():
    with pytest.raises(UserError, match="--reader"):
        extractors.load(ExtractorOptions("cells"))


def test_files_are_checked(tmp_path):
    path = tmp_path / "weights.h5"
    with pytest.raises(UserError, match="no such file"):
        extractors.load(ExtractorOptions(f"file:{path}:drop9"))
    path.write_bytes(b"nothing")
    with pytest.raises(UserError, match="not an HDF5 file"):
        extractors.load(ExtractorOptions(f"file:{path}:drop9"))
    right, wrong = hashlib.sha256(b"nothing").hexdigest(), "0" * 64
    assert extractors.checked(path, right.upper()) == path
    with pytest.raises(UserError, match=f"its SHA-256 is {right}"):
        extractors.load(ExtractorOptions(f"file:{path}:drop9", sha256=wrong))


def test_weights_of_another_architecture(tmp_path):
    import h5py

    path = tmp_path / "weights.h5"
    with h5py.File(path, "w") as file:
        file.attrs["layer_names"] = [b"block1_conv1"]
    with pytest.raises(UserError, match="not known"):
        extractors.load(ExtractorOptions(f"file:{path}:drop9"))
    with pytest.raises(UserError, match="did you mean 'VGG1"):
        extractors.load(ExtractorOptions("keras:VGG17"))
    with pytest.raises(UserError, match="not weights of MobileNetV2 without its top"):
        extractors.load(ExtractorOptions("keras:MobileNetV2", size=32, weights=str(path)))


def test_weights_that_cannot_be_fetched(monkeypatch):
    import keras

    def nowhere(**_):
        raise OSError("URL fetch failure: no network")

    monkeypatch.setattr(keras.utils, "get_file", nowhere)
    options = ExtractorOptions("keras:MobileNetV2", size=32, weights="https://example.org/w.h5", sha256="0" * 64)
    with pytest.raises(UserError, match="cannot be fetched"):
        extractors.load(options)
    monkeypatch.setattr(keras.applications, "MobileNetV2", lambda **_: nowhere())
    with pytest.raises(UserError, match="run once where there is a network"):
        extractors.load(ExtractorOptions("keras:MobileNetV2", size=32))


@pytest.fixture(scope="module")
def published(tmp_path_factory):
    """Random weights of SqueezeNet in a file as Keras 1 wrote it, and the model."""
    import h5py
    import keras

    keras.utils.set_random_seed(1)
    path, model = tmp_path_factory.mktemp("weights") / "squeezenet.h5", squeezenet.build(64)
    with h5py.File(path, "w") as file:
        names = []
        for layer in model.layers:
            name = squeezenet._group(layer.name)
            names.append(name.encode())
            group = file.create_group(name)
            group.attrs["weight_names"] = [f"{name}_{i}".encode() for i in range(len(layer.weights))]
            for i, array in enumerate(layer.get_weights()):
                group[f"{name}_{i}"] = array
        file.attrs["layer_names"] = names
    return path, model


def test_squeezenet_from_a_file_of_keras_1(published):
    path, model = published
    pixels = np.random.default_rng(1).integers(256, size=(3, 64, 64, 3), dtype=np.uint8)
    found = extractors.load(ExtractorOptions(f"file:{path}:fire9/concat", size=64))
    values, probabilities = extractors.extract(found, pixels, batch=2)
    means = np.array([103.939, 116.779, 123.68])
    expected = np.asarray(model(pixels[..., ::-1].astype(np.float32) - means.astype(np.float32))).mean((1, 2))
    assert values.shape == (3, 512) and probabilities.shape == (3, 0)
    assert np.allclose(values, expected, atol=1e-4)
    with pytest.raises(UserError, match=r"no layer 'fire10'"):
        extractors.load(ExtractorOptions(f"file:{path}:fire10"))


def test_squeezenet_of_other_shapes_names_the_layers(published, tmp_path):
    import shutil

    import h5py

    path = shutil.copy(published[0], tmp_path / "other.h5")
    with h5py.File(path, "a") as file:
        del file["conv1/conv1_0"], file["fire4/squeeze1x1"]
        file["conv1/conv1_0"] = np.zeros((7, 7, 3, 96), np.float32)
    with pytest.raises(UserError) as error:
        extractors.load(ExtractorOptions(f"file:{path}:drop9"))
    assert [problem.where.split(": ")[1] for problem in error.value.problems] == ["conv1", "fire4_squeeze1x1"]


def test_a_whole_model_from_a_file(tmp_path):
    import keras

    inputs = keras.layers.Input((32, 32, 3))
    halved = keras.layers.AveragePooling2D(32, name="mean")(inputs)
    model = keras.Model(inputs, keras.layers.Flatten(name="flat")(halved))
    model.save(tmp_path / "whole.h5")
    found = extractors.load(ExtractorOptions(f"file:{tmp_path / 'whole.h5'}:mean"))
    pixels = np.full((2, 64, 64, 3), 255, np.uint8)
    values, _ = extractors.extract(found, pixels)
    assert values == pytest.approx(np.ones((2, 3)))


def test_an_application_from_a_file(tmp_path):
    import keras

    keras.utils.set_random_seed(2)
    model = keras.applications.MobileNetV2(include_top=False, weights=None, input_shape=(32, 32, 3), pooling="avg", alpha=1.0)
    path = tmp_path / "mobilenet.weights.h5"
    model.save_weights(path)
    options = ExtractorOptions("keras:MobileNetV2", size=32, weights=str(path), sha256=extractors.sha256(path))
    pixels = np.random.default_rng(3).integers(256, size=(2, 32, 32, 3), dtype=np.uint8)
    values, _ = extractors.extract(extractors.load(options), pixels, batch=2)
    assert np.allclose(values, np.asarray(model(pixels / np.float32(127.5) - 1)), atol=1e-5)
