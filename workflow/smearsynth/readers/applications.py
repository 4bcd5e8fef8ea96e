"""Classifiers from ``keras.applications``, with random or with ImageNet weights (Hazra et al. 2022, section 4)."""

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from smearsynth import weights as files_of_weights
from smearsynth.errors import UserError


@dataclass(frozen=True)
class Application:
    """What is to be known of one network.

    Parameters
    ----------
    function : str
        Its name in ``keras.applications``.
    least : int
        Smallest side of its input in pixels; smaller pictures are enlarged.
    caffe : bool
        Its ImageNet weights want BGR in [0, 255] less the mean of ImageNet; the others want RGB in [-1, 1].
    file, md5 : str
        Its weights without the top, as Keras publishes them.
    """

    function: str
    least: int
    caffe: bool
    file: str
    md5: str


def _file(name: str) -> str:
    return f"{name}_weights_tf_dim_ordering_tf_kernels_notop.h5"


APPLICATIONS = {
    "inception_v3": Application("InceptionV3", 75, False, _file("inception_v3"), "bcbd6486424b2319ff4ef7d526e38f63"),
    "resnet50": Application("ResNet50", 32, True, _file("resnet50"), "4d473c1dd8becc155b73f8504c6f6626"),
    "vgg16": Application("VGG16", 32, True, _file("vgg16"), "6d6bbae143d832006294945121d1f1fc"),
    "xception": Application("Xception", 71, False, _file("xception"), "b0042744bf5b25fce3cb969f33bebb97"),
    "vgg19": Application("VGG19", 32, True, _file("vgg19"), "253f8cb515780f3b799900260a226db6"),
}
IMAGENET_MEAN = (103.939, 116.779, 123.68)
"""Blue, green, red, in [0, 255]."""


def application(name: str, *, size: int, classes: int, seed: int, weights: str) -> Any:
    """A network of ``keras.applications`` without its top, followed by the mean over space, dropout and logits.

    Parameters
    ----------
    name : str
        A key of `APPLICATIONS`.
    size : int
        Side of the picture in pixels; enlarged (bilinear) where the network needs more.
    classes : int
    seed : int
        Initial weights and dropout.
    weights : str
        ``none``: drawn from the seed (He normal). ``imagenet``: fetched by Keras, which checks its MD5. Else a weights file, or a
        folder that holds the file under Keras's name, whose MD5 is checked here.

    Returns
    -------
    keras.Model
        Float32 (n, size, size, 3) in [-1, 1] to logits (n, classes).

    Raises
    ------
    UserError
        If weights cannot be had, or belong to another network.
    """
    import keras

    about = APPLICATIONS[name]
    layers = keras.layers
    side = max(size, about.least)
    picture = x = layers.Input((size, size, 3), name="picture")
    if side != size:
        x = layers.Resizing(side, side, interpolation="bilinear", name="enlarged")(x)
    if about.caffe and weights != "none":
        x = layers.Rescaling(127.5, offset=127.5, name="grey_levels")(x)
        x = keras.ops.flip(x, axis=-1)
        x = layers.Rescaling(1.0, offset=[-mean for mean in IMAGENET_MEAN], name="less_the_mean")(x)
    x = _base(about, name, side, seed, weights)(x)
    x = layers.GlobalAveragePooling2D(name="average")(x)
    x = layers.Dropout(0.3, seed=seed, name="dropout")(x)
    start = keras.initializers.GlorotUniform(seed=seed + 1)
    return keras.Model(picture, layers.Dense(classes, kernel_initializer=start, name="logits")(x), name=name)


def _base(about: Application, name: str, side: int, seed: int, weights: str) -> Any:
    import keras

    function = getattr(keras.applications, about.function)
    settings = {"include_top": False, "input_shape": (side, side, 3)}
    if weights == "imagenet":
        base = _fetched(function, settings, about)
    else:
        base = function(weights=None, **settings)
        if weights == "none":
            _drawn(base, seed)
        else:
            _loaded(base, about, name, Path(weights))
    for layer in base.layers:
        if isinstance(layer, keras.layers.BatchNormalization):
            # Keras's 0.99 needs many hundred steps before what is used for naming has forgotten its start.
            layer.momentum = 0.95
    return base


def _fetched(function: Any, settings: dict, about: Application) -> Any:
    try:
        return function(weights="imagenet", **settings)
    except Exception as error:  # Keras raises a bare Exception where it cannot fetch, ValueError for a wrong checksum.
        lost = isinstance(error, OSError)  # The connection, while it was being fetched.
        if not lost and "fetch" not in str(error) and "hash" not in str(error):
            raise
        fix = f"put {about.file} into a folder and set weights to that folder, or set weights: none"
        raise UserError.of("weights: imagenet", f"cannot be fetched ({error})", fix) from None


def _drawn(base: Any, seed: int) -> None:
    """Weights from the seed: Keras's own draw from a source of randomness that the whole process shares."""
    import keras

    kernels = [v for layer in base.layers for v in layer.trainable_variables if v.name.endswith("kernel")]
    for number, variable in enumerate(kernels):
        variable.assign(keras.initializers.HeNormal(seed=seed + 2 + number)(variable.shape, dtype=variable.dtype))


def _loaded(base: Any, about: Application, name: str, path: Path) -> None:
    file = path / about.file if path.is_dir() else path
    if not file.is_file():
        raise UserError.of(str(file), f"no weights of {name}", f"put {about.file} there, or set weights: imagenet or none")
    if path.is_dir():
        with open(file, "rb") as handle:
            found = hashlib.file_digest(handle, "md5").hexdigest()
        if found != about.md5:
            fix = "fetch it again; give the path of the file itself for weights of your own"
            raise UserError.of(str(file), f"MD5 {found}, Keras publishes {about.md5}", fix)
    load_weights(base, file, name, fix=f"give {about.file}")


def load_weights(base: Any, file: Path, name: str, *, fix: str) -> None:
    """Load the weights of a network without its top; refuses those of another network, or of a part of this one."""
    files_of_weights.load(base, file, what=f"weights of {name} without its top", fix=fix)
