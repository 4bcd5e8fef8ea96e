import errno
import os

import pytest

from smearsynth import files
from smearsynth.errors import UserError


def test_a_failed_write_leaves_the_old_file_and_no_litter(tmp_path):
    path = tmp_path / "a.txt"
    files.write_text(path, "old")
    with pytest.raises(RuntimeError), files.atomic(path) as temporary:
        temporary.write_text("half")
        raise RuntimeError
    assert path.read_text() == "old"
    assert os.listdir(tmp_path) == ["a.txt"]


def test_a_full_disk_is_told_with_the_name_of_the_file(tmp_path):
    """The system's own error of a failed write names no file."""
    with pytest.raises(OSError, match="No space left") as caught, files.atomic(tmp_path / "a.txt") as temporary:
        temporary.symlink_to("/dev/full")
        temporary.write_bytes(bytes(2**20))
    assert caught.value.filename == str(tmp_path / "a.txt")
    assert not os.listdir(tmp_path)


def test_a_failed_folder_leaves_the_old_one(tmp_path):
    with files.atomic_folder(tmp_path / "out") as folder:
        (folder / "x").write_text("1")
    with pytest.raises(RuntimeError), files.atomic_folder(tmp_path / "out") as folder:
        (folder / "y").write_text("2")
        raise RuntimeError
    assert os.listdir(tmp_path) == ["out"] and os.listdir(tmp_path / "out") == ["x"]


def test_a_folder_gets_its_name_once_its_files_are_on_the_disk(tmp_path, monkeypatch):
    """Otherwise a power cut leaves a folder that looks finished and is full of empty files."""
    seen = []
    monkeypatch.setattr(files, "sync_below", lambda folder: seen.append((os.listdir(folder), (tmp_path / "out").exists())))
    with files.atomic_folder(tmp_path / "out") as folder:
        (folder / "x").write_text("1")
    assert seen == [(["x"], False)]


def test_syncing_a_folder_that_is_not_there_is_an_error(tmp_path):
    files.sync_below(tmp_path)
    with pytest.raises(FileNotFoundError):
        files.sync_below(tmp_path / "nowhere")


def test_a_folder_is_replaced_whole(tmp_path):
    for name in ("x", "y"):
        with files.atomic_folder(tmp_path / "out") as folder:
            (folder / name).write_text("1")
    assert os.listdir(tmp_path / "out") == ["y"]


def test_tables_read_back(tmp_path):
    files.write_tsv(tmp_path / "t.tsv", ["a", "b"], [["x", 0.5], ["tab\there", None]])
    assert files.read_tsv(tmp_path / "t.tsv") == [{"a": "x", "b": "0.5"}, {"a": "tab here", "b": "n/a"}]


@pytest.mark.parametrize("content", [None, b"", b"{", b"\xff\xfe"])
def test_unreadable_json_is_a_user_error_that_names_the_file(tmp_path, content):
    path = tmp_path / "a.json"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(UserError, match=r"a\.json"):
        files.read_json(path)


def test_nan_is_no_json(tmp_path):
    with pytest.raises(ValueError):
        files.write_json(tmp_path / "a.json", float("nan"))


def test_errors_of_what_is_read_keep_their_words(tmp_path):
    """Neither gets the name of what was to be written: a disk that cannot be read, and an error without a number."""
    for error in (OSError(errno.EIO, "Input/output error"), OSError("pictures do not fit")):
        told = str(error)
        with pytest.raises(OSError) as caught, files.atomic_folder(tmp_path / "out"):
            raise error
        assert str(caught.value) == told


def test_a_disk_that_fills_while_files_are_copied_is_told(tmp_path, monkeypatch):
    (tmp_path / "samples").mkdir()
    for name in "ab":
        (tmp_path / "samples" / name).write_text(name)
    with files.atomic_folder(tmp_path / "out") as folder:
        files.copy_files(tmp_path / "samples", folder / "samples")
    assert [(tmp_path / "out/samples" / name).read_text() for name in "ab"] == ["a", "b"]

    def full(path, content):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(files.Path, "write_bytes", full)
    with pytest.raises(OSError, match="No space left") as caught, files.atomic_folder(tmp_path / "other") as folder:
        files.copy_files(tmp_path / "samples", folder / "samples")
    assert caught.value.errno == errno.ENOSPC and caught.value.filename == str(tmp_path / "other")


def test_a_key_that_stands_twice_is_told_among_very_many(tmp_path):
    """In time that grows with the file: comparing each key with each would take hours here."""
    keys = "".join(f'"{number}":0,' for number in range(200_000))
    (tmp_path / "a.json").write_text(f'{{{keys}"777":1}}')
    with pytest.raises(UserError, match="'777' stands twice"):
        files.read_json(tmp_path / "a.json")
