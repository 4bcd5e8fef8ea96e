"""What did not become part of the catalogue, and why: nothing is skipped in silence.

A table of columns `COLUMNS`. Its ``status`` is

- ``bad``: unusable; counts against ``max_set_aside``,
- ``chosen``: left out because the configuration says so,
- ``duplicate``: the same picture as one that is kept,
- ``mended``: kept, after a change that is named,
- ``grouped``: kept, in one group with another picture that shows the same.
"""

from collections.abc import Iterable
from dataclasses import astuple, dataclass, fields
from pathlib import Path

from smearsynth.errors import Problem, UserError
from smearsynth.files import read_tsv, write_tsv

STATUSES = ("bad", "chosen", "duplicate", "mended", "grouped")


@dataclass(frozen=True, order=True)
class SetAside:
    """One row of the table.

    Parameters
    ----------
    source : str
        Name of the source.
    file : str
        The picture's or the annotation file's name in the source.
    cell : str
        Which annotation; empty if it concerns the whole file.
    status : str
        One of `STATUSES`.
    what, fix : str
        What is wrong, and what the user can do about it.
    cells : int
        How many cells it concerns, at least 1.
    """

    source: str
    file: str
    cell: str
    status: str
    what: str
    fix: str
    cells: int = 1

    def problem(self) -> Problem:
        """The row as a message."""
        where = f"{self.source}: {self.file}" + (f", annotation {self.cell}" if self.cell else "")
        return Problem(where, self.what, self.fix)


COLUMNS = [field.name for field in fields(SetAside)]


def write(path: str | Path, rows: Iterable[SetAside]) -> None:
    """Write the table, sorted."""
    write_tsv(path, COLUMNS, [list(astuple(row)) for row in sorted(set(rows))])


def read(path: str | Path) -> list[SetAside]:
    """Read a table written by `write`."""

    def row(texts: dict[str, str]) -> SetAside:
        return SetAside(**{name: int(text) if name == "cells" else text for name, text in texts.items()})  # type: ignore[arg-type]

    return [row(texts) for texts in read_tsv(path)]


def check_share(rows: Iterable[SetAside], kept: int, limit: float, *, where: str) -> None:
    """Raise a `UserError` with every bad row if their cells are more than `limit` of all, or if no cell is kept."""
    bad = sorted(row for row in set(rows) if row.status == "bad")
    lost = sum(row.cells for row in bad)
    share = lost / max(1, lost + kept)
    if kept and share <= limit:
        return
    if lost:
        what = f"{lost} of {lost + kept} cells ({share:.0%}) cannot be used, more than max_set_aside = {limit:g}"
        fix = "correct what is listed below, or raise max_set_aside to go on without these cells"
    else:
        what, fix = "no cell is left", "check the paths, drop and limit_per_type of the source"
    raise UserError([Problem(where, what, fix), *(row.problem() for row in bad)])
