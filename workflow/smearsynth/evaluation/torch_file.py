"""Read arrays out of a file of PyTorch's old format (``torch.save`` before 1.6) without PyTorch and without running its code."""

import pickle
from collections import OrderedDict
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from smearsynth.errors import UserError

MAGIC = 0x1950A86A20F9469CFC6C
STORAGES = {"FloatStorage": np.dtype("<f4"), "DoubleStorage": np.dtype("<f8"), "LongStorage": np.dtype("<i8")}


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
    try:
        with open(path, "rb") as file:
            return _read(file)
    except FileNotFoundError:
        raise UserError.of(str(path), "no such file", "give the path of the file of weights") from None
    except (pickle.UnpicklingError, EOFError, ValueError, KeyError, AttributeError, TypeError, IndexError) as error:
        what = f"not weights in PyTorch's old format ({error})"
        raise UserError.of(str(path), what, "give a file such as squeeze.pth of lpips 0.1") from None


class _Reader(pickle.Unpickler):
    """Knows arrays, storages and ordered dicts, and refuses all else."""

    def __init__(self, file: BinaryIO) -> None:
        super().__init__(file, encoding="latin1")
        self.arrays: dict[str, np.ndarray] = {}

    def find_class(self, module: str, name: str) -> Any:
        if (module, name) == ("collections", "OrderedDict"):
            return OrderedDict
        if module == "torch" and name in STORAGES:
            return STORAGES[name]
        if (module, name) == ("torch._utils", "_rebuild_tensor_v2"):
            return _view
        raise pickle.UnpicklingError(f"refers to {module}.{name}")

    def persistent_load(self, pid: Any) -> np.ndarray:
        _, dtype, key, _, count, view = pid
        if view is not None:
            raise pickle.UnpicklingError("holds a view of a storage")
        # Filled from the end of the file, after all views on it are made.
        return self.arrays.setdefault(str(key), np.zeros(count, dtype))


def _view(storage: np.ndarray, offset: int, shape: tuple, strides: tuple, *_: Any) -> np.ndarray:
    """A strided view on a storage; strides in elements. Refuses to look beyond the storage."""
    last = offset + sum((size - 1) * stride for size, stride in zip(shape, strides, strict=True))
    if min((offset, *shape, *strides)) < 0 or last >= storage.size:
        raise pickle.UnpicklingError("an array reaches beyond its storage")
    steps = [stride * storage.itemsize for stride in strides]
    return np.lib.stride_tricks.as_strided(storage[offset:], shape, steps)


def _read(file: BinaryIO) -> dict[str, np.ndarray]:
    if _Reader(file).load() != MAGIC:
        raise ValueError("another magic number")
    version, sizes = _Reader(file).load(), _Reader(file).load()
    if version != 1001 or not sizes["little_endian"]:
        raise ValueError(f"version {version}")
    reader = _Reader(file)
    state = reader.load()
    for key in _Reader(file).load():
        storage = reader.arrays[str(key)]
        count = int.from_bytes(file.read(8), "little")
        content = file.read(count * storage.itemsize)
        if count != storage.size or len(content) != storage.nbytes:
            raise EOFError("the file is truncated")
        storage[:] = np.frombuffer(content, storage.dtype)
    return {name: np.array(array) for name, array in state.items()}
