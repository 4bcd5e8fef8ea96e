"""Lists of pictures in text files: one file name a line."""

from pathlib import Path

from smearsynth.errors import UserError
from smearsynth.files import read_text


def read(path: Path) -> list[str]:
    """The names that a file lists, without empty lines.

    Raises
    ------
    UserError
        If the file is missing or lists nothing.
    """
    fix = "write the file names of the pictures, one a line"
    if not path.is_file():
        raise UserError.of(str(path), "no such file", fix)
    names = [line.strip() for line in read_text(path).splitlines() if line.strip()]
    if not names:
        raise UserError.of(str(path), "no names in it", fix)
    return names
