"""Arrays in ``.npz`` files from anywhere: sizes are known from the headers before memory is taken, objects are refused."""

import zipfile
from pathlib import Path

import numpy as np

from smearsynth.errors import UserError

MAX_BYTES = 2**34
"""Of all arrays of a file together."""


def read(path: str | Path, forms: dict[str, tuple[str, str]] | None = None, *, what: str, fix: str) -> dict[str, np.ndarray]:
    """The arrays of a file by name.

    Parameters
    ----------
    path : path
    forms : dict of str to (str, str), optional
        Arrays that must be there: kinds (letters of ``dtype.kind``) and sides, each a number or a name that stands for the same
        number wherever it does: ``{"values": ("f", "n d"), "ids": ("iu", "n"), "extractor": ("U", "")}``.
    what : str
        What the file should hold, for messages: ``"features"``.
    fix : str
        What makes such a file.

    Raises
    ------
    UserError
        If the file is missing, no archive, damaged, encrypted, has an array of Python objects (which would run code) or one
        whose header tells another size than the archive, or holds more than `MAX_BYTES`.
    """
    path = Path(path)
    if not path.is_file():
        raise UserError.of(str(path), "no such file", fix)
    try:
        with zipfile.ZipFile(path) as archive:
            entries = archive.infolist()
            size = sum(entry.file_size for entry in entries)
            if size > MAX_BYTES or len({entry.filename for entry in entries}) != len(entries):
                raise ValueError(f"{size:,} bytes in {len(entries)} arrays")
            for entry in entries:
                _check(archive, entry)
        with np.load(path, allow_pickle=False) as file:
            found = {name: file[name] for name in file.files}
        _fit(found, forms or {})
        return found
    # Of a file that was damaged on purpose zipfile, zlib and NumPy raise a dozen kinds of errors.
    except Exception as error:
        raise UserError.of(str(path), f"no {what} in it ({str(error) or type(error).__name__})", fix) from None


def _fit(found: dict[str, np.ndarray], forms: dict[str, tuple[str, str]]) -> None:
    """Refuse arrays of other kinds or shapes."""
    sides: dict[str, int] = {}
    for name, (kinds, told) in forms.items():
        if name not in found:
            raise ValueError(f"no array {name}")
        array, names = found[name], told.split()
        wanted = [int(side) if side.isdecimal() else sides.setdefault(side, have) for side, have in zip(names, array.shape)]
        if array.dtype.kind not in kinds or array.ndim != len(names) or list(array.shape) != wanted:
            raise ValueError(f"{name} is {array.dtype} of shape {array.shape}")


def _check(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> None:
    """Refuse an array whose header does not fit what is stored."""
    with archive.open(entry) as file:
        version = np.lib.format.read_magic(file)
        reader = {(1, 0): np.lib.format.read_array_header_1_0, (2, 0): np.lib.format.read_array_header_2_0}[version]
        shape, _, kind = reader(file)
        if kind.hasobject:
            raise ValueError(f"{entry.filename} holds Python objects, which are not read")
        count = 1
        for side in shape:
            count *= side
        if min(shape, default=0) < 0 or count * kind.itemsize + file.tell() != entry.file_size:
            raise ValueError(f"{entry.filename} is not of the size that it tells")
