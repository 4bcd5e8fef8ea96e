"""A blinded reading kit: what it shows, what it hides, what it refuses."""

import base64
import json
import re
from collections import Counter

import cv2
import numpy as np
import pytest
from kit_world import OPTIONS, evaluation, key_of, make_cells, make_fields, make_kit
from tiny_run import TAXONOMY_JSON

from smearsynth import provenance
from smearsynth.evaluation.kit_page import KEYS, page
from smearsynth.evaluation.kit_sources import Field, crops
from smearsynth.files import sha256


def shown(kit):
    """What the page holds."""
    return json.loads(re.search(r'<script id="kit"[^>]*>(.*?)</script>', (kit / "kit.html").read_text(), re.DOTALL)[1])


def pixels(item):
    content = base64.b64decode(item["picture"].removeprefix("data:image/png;base64,"))
    return cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_COLOR), content


def test_real_and_synthetic_in_equal_numbers_of_each_type_and_set(tmp_path):
    key = key_of(make_kit(tmp_path))
    firsts = [item for item in key["items"] if not item["again"]]
    counts = Counter((item["beside"], item["set"] == "real", item["type"]) for item in firsts)
    assert len(counts) == 8 and set(counts.values()) == {3}
    assert len({(item["set"], item["source"]) for item in firsts}) == len(firsts)
    assert sum(bool(item["again"]) for item in key["items"]) == OPTIONS["repeats"]


def test_only_held_out_real_cells(tmp_path):
    kit = make_kit(tmp_path, each=4)
    index = json.loads((tmp_path / "real/index.json").read_text())
    # Every second file is listed as a training cell too: were these not left out, files would be shown twice.
    real = [item["source"] for item in key_of(kit)["items"] if item["set"] == "real" and not item["again"]]
    assert len(real) == len(set(real)) == 16 and set(real) == {e["file"] for e in index["cells"] if e["split"] == "test"}


def test_the_page_does_not_hold_the_truth(tmp_path):
    kit = make_kit(tmp_path)
    text, key = (kit / "kit.html").read_text(), key_of(kit)
    data = shown(kit)
    assert {name for item in data["items"] for name in item} == {"item", "picture", "again"}
    assert "images/" not in text and '"set"' not in text and 'synthetic"' not in json.dumps(data)
    assert {item["item"] for item in data["items"]} == {item["item"] for item in key["items"]}
    # In the order of ids that are hashes; and the pictures are alike in all but their content.
    assert [item["item"] for item in data["items"]] == sorted(item["item"] for item in data["items"])
    decoded = [pixels(item) for item in data["items"] if "picture" in item]
    assert len({picture.shape for picture, _ in decoded}) == 1
    # No chunk of metadata in a PNG.
    assert not any(re.search(rb"tEXt|iTXt|zTXt|eXIf|tIME|pHYs", content) for _, content in decoded)


def test_pictures_are_those_of_the_key(tmp_path):
    kit = make_kit(tmp_path)
    truth = {item["item"]: item for item in key_of(kit)["items"]}
    for item in shown(kit)["items"]:
        if "picture" in item:
            entry = truth[item["item"]]
            assert (pixels(item)[0] == cv2.imread(str(tmp_path / entry["set"] / entry["source"]))).all()


def test_nothing_is_fetched(tmp_path):
    text = (make_kit(tmp_path) / "kit.html").read_text()
    assert not re.search(r"(src|href)=[\"']?(https?:|//)|@import|url\(", text) and "default-src 'none'" in text


def test_the_same_kit_twice_and_another_by_another_seed(tmp_path):
    one, two = make_kit(tmp_path / "one"), make_kit(tmp_path / "two")
    assert [sha256(one / n) for n in ("kit.html", "key.json")] == [sha256(two / n) for n in ("kit.html", "key.json")]
    assert key_of(make_kit(tmp_path / "three", each=2))["kit"] != key_of(one)["kit"]


def test_a_title_cannot_end_the_data(tmp_path):
    kit = {"kit": "1", "show": "cells", "break_every": None, "items": [], "types": [{"name": "x", "title": "</script>"}]}
    assert page(kit).count("</script>") == 2
    assert not set("rfbu0") & set(KEYS) and len(set(KEYS)) == len(KEYS)


def refused(tmp_path, capsys, *, options=(), real=None, synthetic=None):
    real = real or make_cells(tmp_path / "real", split="test", each=4, start=0)
    synthetic = synthetic or [f"one={make_cells(tmp_path / 'one', split='synthetic', each=4, start=50)}"]
    flags = ("--options", json.dumps({**OPTIONS, **dict(options)}), "--taxonomy", TAXONOMY_JSON, "--seed", 1, "--real", real)
    assert evaluation("kit", *flags, "--synthetic", *synthetic, "--out", tmp_path / "kit") == 2
    assert not (tmp_path / "kit").exists()
    return capsys.readouterr().err


def test_bad_options_are_told_at_once(tmp_path, capsys):
    told = refused(tmp_path, capsys, options={"each": 0, "crop": 4, "around": ["green"], "break_every": 1})
    assert told.startswith("smearsynth.evaluation kit: 4 problems") and "'green'" in told


def test_sets_that_sharpness_would_betray_are_refused(tmp_path, capsys):
    larger = make_cells(tmp_path / "larger", split="synthetic", each=4, start=50, size=64)
    assert "sides differ" in refused(tmp_path, capsys, synthetic=[f"one={larger}"])
    assert "at most 31" in refused(tmp_path, capsys, options={"size": 32}, synthetic=[f"one={larger}"])
    assert key_of(make_kit(tmp_path / "smaller", size=24))["kit"]


def test_bad_sources(tmp_path, capsys):
    index = make_cells(tmp_path / "made", split="synthetic", each=4, start=50)
    assert "no held-out cells" in refused(tmp_path, capsys, real=index)
    assert "stands more than once" in refused(tmp_path, capsys, synthetic=[f"one={index}", f"one={index}"])
    assert "called real" in refused(tmp_path, capsys, synthetic=[f"real={index}"])
    assert "no such file" in refused(tmp_path, capsys, synthetic=[f"one={tmp_path / 'nothing.json'}"])


def test_a_type_without_enough_cells_is_said(tmp_path, capsys):
    key = key_of(make_kit(tmp_path, each=10))
    # 8 held-out cells for two sets: 4 of each.
    assert "4 cells of each set instead of 10" in capsys.readouterr().err
    assert sum(item["type"] == "eosinophil" and not item["again"] for item in key["items"]) == 16


def test_fields_in_equal_numbers_around_white_cells(tmp_path):
    real = make_fields(tmp_path / "real", split="test", count=6)
    made = make_fields(tmp_path / "made", split=None, count=6, side=128)
    options = json.dumps({**OPTIONS, "show": "fields", "each": 5, "repeats": 2})
    flags = ("--taxonomy", TAXONOMY_JSON, "--seed", 1, "--real", real, "--synthetic", f"made={made}", "--out", tmp_path / "kit")
    assert evaluation("kit", "--options", options, *flags) == 0
    key = key_of(tmp_path / "kit")
    assert Counter(item["set"] for item in key["items"] if not item["again"]) == {"real": 5, "made": 5}
    assert {pixels(item)[0].shape for item in shown(tmp_path / "kit")["items"] if "picture" in item} == {(48, 48, 3)}
    for item in key["items"]:
        middle = 48 if item["set"] == "real" else 64
        left, top = map(int, item["source"].split(" at ")[1].split(","))
        assert all(12 <= middle - corner <= 36 for corner in (left, top))


def test_fields_of_another_resolution_or_split_are_refused(tmp_path, capsys):
    real = make_fields(tmp_path / "fields", split="test", count=3, um_per_px=0.2)
    fine = make_fields(tmp_path / "fine", split=None, count=3, um_per_px=0.1)
    seen = make_fields(tmp_path / "seen", split="train", count=3)
    options = {"show": "fields", "repeats": 0}
    assert "resolutions from 0.1 to 0.2" in refused(tmp_path, capsys, options=options, real=real, synthetic=[f"made={fine}"])
    assert "only held-out" in refused(tmp_path, capsys, options=options, real=seen, synthetic=[f"made={fine}"])
    assert "cut smaller" in refused(tmp_path, capsys, options={**options, "crop": 200}, real=real, synthetic=[f"made={real}"])


def test_an_untold_resolution_is_said(tmp_path, capsys):
    real = make_fields(tmp_path / "real", split="test", count=3, um_per_px=0.2)
    made = make_fields(tmp_path / "made", split=None, count=3)
    options = json.dumps({**OPTIONS, "show": "fields", "each": 2, "repeats": 0})
    flags = ("--taxonomy", TAXONOMY_JSON, "--seed", 1, "--real", real, "--synthetic", f"made={made}", "--out", tmp_path / "kit")
    assert evaluation("kit", "--options", options, *flags) == 0
    assert "made: no resolution is told; see to it that it is 0.2 um/px" in capsys.readouterr().err


def test_crops_of_one_field_do_not_overlap(tmp_path):
    field = Field(tmp_path, "one", 200, 300, None, np.zeros((0, 4)))
    found = crops([field], count=40, side=50, anywhere=True, rng=np.random.default_rng(1))
    seen = np.zeros((200, 300), int)
    for candidate in found:
        left, top, width, height = candidate.window
        seen[top : top + height, left : left + width] += 1
    assert len(found) > 5 and seen.max() == 1 and seen.sum() == 2500 * len(found)


@pytest.mark.parametrize("suffix", provenance.PAGES)
def test_an_edit_of_the_page_changes_the_digest(tmp_path, monkeypatch, suffix):
    package = tmp_path / "smearsynth"
    package.mkdir()
    (package / "__init__.py").write_text("")
    monkeypatch.setattr(provenance, "ROOT", package)
    digests = []
    for text in ("one", "two"):
        (package / f"page{suffix}").write_text(text)
        provenance._tree.cache_clear()
        digests.append(provenance.source_digest("smearsynth"))
    provenance._tree.cache_clear()
    assert digests[0] != digests[1]
