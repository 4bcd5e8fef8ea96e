"""A field reader trained in seconds on drawn slides: what it reads, what it refuses, and that it is the same twice."""

import json
from pathlib import Path

import numpy as np
import pytest
import yaml
from field_reader_world import OPTIONS, TAXONOMY_JSON, TYPES, draw, make_slides
from pycocotools.coco import COCO
from shapely.geometry import shape

from smearsynth import coco, images
from smearsynth.cli import dispatch
from smearsynth.configuration import section
from smearsynth.errors import UserError
from smearsynth.files import read_json, read_tsv, sha256, write_json
from smearsynth.options import build
from smearsynth.readers import read, read_out
from smearsynth.readers.field_classes import Classes
from smearsynth.readers.field_options import FieldReaderOptions


def readers(*arguments) -> int:
    return dispatch("smearsynth.readers", ("field_train", "read"), [str(a) for a in arguments])


def train(out: Path, slides: tuple[Path, Path], *more, **changes) -> int:
    options = json.dumps({**OPTIONS, **changes})
    given = ("--options", options, "--taxonomy", TAXONOMY_JSON, "--seed", 4, "--slides", *slides)
    given += ("--state", f"{out}.state", "--out", out)
    return readers("field_train", *given, *more)


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    folder = tmp_path_factory.mktemp("field")
    slides = make_slides(folder / "slides", count=12)
    assert train(folder / "reader", slides) == 0
    for number in range(3):
        images.write(folder / f"smears/{number}.png", draw(9000 + number)[0])
    assert readers("read", "--model", folder / "reader", "--images", folder / "smears", "--out", folder / "found") == 0
    return folder


def entries(folder: Path, image_id: int = 1) -> list[dict]:
    return [one for one in read_json(folder / "instances.json")["annotations"] if one["image_id"] == image_id]


def test_it_finds_outlines_and_types_on_slides_it_has_not_seen(world):
    right = wrong = cells = 0
    for number in range(3):
        truth = draw(9000 + number)[1]
        cells += len(truth)
        found = [(one["category_id"], coco.decode(one["segmentation"])) for one in entries(world / "found", number + 1)]
        for kind, mask in found:
            overlaps = [(mask & other).sum() / (mask | other).sum() for _, other in truth]
            best = int(np.argmax(overlaps))
            expected = 1 if truth[best][0] in (15, 18) else truth[best][0]
            right += overlaps[best] >= 0.5 and kind == expected
            wrong += overlaps[best] < 0.5 or kind != expected
    assert right >= 0.75 * cells and wrong <= 0.2 * cells


def test_results_open_in_their_tools_and_agree(world):
    data = read_json(world / "found" / "instances.json")
    assert coco.check(data) == []
    opened = COCO(str(world / "found" / "instances.json"))
    for one in opened.anns.values():
        mask = opened.annToMask(one).astype(bool)
        assert coco.box(mask) == one["bbox"] and mask.sum() == one["area"] and 0.5 <= one["score"] <= 1
    rows = read_tsv(world / "found" / "counts.tsv")
    for image in data["images"]:
        features = read_json(world / "found" / "qupath" / f"{Path(image['file_name']).stem}.geojson")["features"]
        mine = entries(world / "found", image["id"])
        assert len(features) == len(mine) and all(shape(feature["geometry"]).is_valid for feature in features)
        assert {feature["properties"]["measurements"]["Score"] for feature in features} == {one["score"] for one in mine}
        of = {row["type"]: int(row["count"]) for row in rows if row["file"] == image["file_name"]}
        for category in data["categories"]:
            assert of[category["name"]] == sum(one["category_id"] == category["id"] for one in mine)
        overlay = images.read(world / "found" / "overlays" / image["file_name"])
        assert overlay.shape[0] == 96 and (overlay[:, :96] != images.read(world / "smears" / image["file_name"])).any()
    total = [int(row["count"]) for row in rows if row["file"] == "all pictures"]
    assert sum(total) == len(data["annotations"])


def test_the_same_seed_and_threads_give_the_same_weights(world, tmp_path):
    slides = (world / "slides" / "instances.json", world / "slides" / "images")
    for name in ("one", "two"):
        assert train(tmp_path / name, slides, steps=4) == 0
    for file in ("config.json", "thresholds.json", "model.json", "losses.tsv"):
        assert sha256(tmp_path / "one" / file) == sha256(tmp_path / "two" / file), file
    one, two = (weights(tmp_path / name / "weights_best.h5") for name in ("one", "two"))
    assert len(one) == len(two) > 10 and all((a == b).all() for a, b in zip(one, two, strict=True))


def test_stardist_opens_the_folder_itself(world):
    from stardist.models import StarDist2D

    from smearsynth.readers import field_reader, field_reading

    reader = field_reader.load(world / "reader")
    opened = StarDist2D(None, name="reader", basedir=str(world))
    assert opened.thresholds.nms == pytest.approx(reader.thresholds.nms)
    seen = images.to_network(field_reading.prepare(reader, draw(9000)[0], factor=1.0))
    for a, b in zip(opened.predict(seen), reader.model.predict(seen), strict=True):
        assert a.shape == b.shape and (a == b).all()


def weights(file: Path) -> list[np.ndarray]:
    import h5py

    found: list[np.ndarray] = []
    with h5py.File(file) as opened:
        for name in [n.decode() if isinstance(n, bytes) else n for n in opened.attrs["layer_names"]]:
            layer = opened[name]
            found += [np.asarray(layer[n]) for n in layer.attrs["weight_names"]]
    return found


def test_tiles_change_no_result(world):
    from dataclasses import replace

    from smearsynth.readers import field_reader, field_reading

    reader = field_reader.load(world / "reader")
    wide = draw(77, side=288, width=600, cells=150)[0]
    assert reader.options.tile == 256
    whole = field_reader.FieldReader(reader.model, replace(reader.options, tile=1024), reader.classes, reader.thresholds)
    tiled, one = (field_reading.read(of, wide, factor=1.0, least=0.5)[0] for of in (reader, whole))
    assert len(one) > 40 and len(tiled) == len(one)
    assert np.abs(tiled.outlines - one.outlines).max() < 0.01 and (tiled.classes == one.classes).all()


def test_tiles_of_the_default_size_change_nothing_that_the_default_network_sees():
    """Just too wide, and just too high, for one tile; noise, so that every pixel within the network's reach would tell."""
    from dataclasses import replace

    from smearsynth.readers import field_reader, field_reading

    config = yaml.safe_load((Path(__file__).parents[2] / "config.yaml").read_text())
    options = replace(build(FieldReaderOptions, section(config, "readers.field"), where="readers.field"), device="cpu")
    model = field_reader.network(options, classes=3, seed=1)
    kernel, bias = model.keras_model.get_layer("dist").get_weights()
    model.keras_model.get_layer("dist").set_weights([kernel, bias + 5])  # Cells large enough to be looked at, everywhere.
    over = options.tile + 17
    for sides in ((over, 150), (150, over)):
        noise = np.random.default_rng(0).integers(0, 256, (*sides, 3), np.uint8)
        tiled, whole = (
            field_reading.look(
                field_reader.FieldReader(
                    model, replace(options, tile=tile), Classes("kinds", ()), field_reader.Thresholds(0.5, ())
                ),
                noise,
                least=0.0,
            )
            for tile in (options.tile, 2 * over)
        )
        orders = [np.lexsort(one.points.T) for one in (tiled, whole)]
        assert len(tiled.points) == len(whole.points) > 0.9 * noise[..., 0].size / options.grid**2
        for part in ("points", "scores", "distances", "belief"):
            one, other = (getattr(looked, part)[order] for looked, order in zip((tiled, whole), orders, strict=True))
            np.testing.assert_allclose(one, other, rtol=0, atol=1e-5)


def test_the_resolution_is_brought_to_the_readers(world, tmp_path):
    import cv2

    picture = images.read(world / "smears" / "0.png")
    images.write(tmp_path / "large.png", cv2.resize(picture, (192, 192), interpolation=cv2.INTER_CUBIC))
    assert readers("read", "--model", world / "reader", "--images", tmp_path, "--scale", 0.5, "--out", tmp_path / "out") == 0
    small, large = entries(world / "found"), entries(tmp_path / "out")
    assert abs(len(large) - len(small)) <= 2
    assert np.median([one["area"] for one in large]) == pytest.approx(4 * np.median([one["area"] for one in small]), rel=0.2)


def test_pictures_without_cells_and_of_any_size(world, tmp_path):
    light = (240, 232, 236)
    for name, side in (("empty", (96, 96)), ("thin", (300, 1)), ("low", (1, 300)), ("dot", (1, 1)), ("long", (40, 20000))):
        images.write(tmp_path / "in" / f"{name}.png", np.full((*side, 3), light, np.uint8))
    images.write(tmp_path / "in" / "grey.png", np.full((64, 64), 230, np.uint8))
    rng = np.random.default_rng(0)
    images.write(tmp_path / "in" / "something else.png", rng.integers(0, 256, (120, 80, 3)).astype(np.uint8))
    assert readers("read", "--model", world / "reader", "--images", tmp_path / "in", "--out", tmp_path / "out") == 0
    data = read_json(tmp_path / "out" / "instances.json")
    assert len(data["images"]) == 7 and coco.check(data) == []
    rows = read_tsv(tmp_path / "out" / "counts.tsv")
    empty = [row for row in rows if row["file"] in ("empty.png", "thin.png", "dot.png", "long.png")]
    assert len(empty) == 12 and {(row["count"], row["share_of_kind"]) for row in empty} == {("0", "n/a")}
    for name in ("empty", "thin", "low", "dot", "long", "grey", "something else"):
        assert (tmp_path / "out" / "overlays" / f"{name}.png").is_file()


def test_pictures_with_cells_and_not_one_red_are_doubtful():
    def cells(*found):
        return [{"category_id": TYPES[name].id, "score": score} for name, score in found]

    of = {
        "smear": cells(("red_blood_cell", 0.9), ("lymphocyte", 0.8)),
        "text": cells(("lymphocyte", 0.6), ("platelet", 0.7)),
        "faint": cells(("lymphocyte", 0.3)),
        "empty": [],
        "red beyond belief": cells(("red_blood_cell", 0.2), ("lymphocyte", 0.6)),
    }
    assert read_out.doubtful(of, TYPES) == ["text", "red beyond belief"]


def test_broken_pictures_are_set_aside_and_none_left_is_an_error(world, tmp_path, capsys):
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "broken.png").write_bytes(b"no picture")
    given = ("read", "--model", world / "reader", "--images", tmp_path / "in", "--out", tmp_path / "out")
    assert readers(*given) == 2
    assert "not a picture that can be read" in capsys.readouterr().err and not (tmp_path / "out").exists()
    images.write(tmp_path / "in" / "good.png", draw(1)[0])
    assert readers(*given) == 0
    assert [row["file"] for row in read_tsv(tmp_path / "out" / "set_aside.tsv")] == ["broken.png"]
    assert "1 could not be read" in capsys.readouterr().out


def test_types_that_it_was_not_trained_on(world, tmp_path, capsys):
    given = ("read", "--model", world / "reader", "--images", world / "smears", "--out", tmp_path / "out")
    assert readers(*given, "--only", "lymphocyte", "platelet") == 2
    assert "--only lymphocyte: this reader was not trained on it" in capsys.readouterr().err
    assert readers(*given, "--only", "platelet") == 0
    assert {one["category_id"] for one in read_json(tmp_path / "out" / "instances.json")["annotations"]} == {30}


def test_more_candidates_for_curves_do_not_change_the_counts(world, tmp_path):
    import cv2

    for number in range(3):  # out of focus: it is no longer sure
        images.write(tmp_path / "in" / f"{number}.png", cv2.GaussianBlur(images.read(world / f"smears/{number}.png"), (0, 0), 3))
    given = ("read", "--model", world / "reader", "--images", tmp_path / "in")
    assert readers(*given, "--out", tmp_path / "few") == readers(*given, "--out", tmp_path / "many", "--least-score", 0.02) == 0
    few, many = (read_json(tmp_path / name / "instances.json")["annotations"] for name in ("few", "many"))
    assert len(many) > len(few) == sum(one["score"] >= 0.5 for one in many)
    assert (tmp_path / "few" / "counts.tsv").read_bytes() == (tmp_path / "many" / "counts.tsv").read_bytes()


def test_a_classifier_names_the_white_cells(world, tmp_path, capsys):
    pairs = []
    for seed in range(30):
        for kind, mask in draw(500 + seed)[1]:
            x, y, width, height = (int(v) for v in coco.box(mask))
            if kind not in (15, 18) or width < 26 or height < 26:
                continue
            alone = np.where(mask[..., None], draw(500 + seed)[0], 0).astype(np.uint8)[y : y + 27, x : x + 27]
            name = f"images/{len(pairs)}.png"
            images.write(tmp_path / "pairs" / name, np.concatenate([alone, alone], 1))
            split = "test" if len(pairs) % 4 == 3 else "train"
            pairs.append({"file": name, "cell_id": len(pairs), "category_id": kind, "split": split, "fold": None})
    write_json(tmp_path / "pairs" / "index.json", {"size": 27, "pairs": pairs})
    options = {"architecture": "cnn", "window": 32, "size": 32, "steps": 40, "batch": 12, "learning_rate": 0.003}
    options |= {"label_smoothing": 0.0, "balance": True, "device": "cpu", "threads": 1}
    options |= {"augmentation": {"rotate": True, "mirror": True, "scale": 0.0, "brightness": 0.0, "colour": 0.0}}
    made = ("--options", json.dumps(options), "--taxonomy", TAXONOMY_JSON, "--seed", "1")
    places = ("--state", str(tmp_path / "state"), "--out", str(tmp_path / "cnn"))
    classifier = ("train", *made, "--pairs", str(tmp_path / "pairs" / "index.json"), *places)
    assert dispatch("smearsynth.readers", ("train",), list(classifier)) == 0
    given = ("read", "--model", world / "reader", "--images", world / "smears", "--out", tmp_path / "out")
    assert readers(*given, "--retype", tmp_path / "cnn") == 0
    data = read_json(tmp_path / "out" / "instances.json")
    assert [c["name"] for c in data["categories"]] == ["red_blood_cell", "platelet", "eosinophil", "lymphocyte"]
    old = {one["id"]: one for one in read_json(world / "found" / "instances.json")["annotations"]}
    named = right = 0
    for one in data["annotations"]:
        assert old[one["id"]]["bbox"] == one["bbox"]
        if old[one["id"]]["category_id"] == 1:
            truth = draw(9000 + one["image_id"] - 1)[1]
            mask = coco.decode(one["segmentation"])
            named += 1
            right += one["category_id"] == truth[int(np.argmax([(mask & other).sum() for _, other in truth]))][0]
        else:
            assert one["category_id"] == old[one["id"]]["category_id"]
    assert named >= 3 and right >= 0.7 * named
    assert readers(*given, "--retype", world / "reader") == 2
    assert "not a classifier of single cells" in capsys.readouterr().err


def test_what_is_no_reader_or_no_picture_is_told_at_once(world, tmp_path, capsys):
    (tmp_path / "none").mkdir()
    with pytest.raises(UserError) as caught:
        read.listed([tmp_path / "none", tmp_path / "missing.png"])
    assert [problem.what for problem in caught.value.problems] == ["no pictures in it", "no such file or folder"]
    for name in ("a/x.png", "b/x.png"):
        images.write(tmp_path / name, np.zeros((4, 4, 3), np.uint8))
    with pytest.raises(UserError, match="would be called"):
        read.listed([tmp_path / "a", tmp_path / "b"])
    given = ("--images", world / "smears", "--out", tmp_path / "out")
    assert readers("read", "--model", tmp_path / "none", *given) == 2
    assert readers("read", "--model", world / "reader", *given, "--um-per-px", 0.1) == 2
    assert "trained without a resolution" in capsys.readouterr().err
    assert readers("read", "--model", world / "reader", *given, "--scale", 0) == 2


def test_training_refuses_what_it_cannot_use(world, tmp_path, capsys):
    slides = (world / "slides" / "instances.json", world / "slides" / "images")
    assert train(tmp_path / "out", slides, um_per_px=0.2) == 2
    assert "its resolution is not known" in capsys.readouterr().err
    assert train(tmp_path / "out", slides, "--shares", 1, 2) == 2
    data = read_json(slides[0])
    data["categories"][0]["name"] = "martian"
    write_json(tmp_path / "instances.json", data)
    assert train(tmp_path / "out", (tmp_path / "instances.json", slides[1]), classes="types") == 2
    assert "unknown type 'martian'" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()
