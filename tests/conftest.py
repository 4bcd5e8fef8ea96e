"""Fixtures that several test folders share."""

import os
from pathlib import Path

import pytest

PROJECT = Path(__file__).parent.parent


@pytest.fixture(scope="session")
def smearsynth_data() -> Path:
    """The folder of real data: ``SMEARSYNTH_DATA``, or ``../shared/data`` beside the project; skips where absent."""
    folder = Path(os.environ.get("SMEARSYNTH_DATA", PROJECT.parent / "shared" / "data"))
    if not (folder / "pbc" / "instances_weak.json").is_file():
        pytest.skip(f"no real data in {folder}: set SMEARSYNTH_DATA to the folder that holds pbc/")
    return folder
