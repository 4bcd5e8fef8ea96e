"""A training that is killed a thousand times, at random moments, ends with the model of one that is not.

    python tests/faults/training.py --out FOLDER [--kills 1000] [--seed 1]

The training is one of the family of generators, with tiny networks; it takes some seconds. Each process is forked from one that
has TensorFlow imported and has computed nothing. Two thirds get SIGKILL at a random time before their first step, a third at one
from then on up to the end; both in time of a processor, which other work on the machine does not shift, and some milliseconds, so
that waiting for the disk is hit too. What is left of a process is where the next one goes on. When one ends by itself its model
is compared, file for file, and a new training begins.

The folder gets training.tsv, with the kills by their moments: while the process starts (up to its first step), while it trains,
while it writes a state, and after the last step. The exit code is 1 where a model differs.
"""

import argparse
import gc
import mmap
import os
import random
import shutil
import signal
import sys
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))
os.environ.update(TF_CPP_MIN_LOG_LEVEL="3", CUDA_VISIBLE_DEVICES="", OMP_NUM_THREADS="1", OPENBLAS_NUM_THREADS="1")

import psutil
from trial import compared

import training_world
from smearsynth import cli
from smearsynth.files import write_tsv
from smearsynth.gans import checkpoint, family_train, family_training, loop  # noqa: F401  Imported once, for all forks.

CALL = {"model": "dcgan", "steps": 32, "checkpoint_every": 2, "validate_every": 32, "grid_every": 16}
MOMENTS = {b"s": "starting", b"t": "training", b"w": "writing_a_state", b"e": "ending"}
COLUMNS = ["kills", *MOMENTS.values(), "states_half_written", "trainings", "files", "differ", "lacking", "seconds"]


@dataclass
class Campaign:
    """Counts.

    Attributes
    ----------
    kills : Counter
        By moment.
    half_written : int
        Kills after which a part of a state lay in its folder.
    trainings : int
        That came to their end.
    files, differ, lacking : int
        Of their models, against those of the undisturbed training.
    seconds : int
        All in all.
    """

    kills: Counter = field(default_factory=Counter)
    half_written: int = 0
    trainings: int = 0
    files: int = 0
    differ: int = 0
    lacking: int = 0
    seconds: int = 0

    def values(self) -> list[int]:
        """In the order of `COLUMNS`."""
        moments = [self.kills[moment] for moment in MOMENTS.values()]
        counts = [self.half_written, self.trainings, self.files, self.differ, self.lacking, self.seconds]
        return [self.kills.total(), *moments, *counts]


class Process:
    """A training as a forked process, which tells in shared memory what it does.

    Attributes
    ----------
    starting : float or None
        Seconds of a processor up to its first step, once `ends` has seen that.
    """

    def __init__(self, index: Path, run: Path):
        if len(os.listdir("/proc/self/task")) > 1:
            raise RuntimeError("a process with threads cannot be forked soundly")
        self._doing = mmap.mmap(-1, 1)
        self._doing[:] = b"s"
        self.starting: float | None = None
        self.id = os.fork()
        if self.id == 0:
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            self._note(checkpoint, "save", during=b"w", after=b"t")
            self._note(loop.Progress, "show", after=b"t")
            self._note(loop, "train", after=b"e")
            code = 1
            try:
                code = cli.dispatch("smearsynth.gans", ("family_train",), training_world.family_command(index, run, **CALL))
            except BaseException:  # Whatever it is, nothing of the process that forked may run here.
                traceback.print_exc()
            finally:
                os._exit(code)

    def _note(self, place: object, name: str, *, during: bytes = b"", after: bytes) -> None:
        """Have a function of the training note what is done."""
        function = getattr(place, name)

        def noted(*args, **options):
            if during:
                self._doing[:] = during
            value = function(*args, **options)
            self._doing[:] = after
            return value

        setattr(place, name, noted)

    def moment(self) -> str:
        """What it did last."""
        return MOMENTS[self._doing[:]]

    def ends(self, most: float = float("inf"), *, stepping: bool = False, jitter: float = 0.0) -> bool:
        """Whether it ends by itself; it is killed once it took `most` seconds of a processor, `jitter` seconds later.

        Parameters
        ----------
        most : float
            Seconds from the start, or with `stepping` from the first step on.

        Raises
        ------
        RuntimeError
            If it fails.
        """
        told = psutil.Process(self.id)
        while not (ended := os.waitpid(self.id, os.WNOHANG))[0]:
            taken = sum(told.cpu_times()[:2])
            if self.starting is None and self.moment() != "starting":
                self.starting = taken
            if taken - ((self.starting or float("inf")) if stepping else 0) >= most:
                time.sleep(jitter)
                os.kill(self.id, signal.SIGKILL)
                ended = os.waitpid(self.id, 0)
                break
            time.sleep(0.003)
        code = os.waitstatus_to_exitcode(ended[1])
        if code not in (0, -signal.SIGKILL):
            raise RuntimeError(f"a training failed with {code}")
        return code == 0


def killed(folder: Path, *, kills: int, seed: int, show: Callable[[Campaign], None] = lambda _: None) -> Campaign:
    """Kill until it was done so often, then let the last training end.

    Parameters
    ----------
    folder : Path
        New.
    kills, seed : int
        How often, and of the moments.
    show : callable
        Gets the counts after each training.
    """
    chance, start, campaign, run = random.Random(seed), time.monotonic(), Campaign(), folder / "run"
    index = training_world.draw_windows(folder / "windows")
    gc.collect()
    gc.freeze()  # The forks' collections leave alone what they share.
    before, whole = os.times(), Process(index, folder / "whole")
    whole.ends()
    after, expected = os.times(), training_world.outputs(folder / "whole/out")
    if whole.starting is None:
        raise RuntimeError("the undisturbed training took no step")
    starting = whole.starting
    stepping = after.children_user + after.children_system - before.children_user - before.children_system - starting
    while campaign.kills.total() < kills or run.exists():
        process, later, jitter = Process(index, run), chance.random() < 1 / 3, chance.uniform(0, 0.05)
        most = chance.uniform(0, stepping if later else starting)
        if process.ends(most if campaign.kills.total() < kills else float("inf"), stepping=later, jitter=jitter):
            differ, lacking = compared(training_world.outputs(run / "out"), expected)
            campaign.trainings += 1
            campaign.files += len(expected)
            campaign.differ += differ
            campaign.lacking += lacking
            campaign.seconds = round(time.monotonic() - start)
            shutil.rmtree(run)
            show(campaign)
        else:
            campaign.kills[process.moment()] += 1
            campaign.half_written += any(run.glob("state/*writing.npz"))
            run.mkdir(exist_ok=True)
    return campaign


def main() -> int:
    """Kill a training alone."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--kills", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()

    def show(campaign: Campaign) -> None:
        write_tsv(args.out / "training.tsv", COLUMNS, [campaign.values()])
        print(*(f"{name} {value}" for name, value in zip(COLUMNS, campaign.values(), strict=True)), flush=True)

    with tempfile.TemporaryDirectory(prefix="training") as folder:
        campaign = killed(Path(folder), kills=args.kills, seed=args.seed, show=show)
    return int(campaign.differ + campaign.lacking > 0)


if __name__ == "__main__":
    sys.exit(main())
