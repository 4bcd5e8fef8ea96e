"""What can happen to a run on one machine: each function does it, lets the run go on, and returns what a user sees and does."""

import os
import random
import shutil
import signal
import subprocess
import time
from collections.abc import Callable

from trial import TARGET, Trial, kill_group

SAME = f"snakemake {TARGET}"
UNLOCKED = f"snakemake {TARGET} --unlock; snakemake {TARGET}"
REMADE = f"python -m smearsynth.slides verify … --remove; snakemake {TARGET}"


def training(trial: Trial) -> subprocess.Popen:
    """A run whose training has saved a state."""
    running = trial.start()
    trial.wait(lambda: list((trial.run / "state").rglob("step-*.npz")))
    return running


def job_killed(trial: Trial) -> tuple[str, str]:
    """kill -9 of the training"""
    running = training(trial)
    for process in trial.jobs("smearsynth.gans train"):
        os.kill(process, signal.SIGKILL)
    running.wait()
    seen = trial.line(r"Error in rule gans_train|Exiting because a job")
    trial.whole()
    return seen, SAME


def snakemake_killed(trial: Trial) -> tuple[str, str]:
    """kill -9 of Snakemake and its jobs while it trains"""
    kill_group(training(trial))
    trial.whole()
    seen = trial.line(r"LockException|lock")
    trial.go_on()
    return seen, UNLOCKED


def truncated_checkpoint(trial: Trial) -> tuple[str, str]:
    """the newest state of a killed training is cut short"""
    kill_group(training(trial))
    newest = max((trial.run / "state").rglob("step-*.npz"))
    newest.write_bytes(newest.read_bytes()[:-100])
    trial.go_on()
    logs = "".join(path.read_text() for path in (trial.run / "logs").rglob("all.log"))
    return next(line for line in logs.splitlines() if "damaged" in line), UNLOCKED


def truncated_slide(trial: Trial) -> tuple[str, str]:
    """a finished slide is cut short"""
    trial.whole()
    picture = sorted((trial.run / "slides/images").rglob("*.png"))[-1]
    picture.write_bytes(picture.read_bytes()[:-100])
    return remade(trial)


def corrupted_shard(trial: Trial) -> tuple[str, str]:
    """one byte of a finished shard's COCO file changes"""
    trial.whole()
    shard = sorted((trial.run / "slides/shards").glob("*.json"))[0]
    content = bytearray(shard.read_bytes())
    content[len(content) // 2] ^= 1
    shard.write_bytes(content)
    return remade(trial)


def lost_shard(trial: Trial) -> tuple[str, str]:
    """a finished shard is deleted"""
    trial.whole()
    (trial.run / "slides/shards/0001.json").unlink()
    shutil.rmtree(trial.run / "slides/images/0001")
    trial.whole()
    return trial.line(r"reason: .*[Mm]issing output files: .*shards/0001.json"), SAME


def two_at_once(trial: Trial) -> tuple[str, str]:
    """a second run is started on the same results"""
    first = trial.start()
    trial.wait(lambda: (trial.run / "cells/catalogue.json").is_file())
    second = trial.whole()
    seen = trial.line(r"LockException|lock")
    if second == 0 or first.wait() != 0:
        raise RuntimeError("both runs went on, or the first one was disturbed")
    return seen, "none: the first run goes on"


def killed_at_random(seed: int) -> Callable[[Trial], tuple[str, str]]:
    """kill -9 of everything at a random moment"""

    def fault(trial: Trial) -> tuple[str, str]:
        chance = random.Random(seed)
        running = trial.start()
        end = time.monotonic() + chance.uniform(0.5, 45)
        while time.monotonic() < end and running.poll() is None:
            time.sleep(0.02)
        if running.poll() is None:
            kill_group(running)
        trial.go_on()
        return trial.line(r"steps \(100%\) done|Nothing to be done"), UNLOCKED

    return fault


def remade(trial: Trial) -> tuple[str, str]:
    """Verify, take the damage away, and make it anew."""
    told = trial.checkout.snakemake("slides_verify", check=False)
    seen = next(line for line in (told.stdout + told.stderr).splitlines() if "sha256 differs" in line)
    flags = ["--index", "results/small/slides/shards.json", "--images", "results/small/slides/images", "--remove"]
    environment = {**os.environ, "PYTHONPATH": "workflow"}
    subprocess.run(["python", "-m", "smearsynth.slides", "verify", *flags], cwd=trial.checkout.folder, env=environment)
    trial.whole()
    return seen.replace(f"{trial.checkout.folder}/", ""), REMADE


FAULTS: dict[str, Callable[[Trial], tuple[str, str]]] = {
    one.__name__: one
    for one in (
        job_killed,
        snakemake_killed,
        truncated_checkpoint,
        truncated_slide,
        corrupted_shard,
        lost_shard,
        two_at_once,
    )
}
