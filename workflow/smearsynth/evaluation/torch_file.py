"""Read arrays out of a file of PyTorch's old format (``torch.save`` before 1.6) without PyTorch and without running its code."""

import math
import pickle
from collections import OrderedDict
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from smearsynth.errors import UserError

MAGIC = 0x1950A86A20F9469CFC6C
KINDS = {"FloatStorage": "<f4", "DoubleStorage": "<f8", "LongStorage": "<i8"}
STORAGES: dict[str, np.dtype] = {name: np.dtype(kind) for name, kind in KINDS.items()}
MAX_BYTES = 2**32
"""Of one storage."""


def read(path: str | Path) -> dict[str, np.ndarray]:
    """The arrays of a state dict by name.

    The file is a row of pickles: a magic number, a version, sizes of types, the dict with references to storages, the storages'
    keys; then each storage as a count of 8 bytes and its values, little endian.

    Raises
    ------
    UserError
        If the file is missing, of another format, truncated, or names anything but arrays.
    """
    path = Path(path)
    if not path.is_file():
        raise UserError.of(str(path), "no such file", "give the path of the file of weights")
    try:
        with open(path, "rb") as file:
            return _read(file)
    # A pickle that was damaged on purpose raises a dozen kinds of errors.
    except Exception as error:
        what = f"not weights in PyTorch's old format ({str(error) or type(error).__name__})"
        raise UserError.of(str(path), what, "give a file such as squeeze.pth of lpips 0.1") from None


class _Reader(pickle.Unpickler):
    """Knows arrays, storages and ordered dicts, refuses all else, and makes nothing but tuples and dicts of it."""

    def find_class(self, module: str, name: str) -> Any:
        if (module, name) == ("collections", "OrderedDict"):
            return OrderedDict
        if module == "torch" and name in STORAGES:
            return name
        if (module, name) == ("torch._utils", "_rebuild_tensor_v2"):
            # A new one each time: a pickle may write to what it names.
            return lambda *told: told
        raise pickle.UnpicklingError(f"refers to {module}.{name}")

    def persistent_load(self, pid: Any) -> tuple:
        return pid


def _read(file: BinaryIO) -> dict[str, np.ndarray]:
    if _Reader(file).load() != MAGIC:
        raise ValueError("another magic number")
    version, sizes = _Reader(file).load(), _Reader(file).load()
    if version != 1001 or not sizes["little_endian"]:
        raise ValueError(f"version {version}")
    state, keys = _Reader(file, encoding="latin1").load(), _Reader(file).load()
    told = {str(key): (kind, count) for (_, kind, key, _, count, _), *_ in state.values()}
    storages = {}
    for key in map(str, keys):
        kind, wanted = told[key]
        count = int.from_bytes(file.read(8), "little")
        # No more than the file can hold is asked for.
        content = file.read(min(count * STORAGES[kind].itemsize, MAX_BYTES))
        storages[key] = np.frombuffer(content, STORAGES[kind])
        if count != wanted or storages[key].size != count:
            raise EOFError("the file is truncated")
    return {str(name): _view(storages, *array) for name, array in state.items()}


def _view(storages: dict[str, np.ndarray], pid: tuple, offset: int, shape: tuple, strides: tuple, *_: Any) -> np.ndarray:
    """The array of a strided view on a storage; strides in elements. Refuses to look beyond the storage."""
    _, _, key, _, _, view = pid
    if view is not None:
        raise pickle.UnpicklingError("holds a view of a storage")
    storage = storages[str(key)]
    if not all(type(number) is int and 0 <= number <= storage.size for number in (offset, *shape, *strides)):
        raise pickle.UnpicklingError("an array reaches beyond its storage")
    last = offset + sum((size - 1) * stride for size, stride in zip(shape, strides, strict=True))
    if math.prod(shape) > storage.size or last >= storage.size:
        raise pickle.UnpicklingError("an array reaches beyond its storage")
    steps = [stride * storage.itemsize for stride in strides]
    return np.array(np.lib.stride_tricks.as_strided(storage[offset:], shape, steps))
