"""A campaign of faults: each is done to a small run, which then goes on; the table tells what a user sees and what was lost.

    python tests/faults/campaign.py --out FOLDER [--where local slurm] [--faults NAME ...] [--kills 50] [--training-kills 1000]

The folder gets faults.tsv: the fault, what is seen, what goes on with the run, how many results differ from those of an
undisturbed run, how many of them are lacking, and seconds. A fault that cannot be made on this machine is a row that says why.
The exit code is 1 where anything differs or is lacking.
"""

import argparse
import importlib
import random
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType

sys.path.insert(0, str(Path(__file__).parents[1]))

from local import UNLOCKED, killed_at_random
from trial import Impossible, Trial, compared

from smearsynth.files import write_tsv

COLUMNS = ["fault", "seen", "goes_on_with", "results", "differ", "lacking", "seconds"]
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
    rows = []
    with tempfile.TemporaryDirectory(prefix="faults") as folder:
        for row in campaign(args, Path(folder)):
            rows.append(row)
            print("\t".join(map(str, row)), flush=True)
            write_tsv(args.out / "faults.tsv", COLUMNS, rows)
    return int(any(row[4] or row[5] for row in rows))


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
            if row[-2]:  # A run that failed; its kills are not counted, and the next one may fail too.
                break
    if args.training_kills:
        import training  # It needs TensorFlow, which nothing else here does.

        yield training.row(folder / "training", kills=args.training_kills, seed=args.seed)


def begun(folder: Path, module: ModuleType | None = None) -> Trial:
    """A trial with the settings of a module's trials."""
    trial = Trial(folder)
    if hasattr(module, "lengthen"):
        module.lengthen(trial)
    return trial


def undisturbed(folder: Path, module: ModuleType | None = None) -> tuple[dict[str, str], float]:
    """What a run makes that nothing happens to, and its seconds; a RuntimeError if it fails."""
    trial, start = begun(folder, module), time.monotonic()
    if trial.whole():
        raise RuntimeError(trial.said.read_text(errors="replace")[-4000:])
    return trial.made(), time.monotonic() - start


def hit(trial: Trial, name: str, fault: Callable[[Trial], tuple[str, str]], expected: dict[str, str]) -> list:
    """Do one fault; a row of the table."""
    start = time.monotonic()
    try:
        seen, goes_on = fault(trial)
    except Impossible as reason:
        trial.remove()
        return [name, f"not done: {reason}", None, len(expected), None, None, None]
    except RuntimeError as error:  # The other faults are still done; nothing of this run counts as made.
        trial.remove()
        return [name, f"failed: {str(error)[-1000:]}", None, len(expected), 0, len(expected), round(time.monotonic() - start)]
    differ, lacking = compared(trial.made(), expected)
    trial.remove()
    return [name, seen, goes_on, len(expected), differ, lacking, round(time.monotonic() - start)]


if __name__ == "__main__":
    sys.exit(main())
