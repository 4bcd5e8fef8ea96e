"""The arm that failed: grids are drawn from seed and number, it trains, and the whole picture comes out at once."""

import json

import numpy as np
import pytest
from tiny_run import SIZE, TAXONOMY_JSON, make_layout, make_pairs

from smearsynth import images
from smearsynth.cli import dispatch
from smearsynth.errors import UserError
from smearsynth.files import read_json, read_tsv, sha256
from smearsynth.options import build
from smearsynth.studies.options import GridOptions

OPTIONS = {"side": 4, "pictures": 3, "steps": 2, "filters": 2, "device": "cpu", "threads": 1}


def study(name, *arguments) -> int:
    return dispatch("smearsynth.studies", ("thesis_grid", "thesis_whole"), [name, *map(str, arguments)])


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    folder = tmp_path_factory.mktemp("grid")
    pairs = make_pairs(folder / "pairs")
    flags = ("--options", json.dumps(OPTIONS), "--seed", 1, "--pairs", pairs)
    assert study("thesis_grid", *flags, "--state", folder / "state", "--out", folder / "model") == 0
    return folder


def test_it_trains_and_says_on_what(trained):
    model = read_json(trained / "model" / "model.json")
    assert (model["steps"], model["window"], model["cells"]) == (2, SIZE, 24)
    rows = read_tsv(trained / "model" / "losses.tsv")
    assert [row["step"] for row in rows] == ["1", "2"]
    # Cross-entropy + 100 · L1 (thesis 3.4).
    for row in rows:
        total = float(row["gen_gan_loss"]) + 100 * float(row["gen_l1_loss"])
        assert float(row["gen_total_loss"]) == pytest.approx(total, rel=1e-4)


def test_grids_follow_from_seed_and_number(trained):
    from smearsynth.gans import data
    from smearsynth.studies.grid_training import GridTraining

    cells = data.read(trained / "pairs" / "index.json", lambda entry: entry["split"] == "train")
    one, two = (GridTraining(build(GridOptions, OPTIONS, where="grid"), cells, seed=5) for _ in range(2))
    label, real = one.grid(1)
    assert (two.grid(1)[1] == real).all() and (one.grid(2)[1] != real).any()
    assert label.shape == real.shape == (256, 256, 3)
    # Sixteen cells, one in the middle of each square, black between them.
    middles = label[32::64, 32::64].any(2)
    assert middles.shape == (4, 4) and middles.all()
    assert not label[::64].any() and not label[:, ::64].any()
    assert (real.any(2) <= label.any(2)).all()
    steps = [one.batch(step) for step in (0, 1, 2)]
    assert all(np.array_equal(two.batch(1)[name], steps[1][name]) for name in steps[1])


def test_the_whole_picture_at_once(trained, tmp_path):
    layouts = make_layout(tmp_path / "0000.json")
    images.write(tmp_path / "slide.png", np.full((64, 128, 3), 200, np.uint8))
    flags = ("--taxonomy", TAXONOMY_JSON, "--seed", 1, "--model", trained / "model", "--layouts", layouts)
    digests = []
    for folder in ("one", "two"):
        assert study("thesis_whole", *flags, "--slide", tmp_path / "slide.png", "--out", tmp_path / folder) == 0
        digests.append([sha256(tmp_path / folder / name) for name in ("whole.png", "whole.tsv")])
    assert digests[0] == digests[1]
    rows = read_tsv(tmp_path / "one" / "whole.tsv")
    assert [row["drawn"] for row in rows] == ["at once", "cell by cell"]
    assert float(rows[1]["red"]) == 200 and float(rows[1]["detail"]) == 0


@pytest.mark.parametrize("wrong", [{"side": 3}, {"pictures": 0}, {"steps": 0}, {"filters": 0}, {"device": "tpu"}])
def test_options_out_of_range(wrong):
    with pytest.raises(UserError, match=next(iter(wrong))):
        build(GridOptions, {**OPTIONS, **wrong}, where="grid")
