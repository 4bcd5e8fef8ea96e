"""A real SLURM of two nodes on this machine, in one folder: own configuration, own keys, own ports, nothing left behind."""

import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

DAEMONS = ("munged", "slurmctld", "slurmd")
CPU_NODE, GPU_NODE = "n1", "n2"
PROFILE = (
    *("--workflow-profile", "profiles/slurm"),
    # There is no accounting daemon, and nobody wants to wait for the first look at jobs that take seconds.
    *("--slurm-status-command", "squeue", "--slurm-init-seconds-before-status-checks", "4"),
    *("--max-status-checks-per-second", "1"),
    # Two cores for two nodes: one process each.
    *("--set-threads", *(f"cells_{stage}=1" for stage in ("source", "outline", "catalogue", "stain"))),
)
"""Flags of Snakemake here; the first two alone are a user's."""


def missing() -> list[str]:
    """The daemons that are not installed here."""
    return [name for name in DAEMONS if program(name) is None]


def program(name: str) -> str | None:
    """Path of a program; daemons stand in sbin, which a user's PATH may lack."""
    return shutil.which(name, path=f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin")


def free_ports(count: int) -> list[int]:
    """Ports that nothing listens on."""
    sockets = [socket.socket() for _ in range(count)]
    try:
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        return [each.getsockname()[1] for each in sockets]
    finally:
        for each in sockets:
            each.close()


CONFIGURATION = """\
ClusterName=tests
SlurmctldHost={host}(127.0.0.1)
SlurmctldPort={controller}
SlurmUser={user}
SlurmdUser={user}
AuthType=auth/munge
AuthInfo=socket={folder}/munge/socket
CryptoType=crypto/munge
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool-%n
SlurmdPidFile={folder}/slurmd-%n.pid
SlurmctldPidFile={folder}/slurmctld.pid
SlurmctldLogFile={folder}/slurmctld.log
SlurmdLogFile={folder}/slurmd-%n.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SwitchType=switch/none
MpiDefault=none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core_Memory,CR_LLN
SlurmdParameters=config_overrides
ReturnToService=2
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
GresTypes=gpu
SchedulerParameters=sched_interval=1,bf_interval=1,batch_sched_delay=0
KillWait={kill_wait}
OverTimeLimit=0
SlurmdTimeout={node_timeout}
MinJobAge=3600
JobRequeue=1
NodeName=n1 NodeHostname={host} NodeAddr=127.0.0.1 Port={first} CPUs=4 RealMemory={memory}
NodeName=n2 NodeHostname={host} NodeAddr=127.0.0.1 Port={second} CPUs=4 RealMemory={memory} Gres=gpu:1
PartitionName=cpu Nodes=n1,n2 Default=YES MaxTime=INFINITE State=UP
PartitionName=gpu Nodes=n2 MaxTime=INFINITE State=UP
"""

SACCT = """\
#!/bin/sh
while [ $# -gt 0 ]; do
    if [ "$1" = --name ]; then name=$2; fi
    shift
done
exec squeue --noheader --states=all --format='%A|%T' --name "$name"
"""
"""What the executor asks of ``sacct``: the raw ids of a run's jobs and their states."""


class Cluster:
    """Two nodes: ``n1``, and ``n2`` with a GPU that is only scheduled; partitions ``cpu`` (both) and ``gpu`` (n2).

    Parameters
    ----------
    folder : Path
        Empty; takes keys, sockets, logs and spools. Its path must be short: a socket's has at most 107 characters.
    kill_wait : int
        Seconds between SIGTERM and SIGKILL of a job at its time limit.
    node_timeout : int
        Seconds after which a node that does not answer is down.
    sacct : bool
        Whether ``sacct`` answers: as one with an accounting daemon would, from what the controller knows.
    """

    def __init__(self, folder: Path, *, kill_wait: int = 30, node_timeout: int = 300, sacct: bool = False):
        self.folder = folder
        self.running: dict[str, subprocess.Popen] = {}
        for name in ("munge", "state", "spool-n1", "spool-n2", "bin"):
            (folder / name).mkdir(parents=True, mode=0o755)
        controller, first, second = free_ports(3)
        text = CONFIGURATION.format(
            host=socket.gethostname().split(".")[0],
            user=subprocess.check_output(["id", "-un"], text=True).strip(),
            folder=folder,
            controller=controller,
            first=first,
            second=second,
            kill_wait=kill_wait,
            node_timeout=node_timeout,
            memory=200_000,
        )
        (folder / "slurm.conf").write_text(text)
        (folder / "gres.conf").write_text("NodeName=n2 Name=gpu File=/dev/null\n")
        key = folder / "munge" / "key"
        key.write_bytes(secrets.token_bytes(128))
        key.chmod(0o600)
        # The executor's job step drops SLURM_CONF before it calls srun; a site's srun knows its configuration anyway.
        srun = folder / "bin" / "srun"
        srun.write_text(f'#!/bin/sh\nSLURM_CONF={folder}/slurm.conf exec {program("srun")} "$@"\n')
        srun.chmod(0o755)
        if sacct:
            (folder / "bin" / "sacct").write_text(SACCT)
            (folder / "bin" / "sacct").chmod(0o755)
        self.environment = {
            **os.environ,
            "SLURM_CONF": str(folder / "slurm.conf"),
            "PATH": f"{folder / 'bin'}:{os.environ['PATH']}",
        }

    def __enter__(self) -> "Cluster":
        try:
            munge = self.folder / "munge"
            files = {"key-file": "key", "socket": "socket", "pid-file": "pid", "log-file": "log", "seed-file": "seed"}
            flags = [f"--{flag}={munge / file}" for flag, file in files.items()]
            self.start("munged", "--foreground", "--force", *flags)
            self.wait(lambda: (munge / "socket").exists(), "munged's socket")
            self.start("slurmctld", "-D")
            for node in (CPU_NODE, GPU_NODE):
                self.start("slurmd", "-D", "-N", node)
            self.wait(lambda: self.states() == {CPU_NODE: "idle", GPU_NODE: "idle"}, "both nodes to be idle")
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        if "slurmctld" in self.running:
            for node in (CPU_NODE, GPU_NODE):
                self.call("scancel", "--nodelist", node, check=False)
            self.wait(lambda: not self.call("squeue", "--noheader", check=False).strip(), "jobs to end", check=False)
        for name in reversed(self.running):
            self.stop(name)

    def start(self, name: str, *arguments: str) -> None:
        """Start a daemon in the foreground; a slurmd is known as its node."""
        key = arguments[-1] if name == "slurmd" else name
        with open(self.folder / f"{key}.out", "ab") as told:
            self.running[key] = subprocess.Popen(
                [str(program(name)), *arguments], env=self.environment, stdout=told, stderr=told, start_new_session=True
            )

    def stop(self, key: str, *, by: int = signal.SIGTERM) -> None:
        """End a daemon: ``munged``, ``slurmctld``, or the slurmd of ``n1`` or ``n2``."""
        daemon = self.running[key]
        if daemon.poll() is None:
            daemon.send_signal(by)
            try:
                daemon.wait(10)
            except subprocess.TimeoutExpired:
                daemon.kill()
                daemon.wait()

    def call(self, *command: str, check: bool = True) -> str:
        """The standard output of a SLURM command."""
        done = subprocess.run(command, env=self.environment, capture_output=True, text=True, timeout=60)
        if check and done.returncode:
            raise RuntimeError(f"{' '.join(command)} ended with {done.returncode}: {done.stderr}")
        return done.stdout

    def states(self) -> dict[str, str]:
        """The state of each node."""
        rows = self.call("sinfo", "--noheader", "--Node", "--format=%N %t", check=False).splitlines()
        return dict(row.split() for row in rows)

    def jobs(self) -> list[dict[str, str]]:
        """Every job that the controller remembers, as submitted: id, node, partition, state, GPUs, CPUs, comment (the rule)."""
        names = {
            "id": "JobArrayID",
            "node": "NodeList",
            "partition": "Partition",
            "state": "State",
            "gpus": "tres-per-job",
            "cpus": "NumCPUs",
        }
        columns = ",".join(f"{column}:|" for column in (*names.values(), "Comment"))
        rows = self.call("squeue", "--noheader", "--states=all", f"--Format={columns}").splitlines()
        jobs = [dict(zip((*names, "comment"), row.split("|")[:-1], strict=True)) for row in rows]
        return sorted(jobs, key=lambda job: int(job["id"].split("_")[0]))

    def wait(self, reached, what: str, *, seconds: float = 30, check: bool = True) -> None:
        """Wait until `reached()`; an error with the daemons' last lines if it takes too long."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if reached():
                return
            time.sleep(0.2)
        if check:
            logs = [
                f"== {path.name}\n{path.read_text(errors='replace')[-1500:]}" for path in sorted(self.folder.glob("*.[ol][uo]*"))
            ]
            raise RuntimeError(f"waited {seconds} s for {what}\n" + "\n".join(logs))


@contextmanager
def started(**settings: int | bool) -> Iterator[Cluster]:
    """A cluster in a folder that goes with it; the folder's path is short, for its sockets."""
    folder = Path(tempfile.mkdtemp(prefix="slurm"))
    try:
        with Cluster(folder, **settings) as running:
            yield running
    finally:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    # python tests/slurm/cluster.py FOLDER: a cluster to play with, until it is ended.
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT, signal.SIGTERM})
    with Cluster(Path(sys.argv[1]).resolve()) as cluster:
        print(f"export SLURM_CONF={cluster.environment['SLURM_CONF']} PATH={cluster.folder}/bin:$PATH", flush=True)
        signal.sigwait({signal.SIGINT, signal.SIGTERM})
