"""Runs through a real SLURM of two nodes end with the bytes of local ones, also where training was told to leave."""

import shutil
from concurrent.futures import ThreadPoolExecutor

import cluster
import pytest

from checkout import Checkout

if cluster.missing():
    pytest.skip(f"no {', '.join(cluster.missing())} here: apt-get install slurm-wlm munge", allow_module_level=True)

STEPS = 400
"""Of the training that is told to leave: some seconds, and many steps more than pass until it has."""


@pytest.fixture(scope="module")
def nodes():
    with cluster.started() as running:
        yield running


def through(nodes: cluster.Cluster, checkout: Checkout, *arguments: str, check: bool = True):
    """Snakemake as on a login node."""
    return checkout.snakemake(*arguments, *cluster.PROFILE, cores=None, environment=nodes.environment, check=check)


@pytest.fixture(scope="module")
def runs(nodes, whole_run, tmp_path_factory) -> tuple[Checkout, Checkout]:
    """The same small run, local and, up to its slides, through SLURM."""
    there = Checkout(tmp_path_factory.mktemp("there"))
    through(nodes, there, "slides")
    return Checkout.of(whole_run, tmp_path_factory.mktemp("local") / "checkout"), there


def equal_results(local: Checkout, there: Checkout) -> int:
    """How many files the run through SLURM made, after comparing each with the local run's."""
    made, expected = there.made(), local.made()
    assert made == {name: digest for name, digest in expected.items() if name in made}
    return len(made)


def test_a_run_on_two_nodes_makes_the_bytes_of_a_local_one(nodes, runs):
    local, there = runs
    jobs = nodes.jobs()
    assert {job["state"] for job in jobs} == {"COMPLETED"}
    training = [job for job in jobs if "gans_train" in job["comment"]]
    assert [(job["node"], job["partition"], job["gpus"]) for job in training] == [(cluster.GPU_NODE, "gpu", "gres:gpu:1")]
    others = [job for job in jobs if job not in training]
    assert {job["partition"] for job in others} == {"cpu"}
    assert {job["node"] for job in others} == {cluster.CPU_NODE, cluster.GPU_NODE}
    # The rules of a group run one after the other and share their cores.
    assert {job["cpus"] for job in jobs} == {"1"}
    # A shard is one job, small rules are jobs in groups.
    assert sum(job["comment"].startswith("rule_shards_") for job in jobs) == 2
    assert len(jobs) == 7
    assert equal_results(local, there) > 100


def test_training_that_is_told_to_leave_saves_and_goes_on_to_the_same_weights(nodes, runs):
    local, there = runs
    target = "results/small/gans/all/losses.tsv"
    for checkout in runs:
        # No state but the one that SIGTERM asks for, and the last.
        checkout.settings(lambda content: content["gans"]["training"].update(checkpoint_every=5000, grid_every=5000))
        checkout.settings(lambda content: content["gans"]["training"]["default"].update(steps=STEPS))
        shutil.rmtree(checkout.folder / "results/small/state/gans/all")
    local.snakemake(target)
    state = there.folder / "results/small/state/gans/all"
    before = {job["id"] for job in nodes.jobs()}
    with ThreadPoolExecutor(1) as pool:
        run = pool.submit(through, nodes, there, target)
        nodes.wait(lambda: (state / "fingerprint").exists() or run.done(), "training to start", seconds=600)
        (training,) = (job for job in nodes.jobs() if job["id"] not in before)
        nodes.call("scancel", "--signal=TERM", training["id"])
        nodes.wait(lambda: any(state.glob("step-*.npz")) or run.done(), "a state", seconds=600)
        step = max(int(path.name.split("-")[1]) for path in state.glob("step-*.npz"))
        run.result()
    assert 0 < step < STEPS
    assert [job["state"] for job in nodes.jobs() if job["id"] not in before] == ["FAILED", "COMPLETED"]
    log = (there.folder / "results/small/logs/gans_train/all.log").read_text()
    assert f"going on after step {step} of {STEPS}" in log
    assert equal_results(local, there) > 100
