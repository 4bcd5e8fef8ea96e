"""Fixtures that several test folders share."""

import fcntl
import os
import shutil
from pathlib import Path

import pytest

from checkout import TARGETS, Checkout

PROJECT = Path(__file__).parent.parent


@pytest.fixture(scope="session")
def smearsynth_data() -> Path:
    """The folder of real data: ``SMEARSYNTH_DATA``, or ``../shared/data`` beside the project; skips where absent."""
    folder = Path(os.environ.get("SMEARSYNTH_DATA", PROJECT.parent / "shared" / "data"))
    if not (folder / "pbc" / "instances_weak.json").is_file():
        pytest.skip(f"no real data in {folder}: set SMEARSYNTH_DATA to the folder that holds pbc/")
    return folder


@pytest.fixture(scope="session")
def whole_run(tmp_path_factory) -> Path:
    """The small configuration, run whole once for all processes of the tests: a folder to copy, not to change."""
    base = tmp_path_factory.getbasetemp()
    shared = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "whole_run"
    with open(f"{shared}.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        ended = shared.with_suffix(".ended")
        if not ended.exists():
            shutil.rmtree(shared, ignore_errors=True)
            Checkout(shared).snakemake(*TARGETS)
            ended.touch()
    return shared


@pytest.fixture(scope="session")
def finished(whole_run, tmp_path_factory) -> Checkout:
    """A checkout in which the small configuration has been run whole."""
    return Checkout.of(whole_run, tmp_path_factory.mktemp("finished") / "checkout")


@pytest.fixture
def fresh(tmp_path) -> Checkout:
    """A checkout in which nothing has been run."""
    return Checkout(tmp_path)
