"""Rules to a graph, a graph to layers, layers to a drawing."""

import json
from itertools import pairwise

import pytest

from smearsynth import images
from smearsynth.cli import dispatch
from smearsynth.files import read_tsv, sha256
from smearsynth.studies.layered import THIN, place, ranks, reduced
from smearsynth.studies.rule_graph import Rule, upstream


def cells_of(wildcards):
    """What an input function of a workflow does: the folder follows from the wildcards."""
    assert dict(wildcards.items()) == {"model": wildcards.model}
    return [f"cells/{name}/images" for name in ("a", "b")] if wildcards.model == "all" else "elsewhere/own.json"


RULES = {
    "cells_source": Rule(
        [lambda wildcards: f"data/{wildcards.source}.json"], ["cells/{source}/list.json", "cells/{source}/images"]
    ),
    "cells_catalogue": Rule(["cells/a/list.json", "cells/b/images/1.png"], ["cells/catalogue.json"]),
    "gans_train": Rule(["cells/catalogue.json", cells_of], [r"gans/{model,all|fold[01]{1}}/weights.h5"]),
    "gans_thesis": Rule(["cells/catalogue.json"], [r"gans/{model,thesis\d+}/weights.h5"]),
    "gans_sample": Rule(["gans/{model}/weights.h5"], ["gans/{model}/{which}_cells"]),
    "slides": Rule(["cells/catalogue.json"], ["slides.json"]),
    "hazra": Rule(["gans/all/test_cells/index.json", "cells/catalogue.json"], []),
}


def test_rules_meet_at_their_files():
    assert upstream(RULES, "hazra") == {
        "cells_source": [],
        # A file within a written folder counts as written.
        "cells_catalogue": ["cells_source"],
        # Wildcards have the values of the job, so that functions of them can be asked.
        "gans_train": ["cells_source", "cells_catalogue"],
        # Of two rules that write such files the constraints choose.
        "gans_sample": ["gans_train"],
        "hazra": ["cells_catalogue", "gans_sample"],
    }
    other = {**RULES, "hazra": Rule(["gans/thesis7/test_cells"], [])}
    assert upstream(other, "hazra")["gans_sample"] == ["gans_thesis"]


def test_a_file_goes_before_the_folder_around_it():
    rules = {
        "folder": Rule([], ["a/{x,[a-z]}"]),
        "file": Rule([], ["a/b/{y}.png"]),
        "two": Rule(["a/b/c.png"], []),
    }
    assert upstream(rules, "two")["two"] == ["file"]


def test_ranks_are_the_longest_paths():
    graph = {"a": [], "b": ["a"], "c": ["b", "a"], "d": ["a"]}
    assert ranks(graph) == {"a": 0, "b": 1, "c": 2, "d": 1}
    assert reduced(graph) == {"a": [], "b": ["a"], "c": ["b"], "d": ["a"]}
    with pytest.raises(ValueError, match="a circle: a → b → a"):
        ranks({"a": ["b"], "b": ["a"]})


def test_boxes_and_passing_edges_keep_their_distance():
    # Three chains of different lengths that all end in one box.
    graph = {"a": [], "b": ["a"], "c": ["b"], "d": [], "e": ["a"], "f": ["e", "d"], "end": ["c", "d", "f", "a"]}
    places = place(graph)
    taken: dict[int, list[tuple[float, bool]]] = {}
    for rank, position in places.at.values():
        taken.setdefault(rank, []).append((position, True))
    for points in places.edges.values():
        # An edge goes one rank at a time and takes a place of its own in each between.
        assert [b[0] - a[0] for a, b in pairwise(points)] == [1] * (len(points) - 1)
        for rank, position in points[1:-1]:
            taken[rank].append((position, False))
    for row in taken.values():
        for (one, box), (other, also) in pairwise(sorted(row)):
            room = 1.0 if box and also else (1 + THIN) / 2 if box or also else THIN
            assert other - one > room - 1e-9


def test_figure_2(tmp_path):
    flags = ["hazra_workflow", "--graph", json.dumps(upstream(RULES, "hazra")), "--target", "hazra", "--out"]
    digests = []
    for folder in ("one", "two"):
        assert dispatch("smearsynth.studies", ("hazra_workflow",), [*flags, str(tmp_path / folder)]) == 0
        digests.append(sha256(tmp_path / folder / "figure_2.png"))
    assert digests[0] == digests[1]
    rows = {(row["rule"], row["reads from"]): row for row in read_tsv(tmp_path / "one" / "figure_2.tsv")}
    assert rows["hazra", "gans_sample"]["drawn"] == "yes" and rows["hazra", "gans_sample"]["stage"] == "studies"
    # The longer way over the generator stands for it.
    assert rows["hazra", "cells_catalogue"]["drawn"] == "no"
    assert images.read(tmp_path / "one" / "figure_2.png").shape[1] > 900
