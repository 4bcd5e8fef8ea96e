"""Files that are either whole or absent: written under a temporary name, flushed, renamed last of all."""

import ctypes
import errno
import hashlib
import json
import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from smearsynth.errors import UserError

MOST_JSON = 2**30
"""Bytes of a JSON file that is read; larger runs keep shards."""
MOST_TEXT = 2**26
"""Bytes of a table or list that is read."""
LONE_SURROGATE = re.compile(rb"\\u[dD][89a-fA-F]")


def sync(path: Path) -> None:
    """Ask the system to bring a file or a folder to the disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def sync_below(folder: Path) -> None:
    """Ask the system to bring all files of a folder to the disk.

    One call for its whole file system: one for each of thousands of small pictures takes a hundred times as long.
    """
    syncfs = getattr(ctypes.CDLL(None, use_errno=True), "syncfs", None)
    if syncfs is None:  # Linux alone has it.
        os.sync()
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        if syncfs(handle):
            number = ctypes.get_errno()
            raise OSError(number, os.strerror(number), str(folder))
    finally:
        os.close(handle)


@contextmanager
def atomic(path: str | Path) -> Iterator[Path]:
    """Yield a temporary path beside `path`; what is written there becomes `path` when the block ends well."""
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    # Keeps the suffix, by which image and weight writers choose their format.
    temporary = path.with_name(f".{os.getpid()}.{path.name}")
    try:
        yield temporary
        sync(temporary)
        temporary.replace(path)
        sync(path.parent)
    except OSError as error:
        _name(error, temporary, path)
        raise
    finally:
        with suppress(OSError):  # Where nothing can be written nothing can be removed; the first error is the one to tell.
            temporary.unlink(missing_ok=True)


@contextmanager
def atomic_folder(path: str | Path) -> Iterator[Path]:
    """Yield an empty temporary folder beside `path`; it replaces `path` when the block ends well, once its files are kept."""
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{os.getpid()}.{path.name}")
    shutil.rmtree(temporary, ignore_errors=True)
    temporary.mkdir()
    try:
        yield temporary
        sync_below(temporary)
        shutil.rmtree(path, ignore_errors=True)
        temporary.replace(path)
        sync(path.parent)
    except OSError as error:
        _name(error, temporary, path)
        raise
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def _name(error: OSError, temporary: Path, path: Path) -> None:
    """Give a failed write's error the name of what was to be written: a full disk's has none, others the temporary one.

    Errors of what was read meanwhile are left as they are, and so are those without a number, which would lose their text.
    """
    nameless = error.filename is None and error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EROFS)
    if nameless or str(error.filename).startswith(str(temporary)):
        error.filename = str(path)


def copy_files(source: Path, target: Path) -> None:
    """Copy the files of a folder without folders to a new one. A full disk's error is its own, which `shutil.copytree` hides."""
    target.mkdir()
    for path in sorted(source.iterdir()):
        (target / path.name).write_bytes(path.read_bytes())


def write_bytes(path: str | Path, content: bytes) -> None:
    """Write `content` to `path` atomically."""
    with atomic(path) as temporary:
        temporary.write_bytes(content)


def write_text(path: str | Path, content: str) -> None:
    """Write UTF-8 text to `path` atomically."""
    write_bytes(path, content.encode())


def write_json(path: str | Path, content: Any, *, indent: int | None = None) -> None:
    """Write JSON to `path` atomically; key order is kept, NaN is refused."""
    write_text(path, dumps(content, indent=indent) + "\n")


def dumps(content: Any, *, indent: int | None = None) -> str:
    """JSON as it stands in files; key order is kept, NaN is a ValueError."""
    separators = (",", ":") if indent is None else (",", ": ")
    return json.dumps(content, ensure_ascii=False, allow_nan=False, indent=indent, separators=separators)


def write_tsv(path: str | Path, columns: list[str], rows: list[list[Any]]) -> None:
    """Write a tab-separated table with a header; floats with six significant digits, None as n/a."""

    def cell(value: Any) -> str:
        if value is None:
            return "n/a"
        if isinstance(value, float):
            return f"{value:.6g}"
        return str(value).replace("\t", " ").replace("\n", " ")

    lines = ["\t".join(columns)] + ["\t".join(map(cell, row)) for row in rows]
    write_text(path, "\n".join(lines) + "\n")


def read_tsv(path: str | Path) -> list[dict[str, str]]:
    """Read a table written by `write_tsv` as one dict of strings per row."""
    lines = Path(path).read_text().splitlines()
    columns = lines[0].split("\t")
    return [dict(zip(columns, line.split("\t"), strict=True)) for line in lines[1:]]


def read_bytes(path: str | Path, *, most: int = MOST_JSON) -> bytes:
    """The content of a file from outside; a missing one, no plain file, or one above `most` bytes is a `UserError`."""
    path = Path(path)
    try:
        if not path.is_file():
            what = "not a plain file" if path.exists() else "no such file"
            raise UserError.of(str(path), what, "check the path in the configuration")
        if (size := path.stat().st_size) > most:
            raise UserError.of(str(path), f"{size:,} bytes, more than {most:,}", "split it into several files")
        return path.read_bytes()
    except PermissionError as error:
        raise UserError.of(str(path), f"may not be read ({error.strerror})", "allow reading it") from None


def read_text(path: str | Path, *, most: int = MOST_TEXT) -> str:
    """The content of a text file from outside, UTF-8 with or without a mark; `UserError` as `read_bytes`, and for no text."""
    try:
        return read_bytes(path, most=most).decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise UserError.of(str(path), f"no text in UTF-8 ({error})", "save it as UTF-8") from None


def read_json(path: str | Path, *, nan: bool = False) -> Any:
    """Read a JSON file from anywhere.

    Parameters
    ----------
    path : path
    nan : bool
        Whether NaN and Infinity, which JSON does not know, may stand; for readers that name the entry they stand in.

    Raises
    ------
    UserError
        If the file is missing, above `MOST_JSON` bytes, no JSON in UTF-8, nested too deeply, has a key twice in one object, a
        number of thousands of digits, or text that is no Unicode.
    """
    content = read_bytes(path)
    constant = float if nan else _no_constant
    try:
        data = json.loads(content, object_pairs_hook=_unique, parse_constant=constant)
        if LONE_SURROGATE.search(content):
            # Halves of letters, which no file name and no UTF-8 file can hold.
            json.dumps(data, ensure_ascii=False).encode()
        return data
    except (ValueError, RecursionError, MemoryError) as error:
        what = f"not readable as JSON ({type(error).__name__ if not str(error) else error})"
        raise UserError.of(str(path), what, "write the file anew from its source") from None


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object of JSON; which of two values of a key is meant nobody knows."""
    found = dict(pairs)
    if len(found) != len(pairs):
        seen: set[str] = set()
        for key, _ in pairs:
            if key in seen:
                raise ValueError(f"key {key[:40]!r} stands twice in one object")
            seen.add(key)
    return found


def _no_constant(name: str) -> float:
    raise ValueError(f"{name} is no number of JSON")


def out_of_place(name: object) -> str | None:
    """Why a name that a file gives for another file cannot be followed, or None if it stays below its folder."""
    parts = name.replace("\\", "/").split("/") if isinstance(name, str) else []
    if not isinstance(name, str) or not set(parts) - {"", "."}:
        return f"{name!r:.60} is no file name"
    if parts[0] == "" or re.match(r"[A-Za-z]:", name):
        return "file_name is an absolute path"
    if ".." in parts:
        return "file_name leads out of its folder ('..')"
    if any(ord(letter) < 32 or 0xD800 <= ord(letter) < 0xE000 for letter in name):
        return f"{name!r:.60} has characters that no file name has"
    if len(name) > 1024 or max(len(part.encode()) for part in parts) > 255:
        return f"{name[:40]!r}… is too long for a file name"
    return None


def inside(folder: str | Path, name: object, *, where: str | Path) -> Path:
    """The file that an index or COCO file names, which must lie below `folder`.

    Parameters
    ----------
    folder : path
        That names are relative to; it may itself be a link.
    name : object
        What the file says.
    where : str or path
        The file, for messages.

    Raises
    ------
    UserError
        If the name is no text, absolute, has ``..``, or is a link that leads out of the folder. Whether it exists is not asked.
    """
    fault = out_of_place(name)
    if fault is not None:
        raise UserError.of(str(where), fault, "name the file relative to its folder, without '..'")
    path = Path(folder) / str(name)
    try:
        leaves = not path.resolve().is_relative_to(Path(folder).resolve())
    except (OSError, RuntimeError) as error:
        raise UserError.of(str(where), f"{name!r:.60} cannot be followed ({error})", "correct the link") from None
    if leaves:
        fix = "put the file itself into the folder, or give the folder in which it lies"
        raise UserError.of(str(where), f"{name!r:.60} is a link that leads out of {folder}", fix)
    return path


def sha256(path: str | Path) -> str:
    """SHA-256 of a file, in hexadecimal."""
    with open(path, "rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()
