"""SqueezeNet 1.1 without its classifier (Iandola et al. 2016), for weights that come without their architecture."""

from pathlib import Path
from typing import Any

import numpy as np

from smearsynth.errors import Problem, UserError, raise_all

FIX = "give weights of SqueezeNet 1.1"

TAPS = (
    "relu_conv1",
    "fire3_concat",
    "fire5_concat",
    "fire6_concat",
    "fire7_concat",
    "fire8_concat",
    "fire9_concat",
)
"""The seven layers that LPIPS compares."""

FIRES = {2: (16, 64), 3: (16, 64), 4: (32, 128), 5: (32, 128), 6: (48, 192), 7: (48, 192), 8: (64, 256), 9: (64, 256)}
"""Number of a fire module to its channels: squeezed, and expanded on each of two ways."""


def build(size: int | None = None) -> Any:
    """The network: float32 (n, size, size, 3), BGR without the ImageNet means, to (n, s, s, 512); any size without one.

    Layers have the names of the published Keras weights, with _ for /.
    """
    import keras

    layers = keras.layers

    def convolution(x: Any, filters: int, side: int, name: str, *, relu: str, stride: int = 1, padding: str = "same") -> Any:
        x = layers.Conv2D(filters, side, strides=stride, padding=padding, name=name)(x)
        return layers.ReLU(name=relu)(x)

    picture = layers.Input((size, size, 3), name="picture")
    x = convolution(picture, 64, 3, "conv1", relu="relu_conv1", stride=2, padding="valid")
    for number, (squeezed, expanded) in FIRES.items():
        if number in (2, 4, 6):
            x = layers.MaxPooling2D(3, 2, name={2: "pool1", 4: "pool3", 6: "pool5"}[number])(x)
        fire = f"fire{number}"
        x = convolution(x, squeezed, 1, f"{fire}_squeeze1x1", relu=f"{fire}_relu_squeeze1x1")
        ways = [
            convolution(x, expanded, side, f"{fire}_expand{side}x{side}", relu=f"{fire}_relu_expand{side}x{side}")
            for side in (1, 3)
        ]
        x = layers.Concatenate(name=f"{fire}_concat")(ways)
    return keras.Model(picture, layers.Identity(name="drop9")(x), name="squeezenet")


def recognises(path: Path) -> bool:
    """Whether an HDF5 file, after `weights.check`, holds weights with SqueezeNet's layer names."""
    import h5py

    with h5py.File(path) as file:
        names = _names(file, "layer_names")
    return {"conv1", "fire2/squeeze1x1", "fire9/expand3x3"} <= set(names)


def load(path: Path, size: int | None = None) -> Any:
    """The network with the weights of an HDF5 file as Keras 1 wrote it, after `weights.check`.

    Raises
    ------
    UserError
        With every layer that the file lacks or holds in another shape.
    """
    import h5py

    model = build(size)
    problems = []
    with h5py.File(path) as file:
        for layer in (layer for layer in model.layers if layer.weights):
            group = file.get(_group(layer.name))
            arrays = [] if group is None else _arrays(group)
            wanted, got = [tuple(w.shape) for w in layer.weights], [a.shape for a in arrays]
            if wanted != got:
                what = f"shapes {got or 'none'}, SqueezeNet 1.1 has {wanted}"
                problems.append(Problem(f"{path}: {layer.name}", what, FIX))
            else:
                layer.set_weights(arrays)
    raise_all(problems)
    return model


def _arrays(group: Any) -> list[Any]:
    """A layer's arrays, those that are there and can be read."""
    import h5py

    entries = [group.get(name) for name in _names(group, "weight_names")]
    try:
        return [entry[()] for entry in entries if isinstance(entry, h5py.Dataset)]
    except OSError:
        return []


def _names(entry: Any, attribute: str) -> list[str]:
    """Names that Keras 1 listed; none where there is no such list."""
    found = np.ravel(entry.attrs.get(attribute, ()))
    return [name.decode(errors="replace") if isinstance(name, bytes) else str(name) for name in found]


def check_layer(model: Any, layer: str, where: str) -> str:
    """The name of a layer of a model, also as the published weights write it (``fire9/concat``)."""
    name = layer.replace("/", "_")
    names = [one.name for one in model.layers]
    if layer in names or name in names:
        return layer if layer in names else name
    raise UserError.of(where, f"no layer {layer!r}", f"one of {', '.join(names)}")


def _group(name: str) -> str:
    return name.replace("_", "/", 1) if name.startswith("fire") else name
