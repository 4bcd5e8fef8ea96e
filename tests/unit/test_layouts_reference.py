"""How cells are arranged: pair correlation and touching cells with known answers, and layouts that are asked to be like it."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
from slide_world import TYPES, make_catalogue, read

from smearsynth import coco
from smearsynth.errors import UserError
from smearsynth.files import write_json
from smearsynth.layouts import measure, pair_correlation, reference
from smearsynth.layouts.draw import draw
from smearsynth.layouts.measure import layouts as measured
from smearsynth.layouts.options import LayoutOptions
from smearsynth.layouts.shapes import area, collect, sized
from smearsynth.options import build

EDGES = np.arange(0, 61, 6.0)


@pytest.fixture(scope="module")
def cells(tmp_path_factory):
    return read(make_catalogue(tmp_path_factory.mktemp("world"), each=6))


def options(*, size=(512, 512), um_per_px=None, **packed) -> LayoutOptions:
    shares = {"red": 0.8, "eosinophil": 0.1, "platelet": 0.1}
    packed = {"min_gap": 0.0, "differential": [{"type": name, "share": share} for name, share in shares.items()], **packed}
    section = {"kind": "packed", "size": list(size), "scale": [1.0, 1.0], "um_per_px": um_per_px, "packed": packed}
    return build(LayoutOptions, section, where="layouts")


def correlation(windows, points) -> np.ndarray:
    found = [pair_correlation.pairs(some, window, EDGES) for some, window in zip(points, windows, strict=True)]
    observed, expected = np.sum(found, axis=0)
    return observed / expected


@pytest.mark.parametrize("form", ["square", "oblong", "disc"])
def test_points_anywhere_are_as_often_near_each_other_as_chance_has_it(form):
    chance = np.random.default_rng(3)
    rows, columns = np.mgrid[:200, :200]
    window = {
        "square": np.ones((200, 200), bool),
        "oblong": np.ones((70, 400), bool),
        "disc": (rows - 100) ** 2 + (columns - 100) ** 2 < 95**2,
    }[form]
    places = np.argwhere(window)[:, ::-1]
    points = [places[chance.integers(len(places), size=150)] + chance.uniform(-0.5, 0.5, (150, 2)) for _ in range(60)]
    # Some 60 × 11,000 pairs: a per cent of noise a bin, 5 in the narrowest.
    assert correlation([window] * 60, points) == pytest.approx(1, abs=0.06)


def test_points_that_keep_away_from_each_other_have_none_near():
    chance = np.random.default_rng(4)
    points: list[np.ndarray] = []
    while len(points) < 80:
        point = chance.uniform(0, 300, 2)
        if all(np.linalg.norm(point - other) >= 18 for other in points):
            points.append(point)
    g = correlation([np.ones((300, 300), bool)], [np.array(points)])
    assert (g[:3] == 0).all() and g[3:].mean() > 0.9


@pytest.mark.parametrize("bins", [20, 50, 200])
def test_two_points_lie_at_some_distance_for_certain(bins):
    window = np.ones((40, 90), bool)
    assert pair_correlation.shares(window, np.linspace(0, 100, bins + 1)).sum() == pytest.approx(1, abs=0.02)


def discs(*places: tuple[int, int], radius: int = 10, side: int = 120) -> np.ndarray:
    rows, columns = np.mgrid[:side, :side]
    owners = np.zeros((side, side), np.uint16)
    for number, (row, column) in enumerate(places, start=1):
        owners[(rows - row) ** 2 + (columns - column) ** 2 <= radius**2] = number
    return owners


def test_an_arrangement_of_discs_is_measured_as_it_was_drawn():
    owners = discs((30, 30), (30, 51), (80, 80), (0, 100))
    kinds = np.array([0, 0, 0, 0])
    found = reference.arrangement(owners, kinds, diameter=20)
    assert found.coverage == np.count_nonzero(owners) / owners.size
    assert found.counts == (4, 0, 0) and found.frame == pytest.approx(36)
    # Two touch, one is alone; the one that the frame cuts belongs to no statistic of whole cells.
    assert found.groups[:3] == (1, 2, 0)
    assert len(found.diameters[0]) == 3 and np.allclose(found.diameters[0], 1, atol=0.03)
    # A white cell between two red ones makes no group of them.
    assert reference.arrangement(discs((30, 30), (30, 51), (30, 72)), np.array([0, 1, 0]), diameter=20).groups[:3] == (2, 0, 0)


def test_fields_of_two_resolutions_are_measured_each_in_its_own_red_cells(monkeypatch, tmp_path):
    """The same smear photographed at half the pixels: cells of the reference are not of two sizes for that."""
    write_json(tmp_path / "index.json", {"categories": [{"id": 2, "kind": "red"}]})

    def read(index, *, split):
        coarse, fine = discs((30, 30), (60, 80), radius=10), discs((60, 60), (120, 160), side=240, radius=20)
        return [
            SimpleNamespace(owners=lambda owners=owners: owners, category_ids=[2, 2], um_per_px=um_per_px)
            for owners, um_per_px in ((coarse, 0.2), (fine, 0.1))
        ]

    monkeypatch.setattr(measure.field_maps, "read", read)
    (coarse, fine), red_um = measure.fields(tmp_path / "index.json")
    assert np.allclose(coarse.diameters[0], 1, atol=0.03) and np.allclose(fine.diameters[0], 1, atol=0.03)
    assert red_um == pytest.approx(0.2 * 20, rel=0.05)


def test_a_reference_survives_its_file_and_another_file_is_none():
    found = reference.pooled([reference.arrangement(discs((30, 30), (30, 51)), np.array([0, 0]), diameter=20)] * 2)
    again = reference.load(found.content(), where="reference.json")
    assert again.touching == pytest.approx(found.touching) and again.coverages == pytest.approx(found.coverages, abs=1e-6)
    with pytest.raises(UserError, match=r"reference\.json"):
        reference.load({"images": []}, where="reference.json")


@pytest.mark.parametrize("share", [0.4, 0.6, 0.8])
def test_as_many_red_cells_touch_as_were_asked_for(cells, share):
    asked = options(coverage=0.25, clusters=share, size=(700, 700))
    layouts = draw(asked, TYPES, cells, range(4), seed=5)
    found = reference.pooled(
        [a for layout in layouts for a in measured({"size": asked.size, "layouts": [layout]}, TYPES)]
    ).touching
    assert all(layout["achieved"]["discarded"] == 0 for layout in layouts)
    # Cells that chance brings together touch too, so that more than was asked for is no error.
    assert share - 0.1 <= found <= share + 0.25


def test_cells_of_rouleaux_overlap_and_others_do_not(cells):
    def hidden(layout):
        union, total = np.zeros(asked.size, bool), 0
        for cell in layout["cells"]:
            mask = coco.fill([coco.from_flat(cell["polygon"])], asked.size)
            total += mask.sum()
            union |= mask
        return 1 - union.sum() / total

    asked = options(count=60, rouleaux=0.6, rouleau_length=4.0, size=(600, 600))
    stacked = np.mean([hidden(layout) for layout in draw(asked, TYPES, cells, range(3), seed=6)])
    asked = options(count=60, size=(600, 600))
    assert stacked > 0.1 > 0.01 > np.mean([hidden(layout) for layout in draw(asked, TYPES, cells, range(3), seed=6)])


def test_a_layout_like_a_reference_has_the_coverage_of_one_of_its_fields_and_depends_on_its_index_alone(cells):
    model = options(coverage=0.3, clusters=0.5, size=(400, 400))
    fields = [
        a
        for layout in draw(model, TYPES, cells, range(4), seed=7)
        for a in measured({"size": model.size, "layouts": [layout]}, TYPES)
    ]
    like = reference.pooled(fields)
    asked = options(like="reference", count=None, coverage=None, size=(800, 800))
    together = draw(asked, TYPES, cells, range(3), seed=8, like=like)
    assert together[2] == draw(asked, TYPES, cells, range(2, 3), seed=8, like=like)[0]
    for layout in together:
        assert min(abs(layout["asked"]["coverage"] - coverage) for coverage in like.coverages) < 1e-5
        assert layout["achieved"]["coverage"] == pytest.approx(layout["asked"]["coverage"], abs=0.03)
        assert {"clusters", "pair_distance"} <= layout["asked"].keys() & layout["achieved"].keys()
    with pytest.raises(UserError, match="no reference"):
        draw(asked, TYPES, cells, range(1), seed=8)


def test_cells_have_their_true_size_at_any_resolution(cells):
    known = replace(cells, cells=tuple(replace(cell, image=cell.image | {"um_per_px": 0.1}) for cell in cells.cells))

    def area(um_per_px):
        layouts = draw(options(count=20, um_per_px=um_per_px), TYPES, known, range(2), seed=9)
        masks = [coco.fill([coco.from_flat(c["polygon"])], (512, 512)) for layout in layouts for c in layout["cells"]]
        return np.median([mask.sum() for mask in masks])

    assert area(0.1) == pytest.approx(area(None), rel=0.01)
    assert area(0.2) == pytest.approx(area(None) / 4, rel=0.15)


def test_cells_are_as_large_as_the_reference_s_and_the_larger_one_stays_larger(cells):
    shapes = collect(cells, TYPES, split="all")
    red = next(t.id for t in TYPES.of_kind("red") if t.id in shapes)
    small = next(t.id for t in TYPES.of_kind("platelet") if t.id in shapes)

    def diameters(some, key):
        return np.array([2 * np.sqrt(s.area / np.pi) * s.unit for s in some[key]])

    middle = np.median(diameters(shapes, red))
    levels, wanted = (0.0, 1.0), (0.2, 0.5)
    fitted = sized(shapes, {"platelet": wanted}, levels=levels)
    before, after = diameters(shapes, small), diameters(fitted, small)
    assert np.quantile(after, levels) / middle == pytest.approx(wanted)
    assert (np.argsort(before, kind="stable") == np.argsort(after, kind="stable")).all()
    # The others stay as they are.
    assert diameters(fitted, red) == pytest.approx(diameters(shapes, red))
    assert [s.source_id for s in fitted[small]] == [s.source_id for s in shapes[small]]
    # Of a reference whose red cells are known in micrometres, all are as large as there, red cells too.
    true = sized(shapes, {"red": (0.9, 1.1), "platelet": wanted}, levels=levels, red=1.3 * middle)
    assert np.quantile(diameters(true, red), levels) == pytest.approx(np.array([0.9, 1.1]) * 1.3 * middle)
    assert np.quantile(diameters(true, small), levels) == pytest.approx(np.array(wanted) * 1.3 * middle)


def test_layouts_have_the_reference_s_red_cells_in_micrometres(cells):
    known = replace(cells, cells=tuple(replace(cell, image=cell.image | {"um_per_px": 0.1}) for cell in cells.cells))
    model = options(coverage=0.3, size=(400, 400), um_per_px=0.1)
    fields = [
        a
        for layout in draw(model, TYPES, known, range(4), seed=7)
        for a in measured({"size": model.size, "layouts": [layout]}, TYPES)
    ]

    def red_um(um_per_px):
        like = replace(reference.pooled(fields), red_um=6.0)
        asked = options(like="reference", count=None, coverage=None, size=(600, 600), um_per_px=um_per_px)
        reds = {t.id for t in TYPES.of_kind("red")}
        layouts = draw(asked, TYPES, known, range(3), seed=8, like=like)
        polygons = [c["polygon"] for layout in layouts for c in layout["cells"] if c["category_id"] in reds]
        return np.median([2 * np.sqrt(area(coco.from_flat(polygon)) / np.pi) for polygon in polygons]) * um_per_px

    assert red_um(0.1) == pytest.approx(6.0, rel=0.05)
    assert red_um(0.15) == pytest.approx(6.0, rel=0.05)


def test_a_resolution_cannot_be_had_from_sources_that_do_not_tell_theirs(cells):
    with pytest.raises(UserError, match=r"resolution of source world is not known"):
        draw(options(count=20, um_per_px=0.2), TYPES, cells, range(1), seed=9)
