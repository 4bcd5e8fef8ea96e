"""What every command says and ends with when something stops it."""

import errno
import os

import pytest

from smearsynth import cli, files


@pytest.fixture
def command(tmp_path) -> list[str]:
    """A command that writes one file."""
    files.write_json(tmp_path / "0000.json", {"images": [], "annotations": [], "categories": []})
    return ["index", "--shards", str(tmp_path), "--count", "1", "--out", str(tmp_path / "shards.json")]


@pytest.mark.parametrize(
    ("number", "named"), [(errno.ENOSPC, False), (errno.EROFS, False), (errno.EROFS, True), (errno.EACCES, True)]
)
def test_what_a_disk_refuses_is_one_message_without_a_traceback(number, named, command, tmp_path, monkeypatch, capsys):
    """A command whose output cannot be written says which and what to do, and ends with 2; the system may name a file or none."""

    def refused(path):
        raise OSError(number, os.strerror(number), str(path) if named else None)

    monkeypatch.setattr(files, "sync", refused)
    assert cli.dispatch("smearsynth.slides", ("index",), command) == 2
    said = capsys.readouterr().err
    assert f"{tmp_path / 'shards.json'}: {cli.DISK[number][0]}" in said and "fix: " in said


def test_other_errors_of_the_system_are_not_taken_for_those_of_a_disk(command, monkeypatch):
    def broken(*_):
        raise OSError(errno.EBADF, os.strerror(errno.EBADF))

    monkeypatch.setattr(files, "sync", broken)
    with pytest.raises(OSError, match=os.strerror(errno.EBADF)):
        cli.dispatch("smearsynth.slides", ("index",), command)


def test_an_interrupt_from_the_keyboard_is_one_line(command, tmp_path, monkeypatch, capsys):
    def interrupted(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(files, "sync", interrupted)
    assert cli.dispatch("smearsynth.slides", ("index",), command) == 130
    assert capsys.readouterr().err == "smearsynth.slides index: interrupted\n"
    assert os.listdir(tmp_path) == ["0000.json"]
