"""A campaign of faults: each is done to a small run, which then goes on; the table tells what a user sees and what was lost.

    python tests/faults/campaign.py --out FOLDER [--faults NAME ...] [--kills 50] [--seed 1]

The folder gets faults.tsv: the fault, what is seen, what goes on with the run, how many results differ from those of an
undisturbed run, how many of them are lacking, and seconds. The exit code is 1 where anything differs or is lacking.
"""

import argparse
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

import local
from trial import Trial

from smearsynth.files import write_tsv

COLUMNS = ["fault", "seen", "goes_on_with", "results", "differ", "lacking", "seconds"]


def main() -> int:
    """Do all faults that are asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--faults", nargs="*", choices=list(local.FAULTS), default=list(local.FAULTS))
    parser.add_argument("--kills", type=int, default=50, help="runs killed at a random moment")
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    todo: list[tuple[str, Callable]] = [(f"{name}: {local.FAULTS[name].__doc__}", local.FAULTS[name]) for name in args.faults]
    for number in range(args.kills):
        todo.append((f"killed_at_random {number + 1}", local.killed_at_random(args.seed + number)))
    with tempfile.TemporaryDirectory(prefix="faults") as folder:
        undisturbed = Trial(Path(folder) / "undisturbed")
        if undisturbed.whole():
            print(undisturbed.said.read_text(errors="replace")[-4000:], file=sys.stderr)
            return 1
        expected = undisturbed.made()
        rows = []
        for number, (name, fault) in enumerate(todo):
            rows.append(hit(Trial(Path(folder) / f"trial{number}"), name, fault, expected))
            print("\t".join(map(str, rows[-1])), flush=True)
            write_tsv(args.out / "faults.tsv", COLUMNS, rows)
    return int(any(row[4] or row[5] for row in rows))


def hit(trial: Trial, name: str, fault: Callable[[Trial], tuple[str, str]], expected: dict[str, str]) -> list:
    """Do one fault; a row of the table."""
    start = time.monotonic()
    seen, goes_on = fault(trial)
    made = trial.made()
    differ = sum(made[file] != digest for file, digest in expected.items() if file in made)
    lacking = len(expected.keys() - made.keys())
    trial.remove()
    return [name, seen, goes_on, len(expected), differ, lacking, round(time.monotonic() - start)]


if __name__ == "__main__":
    sys.exit(main())
