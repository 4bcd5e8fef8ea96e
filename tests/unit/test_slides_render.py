"""Rendered slides: the light of the background, no rims, exact masks, the same bytes from any shard."""

import errno
import json

import cv2
import numpy as np
import pytest
from scipy.ndimage import distance_transform_edt
from slide_world import TAXONOMY_JSON, TYPES, Painter, make_catalogue, read

from smearsynth import coco, files, images
from smearsynth.backgrounds import stored
from smearsynth.cli import dispatch
from smearsynth.errors import UserError
from smearsynth.files import read_json, write_json
from smearsynth.layouts.draw import draw
from smearsynth.layouts.options import LayoutOptions
from smearsynth.layouts.raster import window
from smearsynth.options import build
from smearsynth.slides import cutout, paint, pieces, preview
from smearsynth.slides.render import render
from smearsynth.slides.sources import Sources

COMMANDS = ("render", "merge", "preview", "export", "index", "verify")
RED = frozenset({2})


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    """A catalogue, its background and six layouts with overlaps."""
    folder = tmp_path_factory.mktemp("world")
    file = make_catalogue(folder, each=5)
    arguments = ["patches", "--options", '{"kind": "whole", "smallest": 12}', "--taxonomy", TAXONOMY_JSON, "--seed", "1"]
    out = ["--catalogue", str(file), "--out", str(folder / "background")]
    assert dispatch("smearsynth.backgrounds", ("patches", "blocks"), [*arguments, *out]) == 0
    shares = [{"type": "red", "share": 0.8}, {"type": "white", "share": 0.2}]
    packed = {"count": 22, "overlap": 0.15, "min_gap": 0, "differential": shares}
    options = build(LayoutOptions, {"kind": "packed", "size": [256, 288], "packed": packed}, where="layouts")
    return folder, draw(options, TYPES, read(file), range(6), seed=5)


def shard(layouts) -> dict:
    return {"size": [256, 288], "layouts": layouts}


def real(folder, **look):
    look = {"blend": "translucent", "evenness": 0.8, "red": RED} | look
    found = pieces.cut(Sources(read(folder / "catalogue.json")), feather=3.0)
    return paint.pasted(stored.read_styles(folder / "background"), found, paint.Look(**look), seed=5)


def generated(folder, generator):
    styles = stored.read_styles(folder / "background")
    found = pieces.drawn(generator, light=styles.reference, feather=3.0, seed=5)
    return paint.pasted(styles, found, paint.Look("translucent", 0.0, RED), seed=5)


@pytest.mark.parametrize("kind", ["real", "generated", "thesis"])
def test_slides_have_the_same_bytes_from_any_shard_and_order(world, tmp_path, kind):
    folder, layouts = world

    def painter():
        if kind == "real":
            return real(folder)
        if kind == "generated":
            return generated(folder, Painter())
        return paint.stencilled(None, Painter(), seed=5, category_id=11)

    together = render(shard(layouts), painter(), TYPES, tmp_path / "one", shard_name="0000")
    parts = [render(shard([layouts[i]]), painter(), TYPES, tmp_path / f"part{i}", shard_name="0000") for i in (4, 0, 2, 5, 1, 3)]
    by_index = {part["images"][0]["index"]: part for part in parts}
    merged = coco.merge([by_index[i] for i in range(6)], description="smearsynth slides")
    assert json.dumps(merged["annotations"]) == json.dumps(together["annotations"])
    assert json.dumps(merged["images"]) == json.dumps(together["images"])
    assert len({image["sha256"] for image in together["images"]}) == 6


def test_annotations_are_the_union_of_cells(world, tmp_path):
    folder, layouts = world
    data = render(shard(layouts), real(folder), TYPES, tmp_path, shard_name="0000")
    assert not coco.check(data)
    for image, layout in zip(data["images"], layouts, strict=True):
        mine = [a for a in data["annotations"] if a["image_id"] == image["id"]]
        assert len(mine) + image["hidden"] == len(layout["cells"])
        painted = np.zeros((256, 288), bool)
        for cell in layout["cells"]:
            part = window(coco.from_flat(cell["polygon"]), (256, 288))
            painted[part.slices] |= part.mask
        assert (np.any([coco.decode(a["segmentation"]) for a in mine], axis=0) == painted).all()
        picture = images.read(tmp_path / f"{layout['index']:06d}.png")
        assert picture.shape == (256, 288, 3)
        assert files.sha256(tmp_path / f"{layout['index']:06d}.png") == image["sha256"]


def test_pixels_away_from_cells_are_background_and_no_rim_shows(world):
    """Around the cells, beyond the soft edge, nothing changes; in the edge's outer half hardly anything does."""
    folder, layouts = world
    styles = stored.read_styles(folder / "background")
    for layout in layouts[:3]:
        windows = [window(coco.from_flat(cell["polygon"]), (256, 288)) for cell in layout["cells"]]
        picture = real(folder)(layout, windows, (256, 288)).astype(float)
        background = paint.empty(styles, layout["index"], (256, 288), 5).astype(float)
        mask = np.zeros((256, 288), bool)
        for part in windows:
            mask[part.slices] |= part.mask
        distance = distance_transform_edt(~mask)
        assert (picture == background)[distance > 3].all()
        ring = (distance > 1) & (distance <= 3)
        assert np.abs(picture - background)[ring].mean() < 4
        # The cells themselves are there: darker than the light behind them.
        assert (background - picture)[mask].mean() > 20


def test_a_cell_takes_on_the_light_of_the_slide(world):
    """The ratio of a cell's colour to its light is that of its own picture."""
    folder, layouts = world
    cells = read(folder / "catalogue.json")
    by_id = {cell.id: cell for cell in cells.cells}
    sources = Sources(cells)
    layout = {"index": 0, "cells": [next(c for c in layouts[0]["cells"] if c["category_id"] == 2)]}
    part = window(coco.from_flat(layout["cells"][0]["polygon"]), (256, 288))
    picture = real(folder, evenness=0.0)(layout, [part], (256, 288)).astype(float)
    background = paint.empty(stored.read_styles(folder / "background"), 0, (256, 288), 5).astype(float)
    source = by_id[layout["cells"][0]["source_id"]]
    here = (picture[part.slices][part.mask] / background[part.slices][part.mask]).mean(0)
    there = (source.picture()[source.mask()] / sources.picture(source.id)[1]).mean(0)
    assert here == pytest.approx(there, abs=0.03)


def test_evenness_brings_red_cells_to_one_stain(world):
    folder, layouts = world

    def spread(evenness: float) -> float:
        windows = [window(coco.from_flat(cell["polygon"]), (256, 288)) for cell in layouts[1]["cells"]]
        piece = pieces.cut(Sources(read(folder / "catalogue.json")), feather=3.0)(layouts[1], windows, (256, 288))
        found = [piece(i) for i, cell in enumerate(layouts[1]["cells"]) if cell["category_id"] == 2]
        for p, factor in zip(found, np.linspace(0.8, 1.4, len(found)), strict=True):
            p.through[...] = p.through**factor
        target = cutout.density(found[0].through, found[0].mask)
        even = [cutout.restain(p.through, cutout.density(p.through, p.mask), target, evenness) for p in found]
        return np.std([cutout.density(t, p.mask) for t, p in zip(even, found, strict=True)], axis=0).max()

    assert spread(1.0) < 0.1 * spread(0.0)
    assert spread(1.0) < spread(0.5) < spread(0.0)


def test_overlap_darkens_when_translucent_and_covers_when_opaque():
    background = np.full((20, 30, 3), 200, np.uint8)
    through = np.full((10, 10, 3), 0.5, np.float32)
    alpha = np.ones((10, 10), np.float32)
    for blend, expected in (("translucent", 50), ("opaque", 100)):
        canvas = background.copy()
        for left in (5, 10):
            cutout.paint(canvas, background, through, alpha, (slice(5, 15), slice(left, left + 10)), blend=blend)
        assert (canvas[7, 6:9] == 100).all()
        assert (canvas[7, 11:14] == expected).all()


@pytest.mark.parametrize("feather", [0.0, 2.0, 5.0])
def test_the_soft_edge_is_one_half_at_the_border_and_leaves_the_frame_alone(feather):
    mask = np.zeros((40, 40), bool)
    mask[10:30, :25] = True
    alpha = cutout.soft(mask, feather)
    assert alpha[20, 0] == 1
    assert alpha[20, 12] == 1
    assert alpha[2, 2] == 0
    assert (alpha[mask] >= 0.5).all() and (alpha[~mask] <= 0.5).all()
    assert alpha[20, 24] + alpha[20, 25] == pytest.approx(1, abs=1e-6)


def test_warping_puts_source_pixels_where_the_affine_says():
    rng = np.random.default_rng(0)
    picture = rng.integers(0, 255, (30, 40, 3), dtype=np.uint8)
    quarter = np.array([[0.0, -1.0, 60.0], [1.0, 0.0, 10.0]])
    shown = cutout.warp(picture, quarter, (slice(5, 60), slice(20, 70)))
    for x, y in ((5, 7), (30, 20), (12, 3)):
        u, v = quarter[:, :2] @ (x, y) + quarter[:, 2]
        assert (shown[int(v) - 5, int(u) - 20] == picture[y, x]).all()


def test_the_thesis_renderer_stencils_each_cell_and_calls_once_a_slide(world):
    _, layouts = world
    stored_picture = np.random.default_rng(0).integers(0, 255, (300, 300, 3), dtype=np.uint8)
    generator = Painter()
    windows = [window(coco.from_flat(cell["polygon"]), (256, 288)) for cell in layouts[0]["cells"]]
    picture = paint.stencilled(stored_picture, generator, seed=5, category_id=11)(layouts[0], windows, (256, 288))
    assert generator.calls == [len(windows)]
    owner = np.zeros((256, 288), int)
    for number, part in enumerate(windows, start=1):
        owner[part.slices][part.mask] = number
    assert (picture[owner == 0] == stored_picture[:256, :288][owner == 0]).all()
    drawn = pieces.generate(Painter(), layouts[0], windows, 5)
    for number, (part, cell) in enumerate(zip(windows, drawn, strict=True), start=1):
        mine = owner[part.slices] == number
        assert (picture[part.slices][mine] == cell[mine]).all()


def test_cells_at_the_border_are_generated_whole(world):
    _, layouts = world
    masks = []

    class Watch(Painter):
        def draw(self, given, category_ids, *, keys, only=None):
            masks.extend(given)
            return super().draw(given, category_ids, keys=keys)

    windows = [window(coco.from_flat(cell["polygon"]), (256, 288)) for cell in layouts[0]["cells"]]
    shown = pieces.generate(Watch(), layouts[0], windows, 5)
    cut = [i for i, part in enumerate(windows) if part.area < masks[i].sum()]
    assert cut
    assert all(picture.shape[:2] == part.mask.shape for picture, part in zip(shown, windows, strict=True))
    assert all(picture[part.mask].min() > 0 for picture, part in zip(shown, windows, strict=True))


def run(world, tmp_path, *, options='{"renderer": "cutout", "cells": "real"}', layouts=None, name="0000"):
    folder, known = world
    (tmp_path / "layouts.json").write_text(json.dumps(shard(known if layouts is None else layouts)))
    arguments = ["render", "--options", options, "--taxonomy", TAXONOMY_JSON, "--seed", "5"]
    arguments += ["--catalogue", str(folder / "catalogue.json"), "--layouts", str(tmp_path / "layouts.json")]
    arguments += ["--backgrounds", str(folder / "background")]
    arguments += ["--out-images", str(tmp_path / "images" / name), "--out", str(tmp_path / "shards" / f"{name}.json")]
    return dispatch("smearsynth.slides", COMMANDS, arguments)


def test_the_command_writes_pictures_and_then_their_file(world, tmp_path):
    assert run(world, tmp_path) == 0
    data = read_json(tmp_path / "shards/0000.json")
    for image in data["images"]:
        assert files.sha256(tmp_path / "images" / image["file_name"]) == image["sha256"]
    assert [c["id"] for c in data["categories"]] == [t.id for t in TYPES.types]


def test_cut_outs_of_the_test_split_are_refused(world, tmp_path, capsys):
    folder, layouts = world
    test = next(cell for cell in read(folder / "catalogue.json").cells if cell.split == "test")
    changed = [{**layouts[0], "cells": [{**layouts[0]["cells"][0], "source_id": test.id}]}]
    assert run(world, tmp_path, layouts=changed) == 2
    assert "test split" in capsys.readouterr().err
    assert not (tmp_path / "images").exists()


def test_a_layout_of_another_taxonomy_or_catalogue_is_refused(world, tmp_path, capsys):
    _, layouts = world
    for key in ("category_id", "source_id"):
        changed = [{**layouts[0], "cells": [{**layouts[0]["cells"][0], key: 9999}]}]
        assert run(world, tmp_path, layouts=changed) == 2
        assert "draw the layouts anew" in capsys.readouterr().err


def test_generated_cells_without_a_model_are_refused(world, tmp_path, capsys):
    assert run(world, tmp_path, options='{"renderer": "cutout", "cells": "generated"}') == 2
    assert "trained generator" in capsys.readouterr().err
    assert run(world, tmp_path, options='{"renderer": "thesis", "cells": "real"}') == 2


def test_a_full_disk_leaves_nothing_half_written_and_says_so_once(world, tmp_path, capsys, monkeypatch):
    written = []

    def full(path):
        written.append(path)
        if len(written) == 3:
            raise OSError(errno.ENOSPC, "No space left on device", str(path))

    monkeypatch.setattr(files, "sync", full)
    assert run(world, tmp_path) == 2
    message = capsys.readouterr().err
    assert message.count("no space left on the disk") == 1
    assert "fix: free some space" in message
    assert [file for file in tmp_path.rglob("*") if file.is_file()] == [tmp_path / "layouts.json"]
    monkeypatch.undo()
    assert run(world, tmp_path) == 0


def test_the_pictures_kept_in_memory_are_bounded(world):
    folder, layouts = world
    sources = Sources(read(folder / "catalogue.json"), kept=3)
    for layout in layouts:
        for cell in layout["cells"]:
            sources.picture(cell["source_id"])
            assert len(sources.pictures) <= 3


def test_merging_and_its_limit(world, tmp_path, capsys):
    _, layouts = world
    for k in range(3):
        assert run(world, tmp_path, layouts=layouts[2 * k : 2 * k + 2], name=f"{k:04d}") == 0
    index, out = tmp_path / "shards.json", tmp_path / "instances.json"
    of = ["index", "--shards", str(tmp_path / "shards"), "--out", str(index)]
    merge = ["merge", "--index", str(index), "--out", str(out)]
    assert dispatch("smearsynth.slides", COMMANDS, [*of, "--count", "3"]) == 0
    shards = read_json(index)["shards"]
    assert [s["file"] for s in shards] == ["shards/0000.json", "shards/0001.json", "shards/0002.json"]
    assert sum(s["images"] for s in shards) == 6
    assert dispatch("smearsynth.slides", COMMANDS, [*merge, "--merge-limit", "6"]) == 0
    merged = read_json(out)
    assert [i["index"] for i in merged["images"]] == list(range(6))
    assert [a["id"] for a in merged["annotations"]] == list(range(1, len(merged["annotations"]) + 1))
    assert not coco.check(merged)
    assert sum(s["annotations"] for s in shards) == len(merged["annotations"])
    assert dispatch("smearsynth.slides", COMMANDS, [*merge, "--merge-limit", "5"]) == 0
    assert read_json(out) == read_json(index)
    elsewhere = [*merge[:-1], str(tmp_path / "deeper/instances.json"), "--merge-limit", "5"]
    (tmp_path / "deeper").mkdir()
    assert dispatch("smearsynth.slides", COMMANDS, elsewhere) == 0
    assert read_json(tmp_path / "deeper/instances.json")["shards"][0]["file"] == "../shards/0000.json"
    shard = tmp_path / "shards/0001.json"
    whole = shard.read_text()
    shard.write_text(whole.replace("1", "2", 1))
    assert dispatch("smearsynth.slides", COMMANDS, [*merge, "--merge-limit", "6"]) == 2
    assert f"{shard}: is not what was written" in capsys.readouterr().err
    shard.write_text(whole)
    # Recorded as they are, but no shards of one run: told all at once.
    for number, change in ((0, {"annotations": None}), (2, {"categories": []})):
        path = tmp_path / f"shards/{number:04d}.json"
        kept = read_json(path)
        write_json(path, kept | change)
        entries = read_json(index)["shards"]
        entries[number]["sha256"] = files.sha256(path)
        write_json(index, read_json(index) | {"shards": entries})
    assert dispatch("smearsynth.slides", COMMANDS, [*merge, "--merge-limit", "6"]) == 2
    told = capsys.readouterr().err
    assert "0000.json: annotations: missing" in told and "0002.json: annotation" in told and "0001.json" not in told
    for k in (0, 2):
        assert run(world, tmp_path, layouts=layouts[2 * k : 2 * k + 2], name=f"{k:04d}") == 0
    # What a larger run left over does not count, what is lacking is told.
    assert dispatch("smearsynth.slides", COMMANDS, [*of, "--count", "2"]) == 0
    assert read_json(index)["shards"] == shards[:2]
    assert dispatch("smearsynth.slides", COMMANDS, [*of, "--count", "4"]) == 2


def test_damage_of_a_shard_is_found_and_taken_away_alone(world, tmp_path, capsys):
    _, layouts = world
    for k in range(2):
        assert run(world, tmp_path, layouts=layouts[2 * k : 2 * k + 2], name=f"{k:04d}") == 0
    where = ["--shards", str(tmp_path / "shards"), "--count", "2", "--out", str(tmp_path / "shards.json")]
    assert dispatch("smearsynth.slides", COMMANDS, ["index", *where]) == 0
    check = ["verify", "--index", str(tmp_path / "shards.json"), "--images", str(tmp_path / "images")]
    assert dispatch("smearsynth.slides", COMMANDS, check) == 0
    assert "2 shards with 4 pictures are as they were made" in capsys.readouterr().out
    picture = tmp_path / "images" / read_json(tmp_path / "shards/0001.json")["images"][1]["file_name"]
    whole = picture.read_bytes()
    for damage in (whole[:-9], whole[:99] + bytes([whole[99] ^ 1]) + whole[100:]):
        picture.write_bytes(damage)
        assert dispatch("smearsynth.slides", COMMANDS, check) == 2
        told = capsys.readouterr().err
        assert f"{picture}: is not what was written" in told and "with --remove" in told
    picture.write_bytes(whole)
    shard = tmp_path / "shards/0001.json"
    shard.write_text(shard.read_text().replace("1", "2", 1))
    assert dispatch("smearsynth.slides", COMMANDS, [*check, "--remove"]) == 2
    assert f"{shard}: is not what was written" in capsys.readouterr().err
    assert not shard.exists() and not (tmp_path / "images/0001").exists()
    assert (tmp_path / "shards/0000.json").exists() and (tmp_path / "images/0000").exists()
    assert dispatch("smearsynth.slides", COMMANDS, check) == 2
    assert f"{shard}: is not there" in capsys.readouterr().err


@pytest.mark.parametrize("file", ["../0000.json", "/etc/0000.json", "shards/...json"])
def test_an_index_that_leads_elsewhere_is_refused_and_removes_nothing(tmp_path, capsys, file):
    kept = tmp_path / "kept.txt"
    kept.write_text("not a slide")
    write_json(tmp_path / "run/shards.json", {"shards": [{"file": file, "images": 1, "sha256": "0"}]})
    (tmp_path / "run/images").mkdir()
    flags = ["--index", str(tmp_path / "run/shards.json"), "--images", str(tmp_path / "run/images"), "--remove"]
    assert dispatch("smearsynth.slides", COMMANDS, ["verify", *flags]) == 2
    assert "shards.json: " in capsys.readouterr().err
    assert kept.exists() and (tmp_path / "run/images").is_dir()


def test_the_preview_draws_outlines_on_the_masks_and_a_legend(world, tmp_path):
    assert run(world, tmp_path) == 0
    data = read_json(tmp_path / "shards/0000.json")
    picture = images.read(tmp_path / "images" / data["images"][0]["file_name"])
    cells = [a for a in data["annotations"] if a["image_id"] == 1]
    shown = preview.draw(picture, cells, TYPES)
    assert shown.shape[0] == 256 and shown.shape[1] > 288
    seen = np.any([coco.decode(a["segmentation"]) for a in cells], axis=0)
    near = cv2.dilate(seen.astype(np.uint8), np.ones((5, 5))) > 0
    changed = (shown[:, :288] != picture).any(-1)
    assert not changed[~near].any()
    assert changed[seen].mean() > 0.9
    out = tmp_path / "preview.png"
    arguments = ["--instances", str(tmp_path / "shards/0000.json"), "--images", str(tmp_path / "images")]
    arguments += ["--taxonomy", TAXONOMY_JSON, "--out", str(out)]
    assert dispatch("smearsynth.slides", COMMANDS, ["preview", *arguments, "--slide", "2"]) == 0
    assert out.is_file()
    assert dispatch("smearsynth.slides", COMMANDS, ["preview", *arguments, "--slide", "99"]) == 2


def test_a_layout_without_cells_of_a_type_is_refused_before_rendering(world):
    folder, _ = world
    packed = {"count": 5, "differential": [{"type": "monoblast", "share": 1.0}]}
    options = build(LayoutOptions, {"kind": "packed", "size": [256, 256], "packed": packed}, where="layouts")
    with pytest.raises(UserError, match="monoblast has no whole cell"):
        draw(options, TYPES, read(folder / "catalogue.json"), range(1), seed=1)
