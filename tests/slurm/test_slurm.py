"""A whole small run through a real SLURM of two nodes ends with the bytes of a local one."""

import hashlib
import shutil
import tempfile
from pathlib import Path

import cluster
import pytest

from checkout import Checkout

if cluster.missing():
    pytest.skip(f"no {', '.join(cluster.missing())} here: apt-get install slurm-wlm munge", allow_module_level=True)

# There is no accounting daemon, and nobody wants to wait for the first look at jobs that take seconds.
HERE = ("--slurm-status-command", "squeue", "--slurm-init-seconds-before-status-checks", "4")
# Two cores for two nodes: one process each.
FEW = ("--set-threads", *(f"cells_{stage}=1" for stage in ("source", "outline", "catalogue", "stain")))


@pytest.fixture(scope="module")
def nodes():
    """A cluster; its folder's path is short, for its sockets."""
    folder = Path(tempfile.mkdtemp(prefix="slurm"))
    try:
        with cluster.Cluster(folder) as running:
            yield running
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def made(checkout: Checkout) -> dict[str, str]:
    """SHA-256 of every file of the results, but for logs and measured times."""
    run = checkout.folder / "results/small"
    files = {path.relative_to(run).as_posix(): path for path in run.rglob("*") if path.is_file()}
    return {
        name: hashlib.sha256(path.read_bytes()).hexdigest()
        for name, path in files.items()
        if not name.startswith(("logs/", "benchmarks/"))
    }


def through(nodes: cluster.Cluster, checkout: Checkout, *arguments: str, check: bool = True):
    """Snakemake as on a login node."""
    flags = ("--workflow-profile", "profiles/slurm", *HERE, *FEW)
    return checkout.snakemake(*arguments, *flags, cores=None, environment=nodes.environment, check=check)


def test_a_run_on_two_nodes_makes_the_bytes_of_a_local_one(nodes, tmp_path):
    local, there = (Checkout(tmp_path / name) for name in ("local", "slurm"))
    local.snakemake("slides")
    through(nodes, there, "slides")
    jobs = nodes.jobs()
    assert {job["state"] for job in jobs} == {"COMPLETED"}
    training = [job for job in jobs if "gans_train" in job["comment"]]
    assert [(job["node"], job["partition"], job["gpus"]) for job in training] == [(cluster.GPU_NODE, "gpu", "gres:gpu:1")]
    others = [job for job in jobs if job not in training]
    assert {job["partition"] for job in others} == {"cpu"}
    assert {job["node"] for job in others} == {cluster.CPU_NODE, cluster.GPU_NODE}
    # Shards are one array, small rules are jobs in groups.
    assert sum("slides_shard" in job["comment"] and "_" in job["id"] for job in jobs) == 2
    assert len(jobs) == 11
    expected = made(local)
    assert made(there) == expected and len(expected) > 100
