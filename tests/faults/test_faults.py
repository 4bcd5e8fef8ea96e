"""The campaign of faults itself: what it counts as lost, on a run of the first stages alone, and a few kills of a training."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import campaign
import pytest
from campaign import COLUMNS, hit
from trial import Impossible, Trial

from smearsynth.files import read_tsv

HERE = Path(__file__).parent
LAYOUTS = "results/small/layouts/0000.json"


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory) -> Trial:
    trial = Trial(tmp_path_factory.mktemp("undisturbed") / "trial", target=LAYOUTS)
    trial.whole()
    return trial


def counted(undisturbed: Trial, folder: Path, fault) -> dict:
    """The row of a fault, done to a copy of the undisturbed run."""
    trial = Trial(folder / "trial", target=LAYOUTS)
    for name in ("results", ".snakemake"):
        shutil.copytree(undisturbed.checkout.folder / name, trial.checkout.folder / name, symlinks=True)
    return dict(zip(COLUMNS, hit(trial, "name", fault, undisturbed.made()), strict=True))


def test_a_run_that_goes_on_well_has_lost_nothing(undisturbed, tmp_path):
    """Snakemake makes a deleted result anew, with the same bytes."""

    def deleted(trial):
        (trial.checkout.folder / LAYOUTS).unlink()
        trial.whole()
        return trial.line("reason: Missing output files"), "the same command"

    row = counted(undisturbed, tmp_path, deleted)
    assert LAYOUTS in row["seen"] and row["results"] > 50
    assert (row["differ"], row["lacking"]) == (0, 0)
    assert not (tmp_path / "trial").exists()


def test_what_differs_or_is_lacking_is_counted(undisturbed, tmp_path):
    """A byte of one result changes, another result is deleted, and nobody makes them anew."""

    def doctored(trial):
        layouts = trial.checkout.folder / LAYOUTS
        layouts.write_bytes(layouts.read_bytes().replace(b"1", b"2", 1))
        (trial.run / "cells/catalogue.json").unlink()
        return "", ""

    row = counted(undisturbed, tmp_path, doctored)
    assert (row["differ"], row["lacking"]) == (1, 1)


def impossible(trial):
    raise Impossible("libfaketime is not installed")


def test_a_fault_that_cannot_be_made_is_a_row_that_says_so(undisturbed, tmp_path):
    row = counted(undisturbed, tmp_path, impossible)
    assert row["seen"] == "not done: libfaketime is not installed" and row["differ"] is None


def test_a_run_that_does_not_end_well_is_a_row_of_its_own(undisturbed, tmp_path):
    """Its files are all there, but nobody could go on with it."""

    def stuck(trial):
        trial.whole("--no-such-flag")
        return "", ""

    row = counted(undisturbed, tmp_path, stuck)
    assert row["seen"].startswith("failed: ") and "no-such-flag" in row["seen"] and row["lacking"] == row["results"]


def test_what_killed_processes_left_is_counted(undisturbed, tmp_path):
    def left(trial):
        (trial.run / "cells/.77.catalogue.json").write_text("half")
        return "", ""

    row = counted(undisturbed, tmp_path, left)
    assert (row["differ"], row["lacking"], row["beside"]) == (0, 0, 1)


class Ended:
    """A trial that has come to its end, with these results."""

    def __init__(self, **made: str):
        self.results = made

    def made(self) -> dict[str, str]:
        return self.results

    def remove(self) -> None:
        pass


def fine(trial):
    return "", ""


def failed(trial):
    raise RuntimeError("locked")


@pytest.mark.parametrize(
    ("fault", "made", "code"),
    [
        (fine, {"a": "1", "b": "2"}, 0),
        (fine, {"a": "1", "b": "2", ".7.a": "3"}, 0),
        (fine, {"a": "1", "b": "3"}, 1),
        (fine, {"a": "1"}, 1),
        (failed, {"a": "1", "b": "2"}, 1),
        (impossible, {"a": "1", "b": "2"}, 1),
    ],
)
def test_the_command_ends_well_where_every_fault_was_done_and_did_no_harm(tmp_path, monkeypatch, fault, made, code):
    expected = {"a": "1", "b": "2"}
    rows = [hit(Ended(**expected), "before", fine, expected), hit(Ended(**made), "one", fault, expected)]
    monkeypatch.setattr(campaign, "campaign", lambda args, folder: iter(rows))
    monkeypatch.setattr(sys, "argv", ["campaign.py", "--out", str(tmp_path)])
    assert campaign.main() == code
    assert [row["fault"] for row in read_tsv(tmp_path / "faults.tsv")] == ["before", "one"]


def test_a_fault_that_there_is_not_is_refused(tmp_path):
    command = [sys.executable, HERE / "campaign.py", "--faults", "job_kiled", "--out", tmp_path]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 2 and "there is no job_kiled; there are job_killed, " in done.stderr


def test_a_training_killed_at_random_moments_ends_with_the_same_files(tmp_path):
    numbers = ["--kills", "0", "--training-kills", "3", "--seed", str(os.getpid())]
    done = subprocess.run(
        [sys.executable, HERE / "campaign.py", "--where", "--out", tmp_path, *numbers], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout + done.stderr[-4000:]
    (whole,) = read_tsv(tmp_path / "faults.tsv")
    assert whole["seen"].startswith("3 kills") and whole["differ"] == whole["lacking"] == "0"
    row = {name: float(value) for name, value in read_tsv(tmp_path / "training.tsv")[-1].items()}
    assert row["kills"] == 3 == sum(row[moment] for moment in ("starting", "training", "writing_a_state", "ending"))
    assert row["trainings"] >= 1 and row["files"] >= 6 and row["differ"] == row["lacking"] == 0
