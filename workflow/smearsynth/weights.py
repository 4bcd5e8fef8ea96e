"""HDF5 files of weights from anywhere: numbers alone, no more than a network has, nothing that leads to other files or code."""

import subprocess
import sys
import warnings
from pathlib import Path
from typing import Any

from smearsynth.errors import UserError

MAX_BYTES = 2**32
"""Of all arrays of a file together; the largest of Keras's applications has a third of that."""
MAX_ENTRIES = 100_000
"""Groups and arrays of a file."""
CARRIERS = (
    "Lambda",
    "TFSMLayer",
    "JaxLayer",
    "FlaxLayer",
    "TorchModuleWrapper",
    "TextVectorization",
    "StringLookup",
    "IntegerLookup",
)
"""Layers of Keras that carry code, or read the files that they name."""
VALUES = ("__keras_tensor__", "__tuple__", "__ellipsis__", "__numpy__", "__tensor__", "__bytes__")
"""What Keras writes of a graph besides layers."""
SECONDS = 30
"""To read a file's own texts, start of Python included."""
SIGNATURE = b"\x89HDF\r\n\x1a\n"


def check(path: str | Path, *, fix: str, texts: bool = False) -> None:
    """Refuse what is not weights alone, before Keras or TensorFlow sees it.

    Parameters
    ----------
    path : path
        HDF5, as ``save_weights`` of Keras writes it, or a whole model's; `architecture` checks the latter's layers.
    fix : str
        Which file to give instead.
    texts : bool
        Whether names of layers or a whole model's layers will be read, which may be texts of any length.

    Raises
    ------
    UserError
        If the file is missing, no HDF5 (as a ``.keras`` archive or a pickle), damaged, refers to other files, holds anything but
        numbers and short texts, or tells of more than `MAX_BYTES` or `MAX_ENTRIES`.
    """
    import h5py

    path = Path(path)
    if not path.is_file():
        raise UserError.of(str(path), "no such file", fix)
    try:
        with open(path, "rb") as handle:
            if handle.read(len(SIGNATURE)) != SIGNATURE:
                raise ValueError("not an HDF5 file: archives and pickles may carry code and are not read")
        with h5py.File(path, "r") as file:
            any_length = _walk(file)
        if texts and any_length:
            _end(path)
    # h5py raises a dozen kinds of errors for a damaged file.
    except Exception as error:
        raise UserError.of(str(path), f"not weights that can be read ({str(error) or type(error).__name__})", fix) from None


def _walk(file: Any) -> bool:
    """Look at every link and array of a file, without following what leads out of it or round in circles.

    Returns whether groups have texts of any length.
    """
    import h5py

    groups, entries, size, seen, any_length = [file], 0, 0, set(), False
    while groups:
        group = groups.pop()
        entries += len(group) + len(group.attrs)
        if entries > MAX_ENTRIES:
            raise ValueError(f"more than {MAX_ENTRIES:,} entries")
        any_length = any_length or any(_is_variable(group, one) for one in group.attrs)
        for name in group:
            if not isinstance(group.get(name, getlink=True), h5py.HardLink):
                raise ValueError(f"{name[:40]} is a link to another place")
            entry = group[name]
            # A group may hold itself, an array may stand in many places.
            place = h5py.h5o.get_info(entry.id).addr
            if place in seen:
                continue
            seen.add(place)
            if isinstance(entry, h5py.Group):
                groups.append(entry)
            elif isinstance(entry, h5py.Dataset):
                if name_of := next((one for one in entry.attrs if _is_variable(entry, one)), None):
                    raise ValueError(
                        f"{name[:40]} has a text of any length ({name_of[:40]}); arrays of Keras in float32 have none"
                    )
                size += _bytes(entry)
                if size > MAX_BYTES:
                    raise ValueError(f"arrays of more than {MAX_BYTES:,} bytes")
            else:
                raise ValueError(f"{name[:40]} is neither group nor array")
    return any_length


def _bytes(array: Any) -> int:
    """Size of an array in memory; refuses other files' content, and anything but numbers and fixed texts."""
    if array.external or array.is_virtual:
        raise ValueError(f"{array.name[:40]} lies in other files")
    if array.dtype.kind not in "biufSV" or array.dtype.hasobject:
        # Keras keeps a layer's own texts as variable strings: empty of arrays, and small.
        if array.size > 1000:
            raise ValueError(f"{array.name[:40]} holds {array.dtype}, not numbers")
        return 0
    return int(array.size) * array.dtype.itemsize


def _is_variable(entry: Any, name: str) -> bool:
    """Whether an attribute is of no fixed length. HDF5 looks its value up in a heap, and never ends with some damaged ones."""
    import h5py

    def any_length(kind: Any) -> bool:
        if isinstance(kind, h5py.h5t.TypeStringID):
            return kind.is_variable_str()
        if isinstance(kind, h5py.h5t.TypeArrayID):
            return any_length(kind.get_super())
        if isinstance(kind, h5py.h5t.TypeCompoundID):
            return any(any_length(kind.get_member_type(at)) for at in range(kind.get_nmembers()))
        return isinstance(kind, h5py.h5t.TypeVlenID)

    return any_length(h5py.h5a.open(entry.id, name.encode()).get_type())


def _end(path: Path) -> None:
    """Read all texts of a file's groups in a process of its own; an error where that does not end."""
    code = """
import h5py, sys
def read(name, entry):
    for one in entry.attrs:
        entry.attrs[one]
with h5py.File(sys.argv[1]) as file:
    read("/", file)
    file.visititems(read)  # Until an answer is not None.
"""
    try:
        subprocess.run([sys.executable, "-c", code, str(path)], timeout=SECONDS, check=True, capture_output=True)
    except subprocess.TimeoutExpired:
        raise ValueError(f"reading its texts has not ended after {SECONDS} s") from None
    except subprocess.CalledProcessError:
        raise ValueError("its texts are damaged") from None


def load(network: Any, path: str | Path, *, what: str, fix: str) -> None:
    """Give a network of Keras the weights of a file, after `check`.

    Parameters
    ----------
    network : keras.Model
    path : path
    what : str
        What the file should be, for messages: ``"the weights of this model"``.
    fix : str

    Raises
    ------
    UserError
        As `check`, and where the weights are not those of the network, all of them.
    """
    # Of its own format Keras reads the arrays alone; its older one names layers and arrays in texts.
    check(path, fix=fix, texts=not str(path).endswith(".weights.h5"))
    try:
        with warnings.catch_warnings():
            # Keras leaves layers that a file does not know as they are, and only warns of it.
            warnings.filterwarnings("error", message=".*(retain|Skipping).*")
            network.load_weights(str(path))
    # Keras and h5py raise a dozen kinds of errors for a file of other content.
    except Exception as error:
        first = (str(error).strip() or type(error).__name__).splitlines()[0]
        raise UserError.of(str(path), f"not {what} ({first})", fix) from None


def architecture(told: Any, *, where: str | Path, fix: str) -> None:
    """Refuse a model's layers, as its JSON tells them, that carry code or name any.

    Parameters
    ----------
    told : object
        ``model_config``, from JSON.
    where : str or path
        The file, for messages.
    fix : str

    Raises
    ------
    UserError
        For a layer that Keras itself does not have, a Lambda, and a function that is not one of Keras's.
    """
    import keras

    waiting, looked = [told], 0
    while waiting:
        one = waiting.pop()
        looked += 1
        if isinstance(one, int) and abs(one) > 2**16:
            raise UserError.of(str(where), f"a layer of {one} units, sides or channels", fix)
        if looked > MAX_ENTRIES:
            raise UserError.of(str(where), f"layers of more than {MAX_ENTRIES:,} entries", fix)
        if isinstance(one, dict):
            name, module = one.get("class_name"), one.get("module")
            own = module is None or (isinstance(module, str) and module.split(".")[0] == "keras")
            spaces = (keras.layers, keras, keras.initializers, keras.regularizers, keras.constraints, keras.dtype_policies)
            known = isinstance(name, str) and any(isinstance(getattr(space, name, None), type) for space in spaces)
            plain = own and (known or name in ("Functional", *VALUES)) and one.get("registered_name") in (None, name)
            if name is not None and (name in CARRIERS or not plain):
                what = f"a layer or function {name!r:.40} of {module or 'nowhere'!r:.40}: it may carry code, which is not run"
                raise UserError.of(str(where), what, fix)
            waiting += one.values()
        elif isinstance(one, list):
            waiting += one
