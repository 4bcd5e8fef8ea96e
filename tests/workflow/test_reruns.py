"""For each change, exactly the rules that rerun: a dry run after the change, and back."""

import functools
import os
import re
from pathlib import Path

import pytest
import yaml


@functools.cache
def jobs(checkout) -> tuple[dict[str, str], list[tuple[str, str]]]:
    """The rule of each job of a whole run, and which job takes files of which."""
    graph = checkout.snakemake("all", "hazra2022", "--dag", "dot").stdout
    rules = dict(re.findall(r'^\s*(\d+)\[label = "(\w+)', graph, re.M))
    return rules, re.findall(r"^\s*(\d+) -> (\d+)$", graph, re.M)


def downstream(checkout, roots: set[str]) -> set[str]:
    """The rules of the jobs that depend on jobs of `roots`, with themselves."""
    rules, edges = jobs(checkout)
    found = {job for job, rule in rules.items() if rule in roots}
    while more := {after for before, after in edges if before in found} - found:
        found |= more
    return {rules[job] for job in found} - {"all", "slides", "evaluation", "thesis", "hazra2022"}


def edit(path: Path, old: str, new: str):
    """Change a file's text and return what undoes it, time stamps included."""
    before, stamp = path.read_text(), path.stat()
    assert old in before, f"{old!r} is not in {path}"
    path.write_text(before.replace(old, new, 1))

    def undo():
        path.write_text(before)
        os.utime(path, ns=(stamp.st_atime_ns, stamp.st_mtime_ns))

    return undo


# A function body of each command's module, and the rules whose own code it is.
BODIES = [
    ("cells/source.py", {"cells_source"}),
    ("cells/outline.py", {"cells_outline"}),
    ("cells/merge.py", {"cells_catalogue"}),
    ("pairs/draw.py", {"pairs"}),
    ("gans/train.py", {"gans_train"}),
    ("gans/sample.py", {"gans_sample"}),
    ("backgrounds/patches.py", {"backgrounds"}),
    ("layouts/draw.py", {"layouts"}),
    ("layouts/asked.py", {"layouts_asked"}),
    ("slides/render.py", {"slides_shard"}),
    ("slides/merge.py", {"slides_merge"}),
    ("slides/preview.py", {"slides_preview"}),
    ("slides/export.py", {"slides_export"}),
    ("slides/pack.py", {"slides_pack"}),
    ("slides/index.py", {"slides_index"}),
    ("cells/stain_normalise.py", {"cells_stain"}),
    ("pairs/windows.py", {"windows"}),
    ("gans/family_train.py", {"gans_family_train"}),
    ("gans/family_sample.py", {"gans_family_sample"}),
    ("gans/redraw.py", {"gans_redraw"}),
    ("readers/train.py", {"readers_train", "readers_windows"}),
    ("readers/arm.py", {"readers_arm"}),
    ("evaluation/tstr.py", {"evaluation_tstr"}),
    ("evaluation/features.py", {"evaluation_features_real", "evaluation_features_synthetic"}),
    ("evaluation/distances.py", {"evaluation_distances"}),
    ("evaluation/perceptual.py", {"evaluation_perceptual"}),
    ("evaluation/nearest.py", {"evaluation_nearest"}),
    ("evaluation/memorisation.py", {"evaluation_memorisation"}),
    ("evaluation/two_sample.py", {"evaluation_two_sample"}),
    ("readers/name.py", {"evaluation_name_real", "evaluation_name_generated"}),
    ("evaluation/verdict.py", {"evaluation_verdict"}),
    ("studies/thesis_losses.py", {"thesis_losses"}),
    ("studies/hazra_models.py", {"hazra_models"}),
]


@pytest.mark.parametrize("file, roots", BODIES, ids=[file for file, _ in BODIES])
def test_code_of_a_stage_reruns_it_and_what_depends_on_it(finished, file, roots):
    undo = edit(finished.folder / "workflow/smearsynth" / file, "def run(args", "CHANGED = 1\n\n\ndef run(args")
    try:
        assert finished.planned() == downstream(finished, roots)
    finally:
        undo()


def test_comments_docstrings_and_touches_rerun_nothing(finished):
    library = finished.folder / "workflow/smearsynth"
    undo = [edit(library / file, "def run(args", "# Why.\ndef run(args") for file, _ in BODIES]
    undo.append(edit(library / "seeds.py", '"""The only', '"""The one and only'))
    for path in finished.folder.rglob("workflow/**/*.py"):
        os.utime(path)
    for path in [*finished.folder.rglob("data/given/*/*.png"), finished.folder / "results/small/cells/catalogue.json"]:
        os.utime(path)
    os.utime(finished.folder / "Snakefile")
    os.utime(finished.folder / "small.yaml")
    try:
        assert finished.planned() == set()
    finally:
        for back in undo:
            back()


def test_a_shard_that_was_lost_is_made_anew_alone(finished):
    shard = finished.folder / "results/small/slides/shards/0001.json"
    away = shard.with_suffix(".away")
    shard.rename(away)
    try:
        planned = finished.jobs_planned()
        assert planned["slides_shard"] == 1 and "layouts" not in planned and "gans_train" not in planned
    finally:
        away.rename(shard)


def change(content: dict, path: str, value) -> None:
    *parents, last = path.split(".")
    for key in parents:
        content = content.setdefault(key, {})
    content[last] = value


CHANGES = [
    ("cells.catalogue.test_share", 0.35, {"cells_catalogue"}),
    ("pairs.size", 96, {"pairs"}),
    ("gans.training.default.l1", 11.0, {"gans_train", "gans_sample"}),
    ("gans.training.thesis.epochs", 3, set()),
    ("layouts.dgm.iterations", 9, {"thesis_layout"}),
    ("gans.cells_per_type", 1, {"gans_sample"}),
    ("backgrounds.unevenness", 0.5, {"backgrounds"}),
    ("layouts.packed.min_gap", 3.0, {"layouts"}),
    ("slides.render.feather", 2.0, {"slides_shard"}),
    ("slides.merge_limit", 4999, {"slides_merge"}),
    ("cells.stain.measured", "picture", {"cells_stain"}),
    ("pairs.windows.surroundings", "black", {"windows"}),
    ("gans.family.steps", 5, {"gans_family_train", "gans_family_sample", "hazra_networks"}),
    ("gans.synthetic_per_type", 4, {"gans_family_sample", "gans_redraw"}),
    ("readers.steps", 3, {"readers_train", "readers_windows"}),
    ("readers.arms.pictures", 44, {"readers_arm"}),
    ("evaluation.level", 0.9, {"evaluation_verdict", "evaluation_artefacts", "thesis_verdict", "evaluation_tstr"}),
    ("evaluation.distances.neighbours", 2, {"evaluation_distances"}),
    ("evaluation.memorisation.draws", 3, {"evaluation_memorisation"}),
    ("studies.thesis.graph.generation", 3, {"thesis_graph"}),
    ("studies.thesis.losses.low", 0.2, {"thesis_losses"}),
    ("studies.thesis.cells", 1, {"thesis_cells"}),
    ("studies.hazra2022.cells", 1, {"hazra_samples", "hazra_models", "hazra_classifiers", "hazra_types"}),
]


@pytest.mark.parametrize("path, value, roots", CHANGES, ids=[path for path, _, _ in CHANGES])
def test_a_value_reruns_the_rules_that_use_it(finished, path, value, roots):
    before = (finished.folder / "small.yaml").read_text()
    finished.settings(lambda content: change(content, path, value))
    try:
        assert finished.planned() == downstream(finished, roots)
    finally:
        (finished.folder / "small.yaml").write_text(before)


def test_a_moved_checkout_reruns_nothing(finished, tmp_path):
    assert type(finished).of(finished.folder, tmp_path / "elsewhere").planned() == set()


def test_an_input_picture_reruns_from_its_source(finished):
    content = yaml.safe_load((finished.folder / "small.yaml").read_text())
    sources = [s for s in content["cells"]["sources"] if s["reader"] != "phantoms"]
    path = sorted((finished.folder / "data" / sources[0]["images"]).rglob("*.png"))[0]
    before, stamp = path.read_bytes(), path.stat()
    path.write_bytes(before + b"\0")
    try:
        assert finished.planned() == downstream(finished, {"cells_source"})
    finally:
        path.write_bytes(before)
        os.utime(path, ns=(stamp.st_atime_ns, stamp.st_mtime_ns))
    os.utime(path)
    assert finished.planned() == set()
