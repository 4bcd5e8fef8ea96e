"""The profile for SLURM knows every rule, and nothing else."""

import re
from pathlib import Path

import yaml

PROJECT = Path(__file__).parents[2]
PROFILE_FILE = PROJECT / "profiles/slurm/config.yaml"
PROFILE = yaml.safe_load(PROFILE_FILE.read_text())


def rules() -> dict[str, str]:
    """The text of every rule that is a job: those without a command are targets."""
    text = "".join(path.read_text() for path in sorted((PROJECT / "workflow/rules").glob("*.smk")))
    found = re.findall(r"^( *)rule (\w+):\n((?:\1 +.*\n|\n)*)", text, re.M)
    assert len(found) == len(re.findall(r"^ *rule \w+:", text, re.M))
    jobs = {name: body for _, name, body in found if "shell:" in body or "script:" in body}
    return jobs | {name: jobs[like] for like, name in re.findall(r"^use rule (\w+) as (\w+) with:", text, re.M)}


def test_every_rule_has_its_resources_and_there_are_no_others():
    assert set(PROFILE["set-resources"]) == set(rules())
    for name, told in PROFILE["set-resources"].items():
        assert {"mem_mb", "runtime"} <= set(told), name


def test_rules_that_compute_on_a_gpu_run_where_there_is_one():
    on_gpu = PROFILE["__variables__"]["gpu"]
    placed = {name for name, told in PROFILE["set-resources"].items() if on_gpu.items() <= told.items()}
    assert placed == {name for name, body in rules().items() if "gpu=1" in body}
    # What asks for a GPU is a job of its own: in a group, what needs none would hold it.
    assert not placed & set(PROFILE["groups"])


def test_groups_and_threads_name_rules():
    assert set(PROFILE["groups"]) | set(PROFILE["set-threads"]) <= set(rules())
    # In arrays the executor (2.8.0) takes the state of one task for that of all; docs/cluster.md has what was seen.
    assert "slurm-array-jobs" not in PROFILE
    assert set(PROFILE["group-components"]) <= set(PROFILE["groups"].values())


def test_threads_are_set_only_where_the_result_does_not_depend_on_them():
    for name in PROFILE["set-threads"]:
        assert "--jobs {threads}" in rules()[name], name


def test_three_lines_are_to_be_edited():
    edited = [line for line in PROFILE_FILE.read_text().splitlines() if "# EDIT:" in line]
    assert [line.split(":")[0].strip() for line in edited] == ["account", "cpu", "gpu"]


def test_groups_of_all_targets_can_be_planned(fresh):
    # Snakemake refuses groups that depend on themselves.
    targets = ("all", "hazra2022", "evaluation_slides", "kit")
    done = fresh.snakemake(*targets, "-n", "--workflow-profile", "profiles/slurm", cores=None)
    said = done.stdout + done.stderr
    for group in set(PROFILE["groups"].values()):
        assert f"Group job {group} " in said, group


def test_training_that_saves_on_sigterm_takes_the_shells_place():
    # SLURM tells the shell too, which dies at once: the job would be over while training still saves.
    resumed = {name: body for name, body in rules().items() if "--state {params.state" in body}
    readers = {"readers_train", "readers_windows", "readers_arm", "readers_field"}
    assert set(resumed) == {"gans_train", "gans_family_train", "gans_field_train", "thesis_grid"} | readers
    for name, body in resumed.items():
        assert '"exec python -m smearsynth.' in body, name
