"""Slides that a field generator draws: what it is told of a layout, its style and key, its scale, what is refused."""

import dataclasses

import numpy as np
import pytest
from slide_world import TYPES, make_catalogue, read

from smearsynth import coco, images
from smearsynth.errors import UserError
from smearsynth.layouts.draw import draw
from smearsynth.layouts.options import LayoutOptions
from smearsynth.layouts.raster import window
from smearsynth.options import build
from smearsynth.slides import field
from smearsynth.slides.options import RenderOptions
from smearsynth.slides.render import render, same_types
from smearsynth.slides.sources import Sources

SHAPE = (256, 288)
WHITE = frozenset({15, 18, 20})
STYLES = np.arange(12, dtype=np.float32).reshape(4, 3)


class Recorder:
    """A generator that keeps what it is told and draws owners, nuclei and style as colours."""

    um_per_px = 0.19

    def __init__(self) -> None:
        self.told: list[dict] = []

    def paint(self, owners, category_ids, dense, **rest):
        self.told.append({"owners": owners, "category_ids": category_ids, "dense": dense, **rest})
        style = np.full(owners.shape, 20 * rest["style"][0] + rest["key"] % 20)
        return np.stack([owners % 256, 255 * dense, style], axis=-1).astype(np.uint8)


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    """A catalogue and four layouts with overlaps."""
    folder = tmp_path_factory.mktemp("world")
    file = make_catalogue(folder, each=5)
    shares = [{"type": "red", "share": 0.6}, {"type": "white", "share": 0.4}]
    packed = {"count": 22, "overlap": 0.15, "min_gap": 0, "differential": shares}
    options = build(LayoutOptions, {"kind": "packed", "size": list(SHAPE), "packed": packed}, where="layouts")
    return Sources(read(file)), draw(options, TYPES, read(file), range(4), seed=5)


def painter(sources, generator, **how):
    return field.painted(generator, STYLES, field.measured(sources), white=WHITE, seed=5, **how)


def test_generator_is_told_the_owner_map_that_is_annotated(world, tmp_path):
    sources, layouts = world
    generator = Recorder()
    data = render({"size": list(SHAPE), "layouts": layouts}, painter(sources, generator), TYPES, tmp_path, shard_name="0000")
    for image, layout, told in zip(data["images"], layouts, generator.told, strict=True):
        seen = np.zeros(SHAPE, int)
        for cell in (a for a in data["annotations"] if a["image_id"] == image["id"]):
            number = 1 + next(i for i, c in enumerate(layout["cells"]) if c["z"] == cell["z"])
            mask = coco.decode(cell["segmentation"])
            assert (seen[mask] == 0).all()
            seen[mask] = number
            assert told["category_ids"][number - 1] == cell["category_id"]
        np.testing.assert_array_equal(seen, told["owners"])
        assert (images.read(tmp_path / f"{layout['index']:06d}.png")[..., 0] == seen).all()


def test_nuclei_lie_where_the_cells_own_ones_do(world):
    """The world's white cells have a round nucleus of half their radius around the middle of their picture."""
    sources, layouts = world
    generator, layout = Recorder(), layouts[0]
    windows = [window(coco.from_flat(cell["polygon"]), SHAPE) for cell in layout["cells"]]
    painter(sources, generator)(layout, windows, SHAPE)
    told = generator.told[0]
    white = np.isin(told["category_ids"], list(WHITE))
    assert not told["dense"][~np.isin(told["owners"], np.flatnonzero(white) + 1)].any()
    whole = 0
    for number in np.flatnonzero(white) + 1:
        cell, part = layout["cells"][number - 1], windows[number - 1]
        radius = {15: 12, 18: 9}[cell["category_id"]] * np.sqrt(abs(np.linalg.det(np.array(cell["affine"])[:, :2])))
        x, y = np.array(cell["affine"]) @ (48, 48, 1)
        rows, columns = np.nonzero(told["dense"] & (told["owners"] == number))
        hidden = (told["owners"][part.slices][part.mask] != number).any()
        if hidden or min(x, y, SHAPE[1] - x, SHAPE[0] - y) < 2 * radius:
            continue
        whole += 1
        assert (columns.mean(), rows.mean()) == pytest.approx((x, y), abs=0.6)
        assert len(rows) == pytest.approx(np.pi * radius**2, rel=0.15)
    assert whole >= 2


def test_style_and_key_are_a_slides_own(world):
    sources, layouts = world

    def told(order, **how):
        generator = Recorder()
        for i in order:
            windows = [window(coco.from_flat(cell["polygon"]), SHAPE) for cell in layouts[i]["cells"]]
            painter(sources, generator, **how)(layouts[i], windows, SHAPE)
        return {i: (tuple(t["style"]), t["key"], t["tile"]) for i, t in zip(order, generator.told, strict=True)}

    assert told((0, 1, 2, 3)) == told((3, 1, 0, 2))
    assert len({key for _, key, _ in told((0, 1, 2, 3)).values()}) == 4
    assert {style for style, _, _ in told((0, 1), style=2, tile=512).values()} == {(6.0, 7.0, 8.0)}
    with pytest.raises(UserError, match="from 0 to 3"):
        painter(sources, Recorder(), style=4)


def test_a_generator_that_knows_an_id_as_another_type_is_refused():
    """The shipped generator was trained with the taxonomy of config.yaml, which users may change."""
    layouts = [{"cells": [{"category_id": t.id} for t in TYPES.types]}]
    known = [{"id": t.id, "name": t.name, "kind": t.kind} for t in TYPES.types]
    same_types(layouts, known, TYPES)
    first, second = known[:2]
    with pytest.raises(UserError, match=rf"{first['name']}(.|\n)*knows as {second['name']}"):
        same_types(layouts, [{**first, "name": second["name"]}, *known[2:]], TYPES)
    with pytest.raises(UserError, match=r"knows as never heard of(.|\n)*as an alias"):
        same_types(layouts, [{**first, "name": "never heard of"}], TYPES)
    same_types([{"cells": []}], [{**first, "name": "never heard of"}], TYPES)


def test_layouts_of_another_scale_are_refused(world):
    sources, layouts = world
    field.check_scale(layouts, sources, 0.19)  # The sources' own scale is not known.
    known = Sources(read_with_scale(sources, 0.095))
    with pytest.raises(UserError, match=r"times as large") as caught:
        field.check_scale(layouts, known, 0.19)
    assert "set it to 0.19, or leave it null and set layouts.scale around 0.5" in str(caught.value)
    field.check_scale(layouts, Sources(read_with_scale(sources, 0.19)), 0.19)


def read_with_scale(sources, um_per_px):
    """The catalogue of `sources` with the size of a pixel in its images."""
    from smearsynth.cells.catalogue import Catalogue

    cells = [dataclasses.replace(cell, image=cell.image | {"um_per_px": um_per_px}) for cell in sources.cells.values()]
    return Catalogue(tuple(cells), ())


def test_cells_that_the_catalogue_lacks_are_refused(world):
    sources, _ = world
    with pytest.raises(UserError, match="cell 999"):
        sources.known([{"cells": [{"source_id": 999}, {"source_id": next(iter(sources.cells))}]}])


def test_options():
    assert build(RenderOptions, {"renderer": "field", "style": None, "tile": None}, where="slides.render").tile is None
    with pytest.raises(UserError) as caught:
        build(RenderOptions, {"renderer": "field", "cells": "real", "style": -1, "tile": 5}, where="slides.render")
    assert len(caught.value.problems) == 3
