"""The benchmark that trains on phantoms and names real cells: its halves, its cut-outs, its refusal."""

import importlib.util
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from smearsynth import images
from smearsynth.cells.phantoms import KINDS
from smearsynth.files import read_tsv

SCRIPT = Path(__file__).parents[2] / "benchmarks" / "phantoms_on_real.py"


@pytest.fixture(scope="module")
def benchmark():
    spec = importlib.util.spec_from_file_location("phantoms_on_real", SCRIPT)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def pbc(tmp_path, benchmark):
    """A folder like PBC's with forty square cells whose grey level tells which they are."""
    (tmp_path / "images").mkdir()
    data = {"images": [], "annotations": [], "categories": [{"id": 1, "name": "band_neutrophil"}]}
    for number in range(1, 41):
        images.write(tmp_path / "images" / f"{number}.png", np.full((120, 120, 3), 5 * number, np.uint8))
        data["images"].append({"id": number, "file_name": f"{number}.png", "width": 120, "height": 120})
        square = [40, 40, 79, 40, 79, 79, 40, 79]
        data["annotations"].append({"id": number, "image_id": number, "category_id": 1, "segmentation": [square]})
    (tmp_path / "instances_weak.json").write_text(json.dumps(data))
    return tmp_path


def test_its_types_are_phantoms(benchmark):
    assert set(benchmark.NAMES) <= set(KINDS)


def test_the_halves_share_no_cell_and_miss_none(benchmark, pbc):
    levels = {}
    for part in ("held_out", "development"):
        cells, types = benchmark.read_pbc(pbc, part=part)
        assert set(types) == {benchmark.NAMES.index("neutrophil_band")}
        levels[part] = {int(cell.max()) for cell in cells}
        assert len(levels[part]) == len(cells)
    assert not levels["held_out"] & levels["development"]
    assert levels["held_out"] | levels["development"] == {5 * n for n in range(1, 41)}
    assert min(map(len, levels.values())) > 8


def test_a_cut_out_is_centred_on_black(benchmark):
    picture = np.full((160, 160, 3), 200, np.uint8)
    mask = np.zeros((160, 160), bool)
    mask[5:25, 130:150] = True
    cell = benchmark.cut(picture, mask)
    rows, columns = np.nonzero(cell[..., 0])
    assert cell.shape == (benchmark.SIDE, benchmark.SIDE, 3)
    assert (rows.min() + rows.max()) // 2 == pytest.approx(benchmark.SIDE // 2, abs=1)
    assert (columns.min() + columns.max()) // 2 == pytest.approx(benchmark.SIDE // 2, abs=1)
    assert len(rows) == 22 * 22


def test_augmented_cells_stay_in_range_and_on_black(benchmark):
    cells, _ = benchmark.phantoms(1, seed=0)
    seen = benchmark.augment(cells, np.random.default_rng(0))
    assert seen.shape == cells.shape and seen.dtype == np.float32
    assert seen.min() >= 0 and seen.max() <= 1
    assert (seen[:, :2].max(-1) == 0).all()
    assert not np.array_equal(seen, benchmark.normalise(cells))


def test_missing_data_is_told_without_a_traceback(benchmark, tmp_path, capsys):
    assert benchmark.main(["--data", str(tmp_path), "--out", str(tmp_path / "out")]) == 2
    assert "instances_weak.json" in capsys.readouterr().err


@pytest.mark.slow
@pytest.mark.real_data
def test_a_network_that_saw_only_phantoms_names_real_cells(smearsynth_data, tmp_path):
    """At least three times chance, with a small part of the benchmark's phantoms and steps."""
    command = [sys.executable, SCRIPT, "--data", smearsynth_data, "--out", tmp_path]
    command += ["--cells", "50", "--epochs", "8", "--seeds", "1"]
    subprocess.run([str(part) for part in command], check=True, capture_output=True, timeout=900)
    rows = {row["type"]: row for row in read_tsv(tmp_path / "recall.tsv")}
    assert float(rows["all (accuracy)"]["recall"]) >= 3 * float(rows["chance"]["recall"])
    assert int(rows["all (accuracy)"]["real cells"]) > 1500
