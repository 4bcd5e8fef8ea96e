"""A campaign of faults: each is done to a small run, which then goes on; the table tells what a user sees and what was lost.

    python tests/faults/campaign.py --out FOLDER [--where local slurm] [--faults NAME ...] [--kills 50] [--training-kills 1000]

The folder gets faults.tsv: the fault, what is seen, what goes on with the run, the results of an undisturbed run, how many of
them differ and are lacking, how many files there are beside them (what killed processes were writing, which nothing reads), and
seconds; and training.tsv, see training.py. A fault that cannot be made on this machine is a row that says why. The exit code is
1 where a run failed, anything differs or is lacking, or a fault could not be made: ask with --faults for those that can.
"""

import argparse
import importlib
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType

sys.path.insert(0, str(Path(__file__).parents[1]))

from local import UNLOCKED, killed_at_random
from trial import FAILED, Impossible, Trial, compared

from smearsynth.files import read_tsv, write_tsv

COLUMNS = ["fault", "seen", "goes_on_with", "results", "differ", "lacking", "beside", "seconds"]
WHERE = ("local", "slurm")
"""Modules of faults: ``FAULTS`` by name, and optionally ``lengthen(trial)``, the settings of their trials."""


def main() -> int:
    """Do all faults that are asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--where", nargs="*", choices=WHERE, default=["local"])
    parser.add_argument("--faults", nargs="*", metavar="NAME", help="those alone, of the modules")
    parser.add_argument("--kills", type=int, default=50, help="at random moments of runs on this machine, in all")
    parser.add_argument("--training-kills", type=int, default=1000, help="kills of a training, see training.py")
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    known = [name for where in args.where for name in importlib.import_module(where).FAULTS]
    if unknown := set(args.faults or ()) - set(known):
        parser.error(f"--faults: there is no {', '.join(sorted(unknown))}; there are {', '.join(known)}")
    rows = []
    with tempfile.TemporaryDirectory(prefix="faults") as folder:
        for row in campaign(args, Path(folder)):
            rows.append(row)
            print("\t".join(map(str, row)), flush=True)
            write_tsv(args.out / "faults.tsv", COLUMNS, rows)
    return int(not all(map(well, rows)))


def well(row: list) -> bool:
    """Whether a fault was done, and all results are there again as they were; those of a fault not done have no numbers."""
    told = dict(zip(COLUMNS, row, strict=True))
    return (told["differ"], told["lacking"]) == (0, 0)


def campaign(args: argparse.Namespace, folder: Path) -> Iterator[list]:
    """The rows of the table, one by one."""
    for where in args.where:
        module = importlib.import_module(where)
        todo = {name: fault for name, fault in module.FAULTS.items() if args.faults is None or name in args.faults}
        if todo:
            expected, _ = undisturbed(folder / where, module)
            for name, fault in todo.items():
                yield hit(begun(folder / name, module), f"{name}: {fault.__doc__}", fault, expected)
    if args.kills:
        expected, longest = undisturbed(folder / "kills")
        chance, kills = random.Random(args.seed), 0

        def fault(trial: Trial) -> tuple[str, str]:
            nonlocal kills
            kills += (own := killed_at_random(trial, chance=chance, longest=longest))
            return f"{own} kills", UNLOCKED

        while kills < args.kills:
            row = hit(begun(folder / "killed"), f"killed_at_random: {killed_at_random.__doc__}", fault, expected)
            yield row
            if row[5]:  # A run that failed; its kills are not counted, and the next one may fail too.
                break
    if args.training_kills:
        yield training_killed(args.out, kills=args.training_kills, seed=args.seed)


def training_killed(folder: Path, *, kills: int, seed: int) -> list:
    """Run training.py, as a process: it forks, which is sound without this one's threads alone. A row of the table."""
    name, table = f"training_killed: kill -9 of a training, {kills} times", folder / "training.tsv"
    table.unlink(missing_ok=True)
    command = [
        sys.executable,
        Path(__file__).with_name("training.py"),
        "--out",
        folder,
        "--kills",
        str(kills),
        "--seed",
        str(seed),
    ]
    done = subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, errors="replace")
    counts = {column: int(count) for column, count in read_tsv(table)[-1].items()} if table.is_file() else {"kills": 0}
    if counts["kills"] < kills:
        return [name, f"failed: {done.stderr[-1000:]}", None, 0, 0, 1, None, None]
    seen = f"{counts['kills']} kills, {counts['trainings']} trainings came to their end"
    told = [counts[column] for column in ("files", "differ", "lacking")]
    return [name, seen, "the same command", *told, None, counts["seconds"]]


def begun(folder: Path, module: ModuleType | None = None) -> Trial:
    """A trial with the settings of a module's trials."""
    trial = Trial(folder)
    if hasattr(module, "lengthen"):
        module.lengthen(trial)
    return trial


def undisturbed(folder: Path, module: ModuleType | None = None) -> tuple[dict[str, str], float]:
    """What a run makes that nothing happens to, and its seconds; a RuntimeError if it fails."""
    trial, start = begun(folder, module), time.monotonic()
    trial.whole()
    return trial.made(), time.monotonic() - start


def hit(trial: Trial, name: str, fault: Callable[[Trial], tuple[str, str]], expected: dict[str, str]) -> list:
    """Do one fault; a row of the table."""
    start = time.monotonic()
    try:
        seen, goes_on = fault(trial)
    except Impossible as reason:
        trial.remove()
        return [name, f"not done: {reason}", None, len(expected), None, None, None, None]
    except FAILED as error:  # The other faults are still done; nothing of this run counts as made.
        trial.remove()
        seconds = round(time.monotonic() - start)
        return [name, f"failed: {str(error)[-1000:]}", None, len(expected), 0, len(expected), None, seconds]
    made = trial.made()
    trial.remove()
    beside = len(made.keys() - expected.keys())
    return [name, seen, goes_on, len(expected), *compared(made, expected), beside, round(time.monotonic() - start)]


if __name__ == "__main__":
    sys.exit(main())
