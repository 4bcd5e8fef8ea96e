"""The classifiers of keras.applications: any size of picture, weights from a seed, a file, a folder or the network."""

import numpy as np
import pytest

from smearsynth.errors import UserError
from smearsynth.options import build as build_options
from smearsynth.readers.applications import APPLICATIONS, IMAGENET_MEAN
from smearsynth.readers.architectures import ARCHITECTURES, build
from smearsynth.readers.arms_options import Network

PICTURES = np.random.default_rng(0).uniform(-1, 1, (2, 32, 32, 3)).astype(np.float32)


def test_the_papers_six_are_there():
    assert set(ARCHITECTURES) == {"inception_v3", "resnet50", "vgg16", "cnn", "xception", "vgg19"}


@pytest.mark.parametrize("name", APPLICATIONS)
def test_small_pictures_are_enlarged_to_what_a_network_needs(name):
    import keras

    model = build(name, size=32, classes=5, seed=1)
    logits = np.asarray(model(PICTURES))
    assert logits.shape == (2, 5) and np.isfinite(logits).all() and np.ptp(logits, axis=1).min() > 0
    base = next(layer for layer in model.layers if isinstance(layer, keras.Model))
    assert base.input_shape[1] >= APPLICATIONS[name].least and base.name.lower().startswith(name.split("_")[0])
    momenta = {layer.momentum for layer in base.layers if isinstance(layer, keras.layers.BatchNormalization)}
    assert momenta <= {0.95}


def test_weights_follow_the_seed_alone():
    first, again, other = (np.asarray(build("resnet50", size=32, classes=3, seed=seed)(PICTURES)) for seed in (1, 1, 2))
    assert (first == again).all() and (first != other).any()


@pytest.fixture(scope="module")
def vgg16_file(tmp_path_factory):
    """Weights of a VGG16 without its top, as Keras writes them."""
    import keras

    base = keras.applications.VGG16(weights=None, include_top=False, input_shape=(32, 32, 3))
    path = tmp_path_factory.mktemp("weights") / "own.weights.h5"
    base.save_weights(path)
    return path, base


def test_a_file_of_weights_gets_what_its_network_was_trained_on(vgg16_file):
    path, base = vgg16_file
    model = build("vgg16", size=32, classes=4, seed=1, weights=str(path))
    grey = (PICTURES + 1) * 127.5
    wanted = np.asarray(base(grey[..., ::-1] - np.array(IMAGENET_MEAN, np.float32))).mean((1, 2))
    kernel, bias = (np.asarray(value) for value in model.get_layer("logits").weights)
    assert np.asarray(model(PICTURES)) == pytest.approx(wanted @ kernel + bias, rel=1e-3, abs=1e-3)


def test_weights_of_another_network_are_refused(vgg16_file):
    with pytest.raises(UserError, match="not weights of vgg19 without its top"):
        build("vgg19", size=32, classes=4, seed=1, weights=str(vgg16_file[0]))


def test_a_folder_without_the_file_or_with_a_damaged_one_is_refused(tmp_path):
    with pytest.raises(UserError, match="no weights of vgg16"):
        build("vgg16", size=32, classes=4, seed=1, weights=str(tmp_path))
    (tmp_path / APPLICATIONS["vgg16"].file).write_bytes(b"half a file")
    with pytest.raises(UserError, match=r"MD5 .*, Keras publishes 6d6bbae1"):
        build("vgg16", size=32, classes=4, seed=1, weights=str(tmp_path))


@pytest.mark.parametrize(
    "error",
    [
        Exception("URL fetch failure on https://example.org/weights.h5: None -- [Errno -3] name resolution"),
        ConnectionResetError(104, "Connection reset by peer"),
        ValueError("Incomplete or corrupted file detected. The auto file hash does not match the provided value of abc"),
    ],
)
def test_no_network_is_said_with_the_way_out(error, monkeypatch):
    import keras

    def unreachable(**settings):
        raise error

    monkeypatch.setattr(keras.applications, "VGG16", unreachable)
    with pytest.raises(UserError, match=f"cannot be fetched(.|\n)*put {APPLICATIONS['vgg16'].file} into a folder"):
        build("vgg16", size=32, classes=4, seed=1, weights="imagenet")


def test_the_published_checksums_are_those_that_keras_checks():
    import importlib
    import inspect

    for name, about in APPLICATIONS.items():
        module = importlib.import_module(f"keras.src.applications.{'resnet' if name == 'resnet50' else name}")
        source = inspect.getsource(module)
        assert about.md5 in source
        assert about.file in source or name == "resnet50"


def test_the_cnn_has_no_weights_to_start_from():
    with pytest.raises(UserError, match="trained from nothing"):
        build_options(Network, {"name": "cnn", "steps": 1, "learning_rate": 0.1, "weights": "imagenet"}, where="networks")
