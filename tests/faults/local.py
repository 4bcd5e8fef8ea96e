"""What can happen to a run on one machine: each function does it, lets the run go on, and returns what a user sees and does."""

import itertools
import os
import random
import shutil
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

from disk import Disk, write_protected
from trial import TARGET, Impossible, Trial, kill_group

SAME = f"snakemake {TARGET}"
UNLOCKED = f"snakemake {TARGET} --unlock; snakemake {TARGET}"
MENDED = f"umount, fsck, mount; {UNLOCKED}"
REMADE = f"python -m smearsynth.slides verify … --remove; snakemake {TARGET}"
FAKETIME = [Path(f"/usr/lib/{machine}-linux-gnu/faketime/libfaketime.so.1") for machine in ("x86_64", "aarch64")]


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
    seen = trial.line(r"Error in rule gans_train")
    trial.whole()
    return seen, SAME


def snakemake_killed(trial: Trial) -> tuple[str, str]:
    """kill -9 of Snakemake and its jobs while it trains"""
    kill_group(training(trial))
    trial.exit_code()
    seen = trial.line(r"LockException|lock")
    trial.go_on()
    return seen, UNLOCKED


def interrupted(trial: Trial) -> tuple[str, str]:
    """SIGTERM to Snakemake while it trains"""
    running = training(trial)
    running.send_signal(signal.SIGTERM)
    running.wait()
    seen = trial.line(r"Will exit after")
    trial.whole()
    return seen, SAME


def keyboard(trial: Trial) -> tuple[str, str]:
    """Ctrl-C while it trains"""
    running = training(trial)
    os.killpg(running.pid, signal.SIGINT)
    running.wait()
    seen = trial.line(r"stopped by SIGINT")
    trial.whole()
    return seen, SAME


def full_while_training(trial: Trial) -> tuple[str, str]:
    """the disk is full while it trains"""
    return full(trial, "smearsynth.gans train", leave=200_000)


def full_while_rendering(trial: Trial) -> tuple[str, str]:
    """the disk is full while slides are drawn"""
    return full(trial, "smearsynth.slides render", leave=40_000)


def full(trial: Trial, command: str, *, leave: int) -> tuple[str, str]:
    """Others fill the disk while `command` runs, all but some bytes; then there is space again."""
    with Disk(trial) as disk:
        running = trial.start()
        trial.wait(lambda: trial.jobs(command))
        disk.fill(leave=leave)
        running.wait()
        seen = trial.line(r"no space left")
        disk.free()
        trial.whole()
    return seen, f"some space is freed; {SAME}"


def read_only(trial: Trial) -> tuple[str, str]:
    """results are read-only when a lost shard is to be made anew"""
    trial.whole()
    lose_shard(trial)
    with write_protected(trial.results):
        trial.exit_code()
    seen = [trial.line("Write-protected output files"), trial.line(r"^\s+results/small/slides/\w+.json")]
    trial.whole()
    return " ".join(seen), f"results are made writable; {SAME}"


def disk_failed(trial: Trial) -> tuple[str, str]:
    """the disk fails while it trains, and is read-only from then on"""
    with Disk(trial) as disk:
        running = trial.start()
        trial.wait(lambda: trial.jobs("smearsynth.gans train"))
        disk.fail()
        running.wait()
        seen = trial.line(r"^\S*WorkflowError: .*Read-only file system")
        disk.mend()
        trial.go_on()
    return seen, MENDED


def clock_back(trial: Trial) -> tuple[str, str]:
    """the clock is set back by a day after half of a run"""
    library = next((path for path in FAKETIME if path.is_file()), None)
    if library is None:
        raise Impossible("libfaketime is not installed")
    kill_group(training(trial))
    trial.checkout.snakemake(TARGET, "--unlock")
    # Timers run on, as they do when a clock is set.
    yesterday = {"LD_PRELOAD": str(library), "FAKETIME": "-1d", "FAKETIME_DONT_RESET": "1", "FAKETIME_DONT_FAKE_MONOTONIC": "1"}
    trial.exit_code(environment=yesterday)
    seen = trial.line(r"clock skew")
    trial.whole()
    return seen, f"the clock is set right; {SAME}"


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
    lose_shard(trial)
    trial.whole()
    return trial.line(r"reason: .*[Mm]issing output files: .*shards/0001.json"), SAME


def lose_shard(trial: Trial) -> None:
    """Delete one of two finished shards."""
    (trial.run / "slides/shards/0001.json").unlink()
    shutil.rmtree(trial.run / "slides/images/0001")


def two_at_once(trial: Trial) -> tuple[str, str]:
    """a second run is started on the same results"""
    first = trial.start()
    trial.wait(lambda: (trial.run / "cells/catalogue.json").is_file())
    second = trial.exit_code()
    seen = trial.line(r"LockException|lock")
    if second == 0 or first.wait() != 0:
        raise RuntimeError("both runs went on, or the first one was disturbed")
    return seen, "none: the first run goes on"


def killed_at_random(trial: Trial, *, chance: random.Random, longest: float) -> int:
    """kill -9 of everything at random moments, again and again, until a run ends before its moment comes; the number of kills"""
    for kills in itertools.count():
        if kills:
            trial.checkout.snakemake(trial.target, "--unlock")
        running = trial.start()
        end = time.monotonic() + chance.uniform(0, longest)
        while time.monotonic() < end and running.poll() is None:
            time.sleep(0.02)
        if running.poll() is None:
            kill_group(running)
        elif running.returncode:
            raise RuntimeError(trial.said.read_text(errors="replace")[-3000:])
        else:
            return kills
    raise AssertionError


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
        interrupted,
        keyboard,
        full_while_training,
        full_while_rendering,
        disk_failed,
        read_only,
        clock_back,
        truncated_checkpoint,
        truncated_slide,
        corrupted_shard,
        lost_shard,
        two_at_once,
    )
}
