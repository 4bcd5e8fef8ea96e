"""The house keeps its own rules: format, lint, configuration and schema in step, presets whole, nothing left of the demo."""

import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import yaml

from smearsynth import configuration
from smearsynth.errors import UserError

PROJECT = Path(__file__).parents[2]
SCHEMA = yaml.safe_load((PROJECT / "workflow/schemas/config.schema.yaml").read_text())
CONFIG = yaml.safe_load((PROJECT / "config.yaml").read_text())
WHITE = [{"type": "eosinophil", "share": 0.5}, {"type": "white", "share": 0.5}, {"type": "red", "share": 0.0}]
PRESETS = sorted((PROJECT / "workflow/presets").glob("*.yaml"))


def merged(base: dict, changes: dict) -> dict:
    """What Snakemake makes of two configuration files: mappings are merged, all else is replaced."""
    result = dict(base)
    for key, value in changes.items():
        result[key] = merged(base[key], value) if isinstance(value, dict) and isinstance(base.get(key), dict) else value
    return result


def keys(schema: dict, path: str = "") -> set[str]:
    """Every key that a schema knows, as a dotted path; entries of lists as []."""
    found = set()
    for name, inner in schema.get("properties", {}).items():
        found |= {f"{path}{name}"} | keys(inner, f"{path}{name}.")
    if "items" in schema:
        found |= keys(schema["items"], f"{path}[].")
    return found


def used(values, path: str = "") -> set[str]:
    """Every key that a configuration sets."""
    found = set()
    if isinstance(values, dict):
        for name, inner in values.items():
            found |= {f"{path}{name}"} | used(inner, f"{path}{name}.")
    if isinstance(values, list):
        for inner in values:
            found |= used(inner, f"{path}[].")
    return found


def test_every_key_of_the_schema_stands_in_the_manual():
    # Keys of readers and mappings that the demo has no use for are in the comments of config.yaml.
    text = (PROJECT / "config.yaml").read_text()
    missing = {
        key for key in keys(SCHEMA) - used(CONFIG) if f"{key.split('.')[-1]}:" not in text and key.split(".")[-1] not in text
    }
    assert not missing


def test_every_key_of_the_schema_says_what_it_is():
    def silent(schema, path):
        for name, inner in schema.get("properties", {}).items():
            if not inner.get("description"):
                yield path + name
            yield from silent(inner, f"{path}{name}.")
        if "items" in schema:
            yield from silent(schema["items"], f"{path}[].")

    assert list(silent(SCHEMA, "")) == []


def test_the_schema_is_strict_everywhere():
    def loose(schema, path):
        if "properties" in schema and schema.get("additionalProperties") is not False:
            yield path
        for name, inner in schema.get("properties", {}).items():
            yield from loose(inner, f"{path}.{name}")
        if "items" in schema:
            yield from loose(schema["items"], f"{path}[]")

    assert list(loose(SCHEMA, "")) == []


def test_the_demo_is_a_good_configuration():
    configuration.check(CONFIG, PROJECT / "workflow/schemas/config.schema.yaml")


@pytest.mark.parametrize("preset", PRESETS, ids=lambda path: path.stem)
def test_presets_are_good_and_keep_nothing_of_the_demo(preset):
    changes = yaml.safe_load(preset.read_text())
    whole = merged(CONFIG, changes)
    configuration.check(whole, PROJECT / "workflow/schemas/config.schema.yaml")
    assert whole["run"] == preset.stem
    assert not {s["name"] for s in whole["cells"]["sources"]} & {s["name"] for s in CONFIG["cells"]["sources"]}
    # A preset states every section that is a choice of size; none is inherited from the demo by silence.
    assert {"cells", "pairs", "gans", "layouts", "slides", "backgrounds", "readers"} <= set(changes)


@pytest.mark.parametrize(
    "change, told",
    [
        ({"slidse": {}}, "did you mean 'slides'"),
        ({"gans": {"training": {"default": {"generator_rate": "fast"}}}}, "generator_rate: 'fast' is not of type 'number'"),
        ({"gans": {"training": {"default": {"generator_rate": "nan"}}}}, "'nan' is not of type 'number'"),
        ({"layouts": {"packed": {"differential": [{"type": "red", "share": 0.5}]}}}, "sum to 0.5"),
        ({"layouts": {"packed": {"count": None, "coverage": 0.95}}}, "cannot be reached"),
        ({"seed": -1}, "seed"),
        ({"cells": {"use": ["phantom"]}}, "did you mean 'phantoms'"),
        ({"cells": {"stain": {"reference": "pbc"}}}, "known sources: phantoms"),
        ({"cells": {"sources": CONFIG["cells"]["sources"] * 2}}, "2 sources are called phantoms"),
        ({"slides": {"render": {"renderer": "thesis"}}}, "whole with renderer thesis"),
        ({"backgrounds": {"kind": "blocks"}}, "blocks with renderer cutout"),
        ({"slides": {"render": {"cells": "real"}}, "layouts": {"shapes": "all"}}, "carry test cells into slides"),
        ({"layouts": {"packed": {"differential": [{"type": "lymphocite", "share": 1.0}]}}}, "did you mean 'lymphocyte'"),
        (
            {"layouts": {"packed": {"count": None, "coverage": 0.8, "overlap": 0.5, "min_gap": 0.0, "differential": WHITE}}},
            "white cells alone",
        ),
        ({"run": "../escape"}, "run"),
        ({"slides": {5: 1, "cuont": 2}}, "config: slides.5: unknown key"),
    ],
)
def test_mistakes_in_the_configuration_are_told_with_their_fix(change, told):
    with pytest.raises(UserError) as caught:
        configuration.check(merged(CONFIG, change), PROJECT / "workflow/schemas/config.schema.yaml")
    assert told in str(caught.value)


@pytest.mark.parametrize(
    "path, text, value",
    [
        (("gans", "training", "default", "generator_rate"), "2e-4", 2e-4),
        (("gans", "training", "default", "steps"), "30", 30),
        (("slides", "render", "feather"), "3", 3),
        (("pairs", "limit"), "null", None),
        (("readers", "field", "white_balance"), "false", False),
        (("layouts", "packed", "differential"), [{"type": "red", "share": "1.0"}], [{"type": "red", "share": 1.0}]),
        (("readers", "field_arms", "others"), {"null": "30"}, {"null": "30"}),
    ],
)
def test_text_is_read_as_what_the_schema_wants(path, text, value):
    """Snakemake reads what stands within braces after --config as text."""
    change = text
    for key in reversed(path):
        change = {key: change}
    found = configuration.check(merged(CONFIG, change), PROJECT / "workflow/schemas/config.schema.yaml")
    for key in path:
        found = found[key]
    assert found == value and type(found) is type(value)


def test_a_section_that_was_emptied_is_told_its_keys():
    with pytest.raises(UserError) as caught:
        configuration.check({**CONFIG, "readers": {}}, PROJECT / "workflow/schemas/config.schema.yaml")
    assert "config: readers: 'field_arms' is a required property" in str(caught.value)


def test_all_mistakes_are_told_at_once():
    with pytest.raises(UserError) as caught:
        configuration.check(
            merged(CONFIG, {"seed": "x", "rnu": 1, "pairs": {"size": 3}}), PROJECT / "workflow/schemas/config.schema.yaml"
        )
    assert len(caught.value.problems) == 3


@pytest.mark.parametrize(
    "command",
    [
        ["ruff", "check", "."],
        ["ruff", "format", "--check", "."],
        ["snakefmt", "--check", "Snakefile", "workflow/rules"],
        ["mypy"],
    ],
    ids=["ruff", "format", "snakefmt", "mypy"],
)
def test_style(command):
    tool = shutil.which(command[0], path=str(Path(sys.executable).parent)) or command[0]
    done = subprocess.run([tool, *command[1:]], cwd=PROJECT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_conda_environment_has_the_bounds_of_the_package():
    package = tomllib.loads((PROJECT / "pyproject.toml").read_text())["project"]["dependencies"]
    conda = yaml.safe_load((PROJECT / "envs/smearsynth.yaml").read_text())["dependencies"][-1]["pip"]
    assert conda == package


@pytest.mark.parametrize("name", ["requirements.txt", "requirements-dev.txt"])
def test_locks_hold_every_dependency_with_hashes_and_no_address(name):
    text = (PROJECT / "envs" / name).read_text()
    assert "://" not in text and "--hash=sha256:" in text
    locked = {line.split("==")[0].lower() for line in text.splitlines() if "==" in line and not line.startswith((" ", "#"))}
    package = tomllib.loads((PROJECT / "pyproject.toml").read_text())["project"]["dependencies"]
    wanted = {d.split(">")[0].split("<")[0].split("=")[0].strip().lower() for d in package}
    assert wanted <= locked


@pytest.mark.parametrize("preset", ["thesis", "pbc"])
def test_presets_plan_every_stage(preset, tmp_path):
    data = tmp_path / "data"
    names = {
        "thesis": ["thesis/images/a.tiff", "thesis/annotations/a.json"],
        "pbc": ["pbc/images/a.jpg", "pbc/instances_weak.json", "txl_pbc/images/b.jpg"],
    }
    for name in names[preset]:
        (data / name).parent.mkdir(parents=True, exist_ok=True)
        (data / name).write_bytes(b"")
    command = [sys.executable, "-m", "snakemake", "-n", "--quiet", "rules", "-s", PROJECT / "Snakefile", "--directory", tmp_path]
    command += ["--configfile", PROJECT / f"workflow/presets/{preset}.yaml", "--config", f"data={data}"]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    counts = dict(re.findall(r"^(\w+) +(\d+)$", done.stdout + done.stderr, re.M))
    assert counts["gans_train"] == {"thesis": "2", "pbc": "1"}[preset]
    # Every model draws the held-out cells, and each of the thesis's two also the fold that it left out.
    assert counts["gans_sample"] == {"thesis": "4", "pbc": "1"}[preset] and "thesis_drawn" in counts
    assert ("backgrounds_blocks" in counts) == (preset == "thesis")
    assert {"cells_source", "pairs", "slides_shard", "evaluation_verdict", "thesis_whole", "thesis_cells"} <= counts.keys()


def test_what_rules_write_stands_in_the_list_of_results():
    listed = (PROJECT / "results/README.md").read_text()
    rules = "".join(path.read_text() for path in (PROJECT / "workflow/rules").glob("*.smk"))
    stages = "cells|pairs|gans|backgrounds|layouts|slides|readers|evaluation|studies"
    written = set(re.findall(rf"\{{RUN\}}/((?:{stages})/[\w.]+)", rules))
    assert len(written) > 30 and sorted(path for path in written if path not in listed) == []


def test_small_files_and_short_front_door():
    assert len((PROJECT / "Snakefile").read_text().splitlines()) <= 50
    assert len((PROJECT / "workflow/rules/common.smk").read_text().splitlines()) <= 60


def test_no_command_imports_tensorflow_at_start_up():
    # A layout job must not pay for it: commands import it when they need it, and only those of gans always do.
    library = PROJECT / "workflow/smearsynth"
    commands = [path for path in library.glob("*/*.py") if "def arguments(" in path.read_text() or path.name == "options.py"]
    commands = [path for path in commands if path.parent.name != "gans" or path.name == "options.py"]
    assert len(commands) > 30
    names = [".".join(path.relative_to(library.parent).with_suffix("").parts) for path in commands]
    code = f"""
import importlib, sys
for name in {names!r}:
    importlib.import_module(name)
    assert not {{"tensorflow", "keras"}} & set(sys.modules), name
"""
    done = subprocess.run([sys.executable, "-c", code], cwd=PROJECT / "workflow", capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
