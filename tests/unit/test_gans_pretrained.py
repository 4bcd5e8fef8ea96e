"""The generator of fields that comes with smearsynth: whole, small, and it paints what it is told."""

from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("tensorflow")

from smearsynth import gans
from smearsynth.errors import UserError
from smearsynth.evaluation import field_held_out
from smearsynth.files import read_json, sha256
from smearsynth.gans import field_sampling

SHIPPED = Path(gans.__file__).parent / "pretrained" / "pbc_fields"
RED, LYMPHOCYTE = 2, 18


@pytest.fixture(scope="module")
def generator():
    return field_sampling.load(SHIPPED, device="cpu", threads=1)


def told(side: int = 160):
    """A red cell, a lymphocyte with its nucleus, and empty smear."""
    rows, columns = np.mgrid[:side, :side]
    owners = np.zeros((side, side), np.uint16)
    owners[(rows - 45) ** 2 + (columns - 45) ** 2 <= 20**2] = 1
    owners[(rows - 100) ** 2 + (columns - 100) ** 2 <= 30**2] = 2
    dense = (rows - 100) ** 2 + (columns - 103) ** 2 <= 22**2
    return owners, np.array([RED, LYMPHOCYTE]), dense


def test_it_is_small_enough_to_ship_and_tells_nothing_of_the_machine_that_trained_it():
    files = sorted(path.name for path in SHIPPED.iterdir())
    assert files == ["generator.weights.h5", "model.json", "seen.json", "styles.npz"]
    assert sum((SHIPPED / name).stat().st_size for name in files) < 20e6
    assert '"/' not in (SHIPPED / "model.json").read_text()


def test_pictures_that_it_was_trained_on_are_refused_as_a_test(smearsynth_data, tmp_path):
    """All of its training fields are told; a picture of PBC that is among them is found, those of TXL-PBC are none of them."""
    seen = {image["sha256"] for image in read_json(SHIPPED / "seen.json")["images"]}
    assert len(seen) == len(read_json(SHIPPED / "model.json")["fields"])
    pictures = sorted((smearsynth_data / "pbc/images").iterdir())
    one = next(path for path in pictures if sha256(path) in seen)
    other = sorted((smearsynth_data / "txl_pbc/images").iterdir())[0]
    found = field_held_out.problems([("one", one), ("other", other)], [SHIPPED / "seen.json"])
    assert [problem.what for problem in found] == ["1 real pictures were trained on: one"]


def test_red_cells_nuclei_and_smear_have_their_colours_in_every_style(generator):
    owners, types, dense = told()
    for style in range(0, len(generator.styles.values), 400):
        picture = generator.paint(owners, types, dense, style=style, key=1, tile=None).astype(float)
        smear, red, nucleus = (picture[where].mean(0) for where in (owners == 0, owners == 1, dense))
        # Haemoglobin takes green light; nuclei take most of red and green, and are blue.
        assert red[1] < smear[1] - 15 and nucleus[1] < red[1] - 30
        assert nucleus[2] > nucleus[0] + 10 and nucleus[2] > nucleus[1] + 30


def test_a_style_and_a_key_give_one_picture_and_others_another(generator):
    owners, types, dense = told()
    first = generator.paint(owners, types, dense, style=0, key=1, tile=None)
    np.testing.assert_array_equal(first, generator.paint(owners, types, dense, style=0, key=1, tile=None))
    assert (first != generator.paint(owners, types, dense, style=0, key=2, tile=None)).any()
    assert (first != generator.paint(owners, types, dense, style=1, key=1, tile=None)).any()


def test_a_type_that_it_never_saw_is_an_error_that_names_it(generator):
    owners, _, dense = told()
    with pytest.raises(UserError, match="20"):
        generator.paint(owners, np.array([RED, 20]), dense, style=0, key=1, tile=None)


@pytest.mark.parametrize("precision, most", [("float32", 0), ("bfloat16", 1)])
def test_tiles_do_not_show(precision, most):
    generator = field_sampling.load(SHIPPED, device="cpu", threads=1, precision=precision)
    owners, types, dense = told(300)
    for style in (1, 700):
        whole = generator.paint(owners, types, dense, style=style, key=3, tile=None).astype(int)
        for tile in (64, 100):
            assert np.abs(whole - generator.paint(owners, types, dense, style=style, key=3, tile=tile)).max() <= most


def test_precisions_give_the_same_picture_but_for_rounding():
    pictures = [
        field_sampling.load(SHIPPED, device="cpu", threads=1, precision=precision).paint(*told(), style=5, key=3).astype(int)
        for precision in ("float32", "bfloat16")
    ]
    difference = np.abs(pictures[0] - pictures[1])
    assert 0 < difference.mean() < 0.5 and difference.max() <= 5
