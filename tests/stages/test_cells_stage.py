"""The cells stage from the command line: good sources, and every kind of bad input with the message it must give."""

import json
import random
import re

import cv2
import numpy as np
import pytest

import cell_world
from cell_world import SIDE, Coco, picture, run_merge, run_source, square
from smearsynth import coco, images
from smearsynth.cells import catalogue, set_aside
from smearsynth.files import read_json, read_tsv, sha256


def raw(folder, name="source"):
    return read_json(folder / "out" / "sources" / name / "raw.json")


def aside(folder, name="source"):
    return set_aside.read(folder / "out" / "sources" / name / "set_aside.tsv")


def everything(folder):
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


# What a user can get wrong: (how the source is spoilt, file that the message names, what it says).
def truncated(source):
    source.add("cut.png", "basophil")
    path = source.folder / "images" / "cut.png"
    path.write_bytes(path.read_bytes()[:-400])


def truncated_jpeg(source):
    source.add("cut.jpg", "basophil")
    path = source.folder / "images" / "cut.jpg"
    content = cv2.imencode(".jpg", picture(5))[1].tobytes()
    path.write_bytes(content[: len(content) // 2])


def empty(source):
    source.add("empty.png", "basophil")
    (source.folder / "images" / "empty.png").write_bytes(b"")


def text(source):
    source.add("text.png", "basophil")
    (source.folder / "images" / "text.png").write_text("no picture at all\n")


def deep_png(source):
    source.add("deep.png", "basophil")
    images.write(source.folder / "images" / "deep.png", picture(1).astype(np.uint16) * 257)


def deep_tiff(source):
    source.add("deep.tif", "basophil")
    cv2.imwrite(str(source.folder / "images" / "deep.tif"), picture(1).astype(np.uint16) * 257)


def deep_grey_png(source):
    source.add("grey.png", "basophil")
    images.write(source.folder / "images" / "grey.png", picture(1)[..., 0].astype(np.uint16) * 257)


def deep_grey_tiff(source):
    source.add("grey.tif", "basophil")
    cv2.imwrite(str(source.folder / "images" / "grey.tif"), picture(1)[..., 0].astype(np.uint16) * 257)


def cmyk_jpeg(source):
    from PIL import Image

    source.add("print.jpg", "basophil")
    Image.fromarray(picture(1)).convert("CMYK").save(source.folder / "images" / "print.jpg")


def cmyk_tiff(source):
    from PIL import Image

    source.add("print.tif", "basophil")
    Image.fromarray(picture(1)).convert("CMYK").save(source.folder / "images" / "print.tif")


def stack(source):
    from PIL import Image

    source.add("stack.tif", "basophil")
    pages = [Image.fromarray(picture(i)) for i in range(3)]
    pages[0].save(source.folder / "images" / "stack.tif", save_all=True, append_images=pages[1:])


def unannotated(source):
    images.write(source.folder / "images" / "lonely.png", picture(77))


def unannotated_entry(source):
    source.add("lonely.png", "basophil")
    source.annotations.pop()


def annotation_without_picture(source):
    source.add("here.png", "basophil")["image_id"] = 4711
    source.images[-1]["id"] = 4712


def picture_gone(source):
    source.add("gone.png", "basophil")
    (source.folder / "images" / "gone.png").unlink()


def outside(source):
    source.add("wide.png", "basophil", segmentation=[square(left=SIDE - 10)])


def crossing(source):
    source.add("eight.png", "basophil", segmentation=[[10, 10, 40, 40, 40, 10, 10, 40]])


def two_points(source):
    source.add("line.png", "basophil", segmentation=[[10, 10, 40, 40]])


def same_point(source):
    source.add("dot.png", "basophil", segmentation=[[10, 10, 10, 10, 10, 10, 10, 10]])


def flat(source):
    source.add("flat.png", "basophil", segmentation=[[10, 10, 20, 10, 30, 10, 40, 10]])


def odd(source):
    source.add("odd.png", "basophil", segmentation=[[10, 10, 20, 10, 30]])


def not_a_number(source):
    source.add("nan.png", "basophil", segmentation=[[10, 10, float("nan"), 10, 30, 40]])


def words(source):
    source.add("words.png", "basophil", segmentation=[[10, 10, "x", 10, 30, 40]])


def unknown_category(source):
    source.add("which.png", "basophil", category_id=99)


def unknown_type(source):
    source.add("smudge.png", "Smudge cell")


def climbs(source):
    source.add("up.png", "basophil")
    source.images[-1]["file_name"] = "../../up.png"


def absolute(source):
    source.add("root.png", "basophil")
    source.images[-1]["file_name"] = "/root.png"


def windows_path(source):
    source.add("drive.png", "basophil")
    source.images[-1]["file_name"] = "C:\\drive.png"


def other_size(source):
    source.add("size.png", "basophil")
    source.images[-1]["width"] = 2 * SIDE


def no_outline(source):
    source.add("bare.png", "basophil", segmentation=[], bbox=[])


def box_outside(source):
    source.add("box.png", "basophil", segmentation=[], bbox=[50, 50, 40, 40])


def crowd(source):
    source.add("crowd.png", "basophil", iscrowd=1)


def bad_run_lengths(source):
    source.add("rle.png", "basophil", segmentation={"size": [SIDE, SIDE], "counts": [5, 7]})


def run_lengths_of_another_size(source):
    source.add("rle.png", "basophil", segmentation={"size": [9, 9], "counts": [40, 41]})


def same_id(source):
    source.add("twice.png", "basophil")
    source.add("twice2.png", "basophil")
    source.images[-1]["id"] = source.images[-2]["id"]
    source.annotations.pop()


BAD = [
    (truncated, "cut.png", "truncated"),
    (truncated_jpeg, "cut.jpg", "truncated"),
    (empty, "empty.png", "0 bytes"),
    (text, "text.png", "not a picture"),
    (deep_png, "deep.png", "16 bits|more than 8 bits"),
    (deep_tiff, "deep.tif", "more than 8 bits"),
    (deep_grey_png, "grey.png", "more than 8 bits|16 bits"),
    (deep_grey_tiff, "grey.tif", "more than 8 bits"),
    (cmyk_jpeg, "print.jpg", "CMYK"),
    (cmyk_tiff, "print.tif", "CMYK"),
    (stack, "stack.tif", "holds 3 pictures"),
    (unannotated, "lonely.png", "picture without annotation"),
    (unannotated_entry, "lonely.png", "picture without annotation"),
    (annotation_without_picture, "source/instances.json", "image_id 4711"),
    (picture_gone, "gone.png", "no such file"),
    (outside, "wide.png", "outside its picture of 64 × 64"),
    (crossing, "eight.png", "crosses itself"),
    (two_points, "line.png", "2 points"),
    (same_point, "dot.png", "1 point"),
    (flat, "flat.png", "no area"),
    (odd, "odd.png", "odd number of coordinates"),
    (not_a_number, "nan.png", "NaN"),
    (words, "words.png", "not numbers"),
    (unknown_category, "which.png", "category_id 99 does not exist"),
    (unknown_type, "smudge.png", "'Smudge cell' is not in the taxonomy"),
    (climbs, "../../up.png", r"leads out of its folder \('\.\.'\)"),
    (absolute, "/root.png", "absolute path"),
    (windows_path, "C:\\drive.png", "absolute path"),
    (other_size, "size.png", "annotation says 128 × 64"),
    (no_outline, "bare.png", "neither an outline nor a box"),
    (box_outside, "box.png", "outside its picture"),
    (crowd, "crowd.png", "iscrowd is 1"),
    (bad_run_lengths, "rle.png", "cannot be decoded"),
    (run_lengths_of_another_size, "rle.png", r"size \[9, 9\]"),
    (same_id, "twice.png", "stands more than once"),
]


@pytest.mark.parametrize("spoil, file, said", BAD, ids=[case[0].__name__ for case in BAD])
def test_bad_input_is_set_aside_with_file_reason_and_fix_and_nothing_else_is_lost(tmp_path, capsys, spoil, file, said):
    source = Coco(tmp_path).fill(24)
    spoil(source)
    entry = source.write()
    assert run_source(tmp_path, {**entry, "max_set_aside": 0.2}) == 0
    assert len([a for a in raw(tmp_path)["annotations"] if a["category_id"] == 13]) == 24
    bad = [row for row in aside(tmp_path) if row.status == "bad"]
    told = [row for row in bad if row.file == file and re.search(said, row.what)]
    assert told and all(row.fix for row in bad)
    assert str(tmp_path) not in (tmp_path / "out/sources/source/set_aside.tsv").read_text()

    # The same above the permitted share fails the run, with the same message and without a traceback.
    capsys.readouterr()
    assert run_source(tmp_path, {**entry, "max_set_aside": 0.0}, out=tmp_path / "strict") == 2
    message = capsys.readouterr().err
    assert file in message and re.search(said, message) and "fix: " in message and "Traceback" not in message
    assert not (tmp_path / "strict/sources/source/raw.json").exists()


def test_a_failed_run_lists_every_bad_file_at_once(tmp_path, capsys):
    source = Coco(tmp_path).fill(3)
    for spoil in (truncated, empty, crossing):
        spoil(source)
    assert run_source(tmp_path, source.write()) == 2
    message = capsys.readouterr().err
    assert all(name in message for name in ("cut.png", "empty.png", "eight.png")) and "3 of 6 cells (50%)" in message


def test_annotations_that_are_no_json(tmp_path, capsys):
    entry = Coco(tmp_path).fill(3).write()
    (tmp_path / "source/instances.json").write_text('{"images": [')
    assert run_source(tmp_path, entry) == 2
    message = capsys.readouterr().err
    assert "source/instances.json" in message and "not readable as JSON" in message and "fix: " in message


def test_annotations_that_are_no_coco_file(tmp_path, capsys):
    entry = Coco(tmp_path).fill(3).write()
    (tmp_path / "source/instances.json").write_text('["picture"]')
    assert run_source(tmp_path, entry) == 2
    assert "not a COCO file" in capsys.readouterr().err


@pytest.mark.parametrize("key", ["images", "annotations"])
def test_paths_that_do_not_exist(tmp_path, capsys, key):
    entry = Coco(tmp_path).fill(3).write() | {key: "nowhere.json"}
    assert run_source(tmp_path, entry) == 2
    message = capsys.readouterr().err
    assert "nowhere.json" in message and "no such" in message and "fix: " in message and "Traceback" not in message


def thesis_file(file_name, category_id, **changes):
    """One file in the layout of thesis 3.3: licences as an object, image_id that does not match, categories in two languages."""
    return {
        "info": {"description": "Example Dataset", "version": "0.1.0", "year": 2018},
        "licenses": {"id": 1, "name": "a licence", "url": ""},
        "images": [{"id": 4346, "width": SIDE, "height": SIDE, "file_name": file_name}],
        "categories": [
            {"id": 9, "name": "metamielocito"},
            {"id": 10, "name": "neutr\u00f3filo en banda"},
            {"id": 11, "name": "cell"},
            {"id": 13, "name": "Basophil"},
            {"id": 19, "name": "Metamyelocyte"},
            {"id": 24, "name": "Neutrophil (band)"},
            {"id": 28, "name": "UNKNOWN"},
            {"id": 29, "name": "nucleus"},
        ],
        "annotations": [
            {"id": 0, "image_id": 0, "category_id": category_id, "iscrowd": 0, "area": 576, "bbox": [20.0, 18.0, 24.0, 24.0]}
            | {"segmentation": [square()], "width": SIDE, "height": SIDE}
            | changes
        ],
    }


def test_the_layout_of_the_thesis(tmp_path):
    from PIL import Image

    (tmp_path / "thesis/json").mkdir(parents=True)
    (tmp_path / "thesis/images").mkdir()
    kinds = {"MMY_1": 9, "MMY_2": 19, "NGB_1": 10, "NGB_2": 24, "BAS_1": 13, "RBC_1": 2, "BACK_1": 11, "UNK_1": 28}
    for number, (name, category_id) in enumerate(kinds.items()):
        Image.fromarray(picture(number)).save(tmp_path / "thesis/images" / f"AML_mask_{name}.tiff")
        content = thesis_file(f"AML_mask_{name}.tiff", category_id)
        (tmp_path / "thesis/json" / f"{name}.json").write_text(json.dumps(content))
    entry = {"name": "source", "reader": "coco", "images": "thesis/images", "annotations": "thesis/json", "drop": ["unknown"]}
    entry["category_ids"] = {"2": "red_blood_cell", "11": "background"}
    assert run_source(tmp_path, entry) == 0
    data = raw(tmp_path)
    of_picture = {image["id"]: image["original"] for image in data["images"]}
    read = {of_picture[a["image_id"]][9:-5]: a["category_id"] for a in data["annotations"]}
    assert read == {"MMY_1": 19, "MMY_2": 19, "NGB_1": 24, "NGB_2": 24, "BAS_1": 13, "RBC_1": 2, "BACK_1": 11}
    assert [(row.file, row.status) for row in aside(tmp_path)] == [("AML_mask_UNK_1.tiff", "chosen")]
    assert data["annotations"][0]["segmentation"] == [square()]
    assert coco.check(data) == []


def test_folders_and_prefixes_name_the_types(tmp_path):
    for number, name in enumerate(["BA_1.jpg", "LY_22.png", "sub/EO_3.tiff", "notes.txt", "12.png"]):
        path = tmp_path / "single" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.suffix == ".txt":
            path.write_text("hello")
            continue
        alpha = np.dstack([picture(number)[..., ::-1], np.full((SIDE, SIDE), 7, np.uint8)])
        cv2.imwrite(str(path), alpha if path.suffix != ".jpg" else alpha[..., :3])
    entry = {"name": "source", "reader": "folders", "images": "single", "max_set_aside": 0.5}
    assert run_source(tmp_path, entry) == 0
    data = raw(tmp_path)
    assert [a["category_id"] for a in data["annotations"]] == [13, 18, 15]
    assert all(a["segmentation"] == [] and a["origin"] == "found" and "prompt" not in a for a in data["annotations"])
    assert {(row.file, row.status) for row in aside(tmp_path)} == {("12.png", "bad"), ("notes.txt", "chosen")}
    stored = images.read(tmp_path / "out/sources/source" / data["images"][1]["file_name"])
    assert np.array_equal(stored, picture(1)), "PNG with alpha: colours kept, alpha dropped"

    (tmp_path / "single/Basophil").mkdir()
    images.write(tmp_path / "single/Basophil/0001.png", picture(9))
    entry |= {"pattern": "folder", "max_set_aside": 1.0}
    assert run_source(tmp_path, entry, out=tmp_path / "second") == 0
    (cell,) = read_json(tmp_path / "second/sources/source/raw.json")["annotations"]
    assert cell["category_id"] == 13


def masks_source(folder, table="file\ttype\nA.png\tbasophil\nB.png\tlymphocyte\n"):
    for name, radius in (("A", 12), ("B", 9)):
        levels = np.zeros((SIDE, SIDE), np.uint8)
        cv2.circle(levels, (30, 32), radius, 128, -1)
        cv2.circle(levels, (30, 32), radius // 2, 255, -1)
        images.write(folder / "m/images" / f"{name}.png", picture(radius))
        images.write(folder / "m/masks" / f"{name}.png", levels)
    (folder / "m/types.tsv").write_text(table)
    entry = {"name": "source", "reader": "masks", "images": "m/images", "masks": "m/masks", "table": "m/types.tsv"}
    return {**entry, "cell_levels": [128, 255], "nucleus_level": 255}


def test_masks_give_outline_and_nucleus(tmp_path):
    assert run_source(tmp_path, masks_source(tmp_path)) == 0
    first, second = raw(tmp_path)["annotations"]
    levels = images.read_grey(tmp_path / "m/masks/A.png")
    assert np.array_equal(coco.fill([coco.from_flat(p) for p in first["segmentation"]], levels.shape), levels > 0)
    assert np.array_equal(coco.decode(first["nucleus"]), levels == 255)
    assert (first["origin"], first["category_id"], second["category_id"]) == ("expert", 13, 18)
    assert first["area"] == np.count_nonzero(levels)


def test_masks_that_do_not_fit(tmp_path):
    entry = masks_source(tmp_path, "file\ttype\nA.png\tbasophil\nB.png\tlymphocyte\nC.png\teosinophil\nD.png\teosinophil\n")
    images.write(tmp_path / "m/images/C.png", picture(3))
    images.write(tmp_path / "m/masks/C.png", np.full((SIDE, SIDE), 77, np.uint8))
    images.write(tmp_path / "m/images/D.png", picture(4))
    images.write(tmp_path / "m/images/E.png", picture(5))
    images.write(tmp_path / "m/masks/E.png", np.full((SIDE, SIDE), 128, np.uint8))
    images.write(tmp_path / "m/masks/F.png", np.full((SIDE, SIDE), 128, np.uint8))
    assert run_source(tmp_path, {**entry, "max_set_aside": 0.9}) == 0
    told = {row.file: row.what for row in aside(tmp_path)}
    assert told.keys() == {"C.png", "D.png", "E.png", "m/masks/F.png"}
    assert "grey levels 77" in told["C.png"] and "no mask" in told["D.png"]
    assert "no type" in told["E.png"] and "without picture" in told["m/masks/F.png"]


def test_scale_resamples_picture_outline_and_nucleus_together(tmp_path):
    entry = masks_source(tmp_path) | {"scale": 2.0, "um_per_px": 0.2}
    assert run_source(tmp_path, entry) == 0
    data = raw(tmp_path)
    levels = cv2.resize(images.read_grey(tmp_path / "m/masks/A.png"), None, fx=2, fy=2, interpolation=cv2.INTER_NEAREST)
    mask = coco.fill([coco.from_flat(p) for p in data["annotations"][0]["segmentation"]], levels.shape)
    assert np.count_nonzero(mask & (levels > 0)) / np.count_nonzero(mask | (levels > 0)) > 0.93
    nucleus = coco.decode(data["annotations"][0]["nucleus"])
    assert np.count_nonzero(nucleus != (levels == 255)) == 0
    assert data["images"][0]["width"] == 2 * SIDE and data["images"][0]["um_per_px"] == 0.1


def test_phantoms_become_cells_and_more_of_them_change_none(tmp_path):
    entry = {"name": "source", "reader": "phantoms", "um_per_px": 0.42, "size": 64, "counts": {"basophil": 3, "background": 1}}
    assert run_source(tmp_path, entry) == 0
    assert run_source(tmp_path, {**entry, "counts": {"lymphocyte": 1, "basophil": 5}}, out=tmp_path / "more") == 0
    few, more = (everything(tmp_path / name / "sources/source/images") for name in ("out", "more"))
    assert {k: v for k, v in more.items() if k in few} == {k: v for k, v in few.items() if "basophil" in k}
    data = raw(tmp_path)
    first = {a["image_id"]: a for a in reversed(data["annotations"])}
    named = [(image["original"].rsplit("_", 1)[0], first[image["id"]]["category_id"]) for image in data["images"]]
    assert named == [("background", 11), ("basophil", 13), ("basophil", 13), ("basophil", 13)]
    assert all(a["origin"] == "phantom" for a in data["annotations"]) and coco.check(data) == []


def test_names_with_the_same_plain_form_stay_apart(tmp_path):
    source = Coco(tmp_path)
    for name in ("a b.png", "a_b.png", "sub/a.png", "sub_a.png", "Zelle ü.png", "A_B.jpg"):
        source.add(name, "basophil")
    assert run_source(tmp_path, source.write()) == 0
    names = [image["file_name"] for image in raw(tmp_path)["images"]]
    assert len({name.casefold() for name in names}) == 6 and all(re.fullmatch(r"images/[A-Za-z0-9._-]+\.png", n) for n in names)


def test_limit_takes_by_hash_and_keeps_its_choice_when_pictures_are_added(tmp_path):
    source = Coco(tmp_path).fill(20)
    entry = source.write() | {"limit_per_type": 6}
    assert run_source(tmp_path, entry) == 0
    before = {image["original"] for image in raw(tmp_path)["images"]}
    assert len(before) == 6 and sum(row.status == "chosen" for row in aside(tmp_path)) == 14
    source.fill(5, "lymphocyte", start=5000)
    source.write()
    assert run_source(tmp_path, entry, out=tmp_path / "more") == 0
    after = {image["original"] for image in read_json(tmp_path / "more/sources/source/raw.json")["images"]}
    assert {name for name in after if name.startswith("basophil")} == before


def test_the_whole_line_gives_the_same_bytes_in_any_order_and_number_of_processes(tmp_path):
    runs = []
    for name, jobs in (("a", 1), ("b", 2)):
        folder = tmp_path / name
        source = Coco(folder).fill(20).fill(20, "lymphocyte", 3000)
        if name == "b":
            random.Random(1).shuffle(source.annotations)
            random.Random(2).shuffle(source.images)
        assert run_source(folder, source.write(), jobs=jobs) == 0
        assert run_source(folder, masks_source(folder) | {"name": "masks"}, jobs=jobs) == 0
        assert run_merge(folder, {"min_per_type": 2}, reverse=name == "b") == 0
        runs.append(everything(folder / "out"))
        assert not any(str(tmp_path).encode() in content for content in runs[-1].values())
    assert runs[0] == runs[1]


def test_the_catalogue(tmp_path):
    source = Coco(tmp_path).fill(20).fill(12, "lymphocyte", 3000).fill(4, "eosinophil", 4000)
    assert run_source(tmp_path, source.write()) == 0
    assert run_merge(tmp_path) == 0
    out = tmp_path / "out"
    data = read_json(out / "catalogue.json")
    assert coco.check(data) == []
    cells = catalogue.read(out / "catalogue.json").cells
    assert len(cells) == 32 and cells[0].picture().shape == (SIDE, SIDE, 3) and cells[0].mask().sum() == 625
    for category_id, number in ((13, 20), (18, 12)):
        own = [cell for cell in cells if cell.category_id == category_id]
        folds = [cell.fold for cell in own if cell.split == "train"]
        assert len(own) == number and {cell.split for cell in own} == {"train", "test"}
        assert abs(folds.count(0) - folds.count(1)) <= 1
        assert all(cell.fold is None for cell in own if cell.split == "test")
    dropped = [row for row in set_aside.read(out / "report.tsv") if "min_per_type" in row.what]
    assert len(dropped) == 4 and all("eosinophil has 4 cells" in row.what for row in dropped)
    manifest = read_tsv(out / "manifest.tsv")
    assert [row["file"] for row in manifest] == [image["file_name"] for image in data["images"]]
    assert data["info"]["manifest_sha256"] == sha256(out / "manifest.tsv")
    assert {row["original"]: row["sha256"] for row in manifest}["basophil_000.png"] == sha256(
        tmp_path / "source/images/basophil_000.png"
    )
    counts = {row["type"]: row for row in read_tsv(out / "counts.tsv")}
    assert counts["basophil"]["cells"] == "20" and counts["monocyte"]["cells"] == "0"


def test_a_class_with_a_single_cell_is_left_out_or_refused(tmp_path, capsys):
    source = Coco(tmp_path).fill(12)
    source.add("alone.png", "monocyte")
    assert run_source(tmp_path, source.write()) == 0
    assert run_merge(tmp_path) == 0
    assert any(row.file == "alone.png" for row in set_aside.read(tmp_path / "out/report.tsv"))
    capsys.readouterr()
    assert run_merge(tmp_path, {"min_per_type": 1}) == 2
    message = capsys.readouterr().err
    assert "type monocyte" in message and "one group" in message and "fix: add pictures of it" in message


def test_equal_pictures_keep_one_and_contradictions_keep_none(tmp_path, capsys):
    source = Coco(tmp_path).fill(20)
    source.add("copy.png", "basophil", 1003)
    source.add("one.png", "basophil", 42)
    source.add("two.png", "lymphocyte", 42)
    assert run_source(tmp_path, source.write()) == 0
    assert run_merge(tmp_path) == 0
    rows = {row.file: row for row in set_aside.read(tmp_path / "out/report.tsv")}
    assert rows["copy.png"].status == "duplicate" and "source/basophil_003.png" in rows["copy.png"].what
    for name in ("one.png", "two.png"):
        assert rows[name].status == "bad" and "contradicting labels" in rows[name].what
        assert "one.png: basophil" in rows[name].what and "two.png: lymphocyte" in rows[name].what
    kept = {image["original"] for image in read_json(tmp_path / "out/catalogue.json")["images"]}
    assert kept == {f"basophil_{i:03d}.png" for i in range(20)}
    capsys.readouterr()
    assert run_merge(tmp_path, {"max_set_aside": 0.01}) == 2
    message = capsys.readouterr().err
    assert "one.png" in message and "contradicting labels" in message and "corrections file" in message


def test_held_out_pictures_and_what_shows_the_same_go_to_test(tmp_path):
    source = Coco(tmp_path).fill(40)
    assert run_source(tmp_path, source.write()) == 0
    assert run_merge(tmp_path) == 0
    trained = [i["original"] for i in read_json(tmp_path / "out/catalogue.json")["images"] if i["split"] == "train"]
    (tmp_path / "held").mkdir()
    (tmp_path / "held/renamed.png").write_bytes((tmp_path / "source/images" / trained[0]).read_bytes())
    pixels = images.read(tmp_path / "source/images" / trained[1])
    cv2.imwrite(str(tmp_path / "held/recompressed.jpg"), pixels[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, 60])
    assert run_merge(tmp_path, {"hold_out": ["held"]}) == 0
    split = {i["original"]: i["split"] for i in read_json(tmp_path / "out/catalogue.json")["images"]}
    assert [split[name] for name in trained[:2]] == ["test", "test"] and all(split[name] == "train" for name in trained[2:])


def test_patients_never_straddle_the_split(tmp_path):
    source = Coco(tmp_path)
    for patient in range(12):
        for number in range(4):
            source.add(f"P{patient:02d}_{number}.png", "basophil", 100 * patient + number)
    assert run_source(tmp_path, source.write() | {"group": "^(P[0-9]+)_"}) == 0
    assert run_merge(tmp_path) == 0
    sides = {}
    for image in read_json(tmp_path / "out/catalogue.json")["images"]:
        sides.setdefault(image["original"][:3], set()).add((image["group"], image["split"], image["fold"]))
    assert len(sides) == 12 and all(len(side) == 1 for side in sides.values())
    assert len({next(iter(side))[0] for side in sides.values()}) == 12


CORRECTIONS = "source\tfile\taction\ttype\treason\n"


def test_corrections_remove_and_relabel(tmp_path):
    assert run_source(tmp_path, Coco(tmp_path).fill(20).fill(10, "lymphocyte", 3000).write()) == 0
    lines = (
        "source\tbasophil_001.png\tremove\t\tburst cell\nsource\tbasophil_002.png\trelabel\tLymphocyte (typical)\tno granules\n"
    )
    (tmp_path / "corrections.tsv").write_text(CORRECTIONS + lines)
    assert run_merge(tmp_path, {"corrections": "corrections.tsv"}) == 0
    data = read_json(tmp_path / "out/catalogue.json")
    of_picture = {image["id"]: image["original"] for image in data["images"]}
    read = {of_picture[a["image_id"]]: a["category_id"] for a in data["annotations"]}
    assert "basophil_001.png" not in read and read["basophil_002.png"] == 18 and len(read) == 29
    rows = {row.file: row for row in set_aside.read(tmp_path / "out/report.tsv")}
    assert rows["basophil_001.png"].what == "removed: burst cell"
    assert rows["basophil_002.png"].what == "relabelled from basophil to lymphocyte: no granules"


def test_corrections_as_yaml_name_one_cell_of_several(tmp_path):
    source = Coco(tmp_path).fill(12).fill(12, "lymphocyte", 3000)
    source.annotations.append({**source.annotations[0], "id": 900, "segmentation": [square(1, 1, 12)]})
    assert run_source(tmp_path, source.write()) == 0
    one = "- {source: source, file: basophil_000.png, action: relabel, type: lymphocyte"
    (tmp_path / "c.yaml").write_text(one + "}\n")
    assert run_merge(tmp_path, {"corrections": "c.yaml"}) == 2
    (tmp_path / "c.yaml").write_text(one + ", cell: 900}\n")
    assert run_merge(tmp_path, {"corrections": "c.yaml"}) == 0
    counts = {row["type"]: row["cells"] for row in read_tsv(tmp_path / "out/counts.tsv")}
    assert (counts["basophil"], counts["lymphocyte"]) == ("12", "13")


@pytest.mark.parametrize(
    "line, said",
    [
        ("source\tnowhere.png\tremove\t\t\n", "has no picture 'nowhere.png'"),
        ("other\tbasophil_001.png\tremove\t\t\n", "source 'other' does not exist"),
        ("source\tbasophil_001.png\trelabel\tunicorn\t\n", "'unicorn', which is no type"),
        ("source\tbasophil_001.png\tdestroy\t\t\n", "action 'destroy'"),
        ("source\tbasophil_001.png\n", "cannot be read as a table"),
    ],
)
def test_corrections_that_are_wrong(tmp_path, capsys, line, said):
    assert run_source(tmp_path, Coco(tmp_path).fill(12).write()) == 0
    (tmp_path / "corrections.tsv").write_text(CORRECTIONS + line)
    capsys.readouterr()
    assert run_merge(tmp_path, {"corrections": "corrections.tsv"}) == 2
    message = capsys.readouterr().err
    assert "corrections.tsv" in message and said in message and "fix: " in message


def test_a_picture_of_several_cells_keeps_them_all(tmp_path):
    source = Coco(tmp_path).fill(12)
    source.add("field.png", "basophil")
    for number in range(2):
        source.annotations.append({**source.annotations[-1], "id": 900 + number, "segmentation": [square(2 + 30 * number, 1, 9)]})
    assert run_source(tmp_path, source.write()) == 0
    data = raw(tmp_path)
    field = next(image for image in data["images"] if image["original"] == "field.png")
    assert [a["label"] for a in data["annotations"] if a["image_id"] == field["id"]] == ["13", "900", "901"]


def test_a_box_without_outline_becomes_the_prompt(tmp_path):
    source = Coco(tmp_path)
    source.add("boxed.png", "basophil", segmentation=[], bbox=[10, 12, 30, 28])
    assert run_source(tmp_path, source.write() | {"scale": 0.5}) == 0
    (cell,) = raw(tmp_path)["annotations"]
    assert cell["segmentation"] == [] and cell["origin"] == "found"
    assert cell["prompt"] == cell["bbox"] == [5, 6, 15, 14] and cell["area"] == 210
    # What comes to the catalogue without an outline is named there.
    assert run_merge(tmp_path, {"max_set_aside": 1.0}) == 2


def test_cells_without_outline_do_not_reach_the_catalogue(tmp_path):
    source = Coco(tmp_path).fill(20)
    source.add("boxed.png", "basophil", segmentation=[])
    assert run_source(tmp_path, source.write()) == 0
    assert run_merge(tmp_path) == 0
    assert [row.what for row in set_aside.read(tmp_path / "out/report.tsv")] == ["no outline was found"]
    assert len(read_json(tmp_path / "out/catalogue.json")["annotations"]) == 20


def test_slides_from_a_key_of_the_pictures(tmp_path):
    source = Coco(tmp_path).fill(20)
    for number, image in enumerate(source.images):
        image["slide"] = number % 5
    assert run_source(tmp_path, source.write() | {"group_column": "slide"}) == 0
    assert run_merge(tmp_path) == 0
    groups = [image["group"] for image in read_json(tmp_path / "out/catalogue.json")["images"]]
    assert len(set(groups)) == 5 and groups[:5] == groups[5:10]


def test_sources_merge_by_the_taxonomy(tmp_path):
    assert (
        run_source(tmp_path, Coco(tmp_path).fill(10).fill(10, "Baso, stained", 2000).write() | {"types": {"baso stained": "BAS"}})
        == 0
    )
    phantoms = {"name": "drawn", "reader": "phantoms", "um_per_px": 0.42, "size": 64, "counts": {"basophil": 3}, "neighbours": 0}
    assert run_source(tmp_path, phantoms) == 0
    assert run_merge(tmp_path) == 0
    data = read_json(tmp_path / "out/catalogue.json")
    assert [a["category_id"] for a in data["annotations"]] == [13] * 23
    assert [image["file_name"] for image in data["images"]][:1] == ["sources/drawn/images/basophil_00000.png"]


def test_files_of_one_picture_are_joined(tmp_path):
    (tmp_path / "thesis/json").mkdir(parents=True)
    images.write(tmp_path / "thesis/images/a.png", picture(1))
    for number, category_id in enumerate((13, 19)):
        content = thesis_file("a.png", category_id, segmentation=[square(4 + 30 * number, 5, 20)])
        (tmp_path / f"thesis/json/{number}.json").write_text(json.dumps(content))
    entry = {"name": "source", "reader": "coco", "images": "thesis/images", "annotations": "thesis/json"}
    assert run_source(tmp_path, entry) == 0
    assert [(a["label"], a["category_id"]) for a in raw(tmp_path)["annotations"]] == [("0", 13), ("0#2", 19)]


def test_the_real_sets(smearsynth_data, tmp_path):
    entry = {"name": "d2", "reader": "masks", "images": "seg_wbc_d2/images", "masks": "seg_wbc_d2/masks"}
    entry |= {"table": "seg_wbc_d2/instances.json", "cell_levels": [128, 255], "nucleus_level": 255}
    assert run_source(smearsynth_data, entry, out=tmp_path) == 0
    data = read_json(tmp_path / "sources/d2/raw.json")
    assert len(data["annotations"]) == 75 and all("nucleus" in a for a in data["annotations"])
    entry = {
        "name": "pbc",
        "reader": "coco",
        "images": "pbc/images",
        "annotations": "pbc/instances_weak.json",
        "limit_per_type": 3,
    }
    assert run_source(smearsynth_data, entry, out=tmp_path) == 0
    assert len(read_json(tmp_path / "sources/pbc/raw.json")["annotations"]) == 33
    assert cell_world.taxonomy()["platelet"].id in {
        a["category_id"] for a in read_json(tmp_path / "sources/pbc/raw.json")["annotations"]
    }
