"""What can happen to a run through SLURM: each function does it to the training and returns what a user sees and does.

Each has a cluster of its own (`tests/slurm/cluster.py`). The training is longer than in other trials, by `lengthen`: SLURM's
commands take as long as all of a training of six steps.
"""

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from trial import TARGET, Impossible, Trial, kill_group

sys.path.insert(0, str(Path(__file__).parents[1] / "slurm"))

import cluster

NOTHING = "nothing"
SAME = f"snakemake {TARGET}"
AFTER = f"scancel --me; {SAME} --unlock; {SAME}"
STEPS = 400
"""Of the training: some seconds."""


def lengthen(trial: Trial) -> None:
    """Settings of these trials and of the undisturbed run that they are compared with."""
    trial.checkout.settings(lambda content: content["gans"]["training"].update(checkpoint_every=20, grid_every=STEPS))
    trial.checkout.settings(lambda content: content["gans"]["training"]["default"].update(steps=STEPS))


@dataclass
class Training:
    """A run through SLURM whose training has saved a state.

    Attributes
    ----------
    trial : Trial
        What is run.
    nodes : cluster.Cluster
        Where.
    run : subprocess.Popen
        Snakemake.
    job : str
        Id of the training's job.
    """

    trial: Trial
    nodes: cluster.Cluster
    run: subprocess.Popen
    job: str

    def submit(self) -> subprocess.Popen:
        """Snakemake once more."""
        return self.trial.start(*cluster.PROFILE, environment=self.nodes.environment)

    def states(self) -> list[str]:
        """The state of each job of the training, first to last."""
        return [job["state"] for job in self.nodes.jobs() if "gans_train" in job["comment"]]

    def processes(self) -> list[int]:
        """All that the node runs for the training's job: the training, what waits for it, and SLURM's own step."""
        found = []
        for process in self.trial.jobs("smearsynth.gans train"):
            while process > 1:
                found.append(process)
                if Path(f"/proc/{process}/comm").read_text().startswith("slurmstepd"):
                    break
                process = int(re.search(r"^PPid:\s+(\d+)", Path(f"/proc/{process}/status").read_text(), re.M)[1])  # type: ignore[index]
        return found

    def wait(self, reached: Callable[[], object], *, seconds: float = 300) -> None:
        """Wait; an error where the run ends before."""
        self.trial.wait(lambda: reached() or self.run.poll() is not None, seconds=seconds)
        if not reached():
            raise RuntimeError(f"the run ended before that:\n{self.trial.said.read_text(errors='replace')[-3000:]}")

    def end(self, *, seconds: float = 900) -> str:
        """Wait for the run to end well; the step that the training went on from, or that it was never broken off."""
        if self.run.wait(seconds):
            raise RuntimeError(self.trial.said.read_text(errors="replace")[-6000:])
        log = (self.trial.run / "logs/gans_train/all.log").read_text()
        steps = re.findall(r"going on after step \d+ of \d+", log)
        return f"training: {', '.join(self.states())}; {steps[-1] if steps else 'never broken off'}"


@contextmanager
def training(trial: Trial, **settings: int | bool) -> Iterator[Training]:
    """A run through a new cluster, to which something is done once its training has saved a state."""
    if cluster.missing():
        raise Impossible(f"no {', '.join(cluster.missing())} here")
    trial.cores = None
    with cluster.started(**settings) as nodes:
        run = trial.start(*cluster.PROFILE, environment=nodes.environment)
        try:
            trial.wait(lambda: run.poll() is not None or list((trial.run / "state").rglob("step-*.npz")), seconds=600)
            (job,) = (job["id"] for job in nodes.jobs() if "gans_train" in job["comment"])
            hit = Training(trial, nodes, run, job)
            yield hit
            run = hit.run
        finally:
            if run.poll() is None:
                kill_group(run)


def told(trial: Trial) -> str:
    """The state of the job that failed, as Snakemake tells it."""
    return re.findall(r"SLURM status is: '\w+'", trial.line("SLURM status is"))[-1]


def slurmd_killed(trial: Trial) -> tuple[str, str]:
    """kill -9 of slurmd on the node that trains; it is started again"""
    with training(trial) as hit:
        hit.nodes.stop(cluster.GPU_NODE, by=signal.SIGKILL)
        time.sleep(2)
        hit.nodes.start("slurmd", "-D", "-N", cluster.GPU_NODE)
        return hit.end(), NOTHING


def node_lost(trial: Trial) -> tuple[str, str]:
    """kill -9 of all on the node that trains, slurmd too; it is started again after SLURM gave it up"""
    with training(trial, node_timeout=6) as hit:
        hit.nodes.stop(cluster.GPU_NODE, by=signal.SIGKILL)
        for process in hit.processes():
            os.kill(process, signal.SIGKILL)
        hit.wait(lambda: hit.nodes.states()[cluster.GPU_NODE].startswith("down"))
        hit.wait(lambda: hit.states() == ["PENDING"])
        hit.nodes.start("slurmd", "-D", "-N", cluster.GPU_NODE)
        return hit.end(), NOTHING


def slurmd_lost(trial: Trial) -> tuple[str, str]:
    """kill -9 of slurmd alone; it is started again after SLURM gave the node up"""
    with training(trial, node_timeout=6) as hit:
        hit.nodes.stop(cluster.GPU_NODE, by=signal.SIGKILL)
        hit.wait(lambda: hit.nodes.states()[cluster.GPU_NODE].startswith("down"))
        hit.nodes.start("slurmd", "-D", "-N", cluster.GPU_NODE)
        return hit.end(), NOTHING


def node_down(trial: Trial) -> tuple[str, str]:
    """scontrol update state=down of the node that trains, and state=resume"""
    with training(trial) as hit:
        node = f"nodename={cluster.GPU_NODE}"
        hit.nodes.call("scontrol", "update", node, "state=down", "reason=test")
        hit.wait(lambda: hit.states() == ["PENDING"])
        hit.nodes.call("scontrol", "update", node, "state=resume")
        return hit.end(), NOTHING


def cancelled(trial: Trial) -> tuple[str, str]:
    """scancel of the training"""
    with training(trial) as hit:
        hit.nodes.call("scancel", hit.job)
        ended = hit.end()
        return f"{told(trial)}; {ended}", NOTHING


def requeued(trial: Trial) -> tuple[str, str]:
    """scontrol requeue of the training"""
    with training(trial) as hit:
        hit.nodes.call("scontrol", "requeue", hit.job)
        hit.wait(lambda: hit.states() == ["PENDING"])
        return hit.end(), NOTHING


def time_limit(trial: Trial) -> tuple[str, str]:
    """the training reaches its time limit"""
    with training(trial) as hit:
        # SLURM counts minutes, the small training takes seconds: it waits until SLURM wakes it with SIGCONT and SIGTERM.
        for process in trial.jobs("smearsynth.gans train"):
            os.kill(process, signal.SIGSTOP)
        hit.nodes.call("scontrol", "update", f"jobid={hit.job}", "timelimit=1")
        hit.wait(lambda: hit.states()[0] == "TIMEOUT")
        ended = hit.end()
        return f"{told(trial)}; {ended}", NOTHING


def controller_killed(trial: Trial) -> tuple[str, str]:
    """kill -9 of slurmctld while it trains, so that sacct answers no more; it is started again after 90 seconds"""
    with training(trial, sacct=True) as hit:
        hit.nodes.stop("slurmctld", by=signal.SIGKILL)
        time.sleep(90)
        hit.nodes.start("slurmctld", "-D")
        return hit.end(), NOTHING


def controller_killed_without_sacct(trial: Trial) -> tuple[str, str]:
    """the same on a cluster without accounting"""
    with training(trial) as hit:
        hit.nodes.stop("slurmctld", by=signal.SIGKILL)
        time.sleep(90)
        hit.nodes.start("slurmctld", "-D")
        hit.nodes.wait(lambda: hit.states() == ["COMPLETED"], "the training to end", seconds=300)
        try:
            return hit.end(seconds=90), NOTHING
        except subprocess.TimeoutExpired:
            os.killpg(hit.run.pid, signal.SIGINT)
            hit.run.wait(120)
        hit.run = hit.submit()
        return f"Snakemake waits, squeue --me shows nothing; {hit.end()}", f"Ctrl-C; {SAME}"


def login_node_lost(trial: Trial) -> tuple[str, str]:
    """kill -9 of Snakemake on the login node while it trains"""
    with training(trial) as hit:
        kill_group(hit.run)
        hit.nodes.call("scancel", "--me")
        hit.nodes.wait(lambda: hit.states() == ["CANCELLED"], "the training to leave", seconds=60)
        trial.exit_code(*cluster.PROFILE, environment=hit.nodes.environment)
        seen = trial.line("lock was likely caused")
        trial.checkout.snakemake(TARGET, "--unlock")
        hit.run = hit.submit()
        return f"{seen}; {hit.end()}", AFTER


FAULTS: dict[str, Callable[[Trial], tuple[str, str]]] = {
    one.__name__: one
    for one in (
        slurmd_killed,
        slurmd_lost,
        node_lost,
        node_down,
        cancelled,
        requeued,
        time_limit,
        controller_killed,
        controller_killed_without_sacct,
        login_node_lost,
    )
}
