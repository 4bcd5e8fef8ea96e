"""Readers of fields against truth: constructed boxes with known precision, COCOeval itself, resamples, messages."""

import io
import json
from contextlib import redirect_stdout
from dataclasses import replace

import numpy as np
import pytest
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval

from smearsynth import coco, images
from smearsynth.cli import dispatch
from smearsynth.errors import UserError
from smearsynth.evaluation import field_annotations, field_answer, field_compare
from smearsynth.evaluation.field_compare import MEASURES, Difference, Estimate
from smearsynth.evaluation.field_matches import match
from smearsynth.evaluation.field_options import FieldDistanceOptions, FieldFeaturesOptions, FieldsOptions, FieldTwoSampleOptions
from smearsynth.files import read_tsv, sha256, write_json
from smearsynth.options import build

KINDS = {"RBC": "red", "WBC": "white", "Platelets": "platelet", "smudge": "ignore"}
CATEGORIES = [{"id": at, "name": name} for at, name in enumerate(KINDS, 1)]
OPTIONS = {"kinds": KINDS, "count_from": 0.0, "resamples": 200, "level": 0.95}

LEAD = Difference("white", "ap50", "a", "b", Estimate(0.5, 0.4, 0.6), Estimate(None))


def coco_file(path, images, categories=CATEGORIES, folder="", side=400):
    """Write a COCO file from lists of (category id, box, score or None, mask or None), one list an image."""
    data = {"images": [], "annotations": [], "categories": categories}
    for number, cells in enumerate(images, 1):
        data["images"].append({"id": number, "file_name": f"{folder}{number:03d}.png", "width": side, "height": side})
        for category_id, box, score, mask in cells:
            entry = {"id": len(data["annotations"]) + 1, "image_id": number, "category_id": category_id, "bbox": list(box)}
            entry |= {"area": float(box[2] * box[3]), "iscrowd": 0, "segmentation": coco.encode(mask) if mask is not None else []}
            data["annotations"].append(entry | ({} if score is None else {"score": float(score)}))
    write_json(path, data)
    return path


def matched(folder, truth, found, on="bbox"):
    """Matches by kind of two lists of images."""
    files = coco_file(folder / "truth.json", truth), coco_file(folder / "found.json", found)
    (true, wrong), (read, bad) = (field_annotations.read(path, KINDS, scored=path == files[1]) for path in files)
    assert not wrong + bad
    return match(true, read, on=on)


def box(at, size=20):
    """One of a row of boxes that do not touch."""
    return (30.0 * (at % 13), 30.0 * (at // 13), float(size), float(size))


def crowd_of_images(seed, count=7):
    """Images with true cells of all kinds, and found ones of which some are shifted, missing or invented."""
    rng = np.random.default_rng(seed)
    truth, found = [], []
    for _ in range(count):
        places = rng.permutation(150)[: rng.integers(4, 30)]
        cells = [(int(rng.integers(1, 4)), box(at), None, None) for at in places]
        seen = [
            (c, (b[0] + rng.integers(0, 6), b[1], b[2], b[3]), rng.random(), None) for c, b, *_ in cells if rng.random() < 0.8
        ]
        extra = [(int(rng.integers(1, 4)), box(at), rng.random() * 0.7, None) for at in rng.permutation(150)[:4]]
        truth.append(cells)
        found.append(seen + extra)
    return truth, found


def cocoeval(folder, truth, found):
    """AP and AP50 by kind from COCOeval alone, its own accumulation; only the limit of found cells is lifted."""
    with redirect_stdout(io.StringIO()):
        true = COCO(str(coco_file(folder / "coco_truth.json", truth)))
        read = true.loadRes(json.loads(coco_file(folder / "coco_found.json", found).read_text())["annotations"])
        evaluation = COCOeval(true, read, "bbox")
        evaluation.params.maxDets = [1, 10, 1000]
        evaluation.evaluate()
        evaluation.accumulate()
    precision = evaluation.eval["precision"][..., 0, -1]
    return {kind: precision[:, :, at].mean(1) for at, kind in enumerate(("red", "white", "platelet"))}


def test_two_of_three_found_cells_right_have_the_precision_done_by_hand(tmp_path):
    truth = [[(1, box(0), None, None), (1, box(1), None, None)]]
    found = [[(1, box(0), 0.9, None), (1, box(5), 0.8, None), (1, box(1), 0.7, None)]]
    # Recalls 0 to 0.50 at precision 1, the other 50 at 2 of 3.
    assert matched(tmp_path, truth, found)["red"].precisions() == pytest.approx((51 + 50 * 2 / 3) / 101)


def test_a_box_counts_up_to_its_overlap_and_not_beyond(tmp_path):
    # 20 × 20 against 20 × 16: overlap 0.8.
    found = [[(1, (0.0, 0.0, 20.0, 16.0), 0.9, None)]]
    assert matched(tmp_path, [[(1, box(0), None, None)]], found)["red"].precisions() == pytest.approx([1.0] * 7 + [0.0] * 3)


@pytest.mark.parametrize("outlined", [False, True])
def test_boxes_with_a_margin_around_the_cells_are_met_by_found_ones_as_wide(tmp_path, outlined):
    # Of 10 × 10 in 16 × 16 the overlap is 0.39; at the frame there is no room for a margin.
    true = [(3, (97.0, 97.0, 16.0, 16.0), None, None), (3, (0.0, 50.0, 13.0, 16.0), None, None)]
    masks = np.zeros((2, 400, 400), bool)
    masks[0, 100:110, 100:110] = masks[1, 53:63, :10] = True
    boxes = (100.0, 100.0, 10.0, 10.0), (0.0, 53.0, 10.0, 10.0)
    read = [(3, box, 0.9, mask if outlined else None) for box, mask in zip(boxes, masks, strict=True)]
    truth, _ = field_annotations.read(coco_file(tmp_path / "truth.json", [true]), KINDS, scored=False)
    found, _ = field_annotations.read(coco_file(tmp_path / "found.json", [read]), KINDS, scored=True)

    def precisions(margins):
        return match(truth, found, on="bbox", margins=margins)["platelet"].precisions()

    assert precisions({"platelet": 3.0, "red": 9.0}) == pytest.approx([1.0] * 10)
    assert precisions({"red": 9.0})[0] == precisions(None)[0] < 0.5


def test_a_field_of_150_cells_is_counted_whole(tmp_path):
    truth = [[(1, box(at), None, None) for at in range(150)]]
    found = [[(1, box(at), 1 - at / 200, None) for at in range(150)]]
    one = matched(tmp_path, truth, found)["red"]
    assert one.precisions() == pytest.approx([1.0] * 10)
    assert one.counted(0.0).tolist() == [150]
    assert one.counted(0.5).tolist() == [101]


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_numbers_are_those_of_cocoeval(tmp_path, seed):
    truth, found = crowd_of_images(seed)
    ours, theirs = matched(tmp_path, truth, found), cocoeval(tmp_path, truth, found)
    for kind, one in ours.items():
        np.testing.assert_array_equal(one.precisions(), theirs[kind])
        np.testing.assert_array_equal(one.precisions(np.ones(len(truth), int)), theirs[kind])
        assert 0 < one.precisions()[0] < 1


def test_a_resample_is_worth_what_cocoeval_makes_of_repeated_images(tmp_path):
    truth, found = crowd_of_images(5)
    drawn = [0, 0, 2, 3, 3, 3, 6]
    repeated = cocoeval(tmp_path, [truth[at] for at in drawn], [found[at] for at in drawn])
    weights = np.bincount(drawn, minlength=len(truth))
    for kind, one in matched(tmp_path, truth, found).items():
        np.testing.assert_allclose(one.precisions(weights), repeated[kind], rtol=1e-12)


def test_what_lies_where_nothing_counts_is_neither_right_nor_wrong(tmp_path):
    truth = [[(1, box(0), None, None), (4, (100.0, 100.0, 200.0, 200.0), None, None)]]
    inside = (150.0, 150.0, 20.0, 20.0)
    found = [[(1, inside, 0.9, None), (2, inside, 0.9, None), (1, box(0), 0.5, None)]]
    results = matched(tmp_path, truth, found)
    assert results["red"].precisions()[0] == pytest.approx(1.0)
    assert [results[kind].counted(0.0).tolist() for kind in ("red", "white")] == [[1], [0]]


def test_the_box_of_an_outline_counts_and_masks_are_stricter(tmp_path):
    square, triangle = np.zeros((400, 400), bool), np.zeros((400, 400), bool)
    square[:20, :20] = True
    triangle[:20, :20] = np.tri(20, dtype=bool)
    truth = [[(2, box(0), None, square)]]
    # The stored box is wrong; the outline's is right.
    found = [[(2, (5.0, 5.0, 300.0, 300.0), 0.9, triangle)]]
    assert matched(tmp_path, truth, found)["white"].precisions() == pytest.approx([1.0] * 10)
    # 210 of 400 pixels: overlap 0.525.
    assert matched(tmp_path, truth, found, on="segm")["white"].precisions() == pytest.approx([1.0] + [0.0] * 9)


def test_counting_errors_are_those_done_by_hand(tmp_path):
    truth = [[(1, box(at), None, None) for at in range(n)] for n in (4, 6, 0)]
    found = [[(1, box(at), 0.9, None) for at in range(n)] for n in (7, 5, 0)]
    values = field_compare.measures(matched(tmp_path, truth, found)["red"], np.array([[1, 1, 1], [0, 3, 0]]), count_from=0.5)
    at = MEASURES.index("count_error")
    np.testing.assert_allclose(values[0, at:], [4 / 3, 4 / 10, 2 / 3])
    np.testing.assert_allclose(values[1, at:], [1, 1 / 6, -1])


def test_repetitions_widen_the_interval_by_their_spread(tmp_path):
    truth, found = crowd_of_images(3, count=12)
    good = matched(tmp_path, truth, found)
    bad = matched(tmp_path, truth, [cells[: len(cells) // 2] for cells in found])

    def width(repetitions):
        drawn = field_compare.resampled({"one": repetitions}, np.random.default_rng(0), count_from=0, resamples=300)["one"]["red"]
        one = field_compare.estimate(drawn[:, 1], level=0.95)
        return one.value, one.high - one.low

    (value, narrow), (_, same), (_, wide) = width([good]), width([good, good]), width([good, bad])
    assert value == good["red"].precisions()[0]
    assert narrow == pytest.approx(same)
    assert wide > 1.5 * narrow


def command(folder, truth, *found, options=OPTIONS, more=()):
    arguments = ["fields", "--options", json.dumps(options), "--seed", "1", "--truth", truth, "--found", *found]
    return dispatch("smearsynth.evaluation", ("fields",), [str(a) for a in [*arguments, "--out", folder / "out", *more]])


@pytest.fixture(scope="module")
def read_fields(tmp_path_factory):
    """Twelve fields; a reader that finds all, the same again, and one that loses every second red cell, in another folder."""
    folder = tmp_path_factory.mktemp("fields")
    truth, _ = crowd_of_images(8, count=12)
    rng = np.random.default_rng(0)
    whole = [[(c, b, rng.random(), m) for c, b, _, m in cells] for cells in truth]
    half = [[cell for at, cell in enumerate(cells) if cell[0] != 1 or at % 2] for cells in whole]
    categories = [
        {"id": at, "name": f"type {at}", "supercategory": kind} for at, kind in enumerate(("red", "white", "platelet"), 1)
    ]
    coco_file(folder / "truth.json", truth)
    coco_file(folder / "whole.json", whole)
    coco_file(folder / "half.json", half, categories, folder="elsewhere/")
    return folder


def test_margins_are_told_in_the_answer_and_mistakes_in_them_at_once(read_fields, tmp_path, capsys):
    files = read_fields / "truth.json", f"a={read_fields / 'whole.json'}"
    assert command(tmp_path, *files, more=["--margin", "red=1", "platelet=2.5"]) == 0
    told = (tmp_path / "out/answer.md").read_text()
    assert "wider on each side before they were compared, by pixels: red 1, platelet 2.5." in told
    assert command(tmp_path, *files, more=["--margin", "green=1", "red=-2"]) == 2
    told = capsys.readouterr().err
    assert "'green=1'" in told and "'red=-2'" in told


def test_the_command_says_which_reader_is_better(read_fields):
    files = [f"{name}={read_fields / path}.json" for name, path in (("all", "whole"), ("again", "whole"), ("half", "half"))]
    assert command(read_fields, read_fields / "truth.json", *files) == 0
    rows = {(row["reader"], row["kind"]): row for row in read_tsv(read_fields / "out" / "fields.tsv")}
    assert {kind for _, kind in rows} == {"red", "white", "platelet", "all kinds"}
    assert rows["all", "red"]["ap50"] == rows["all", "red"]["ap50_low"] == "1"
    assert float(rows["half", "red"]["ap50_high"]) < 0.8
    assert float(rows["half", "red"]["count_bias"]) == -float(rows["half", "red"]["count_error"]) < 0
    differences = {(r["one"], r["other"], r["kind"], r["measure"]): r for r in read_tsv(read_fields / "out" / "differences.tsv")}
    same, lost = (differences["all", other, "red", "ap50"] for other in ("again", "half"))
    assert [same[name] for name in ("difference", "low", "high", "better", "ratio")] == ["0", "0", "0", "neither", "1"]
    assert lost["better"] == "all"
    assert differences["all", "half", "red", "count_error"]["better"] == "all"
    text = (read_fields / "out" / "answer.md").read_text()
    assert "- all beats half on red cells (+" in text
    assert "no significant difference between all and again on red cells (+0.0 points, +0.0 to +0.0)" in text


def test_a_sentence_tells_the_lead_of_the_better_one_whichever_stands_first():
    said = "a beats b on white cells (+50.0 points, +40.0 to +60.0)."
    assert field_answer.sentence("a", "b", [LEAD]) == said
    assert field_answer.sentence("b", "a", [replace(LEAD, one="b", other="a", gap=Estimate(-0.5, -0.6, -0.4))]) == said


def test_a_reader_that_finds_all_and_more_beside_is_told_to_miscount(tmp_path):
    """As good by AP50, as what is too much has low scores; and boxes that are half a pixel off fit less close."""
    images = range(12)
    truth = [[(1, box(0), None, None), (1, box(1), None, None), (3, box(2), None, None)] for _ in images]
    right = [[(k, b, 0.9, None) for k, b, *_ in cells] for cells in truth]
    more = [[*cells, (3, box(3), 0.5, None), (3, box(4), 0.5, None)] for cells in right]
    off = [[(k, [b[0] + 2, *b[1:]], score, None) for k, b, score, _ in cells] for cells in right]
    coco_file(tmp_path / "truth.json", truth)
    files = [
        f"{name}={coco_file(tmp_path / f'{name}.json', found)}"
        for name, found in zip(("right", "more", "off"), (right, more, off))
    ]
    assert command(tmp_path, tmp_path / "truth.json", *files) == 0
    found, fit, count = (tmp_path / "out" / "answer.md").read_text().split("?\n")[1:]
    equal = (
        "- no significant difference between right and more on red cells (+0.0 points, +0.0 to +0.0) and platelets (+0.0 points"
    )
    assert equal in found and "beats" not in found
    assert "- right beats off on red cells (+" in fit and "- more beats off on red cells (+" in fit
    assert "- right beats more on platelets (+200.0 points, +200.0 to +200.0); no significant difference" in count
    assert (
        "| more | platelets | 1.000 | 1.000 | 200 | +200 |" in count and "| right | red cells | 1.000 | 1.000 | 0 | +0 |" in count
    )


@pytest.mark.parametrize(("sign", "way"), [(1, "too many"), (-1, "too few")])
def test_a_reader_that_counts_half_too_many_or_too_few_platelets_is_told_so(tmp_path, sign, way):
    """Fields of 2, 4, 6 and 8 platelets; red cells are miscounted by one, now up, now down."""
    truth, found = [], []
    for at in range(16):
        count = 2 + 2 * (at % 4)
        platelets = [(3, box(k), None, None) for k in range(count)]
        truth.append([*platelets, *((1, box(50 + k), None, None) for k in range(4))])
        seen = range(count + sign * count // 2)
        reds = range(50, 50 + (5 if at % 2 else 3))
        found.append([*((3, box(k), 0.9, None) for k in seen), *((1, box(k), 0.9, None) for k in reds)])
    right = [[(k, b, 0.9, None) for k, b, *_ in cells] for cells in truth]
    coco_file(tmp_path / "truth.json", truth)
    files = [f"{name}={coco_file(tmp_path / f'{name}.json', cells)}" for name, cells in (("off", found), ("right", right))]
    assert command(tmp_path, tmp_path / "truth.json", *files) == 0
    text = (tmp_path / "out" / "answer.md").read_text()
    assert f"\n- off counts {way} platelets ({100 + 50 * sign} where there are 100).\n" in text
    assert "\n- right counts neither too many nor too few of any kind beyond chance.\n" in text


def test_trainings_of_one_reader_are_told_and_their_mean_is_its_number(read_fields):
    files = [f"{name}={read_fields / f'{file}.json'}" for name, file in (("both", "whole"), ("both", "half"), ("half", "half"))]
    assert command(read_fields, read_fields / "truth.json", *files) == 0
    rows = {(row["reader"], row["kind"]): row for row in read_tsv(read_fields / "out" / "fields.tsv") if row["on"] == "box"}
    assert [rows[name, "red"]["repetitions"] for name in ("both", "half")] == ["2", "1"]
    half = float(rows["half", "red"]["ap50"])
    assert float(rows["both", "red"]["ap50"]) == pytest.approx((1 + half) / 2, abs=1e-4)
    assert "Trainings of each: both 2, half 1. " in (read_fields / "out" / "answer.md").read_text()


def test_one_image_has_numbers_without_intervals(read_fields):
    (read_fields / "one.txt").write_text("004.png\n")
    files = [f"all={read_fields / 'whole.json'}", f"half={read_fields / 'half.json'}"]
    assert command(read_fields, read_fields / "truth.json", *files, more=["--images", read_fields / "one.txt"]) == 0
    rows = {(row["reader"], row["kind"]): row for row in read_tsv(read_fields / "out" / "fields.tsv")}
    assert [rows["all", "red"][name] for name in ("ap50", "ap50_low", "ap50_high")] == ["1", "n/a", "n/a"]
    text = (read_fields / "out" / "answer.md").read_text()
    assert "beats" not in text and "no interval: too few images have them" in text


def test_the_same_bytes_twice_and_only_chosen_images(read_fields):
    files = [f"all={read_fields / 'whole.json'}", f"half={read_fields / 'half.json'}"]
    results = []
    for _ in range(2):
        assert command(read_fields, read_fields / "truth.json", *files) == 0
        results.append([(read_fields / "out" / name).read_bytes() for name in ("fields.tsv", "differences.tsv", "answer.md")])
    assert results[0] == results[1]
    (read_fields / "test.txt").write_text("003.png\n007.png\n")
    assert command(read_fields, read_fields / "truth.json", *files, more=["--images", read_fields / "test.txt"]) == 0
    assert {row["images"] for row in read_tsv(read_fields / "out" / "fields.tsv")} == {"2"}


def test_pictures_that_told_a_reader_something_are_left_out(read_fields, capsys):
    (read_fields / "test.txt").write_text("003.png\n007.png\n")
    arguments = (read_fields, read_fields / "truth.json", f"all={read_fields / 'whole.json'}")
    assert command(*arguments) == 0
    every = int(read_tsv(read_fields / "out" / "fields.tsv")[0]["images"])
    for more, left in (([], every - 1), (["--images", read_fields / "test.txt"], 1)):
        assert command(*arguments, more=["--leave-out", "elsewhere/007.png", "five.png", *more]) == 0
        assert {row["images"] for row in read_tsv(read_fields / "out" / "fields.tsv")} == {str(left)}
    assert command(*arguments, more=["--images", read_fields / "test.txt", "--leave-out", "003.png", "007.png"]) == 2
    assert "no picture is left" in capsys.readouterr().err


def test_all_missing_and_extra_images_stand_in_one_message(tmp_path, capsys):
    coco_file(tmp_path / "truth.json", [[(1, box(0), None, None)]] * 4)
    coco_file(tmp_path / "found.json", [[(1, box(0), 0.5, None)]] * 6)
    data = json.loads((tmp_path / "found.json").read_text())
    data["images"], data["annotations"] = data["images"][2:], data["annotations"][2:]
    data["images"][0]["width"] = 200
    write_json(tmp_path / "found.json", data)
    assert command(tmp_path, tmp_path / "truth.json", f"one={tmp_path / 'found.json'}") == 2
    said = capsys.readouterr().err
    assert "3 problems" in said
    for part in ("2 images of the truth are missing: 001.png, 002.png", "2 images are not in the truth: 005.png, 006.png"):
        assert part in said
    assert "003.png (200 × 400, not 400 × 400)" in said


def test_unknown_categories_lost_scores_and_bare_results_are_told_together(tmp_path, capsys):
    coco_file(tmp_path / "truth.json", [[(1, box(0), None, None)]], [{"id": 1, "name": "erythrocyte?"}])
    coco_file(tmp_path / "found.json", [[(1, box(0), None, None), (1, box(1), None, None)]])
    write_json(tmp_path / "bare.json", [{"image_id": 1, "category_id": 1, "bbox": [0, 0, 1, 1], "score": 0.5}])
    files = [f"one={tmp_path / 'found.json'}", f"two={tmp_path / 'bare.json'}"]
    assert command(tmp_path, tmp_path / "truth.json", *files) == 2
    said = capsys.readouterr().err
    assert "category 'erythrocyte?' is of no known kind" in said
    assert "2 annotations without a score, the first with id 1" in said
    assert "a list of results without images" in said


def test_masks_are_compared_where_truth_and_reader_have_them(tmp_path):
    mask = np.zeros((400, 400), bool)
    mask[100:140, 100:140] = True
    truth = [[(2, (100, 100, 40, 40), None, mask), (1, box(0), None, None)]] * 3
    found = [[(2, (100, 100, 40, 40), 0.9, mask), (1, box(0), 0.9, mask)]] * 3
    boxes = [[(2, (100, 100, 40, 40), 0.9, None)]] * 3
    coco_file(tmp_path / "truth.json", truth)
    files = [f"{name}={coco_file(tmp_path / f'{name}.json', cells)}" for name, cells in (("outlines", found), ("boxes", boxes))]
    assert command(tmp_path, tmp_path / "truth.json", *files) == 0
    rows = [row for row in read_tsv(tmp_path / "out" / "fields.tsv") if row["on"] == "mask"]
    assert [(row["reader"], row["kind"], row["ap"]) for row in rows] == [
        ("outlines", "white", "1"),
        ("outlines", "all kinds", "1"),
    ]
    assert "Masks of boxes are not compared" in (tmp_path / "out" / "answer.md").read_text()


def test_options_tell_all_problems_at_once():
    wrong = {
        (FieldsOptions, 4): {"kinds": {"RBC": "erythrocyte"}, "count_from": 2.0, "resamples": 10, "level": 1.0},
        (FieldFeaturesOptions, 3): {"side": 8, "crops": 1, "um_per_px": 0.0, "layers": {}},
        (FieldDistanceOptions, 2): {"resamples": 10, "level": 0.1},
        (FieldTwoSampleOptions, 5): {"features": 0, "ridge": 0.0, "folds": 1, "resamples": 1, "level": 1.0},
    }
    for (options, count), values in wrong.items():
        with pytest.raises(UserError) as error:
            build(options, values, where="section")
        assert len(error.value.problems) == count


def test_a_reader_that_hides_its_doubts_is_told_of(tmp_path):
    coco_file(tmp_path / "truth.json", [[(1, box(0), None, None)]] * 3)
    found = [[(1, box(0), 0.9, None), (1, box(1), 0.2, None)]] * 3
    files = {
        name: coco_file(tmp_path / f"{name}.json", cells) for name, cells in (("all", found), ("sure", [c[:1] for c in found]))
    }
    arguments = [f"{name}={path}" for name, path in files.items()]
    assert command(tmp_path, tmp_path / "truth.json", *arguments, options={**OPTIONS, "count_from": 0.5}) == 0
    text = (tmp_path / "out" / "answer.md").read_text()
    assert "sure has no candidates with scores below 0.5" in text
    assert "all has no candidates" not in text
    rows = {row["reader"]: row for row in read_tsv(tmp_path / "out" / "fields.tsv") if row["kind"] == "red"}
    assert rows["all"]["count_error"] == rows["sure"]["count_error"] == "0"


def test_pictures_that_were_trained_on_are_refused_all_at_once(tmp_path, capsys):
    coco_file(tmp_path / "truth.json", [[(1, box(0), None, None)]] * 4)
    found = coco_file(tmp_path / "found.json", [[(1, box(0), 0.9, None)]] * 4)
    for number in range(1, 5):
        images.write(tmp_path / f"images/{number:03d}.png", np.full((400, 400, 3), number, np.uint8))
    split = {1: "train", 2: "test", 3: "train"}
    seen = [{"sha256": sha256(tmp_path / f"images/{number:03d}.png"), "split": split[number]} for number in split]
    write_json(tmp_path / "catalogue.json", {"images": seen})
    arguments = (tmp_path, tmp_path / "truth.json", f"one={found}")
    assert command(*arguments, more=["--seen", tmp_path / "catalogue.json"]) == 2
    assert "2 real pictures were trained on: 001.png, 003.png" in capsys.readouterr().err
    (tmp_path / "test.txt").write_text("002.png\n004.png\n")
    assert command(*arguments, more=["--seen", tmp_path / "catalogue.json", "--images", tmp_path / "test.txt"]) == 0
    (tmp_path / "images").rename(tmp_path / "elsewhere")
    assert command(*arguments, more=["--seen", tmp_path / "catalogue.json", "--pictures", tmp_path / "elsewhere"]) == 2
    assert "2 real pictures were trained on: 001.png, 003.png" in capsys.readouterr().err


def test_a_truth_whose_pictures_lie_elsewhere_is_refused(tmp_path, capsys):
    coco_file(tmp_path / "truth.json", [[(1, box(0), None, None)]], folder="../")
    found = coco_file(tmp_path / "found.json", [[(1, box(0), 0.9, None)]], folder="../")
    write_json(tmp_path / "seen.json", {"images": []})
    assert command(tmp_path, tmp_path / "truth.json", f"a={found}", more=["--seen", tmp_path / "seen.json"]) == 2
    assert "truth.json: file_name leads out of its folder" in capsys.readouterr().err


def test_a_file_that_tells_of_no_training_pictures_is_refused(tmp_path, capsys):
    coco_file(tmp_path / "truth.json", [[(1, box(0), None, None)]])
    found = coco_file(tmp_path / "found.json", [[(1, box(0), 0.9, None)]])
    for content, told in (({"fields": []}, "images"), ({"images": [{"id": 1}]}, "images[0].sha256")):
        write_json(tmp_path / "seen.json", content)
        assert command(tmp_path, tmp_path / "truth.json", f"a={found}", more=["--seen", tmp_path / "seen.json"]) == 2
        said = capsys.readouterr().err
        assert told in said and "catalogue.json" in said and "Traceback" not in said


def test_the_test_split_of_field_maps_is_a_truth_with_masks(tmp_path, capsys):
    owners, categories = np.zeros((60, 80), np.uint16), [{"id": 7, "name": "red_blood_cell", "kind": "red", "colour": [1, 2, 3]}]
    owners[5:25, 5:25], owners[30:60, 40:60] = 1, 2
    images.write(tmp_path / "fields/owners/0.png", owners)
    cells = [{"owner": k, "category_id": 7, "cell_id": None} for k in (1, 2)]
    shared = {"owners": "owners/0.png", "height": 60, "width": 80, "cells": cells}
    entries = [{"file": f"pictures/{n}.png", "split": split, **shared} for n, split in enumerate(("train", "test", "test"))]
    write_json(tmp_path / "fields/index.json", {"scale": 0.5, "categories": categories, "fields": entries})
    found = {"images": [], "annotations": [], "categories": [{"id": 1, "name": "RBC"}]}
    for number in (1, 2, 3):
        found["images"].append({"id": number, "file_name": f"{number - 1}.png", "width": 80, "height": 60})
        for k in (1, 2):
            entry = coco.annotation(owners == k, id=2 * number + k, image_id=number, category_id=1)
            found["annotations"].append({**entry, "score": 0.4})
    write_json(tmp_path / "found.json", found)
    arguments = (tmp_path, tmp_path / "fields/index.json", f"perfect={tmp_path / 'found.json'}")
    assert command(*arguments) == 0
    rows = [row for row in read_tsv(tmp_path / "out" / "fields.tsv") if row["kind"] == "red"]
    assert [(row["on"], row["images"], row["cells"], row["ap"]) for row in rows] == [
        ("box", "2", "4", "1"),
        ("mask", "2", "4", "1"),
    ]
    (tmp_path / "chosen.txt").write_text("pictures/0.png\npictures/1.png\n")
    assert command(*arguments, more=["--images", tmp_path / "chosen.txt"]) == 2
    assert "1 images are not of the split test: pictures/0.png" in capsys.readouterr().err


@pytest.mark.real_data
def test_the_expert_boxes_of_real_fields_are_read_and_a_perfect_reader_is_perfect(smearsynth_data, tmp_path):
    truth = smearsynth_data / "txl_pbc" / "instances_boxes.json"
    if not truth.is_file():
        pytest.skip(f"no {truth}")
    data = json.loads(truth.read_text())
    for entry in data["annotations"]:
        entry["score"] = 0.3 + 0.6 * (entry["id"] % 7) / 7
    write_json(tmp_path / "found.json", data)
    assert command(tmp_path, truth, f"perfect={tmp_path / 'found.json'}", options={**OPTIONS, "resamples": 100}) == 0
    rows = read_tsv(tmp_path / "out" / "fields.tsv")
    assert {row["kind"]: int(row["cells"]) for row in rows} == {"red": 5614, "white": 355, "platelet": 249, "all kinds": 6218}
    assert {row["ap"] for row in rows} == {"1"}
    assert {row["count_error"] for row in rows} == {"0", "n/a"}
