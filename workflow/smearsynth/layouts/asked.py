"""Tell what the layouts of a run were asked for and what they achieved, a row for each slide."""

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path

from smearsynth.errors import UserError
from smearsynth.files import atomic, read_json

COLUMNS = ("slide", "cells_asked", "cells", "discarded", "coverage_asked", "coverage", "share_error", "overlap_asked", "overlap")
SHORT = 0.01
"""Coverage that may lack: half of a large cell."""


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's flags."""
    parser.add_argument("--layouts", type=Path, required=True, help="folder of what layouts draw wrote")
    parser.add_argument("--count", type=int, required=True, help="so many files, by their numbers")
    parser.add_argument("--out", type=Path, required=True, help="table")


def run(args: argparse.Namespace) -> None:
    """Write the table, one shard's layouts in memory at a time, and say how many slides fall short."""
    short = total = 0
    with atomic(args.out) as temporary, temporary.open("w", encoding="utf-8") as table:
        table.write("\t".join(COLUMNS) + "\n")
        for layout in layouts(args.layouts, args.count):
            table.write("\t".join(map(written, row(layout))) + "\n")
            short += falls_short(layout)
            total += 1
    if short:
        print(
            f"{short} of {total} slides have fewer cells than were asked for, or cover less: {args.out.name} tells which",
            file=sys.stderr,
        )


def layouts(folder: Path, count: int) -> Iterator[dict]:
    """The layouts of the shards, in order."""
    for number in range(count):
        path = folder / f"{number:04d}.json"
        if not path.is_file():
            raise UserError.of(str(path), "is not there", "draw the layouts of this shard")
        yield from read_json(path)["layouts"]


def written(value: float | None) -> str:
    """A value of the table."""
    if value is None:
        return "n/a"
    return str(value) if isinstance(value, int) else f"{value:g}"


def row(layout: dict) -> list[float | None]:
    """The values of `COLUMNS`; None for what was not asked, or is not measured.

    The error of the shares is the largest of a type, absolute: cells that found no room change it, and rounding to whole cells.
    """
    asked, achieved = layout["asked"], layout["achieved"]
    found = achieved.get("differential", {})
    wanted = asked.get("differential")
    types = wanted and max(abs(wanted.get(name, 0) - found.get(name, 0)) for name in {*wanted, *found})
    return [
        layout["index"],
        asked.get("count"),
        achieved["count"],
        achieved.get("discarded"),
        asked.get("coverage"),
        achieved["coverage"],
        types,
        asked.get("max_overlap"),
        achieved.get("max_overlap"),
    ]


def falls_short(layout: dict) -> bool:
    """Whether a slide has fewer cells than were asked for, or covers less."""
    asked, achieved = layout["asked"], layout["achieved"]
    fewer = asked.get("count") is not None and achieved["count"] < asked["count"]
    return fewer or (asked.get("coverage") is not None and achieved["coverage"] < asked["coverage"] - SHORT)
