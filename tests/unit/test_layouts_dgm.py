"""The thesis's layout: graph, spread, size by height, discard and retry."""

import json
from dataclasses import replace

import numpy as np
import pytest
from slide_world import TYPES, make_catalogue, read

from smearsynth import coco
from smearsynth.errors import UserError
from smearsynth.layouts import dgm, picture
from smearsynth.layouts.draw import draw
from smearsynth.layouts.options import DgmOptions, LayoutOptions
from smearsynth.options import build


@pytest.fixture(scope="module")
def cells(tmp_path_factory):
    return read(make_catalogue(tmp_path_factory.mktemp("world"), each=6))


def options(*, size=(512, 512), scale=(0.5, 1.0), **graph) -> LayoutOptions:
    packed = {"count": 1, "differential": [{"type": "red", "share": 1}]}
    section = {"kind": "dgm", "size": list(size), "border": "inside", "scale": list(scale), "packed": packed, "dgm": graph}
    return build(LayoutOptions, section, where="layouts")


def test_cells_that_the_thesis_places_and_a_split_lacks_are_told(cells):
    lacking = replace(cells, cells=tuple(cell for cell in cells.cells if TYPES[cell.category_id].kind != "red"))
    with pytest.raises(UserError, match=r"kind red has no whole cell(.|\n)*choose kind: packed"):
        draw(options(generation=1), TYPES, lacking, range(1), seed=1)


@pytest.mark.parametrize("generation", [1, 2, 3, 4, 5])
def test_the_graph_has_its_nodes_and_edges(generation):
    network = dgm.graph(generation)
    assert network.number_of_nodes() == (3**generation + 3) // 2
    assert network.number_of_edges() == 3**generation


def test_positions_fill_the_unit_cube_and_depend_on_the_seed():
    first = dgm.positions(dgm.graph(3), DgmOptions(), seed=1)
    assert first.shape == (15, 3)
    assert np.allclose(first.min(0), 0) and np.allclose(first.max(0), 1)
    assert (first == dgm.positions(dgm.graph(3), DgmOptions(), seed=1)).all()
    assert np.abs(first - dgm.positions(dgm.graph(3), DgmOptions(), seed=2)).max() > 0.05


def test_kept_layouts_have_no_overlap_and_lie_in_the_frame(cells):
    asked = options(generation=3)
    for layout in draw(asked, TYPES, cells, range(3), seed=1):
        total = np.zeros(asked.size, int)
        for cell in layout["cells"]:
            points = np.rint(coco.from_flat(cell["polygon"]))
            assert points.min() >= 0 and (points.max(0) < 512).all()
            total += coco.fill([coco.from_flat(cell["polygon"])], asked.size)
        assert total.max() == 1
        assert layout["achieved"]["count"] == 15


def test_height_decides_size_and_order(cells):
    (layout,) = draw(options(generation=3), TYPES, cells, range(1), seed=1)
    z = np.array([cell["z"] for cell in layout["cells"]])
    scale = [np.sqrt(abs(np.linalg.det(np.array(cell["affine"])[:, :2]))) for cell in layout["cells"]]
    assert (np.diff(z) >= 0).all()
    assert np.allclose(scale, 0.5 + 0.5 * z, atol=1e-4)


def test_four_red_to_one_white_and_white_types_as_in_the_catalogue(cells):
    layouts = draw(options(generation=3, scale=(0.3, 0.5)), TYPES, cells, range(40), seed=2)
    ids = [cell["category_id"] for layout in layouts for cell in layout["cells"]]
    white = [i for i in ids if i != 2]
    n = len(ids)
    assert len(white) / n == pytest.approx(0.2, abs=4 * np.sqrt(0.2 * 0.8 / n))
    assert set(white) == {15, 18}
    assert white.count(15) / len(white) == pytest.approx(0.5, abs=4 * np.sqrt(0.25 / len(white)))


def test_a_slide_depends_on_seed_and_index_alone(cells):
    asked = options(generation=3)
    together = draw(asked, TYPES, cells, range(3), seed=4)
    assert json.dumps(together[2]) == json.dumps(draw(asked, TYPES, cells, range(2, 3), seed=4)[0])


def test_the_cap_ends_with_a_message_that_says_why_and_what_to_do(cells):
    with pytest.raises(UserError) as caught:
        draw(options(generation=5, scale=(2.0, 3.0), attempts=3), TYPES, cells, range(1), seed=1)
    (problem,) = caught.value.problems
    assert "none of 3 layouts of 123 cells" in problem.what
    assert "packed" in problem.fix


def test_dgm_with_cut_cells_is_refused():
    with pytest.raises(UserError, match="inside"):
        build(
            LayoutOptions,
            {"kind": "dgm", "size": [512, 512], "packed": {"count": 1, "differential": [{"type": "red", "share": 1}]}},
            where="layouts",
        )


def test_the_picture_shows_each_type_in_its_colour_on_white(cells):
    asked = options(generation=3)
    (layout,) = draw(asked, TYPES, cells, range(1), seed=1)
    shown = picture.draw(layout["cells"], TYPES, asked.size)
    for cell in layout["cells"]:
        mask = coco.fill([coco.from_flat(cell["polygon"])], asked.size)
        assert (shown[mask] == TYPES[cell["category_id"]].colour).all()
    union = np.any([coco.fill([coco.from_flat(c["polygon"])], asked.size) for c in layout["cells"]], axis=0)
    assert (shown[~union] == 255).all()
