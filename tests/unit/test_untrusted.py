"""Files that somebody made to do harm, or that a tool wrote wrongly: one clear error each, before memory or time is spent."""

import argparse
import io
import json
import os
import pickle
import struct
import zipfile
import zlib
from pathlib import Path

import cv2
import h5py
import numpy as np
import pytest
from PIL import Image

from smearsynth import arrays, coco, files, images, run_lengths, structure, weights
from smearsynth.backgrounds import stored
from smearsynth.cells import catalogue, corrections, merge, outline, stain_normalise
from smearsynth.cells.polygons import checked, from_run_lengths
from smearsynth.errors import UserError
from smearsynth.evaluation import field_annotations, field_crops, kit_answers, kit_sources, matched, torch_file
from smearsynth.readers import field_sources
from smearsynth.studies import hazra_samples, pairs, style, thesis_cells, thesis_slides
from smearsynth.taxonomy import Taxonomy


def png(width: int, height: int) -> bytes:
    """A PNG of one bit a pixel whose header tells any size, with a few bytes of content."""
    header = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)

    def chunk(kind: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(bytes(64))) + chunk(b"IEND", b"")


@pytest.mark.parametrize("read", [images.read, images.read_grey])
@pytest.mark.parametrize("size", [(16385, 16384), (2**31 - 1, 2**31 - 1), (2**31 - 1, 1), (100_000, 100_000)])
def test_pictures_above_the_limit_are_refused_by_their_header(tmp_path, read, size):
    (tmp_path / "bomb.png").write_bytes(png(*size))
    with pytest.raises(UserError, match=r"bomb\.png: .*more than 268,435,456") as caught:
        read(tmp_path / "bomb.png")
    assert "fix: cut it into smaller pictures" in str(caught.value)


def test_a_wide_scan_and_the_largest_slide_are_within_the_limit(tmp_path):
    for width, height in ((20_000, 13_000), (8192, 8192)):
        assert width * height <= images.MAX_PIXELS
        (tmp_path / "wide.png").write_bytes(png(width, height))
        with pytest.raises(UserError, match="damaged or truncated"):
            images.read(tmp_path / "wide.png")
    cv2.imwrite(str(tmp_path / "strip.png"), np.full((30, 20_000), 7, np.uint8))
    assert images.read(tmp_path / "strip.png").shape == (30, 20_000, 3)


@pytest.mark.parametrize("kind", ["GIF", "WEBP", "PPM", "EPS"])
def test_what_a_picture_is_its_content_tells(tmp_path, kind):
    """Pillow hands EPS to a program; a suffix does not make a PNG of it."""
    Image.new("RGB", (8, 8)).save(tmp_path / "other.png", format=kind)
    for read in (images.read, images.read_grey):
        with pytest.raises(UserError, match="not a picture that can be read"):
            read(tmp_path / "other.png")


def test_a_jpeg_of_endless_scans_is_refused(tmp_path, monkeypatch):
    Image.fromarray(np.zeros((64, 64, 3), np.uint8)).save(tmp_path / "scans.jpg", progressive=True)
    assert images.read(tmp_path / "scans.jpg").shape == (64, 64, 3)
    content = (tmp_path / "scans.jpg").read_bytes()
    monkeypatch.setattr(images, "MAX_SCANS", 64 * 64 * content.count(b"\xff\xda") - 1)
    with pytest.raises(UserError, match="more scans than a picture has"):
        images.read(tmp_path / "scans.jpg")


def test_half_a_mask_is_no_mask(tmp_path):
    rng = np.random.default_rng(0)
    done, content = cv2.imencode(".png", rng.integers(0, 255, (64, 64), dtype=np.uint8))
    assert done
    (tmp_path / "half.png").write_bytes(content.tobytes()[:2000])
    with pytest.raises(UserError, match="truncated"):
        images.read_grey(tmp_path / "half.png")


def test_a_mask_of_other_numbers_is_no_mask(tmp_path):
    Image.fromarray(np.zeros((8, 8), np.float32)).save(tmp_path / "float.tif")
    with pytest.raises(UserError, match="write the mask again"):
        images.read_grey(tmp_path / "float.tif")


@pytest.mark.parametrize(
    "content, told",
    [
        (b"[" * 100_000, "JSON"),
        (b'{"a":' * 100_000, "JSON"),
        (b'{"a": 1, "a": 2}', "key 'a' stands twice"),
        (b"[NaN]", "NaN is no number"),
        (b"[-Infinity]", "-Infinity is no number"),
        (b"9" * 5000, "JSON"),
        (b'["\\ud800"]', "surrogates"),
        (b"\x00", "JSON"),
    ],
)
def test_json_that_json_does_not_allow_is_refused(tmp_path, content, told):
    (tmp_path / "a.json").write_bytes(content)
    with pytest.raises(UserError, match=told) as caught:
        files.read_json(tmp_path / "a.json")
    assert "a.json" in str(caught.value) and "fix:" in str(caught.value)


def test_files_above_the_limit_and_no_plain_files_are_not_opened(tmp_path, monkeypatch):
    monkeypatch.setattr(files, "MOST_JSON", 10)
    with open(tmp_path / "large.json", "wb") as handle:
        handle.truncate(2**30 + 1)
    os.mkfifo(tmp_path / "pipe.json")
    for name, told in (("large.json", "1,073,741,825 bytes"), ("pipe.json", "not a plain file"), (".", "not a plain file")):
        with pytest.raises(UserError, match=told):
            files.read_json(tmp_path / name)


@pytest.mark.parametrize(
    "name",
    [
        *("/etc/passwd", "../a.png", "a/../../b.png", "a\\..\\..\\b.png", "C:\\a.png", "c:a.png", "\\\\host\\a.png"),
        *("", ".", "./", None, 7, ["a.png"], "a\0.png", "a\n.png", "\ud800.png", "a" * 300 + ".png", "a/" * 600 + "b.png"),
    ],
)
def test_names_that_lead_elsewhere_are_refused(tmp_path, name):
    with pytest.raises(UserError, match=r"index\.json: .*\n    fix: "):
        files.inside(tmp_path, name, where="index.json")


def test_links_that_lead_out_are_refused_and_a_linked_folder_is_not(tmp_path):
    for folder in ("data", "elsewhere"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "a.png").write_bytes(b"")
    (tmp_path / "data" / "out.png").symlink_to(tmp_path / "elsewhere" / "a.png")
    (tmp_path / "data" / "folder").symlink_to(tmp_path / "elsewhere")
    (tmp_path / "data" / "within.png").symlink_to("a.png")
    (tmp_path / "data" / "loop.png").symlink_to("loop.png")
    (tmp_path / "linked").symlink_to(tmp_path / "data")
    for name in ("out.png", "folder/a.png"):
        with pytest.raises(UserError, match="is a link that leads out"):
            files.inside(tmp_path / "data", name, where="index.json")
    with pytest.raises(UserError, match="cannot be followed"):
        files.inside(tmp_path / "data", "loop.png", where="index.json")
    for name in ("a.png", "within.png", "new/b.png"):
        assert files.inside(tmp_path / "linked", name, where="index.json") == tmp_path / "linked" / name


RED_JSON = json.dumps([{"id": 2, "name": "red_blood_cell", "kind": "red", "colour": [230, 60, 50]}])
RED = Taxonomy.from_config(json.loads(RED_JSON))


def cell_of(name: str) -> dict:
    return {"file": name, "cell_id": 1, "category_id": 2, "split": "test", "fold": None}


def coco_of(name: str, **more) -> dict:
    """A COCO file of one picture whose cell has no outline yet."""
    image = {"id": 1, "file_name": name, "width": 16, "height": 16, "source": "one", "original": "a.png", "sha256": "0"}
    cell = {"id": 1, "image_id": 1, "category_id": 2, "origin": "given", "segmentation": [], "prompt": None}
    categories = [{"id": 2, "name": "red_blood_cell"}]
    return {"info": {}, "images": [image | more], "annotations": [cell], "categories": categories}


def outlined(folder: Path, name: str) -> None:
    files.write_json(folder / "raw.json", coco_of(name))
    flags = ["--options", json.dumps({"find": "never"}), "--taxonomy", RED_JSON, "--seed", "1"]
    flags += ["--raw", str(folder / "raw.json"), "--out", str(folder / "o.json"), "--set-aside", str(folder / "s.tsv")]
    outline.run(parsed(outline, flags))


def merged(folder: Path, name: str) -> None:
    files.write_json(folder / "outlined.json", coco_of(name))
    merge.read_parts([folder / "outlined.json"], folder)


def normalised(folder: Path, name: str) -> None:
    data = coco_of(name, split="train")
    data["annotations"][0]["segmentation"] = [[1, 1, 12, 1, 12, 6, 1, 6]]
    files.write_json(folder / "merged.json", data)
    flags = ["--options", json.dumps({"method": "reinhard"}), "--seed", "1", "--merged", str(folder / "merged.json")]
    for flag in ("--out", "--out-images", "--statistics", "--fallbacks", "--figure"):
        flags += [flag, str(folder / "made" / flag[2:])]
    stain_normalise.run(parsed(stain_normalise, flags))


def matching(folder: Path, name: str) -> None:
    for file, key in (("pairs.json", "pairs"), ("cells.json", "cells")):
        files.write_json(folder / file, {"size": 8, key: [cell_of(name)]})
    matched.read(folder / "pairs.json", folder / "cells.json")


def generated(folder: Path, name: str) -> None:
    files.write_json(folder / "pairs.json", {"size": 8, "pairs": [cell_of("good.png")]})
    files.write_json(folder / "cells.json", {"size": 8, "cells": [cell_of(name)]})
    matched.read(folder / "pairs.json", folder / "cells.json")


def paired(folder: Path, name: str) -> None:
    files.write_json(folder / "pairs.json", {"size": 8, "pairs": [cell_of(name)]})
    _, (entry,) = pairs.read(folder / "pairs.json")
    pairs.halves(entry)


def beside(folder: Path, name: str) -> None:
    files.write_json(folder / "pairs.json", {"size": 8, "pairs": [cell_of("good.png")]})
    _, (entry,) = pairs.read(folder / "pairs.json")
    thesis_cells.panel(folder / "figure.png", "red_blood_cell", RED[2], [(entry, cell_of(name))], folder)


def overview(folder: Path, name: str) -> None:
    files.write_json(folder / "pairs.json", {"size": 8, "pairs": [cell_of("good.png")]})
    _, (entry,) = pairs.read(folder / "pairs.json")
    thesis_cells.overview(folder / "figure.png", {"Red": [(entry, cell_of(name))]}, 1, folder, style)


def shown(folder: Path, name: str) -> None:
    files.write_json(folder / "slides.json", coco_of(name) | {"annotations": []})
    flags = ["--taxonomy", RED_JSON, "--slides", "1", "--instances", str(folder / "slides.json"), "--pictures", str(folder)]
    thesis_slides.run(parsed(thesis_slides, [*flags, "--out", str(folder / "made")]))


def sampled(folder: Path, name: str) -> None:
    chosen = {"real": {"red_blood_cell": [cell_of(name)]}}
    hazra_samples.draw(folder / "figure.png", ["red_blood_cell"], chosen, {"real": folder}, 1)


def styles(folder: Path, name: str) -> None:
    style_of = {"patch": name, "colour": [230, 225, 220], "slope": [0, 0]}
    files.write_json(folder / "background.json", {"kind": "whole", "unevenness": 1.0, "styles": [style_of]})
    stored.read_styles(folder)


def blocks(folder: Path, name: str) -> None:
    files.write_json(folder / "background.json", {"kind": "blocks", "file": name})
    stored.read_blocks(folder, (8, 16))


def parsed(command, flags: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    command.arguments(parser)
    return parser.parse_args(flags)


@pytest.mark.parametrize("name", ["../elsewhere/a.png", "{elsewhere}/a.png", "out.png"])
@pytest.mark.parametrize(
    "read",
    [outlined, merged, normalised, matching, generated, paired, beside, overview, shown, sampled, styles, blocks],
)
def test_no_index_chooses_a_picture_outside_its_folder(tmp_path, read, name):
    """The picture that it names can be read, and does what the one inside does."""
    picture = np.full((16, 16, 3), 200, np.uint8)
    picture[2:6, 2:12] = picture[2:6, 9:13] = (150, 60, 120)
    for folder in ("inside", "elsewhere"):
        images.write(tmp_path / folder / "a.png", picture)
        images.write(tmp_path / folder / "good.png", picture)
    (tmp_path / "inside" / "out.png").symlink_to(tmp_path / "elsewhere" / "a.png")
    read(tmp_path / "inside", "a.png")
    with pytest.raises(UserError, match=r"absolute path|leads out of") as caught:
        read(tmp_path / "inside", name.format(elsewhere=tmp_path / "elsewhere"))
    assert str(tmp_path / "inside") in str(caught.value) and "fix: " in str(caught.value)


GOOD = coco.encode(np.eye(6, dtype=bool))


@pytest.mark.parametrize(
    "wrong",
    [
        None,
        [],
        {"size": [6, 6]},
        {"size": [6], "counts": [36]},
        {"size": [6.0, 6.0], "counts": [36]},
        {"size": ["6", "6"], "counts": [36]},
        {"size": [-6, -6], "counts": [36]},
        {"size": [6, 6], "counts": [35]},
        {"size": [6, 6], "counts": [40, -4]},
        {"size": [6, 6], "counts": [2**32 + 36]},
        {"size": [6, 6], "counts": [True, 35]},
        {"size": [6, 6], "counts": [36.0]},
        {"size": [6, 6], "counts": [0] * 1000 + [36]},
        {"size": [6, 6], "counts": GOOD["counts"][:-1]},
        {"size": [6, 6], "counts": GOOD["counts"] + "o" * 1_000_000},
        {"size": [6, 6], "counts": "é"},
        {"size": [2**40, 2**40], "counts": [0]},
        {"size": [2**16, 2**16], "counts": [2**32]},
    ],
)
def test_run_lengths_that_do_not_fill_their_picture_never_reach_c(wrong):
    with pytest.raises(UserError):
        run_lengths.counts(wrong)
    with pytest.raises(UserError):
        run_lengths.packed(wrong, (6, 6))
    if isinstance(wrong, dict):
        with pytest.raises(UserError):
            from_run_lengths(wrong, (6, 6))


def test_run_lengths_of_any_mask_come_back():
    rng = np.random.default_rng(1)
    for shape in ((1, 1), (1, 9), (9, 1), (13, 17), (200, 300)):
        for share in (0.0, 0.02, 0.5, 1.0):
            mask = rng.random(shape) < share
            told = coco.encode(mask)
            assert np.array_equal(coco.decode(told), mask)
            assert run_lengths.packed(told, shape)["counts"].decode() == told["counts"]
            as_list = {"size": list(shape), "counts": run_lengths.counts(told).tolist()}
            assert run_lengths.packed(as_list, shape)["counts"].decode() == told["counts"]


@pytest.mark.parametrize(
    "wrong",
    [
        [],
        "polygon",
        [[]],
        [[1, 1, 2]],
        [[1, 1, 2, 2]],
        [[1, 1, 2, 2, "3", 3]],
        [[1, 1, 2, 2, float("nan"), 3]],
        [[1, 1, 2, 2, 10**400, 3]],
        [[1, 1, 2, 2, 1e8, 3]],
        [[1, 1] * 200_001],
        [[0, 0, 6, 6] * 50_000] * 4,
    ],
)
def test_polygons_that_would_fill_the_memory_never_reach_c(wrong):
    with pytest.raises(UserError):
        run_lengths.packed(wrong, (6, 6))


def test_a_star_of_many_points_is_refused_before_its_crossings_are_counted():
    star = np.random.default_rng(0).random((20_000, 2)) * 400
    with pytest.raises(UserError, match="crosses itself"):
        checked(star, (500, 500))
    with pytest.raises(UserError, match="more than 100,000"):
        checked(np.zeros((100_001, 2)), (500, 500))


def test_a_traced_spur_is_still_cut_off():
    outline = np.array([[10, 10], [60, 10], [60, 30], [80, 30], [60, 30], [60, 60], [10, 60]], float)
    polygon, mended = checked(outline, (100, 100))
    assert mended and polygon[:, 0].max() == 60


HARMLESS = {
    "class_name": "Dense",
    "module": "keras.layers",
    "registered_name": None,
    "config": {"units": 3, "activation": "relu"},
}


@pytest.mark.parametrize(
    "layer",
    [
        {**HARMLESS, "class_name": "Lambda"},
        {**HARMLESS, "class_name": "TFSMLayer", "config": {"filepath": "/tmp/model"}},
        {**HARMLESS, "module": "os", "class_name": "system"},
        {**HARMLESS, "module": "keras.src.utils", "class_name": "get_file"},
        {**HARMLESS, "registered_name": "Custom>Layer"},
        {"class_name": "function", "module": "builtins", "config": "exec", "registered_name": "function"},
        {**HARMLESS, "config": {"activation": {"class_name": "__lambda__", "config": {"value": ["code"]}}}},
        {"class_name": "TimeDistributed", "module": "keras.layers", "config": {"layer": {"class_name": "Lambda", "config": {}}}},
        {**HARMLESS, "config": {"units": 2**40}},
    ],
)
def test_layers_that_carry_code_are_refused_wherever_they_stand(layer):
    whole = {"class_name": "Sequential", "config": {"layers": [HARMLESS, HARMLESS]}}
    weights.architecture(whole, where="a.h5", fix="give another")
    whole["config"]["layers"][1] = layer
    with pytest.raises(UserError, match="a layer") as caught:
        weights.architecture(whole, where="a.h5", fix="give another")
    assert "a.h5" in str(caught.value) and "fix: give another" in str(caught.value)


def h5(path, write) -> None:
    with h5py.File(path, "w") as file:
        write(file)


@pytest.mark.parametrize(
    "write, told",
    [
        (lambda f: f.create_dataset("a", shape=(2**20, 2**20), dtype="f4", chunks=(64, 64)), "more than 4,294,967,296 bytes"),
        (lambda f: f.__setitem__("a", h5py.ExternalLink("/etc/passwd", "/")), "link to another place"),
        (lambda f: f.__setitem__("a", h5py.SoftLink("/b")), "link to another place"),
        (lambda f: f.create_dataset("a", (4,), "f4", external=[("/etc/passwd", 0, 16)]), "in other files"),
        (lambda f: f.create_dataset("a", data=np.array(["x"] * 2000, object), dtype=h5py.string_dtype()), "not numbers"),
        (lambda f: [f.create_group(str(i)) for i in range(30)], "more than 20 entries"),
        (lambda f: f.create_dataset("a", data=np.ones(3)).attrs.__setitem__("dtype", "bfloat16"), "a text of any length"),
    ],
)
def test_hdf5_that_is_more_than_weights_is_refused(tmp_path, monkeypatch, write, told):
    monkeypatch.setattr(weights, "MAX_ENTRIES", 20)
    h5(tmp_path / "a.h5", write)
    with pytest.raises(UserError, match=told):
        weights.check(tmp_path / "a.h5", fix="give weights")


def test_weights_are_hdf5_and_nothing_else(tmp_path):
    h5(tmp_path / "good.h5", lambda f: f.create_dataset("layers/dense/vars/0", data=np.ones((3, 4), np.float32)))
    weights.check(tmp_path / "good.h5", fix="give weights")
    h5(tmp_path / "circle.h5", lambda f: f.create_group("a").__setitem__("b", f["/"]))
    weights.check(tmp_path / "circle.h5", fix="give weights")
    good = (tmp_path / "good.h5").read_bytes()
    for name, content in (("model.keras", b"PK\x03\x04"), ("w.pkl", b"\x80\x04K\x01."), ("half.h5", good[: len(good) // 2])):
        (tmp_path / name).write_bytes(content)
        with pytest.raises(UserError, match="not weights that can be read"):
            weights.check(tmp_path / name, fix="give weights")
    with pytest.raises(UserError, match="no such file"):
        weights.check(tmp_path / "none.h5", fix="give weights")


def endless(path, make) -> None:
    """What `make(file)` writes, with one text whose place in the file's heap leads back to itself: HDF5 looks for it for ever."""
    h5(path, make)
    content = bytearray(path.read_bytes())
    first = content.index(b"GCOL") + 16
    content[first + 8 : first + 16] = (2**64 - 16).to_bytes(8, "little")
    path.write_bytes(content)


def named(group) -> None:
    """Give a group a text of any length."""
    group.attrs.create("layer_names", "conv1", dtype=h5py.string_dtype())


def named_late(file) -> None:
    """The text is of a group that comes after an array, and within a record."""
    file.create_dataset("a/kernel", data=np.zeros(3, np.float32))
    record = np.dtype([("name", h5py.string_dtype(), (1,))])
    file.create_group("b").attrs.create("weight_names", np.array([(["conv1"],)], record), dtype=record)


@pytest.mark.parametrize("make", [named, named_late])
def test_texts_that_hdf5_never_ends_to_read_are_refused(tmp_path, monkeypatch, make):
    """Found by the campaign of tests/fuzz: a process that had to be killed."""
    h5(tmp_path / "good.h5", make)
    weights.check(tmp_path / "good.h5", fix="give weights", texts=True)
    endless(tmp_path / "names.h5", make)
    # Who reads no texts is not held up by them.
    weights.check(tmp_path / "names.h5", fix="give weights")
    monkeypatch.setattr(weights, "SECONDS", 2)
    told = r"names\.h5: .*reading its texts has not ended after 2 s"
    with pytest.raises(UserError, match=told):
        weights.check(tmp_path / "names.h5", fix="give weights", texts=True)
    # Keras reads them of its older format.
    with pytest.raises(UserError, match=told):
        weights.load(None, tmp_path / "names.h5", what="weights", fix="give weights")


class Runs:
    """What a pickle can do: call a function of its choice."""

    def __reduce__(self):
        return os.mkdir, ("ran",)


def test_pickles_never_run(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    np.savez(tmp_path / "a.npz", values=np.array([Runs()], object))
    (tmp_path / "a.pth").write_bytes(pickle.dumps(torch_file.MAGIC) + pickle.dumps(1001) + pickle.dumps(Runs()))
    with pytest.raises(UserError, match="Python objects, which are not read"):
        arrays.read(tmp_path / "a.npz", what="features", fix="make it anew")
    with pytest.raises(UserError, match=r"refers to .*mkdir"):
        torch_file.read(tmp_path / "a.pth")
    assert not (tmp_path / "ran").exists()


def test_arrays_are_of_the_size_that_is_stored(tmp_path):
    fix = "make it anew"
    np.savez(tmp_path / "a.npz", values=np.ones((4, 3)), ids=np.arange(4))
    found = arrays.read(tmp_path / "a.npz", {"values": ("f", "n 3"), "ids": ("iu", "n")}, what="features", fix=fix)
    assert found["values"].shape == (4, 3)
    for forms in (
        {"none": ("f", "")},
        {"values": ("iu", "n d")},
        {"values": ("f", "n n")},
        {"values": ("f", "n d"), "ids": ("iu", "d")},
    ):
        with pytest.raises(UserError, match="no features in it"):
            arrays.read(tmp_path / "a.npz", forms, what="features", fix=fix)
    header = io.BytesIO()
    np.lib.format.write_array_header_1_0(header, {"descr": "<f8", "fortran_order": False, "shape": (2**40,)})
    with zipfile.ZipFile(tmp_path / "bomb.npz", "w") as archive:
        archive.writestr("values.npy", header.getvalue())
    with pytest.raises(UserError, match="not of the size"):
        arrays.read(tmp_path / "bomb.npz", what="features", fix=fix)


FORM = {
    "size": int,
    "cells": [{"file": str, "box": structure.BOX, "part": structure.Maybe(float)}],
    "kind": frozenset({"a", "b"}),
}


def content(**changes):
    return {"size": 3, "cells": [{"file": "a.png", "box": [0, 1.5, 2, 3]}], "kind": "a", "more": None, **changes}


@pytest.mark.parametrize(
    "data, place",
    [
        ([], "the file is"),
        (content(size=True), "size is True"),
        (content(size=2.0), "size is 2.0"),
        (content(size=10**400), "size is 1000"),
        (content(kind="c"), "kind is 'c'"),
        (content(kind=["a"]), "kind is"),
        (content(cells={}), "cells is {}, not a list"),
        (content(cells=[{"box": [0, 1, 2, 3]}]), r"cells\[0\].file is None"),
        (content(cells=[{"file": "a", "box": [0, 1, 2]}]), r"cells\[0\].box is .* not a list of 4"),
        (content(cells=[{"file": "a", "box": [0, 1, 2, float("nan")]}]), r"cells\[0\].box\[3\] is nan, not a number"),
        (content(cells=[{"file": "a", "box": [0, 1, 2, 3], "part": "x"}]), r"cells\[0\].part is 'x'"),
    ],
)
def test_the_first_fault_of_an_index_is_named_by_its_place(data, place):
    structure.check(content(), FORM, where="index.json", fix="make it anew")
    with pytest.raises(UserError, match=place) as caught:
        structure.check(data, FORM, where="index.json", fix="make it anew")
    assert str(caught.value).startswith("index.json: ") and "fix: make it anew" in str(caught.value)


def test_an_outline_of_half_a_point_is_no_cell_of_a_catalogue(tmp_path):
    """Found by the campaign of tests/fuzz."""
    cell = {"id": 1, "image_id": 1, "category_id": 2, "origin": "given", "segmentation": [[1, 1, 5, 1, 5, 5, 1]]}
    image = {"id": 1, "file_name": "a.png", "width": 8, "height": 8}
    files.write_json(tmp_path / "c.json", {"images": [image], "annotations": [cell], "categories": [{"id": 2, "name": "red"}]})
    with pytest.raises(UserError, match="annotation 1: an outline of less than three points"):
        catalogue.read(tmp_path / "c.json")


def test_answers_with_bare_returns_are_no_table(tmp_path):
    """Found by the campaign of tests/fuzz."""
    item = {"item": "i0", "set": "real", "type": "a", "beside": "one", "again": None}
    files.write_json(tmp_path / "key.json", {"kit": "k", "types": ["a"], "sets": ["one"], "items": [item]})
    for content in (b"kit,reader\r,item\n", b"kit,reader,item,shown,judgement,type,milliseconds\nk,r\r,i0,1,real,a,9\n"):
        (tmp_path / "r.csv").write_bytes(content)
        with pytest.raises(UserError, match=r"not readable as a table|no column"):
            kit_answers.read(tmp_path / "key.json", [tmp_path / "r.csv"])


@pytest.mark.parametrize("data", [{"categories": 2**63}, {"fields": [], "categories": 7}, {"images": [], "categories": [[]]}, 3])
def test_a_kit_wants_fields_of_its_form(tmp_path, data):
    """Found by the campaign of tests/fuzz."""
    files.write_json(tmp_path / "index.json", data)
    with pytest.raises(UserError):
        kit_sources.fields(tmp_path / "index.json", real=False, around=("red",))


def test_a_crowd_is_one_or_none(tmp_path):
    """Found by the campaign of tests/fuzz."""
    cell = {"id": 1, "image_id": 1, "category_id": 1, "bbox": [1, 1, 3, 3], "area": 9.0, "iscrowd": []}
    image = {"id": 1, "file_name": "a.png", "width": 8, "height": 8}
    data = {"images": [image], "annotations": [cell], "categories": [{"id": 1, "name": "red"}]}
    found, wrong = field_annotations.check(tmp_path / "a.json", data, {}, scored=False)
    assert found is None and "iscrowd" in str(wrong[0])
    cell["iscrowd"] = 1
    assert not field_annotations.check(tmp_path / "a.json", data, {}, scored=False)[1]


def test_crops_around_cells_want_their_pictures_sides(tmp_path):
    """Found by the campaign of tests/fuzz."""
    image = {"id": 1, "file_name": "a.png", "height": 8}
    files.write_json(tmp_path / "c.json", {"images": [image], "annotations": [], "categories": []})
    assert len(field_crops.pictures(tmp_path / "c.json")) == 1
    with pytest.raises(UserError, match=r"images\[0\].width is None"):
        field_crops.pictures(tmp_path / "c.json", around=("red",))


def test_corrections_are_a_list(tmp_path):
    """Found by the campaign of tests/fuzz."""
    (tmp_path / "c.yaml").write_text("7")
    with pytest.raises(UserError, match=r"c\.yaml: no list of corrections"):
        corrections.read(tmp_path / "c.yaml", Taxonomy(()))


def test_fields_without_images_are_no_truth(tmp_path):
    """Found by the campaign of tests/fuzz."""
    data = {"images": [], "annotations": [], "categories": []}
    found, wrong = field_annotations.check(tmp_path / "a.json", data, {}, scored=False)
    assert found is None and [one.what for one in wrong] == ["no images"]


def test_two_images_of_one_id_are_no_fields_of_a_kit(tmp_path):
    """Found by the campaign of tests/fuzz."""
    image = {"id": 1, "file_name": "a.png", "width": 8, "height": 8}
    files.write_json(tmp_path / "c.json", {"images": [image, image], "annotations": [], "categories": []})
    with pytest.raises(UserError, match=r"c\.json: two images have the same id"):
        kit_sources.fields(tmp_path / "c.json", real=False, around=("red",))


def test_a_crop_beyond_its_picture_is_refused(tmp_path):
    """Found by the campaign of tests/fuzz: the index told other sides than the picture has."""
    images.write(tmp_path / "a.png", np.zeros((8, 8, 3), np.uint8))
    assert kit_sources.Candidate(tmp_path / "a.png", "a", None, (0, 4, 8, 4)).pixels(2).shape == (2, 2, 3)
    with pytest.raises(UserError, match=r"a\.png: is smaller than its index says"):
        kit_sources.Candidate(tmp_path / "a.png", "a", None, (0, 9, 8, 4)).pixels(2)


def test_what_slides_leave_open_may_be_null(tmp_path):
    """Found by the campaign of tests/fuzz."""
    part = coco.encode(np.eye(8, dtype=bool))
    cell = {"image_id": 1, "category_id": 1, "segmentation": part, "occluded_rate": None, "z": None}
    cells = [{"id": 1, **cell, "amodal_segmentation": part}, {"id": 2, **cell, "amodal_segmentation": None, "z": 1.0}]
    image = {"id": 1, "file_name": "a.png", "width": 8, "height": 8, "um_per_px": None}
    data = {"images": [image], "annotations": cells, "categories": [{"id": 1, "name": "red"}]}
    files.write_json(tmp_path / "c.json", data)
    images.write(tmp_path / "a.png", np.zeros((8, 8, 3), np.uint8))
    slides = field_sources.Slides(tmp_path / "c.json", tmp_path, um_per_px=0.2, least_visible=0.2, whole=True)
    field = slides.field(0, {1: 1})
    # The later one lies above, and the earlier one hidden under it.
    assert (field.owners == 2 * np.eye(8)).all() and (field.hidden == np.eye(8)).all()
    assert slides.um_per_px(0) == 0.2


def test_a_picture_of_no_split_is_no_catalogues(tmp_path):
    """Found by the campaign of tests/fuzz."""
    cell = {"id": 1, "image_id": 1, "category_id": 2, "origin": "given", "segmentation": [[1, 1, 5, 1, 5, 5]]}
    image = {"id": 1, "file_name": "a.png", "width": 8, "height": 8}
    files.write_json(tmp_path / "c.json", {"images": [image], "annotations": [cell], "categories": [{"id": 2, "name": "red"}]})
    found = catalogue.read(tmp_path / "c.json").cells[0]
    with pytest.raises(UserError, match="image 1: no split"):
        assert found.split
    assert found.fold is None


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("a: &a [1]\nb: *a", r"c\.yaml: .*repeated parts"),
        ("[" * 5000, r"c\.yaml: (nested too deeply|.*list of corrections)"),
        ("- {source: a", r"c\.yaml"),
    ],
)
def test_corrections_that_would_grow_or_never_end_are_refused(text, told, tmp_path):
    (tmp_path / "c.yaml").write_text(text)
    with pytest.raises(UserError, match=told):
        corrections.read(tmp_path / "c.yaml", Taxonomy(()))


def test_a_folder_is_no_file_of_corrections(tmp_path):
    for name in ("c.yaml", "c.tsv"):
        (tmp_path / name).mkdir()
        with pytest.raises(UserError, match=name):
            corrections.read(tmp_path / name, Taxonomy(()))
