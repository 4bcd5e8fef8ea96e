"""The command line of every stage: ``python -m smearsynth.<stage> <command> …``.

A command is a module of the stage with ``arguments(parser)`` and ``run(args)``; the first line of its
docstring is its help. Commands are imported when they are called, so that none pays for another.
"""

import argparse
import errno
import importlib
import signal
import sys

from smearsynth.errors import UserError

DISK = {
    errno.ENOSPC: ("no space left on the disk", "free some space"),
    errno.EDQUOT: ("no space left on the disk for this user (quota)", "free some space, or ask for more"),
    errno.EROFS: ("the file system is read-only", "make it writable again"),
    errno.EACCES: ("permission denied", "allow this user to read and write it"),
}
"""What can be wrong with a disk, by the system's number of the error: what is said, and what mends it."""


def dispatch(stage: str, commands: tuple[str, ...], argv: list[str] | None = None) -> int:
    """Run one command of a stage and return the exit code: 2, and no traceback, for a user's mistake."""
    argv = sys.argv[1:] if argv is None else argv
    if not argv or argv[0] not in commands:
        lines = [f"usage: python -m {stage} COMMAND …", ""]
        for name in commands:
            lines.append(f"  {name:12} {(importlib.import_module(f'{stage}.{name}').__doc__ or '').splitlines()[0]}")
        asked = bool(argv) and argv[0] in ("-h", "--help")
        print("\n".join(lines), file=sys.stdout if asked else sys.stderr)
        return 0 if asked else 2
    module = importlib.import_module(f"{stage}.{argv[0]}")
    parser = argparse.ArgumentParser(prog=f"python -m {stage} {argv[0]}", description=module.__doc__)
    module.arguments(parser)
    try:
        module.run(parser.parse_args(argv[1:]))
    except UserError as error:
        count = len(error.problems)
        print(f"{stage} {argv[0]}: {count} problem{'s' if count > 1 else ''}\n{error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print(f"{stage} {argv[0]}: interrupted", file=sys.stderr)
        return 128 + signal.SIGINT
    except OSError as error:
        if error.errno not in DISK:
            raise
        what, fix = DISK[error.errno]
        print(
            f"{stage} {argv[0]}: 1 problem\n{error.filename or 'output'}: {what}\n"
            f"    fix: {fix}, and start the same command again; it goes on where it stopped",
            file=sys.stderr,
        )
        return 2
    return 0
