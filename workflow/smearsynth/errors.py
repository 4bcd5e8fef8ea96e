"""What a user reads when something they gave is wrong: what, got, where and the fix, all problems at once."""

import difflib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong with what a user gave.

    Parameters
    ----------
    where : str
        File, annotation or config key.
    what : str
        What is wrong, with the value that was found.
    fix : str
        What the user can do about it.
    """

    where: str
    what: str
    fix: str

    def __str__(self) -> str:
        return f"{self.where}: {self.what}\n    fix: {self.fix}"


class UserError(Exception):
    """A mistake in what the user gave. The command line prints it without a traceback and exits with 2."""

    def __init__(self, problems: Problem | Iterable[Problem]):
        self.problems = [problems] if isinstance(problems, Problem) else list(problems)
        super().__init__("\n".join(map(str, self.problems)))

    @classmethod
    def of(cls, where: str, what: str, fix: str) -> "UserError":
        """One problem as an error."""
        return cls(Problem(where, what, fix))


def unknown(where: str, name: str, known: Iterable[str], *, word: str) -> Problem:
    """The problem of a name that nothing knows: the nearest known one as the fix, or all of them; `word` says what it names."""
    known = list(known)
    near = difflib.get_close_matches(name, known, n=1)
    return Problem(where, f"unknown {word}", f"did you mean {near[0]!r}?" if near else f"known {word}s: {', '.join(known)}")


def raise_all(problems: Iterable[Problem]) -> None:
    """Raise one `UserError` with every problem, or return if there is none."""
    found = list(problems)
    if found:
        raise UserError(found)


@contextmanager
def within(where: str) -> Iterator[None]:
    """Give problems of what lies in a file, told without a place, that of the file."""
    try:
        yield
    except UserError as error:
        raise UserError(one if one.where else replace(one, where=where) for one in error.problems) from None
