"""Cells of every split are drawn with a model that was really trained: training, held-out and left-out cells of every type."""

import pytest

from smearsynth import images
from smearsynth.files import read_json
from training_world import command, draw_pairs, start


def run(arguments: list[str]) -> None:
    process = start(arguments)
    _, told = process.communicate(timeout=240)
    assert process.returncode == 0, told


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """Pairs, and the model that left fold 0 out."""
    folder = tmp_path_factory.mktemp("sampled")
    index = draw_pairs(folder / "pairs")
    told = command(index, folder)
    told[told.index("--select") + 1] = "fold0"
    run(told)
    return index, folder / "out", told[told.index("--options") + 1]


@pytest.mark.parametrize("which", ["train", "test", "fold0"])
def test_cells_of_every_type_are_drawn(trained, tmp_path, which):
    index, model, options = trained
    flags = ["--options", options, "--seed", "5", "--model", str(model), "--pairs", str(index)]
    run(["sample", *flags, "--which", which, "--per-type", "9", "--out", str(tmp_path / "cells")])
    told, pairs = read_json(tmp_path / "cells" / "index.json"), read_json(index)
    key, value = ("fold", 0) if which == "fold0" else ("split", which)
    wanted = {pair["cell_id"] for pair in pairs["pairs"] if pair[key] == value}
    assert {cell["cell_id"] for cell in told["cells"]} == wanted
    assert {cell["category_id"] for cell in told["cells"]} == {pair["category_id"] for pair in pairs["pairs"]}
    for cell in told["cells"]:
        picture = images.read(tmp_path / "cells" / cell["file"])
        assert picture.shape == (32, 32, 3) and picture.any()
    if which != "train":
        assert wanted.isdisjoint(read_json(model / "model.json")["cells"])
