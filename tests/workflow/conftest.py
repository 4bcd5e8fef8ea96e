"""Real Snakemake runs on a very small configuration in a temporary copy of the project."""

import pytest

from checkout import TARGETS, Checkout


@pytest.fixture(scope="session")
def finished(tmp_path_factory) -> Checkout:
    """A checkout in which the small configuration has been run whole."""
    checkout = Checkout(tmp_path_factory.mktemp("checkout"))
    checkout.snakemake(*TARGETS)
    return checkout


@pytest.fixture
def fresh(tmp_path) -> Checkout:
    """A checkout in which nothing has been run."""
    return Checkout(tmp_path)
