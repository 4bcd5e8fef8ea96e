"""Stain normalisation: agreement with torchstain, what must not change, and a small run from merged to normalised catalogue."""

import json

import cv2
import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from torchstain.base.normalizers import MacenkoNormalizer, ReinhardNormalizer

from cell_world import Coco, run_merge, run_source
from smearsynth import images
from smearsynth.cells import stain_transfer
from smearsynth.cells.catalogue import read
from smearsynth.cells.stain_normalise import decide
from smearsynth.cells.stain_options import StainOptions
from smearsynth.cells.stain_tables import Seen
from smearsynth.cells.stain_transfer import LIGHT, Statistics, empty_smear, stained, statistics, transfer
from smearsynth.cli import dispatch
from smearsynth.errors import UserError
from smearsynth.files import read_json, read_tsv, write_json

WHITE = np.full(3, float(LIGHT))
DYES = np.array([[0.65, 0.70, 0.29], [0.30, 0.90, 0.20]]).T
OTHER = np.array([[0.55, 0.75, 0.37], [0.15, 0.95, 0.25]]).T
METHODS = ("reinhard", "reinhard_modified", "macenko")


def smear(number: int, *, dyes=DYES, gain=1.0, light=(240, 240, 240), side=96) -> np.ndarray:
    """A cell with a nucleus and red cells, drawn by Beer and Lambert with two dyes under a light; RGB uint8."""
    rng = np.random.default_rng(number)
    amounts = np.zeros((side, side, 2))
    for _ in range(6):
        middle = tuple(int(v) for v in rng.integers(0, side, 2))
        disc = np.zeros((side, side), np.float32)
        cv2.circle(disc, middle, 9, 1, -1)
        amounts[..., 1] = np.maximum(amounts[..., 1], disc * rng.uniform(0.9, 1.3))
        amounts[..., 0] = np.maximum(amounts[..., 0], disc * rng.uniform(0.1, 0.3))
    for radius, first, second in ((24, 0.4, 0.7), (14, 1.6, 0.9)):
        disc = np.zeros((side, side), np.float32)
        cv2.circle(disc, (side // 2, side // 2), radius, 1, -1)
        amounts[disc > 0] = (first, second)
    amounts *= gain * rng.uniform(0.9, 1.1, (side, side, 1)) * (amounts > 0)
    return np.clip(np.rint(np.array(light) * np.exp(-amounts @ dyes.T)), 0, 255).astype(np.uint8)


def measured(picture, *, dyes=True, empty=None) -> Statistics:
    empty = empty_smear(picture) if empty is None else empty
    found = statistics(picture[stained(picture, empty)], empty, dyes=dyes)
    assert found is not None
    return found


@pytest.mark.parametrize("method", ["reinhard", "reinhard_modified"])
def test_reinhard_agrees_with_torchstain_where_all_pixels_are_stained_in_white_light(method):
    own, reference = (smear(n, dyes=d)[33:63, 33:63] for n, d in ((1, DYES), (2, OTHER)))
    peer = ReinhardNormalizer(backend="numpy", method=None if method == "reinhard" else "modified")
    peer.fit(reference)
    expected = peer.normalize(own).astype(int)
    got = transfer(own, measured(own, empty=WHITE), measured(reference, empty=WHITE), method)
    # torchstain cuts decimals off, this rounds.
    assert stained(own, WHITE).all() and np.abs(got - expected).max() <= 1


def test_macenko_agrees_with_torchstain_on_two_dyes_in_white_light():
    own, reference = smear(1), smear(2, dyes=OTHER, gain=1.3)
    peer = MacenkoNormalizer(backend="numpy")
    peer.fit(reference)
    expected = peer.normalize(own, stains=False)[0].astype(int)
    statistic = [statistics(p.reshape(-1, 3), WHITE, dyes=True) for p in (own, reference)]
    np.testing.assert_allclose(statistic[1].dyes, peer.HERef)
    got = transfer(own, *statistic, "macenko")
    where = stained(own, WHITE)
    # Two dyes explain these pixels but for the rounding to whole grey levels.
    assert np.abs(got[where] - expected[where]).max() <= 3


@pytest.mark.parametrize("method", ["reinhard", "macenko"])
def test_the_reference_itself_is_not_changed(method):
    picture = smear(3, light=(250, 232, 205))
    own = measured(picture)
    assert np.abs(transfer(picture, own, own, method).astype(int) - picture).max() <= 1


@pytest.mark.parametrize("method", METHODS)
def test_stained_pixels_and_the_empty_smear_come_to_the_reference(method):
    reference = smear(4, dyes=OTHER, light=(250, 232, 205))
    own = smear(5, gain=0.7, light=(215, 220, 225))
    result = transfer(own, measured(own), measured(reference), method)
    where = stained(own, empty_smear(own))
    target = stain_transfer.lab(reference[stained(reference, empty_smear(reference))]).mean(0)
    far = np.linalg.norm(stain_transfer.lab(own[where]).mean(0) - target)
    near = np.linalg.norm(stain_transfer.lab(result[where]).mean(0) - target)
    assert near < (0.5 if method != "reinhard_modified" else 0.9) * far
    np.testing.assert_allclose(empty_smear(result), empty_smear(reference), atol=2)


@pytest.mark.parametrize("method", METHODS)
@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 2**16), gain=st.floats(0.4, 2.0), red=st.integers(120, 255), blue=st.integers(120, 255))
def test_any_picture_stays_in_range_black_stays_black_and_shape_and_order_do_not_matter(method, seed, gain, red, blue):
    reference = measured(smear(6, dyes=OTHER))
    picture = smear(seed, gain=gain, light=(red, 220, blue))
    noise = np.random.default_rng(seed).integers(0, 256, (12, 96, 3), dtype=np.uint8)
    picture = np.vstack([picture, noise, np.zeros((8, 96, 3), np.uint8)])
    own = measured(picture)
    assume(method != "macenko" or own.dyes is not None)
    result = transfer(picture, own, reference, method)
    assert result.dtype == np.uint8 and result.shape == picture.shape and (result[-8:] == 0).all()
    # A map of colours: a pixel's result owes nothing to its neighbours.
    turned = transfer(np.ascontiguousarray(picture[::-1, ::-1]), own, reference, method)
    assert np.array_equal(turned[::-1, ::-1], result)


def test_what_cannot_be_told_apart_has_a_reason():
    empty = WHITE
    one = np.clip(LIGHT * np.exp(-np.linspace(0.5, 2, 4000)[:, None] * DYES[:, 0]), 0, 255).astype(np.uint8)
    told = statistics(one, empty, dyes=True)
    assert told is not None and told.dyes is None and "the same" in told.fault
    red = np.tile(np.array([[200, 120, 235]], np.uint8), (500, 1))
    told = statistics(red, empty, dyes=True)
    assert told is not None and told.dyes is None and "0 pixels absorb red, green and blue" in told.fault
    assert statistics(red[:10], empty, dyes=False) is None


def test_an_empty_picture_has_no_stain_and_a_black_one_no_smear():
    blank = np.full((64, 64, 3), (245, 230, 210), np.uint8)
    assert not stained(blank, empty_smear(blank)).any()
    black = np.zeros((64, 64, 3), np.uint8)
    assert (empty_smear(black) > 0).all() and not stained(black, empty_smear(black)).any()


def seen(picture, kind=1) -> Seen:
    empty = empty_smear(picture)
    at = np.flatnonzero(stained(picture, empty))
    return Seen(empty, picture.reshape(-1, 3)[at], at, kind)


def entries(*places):
    return [{"id": i, "source": s, "split": p, "original": f"{i}.png"} for i, (s, p) in enumerate(places, 1)]


@pytest.mark.parametrize("unit", ["source", "picture_light", "picture"])
@pytest.mark.parametrize("method", METHODS)
def test_test_pictures_have_no_say_in_the_reference_nor_in_their_source(unit, method):
    places = [("a", "train"), ("a", "train"), ("a", "test"), ("b", "train"), ("b", "test")]
    options = StainOptions(method=method, measured=unit)
    usual = [seen(smear(n)) for n in range(5)]
    strange = [*usual[:2], seen(smear(90, gain=2.0, light=(120, 140, 250))), usual[3], seen(smear(91, dyes=OTHER, gain=0.5))]
    one, two = (decide(entries(*places), some, options) for some in (usual, strange))
    assert one.name == "a"
    for i in range(5):
        for field in ("empty", "mean", "spread", "dyes", "strongest"):
            np.testing.assert_array_equal(getattr(one.ways[i].reference, field), getattr(two.ways[i].reference, field))
            if unit == "source" or i in (0, 1, 3) or (unit == "picture_light" and field != "empty"):
                np.testing.assert_array_equal(getattr(one.ways[i].own, field), getattr(two.ways[i].own, field))
    if unit != "picture":
        assert all(np.array_equal(one.ways[2].own.mean, plan.ways[0].own.mean) for plan in (one, two))
    if unit == "source":
        assert one.ways[2] == one.ways[0] and two.ways[4] == two.ways[3]


def test_a_source_with_two_lights_needs_the_light_of_each_picture():
    lights = [(250, 232, 205)] * 3 + [(250, 250, 150), (250, 250, 250)] * 2
    pictures = [smear(i, light=light) for i, light in enumerate(lights)]
    places = entries(*[("a", "train")] * 3, *[("b", "train")] * 4)
    left = {}
    for unit in ("source", "picture_light"):
        plan = decide(places, list(map(seen, pictures)), StainOptions(method="reinhard", measured=unit, reference="a"))
        after = [transfer(p, w.own, w.reference, "reinhard") for p, w in zip(pictures, plan.ways, strict=True)]
        left[unit] = max(np.abs(empty_smear(picture) - lights[0]).max() for picture in after[3:])
    assert left["picture_light"] <= 2 < 20 < left["source"]


def test_other_shares_of_types_are_no_other_stain():
    """Two sources stained alike, one with more of the dark type: nothing changes but for the noise of the pictures."""
    dark, pale = ([smear(n, gain=gain) for n in range(8)] for gain in (1.5, 0.6))
    first = [(p, 1) for p in dark[:6]] + [(p, 2) for p in pale[:2]]
    second = [(p, 1) for p in dark[6:]] + [(p, 2) for p in pale[2:]]
    places = [("a", "train")] * 8 + [("b", "train")] * 8
    looks = [seen(p, kind) for p, kind in first + second]
    plan = decide(entries(*places), looks, StainOptions(method="reinhard", reference="a"))
    changed = [
        np.abs(transfer(p, way.own, way.reference, "reinhard").astype(int) - p)[stained(p, WHITE)].mean()
        for (p, _), way in zip(second, plan.ways[8:], strict=True)
    ]
    assert max(changed) < 3 and not plan.fallbacks
    # Told nothing of the types, it takes the paler source for a paler stain.
    alone = [Seen(s.empty, s.pixels, s.at, 1) for s in looks]
    plan = decide(entries(*places), alone, StainOptions(method="reinhard", reference="a"))
    way = plan.ways[-1]
    wrong = np.abs(transfer(pale[7], way.own, way.reference, "reinhard").astype(int) - pale[7])[stained(pale[7], WHITE)].mean()
    assert wrong > 3 * max(changed)


def test_fallbacks_are_told():
    places = [("a", "train"), ("a", "train"), ("b", "train"), ("c", "test")]
    pale = np.full((64, 64, 3), (245, 230, 210), np.uint8)
    red = smear(7)
    red[stained(red, empty_smear(red))] = (200, 120, 238)
    pictures = [seen(smear(1)), seen(pale), seen(red), seen(smear(2))]
    plan = decide(entries(*places), pictures, StainOptions(method="macenko", measured="picture"))
    assert [way.method for way in plan.ways] == ["macenko", "kept", "reinhard", "macenko"]
    assert [row[:4] for row in plan.fallbacks] == [["a", "2.png", "macenko", "kept"], ["b", "3.png", "macenko", "reinhard"]]
    plan = decide(entries(*places), pictures, StainOptions(method="macenko"))
    assert [way.method for way in plan.ways] == ["macenko", "macenko", "reinhard", "macenko"]
    assert [row[0] for row in plan.fallbacks] == ["b", "c"] and "no training pictures" in plan.fallbacks[1][4]
    strangers = [*pictures[:3], seen(smear(2), kind=9)]
    plan = decide(entries(*places), strangers, StainOptions(method="reinhard"))
    assert [way.method for way in plan.ways] == ["reinhard"] * 4
    assert [row[4].split(":")[0] for row in plan.fallbacks] == ["no training pictures", "no type in common with the reference"]


def test_a_reference_that_cannot_be_one():
    some = [seen(smear(1)), seen(smear(2))]
    with pytest.raises(UserError, match="did you mean 'pbc'"):
        decide(entries(("pbc", "train"), ("lmu", "train")), some, StainOptions(method="reinhard", reference="pcb"))
    with pytest.raises(UserError, match="no training pictures"):
        decide(entries(("pbc", "train"), ("lmu", "test")), some, StainOptions(method="reinhard", reference="lmu"))
    with pytest.raises(UserError, match="method none"):
        StainOptions(reference="pbc")


def normalise(folder, out, *, jobs=1, merged="catalogue.json", **options):
    flags = ["--options", json.dumps({"method": "reinhard", **options}), "--seed", "1", "--jobs", str(jobs)]
    flags += ["--merged", f"{folder}/out/{merged}", "--out", f"{out}/catalogue.json", "--out-images", f"{out}/stain/images"]
    flags += ["--statistics", f"{out}/stain/statistics.tsv", "--fallbacks", f"{out}/stain/fallbacks.tsv"]
    return dispatch("smearsynth.cells", ("stain_normalise",), ["stain_normalise", *flags, "--figure", f"{out}/stain/figure.png"])


@pytest.fixture(scope="module")
def merged(tmp_path_factory):
    """A merged catalogue of two sources with different dyes and light, 20 pictures each."""
    folder = tmp_path_factory.mktemp("merged")
    for name, look in (("one", {}), ("two", {"dyes": OTHER, "gain": 0.7, "light": (215, 220, 225)})):
        source = Coco(folder)
        for i in range(20):
            kind = ("basophil", "eosinophil")[i % 2]
            outline = [24, 24, 72, 24, 72, 72, 24, 72]
            source.add(f"{name}_{i}.png", kind, segmentation=[outline], bbox=[24, 24, 48, 48])
            source.images[-1] |= {"width": 96, "height": 96}
            images.write(source.folder / "images" / f"{name}_{i}.png", smear(100 * len(name) + i + (50 if look else 0), **look))
        entry = source.write()
        source.folder.rename(folder / name)
        paths = {key: entry[key].replace("source", name, 1) for key in ("images", "annotations")}
        assert run_source(folder, entry | paths | {"name": name}) == 0
    assert run_merge(folder, {"near_duplicates": 1.0}) == 0
    return folder


def everything(folder):
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def test_a_run_keeps_all_but_the_pictures_and_its_bytes_owe_nothing_to_jobs_or_place(merged, tmp_path):
    assert normalise(merged, tmp_path / "a") == 0
    assert normalise(merged, tmp_path / "b" / "deep", jobs=2) == 0
    assert everything(tmp_path / "a") == everything(tmp_path / "b" / "deep")
    before, after = read_json(merged / "out/catalogue.json"), read_json(tmp_path / "a/catalogue.json")
    assert after["annotations"] == before["annotations"] and after["categories"] == before["categories"]
    for one, other in zip(before["images"], after["images"], strict=True):
        assert other.pop("stain") == "reinhard" and other.pop("file_name").startswith(f"stain/images/{one['source']}/")
        assert other == {key: one[key] for key in one if key != "file_name"}
    for cell, old in zip(read(tmp_path / "a/catalogue.json").cells, read(merged / "out/catalogue.json").cells, strict=True):
        assert cell.picture().shape == old.picture().shape
        changed = np.abs(cell.picture().astype(int) - old.picture()).max()
        assert changed <= 1 if cell.image["source"] == after["info"]["stain"]["reference"] else changed > 5


def test_what_a_finder_added_to_one_source_changes_nothing(merged, tmp_path):
    data = read_json(merged / "out/catalogue.json")
    for image in [image for image in data["images"] if image["source"] == "two"]:
        for left in (0, 10):
            found = {"id": 1, "image_id": image["id"], "category_id": 2, "iscrowd": 0, "label": "", "origin": "found"}
            outline = [left, 0, left + 9, 0, left + 9, 9, left, 9]
            data["annotations"].append(found | {"bbox": [left, 0, 9, 9], "area": 100.0, "segmentation": [outline]})
    write_json(merged / "out/more.json", data)
    assert normalise(merged, tmp_path / "few") == 0 and normalise(merged, tmp_path / "more", merged="more.json") == 0
    few, more = (everything(tmp_path / name / "stain") for name in ("few", "more"))
    assert {name for name in few if name.endswith(("png", "tsv"))} and few == more


def test_the_tables_say_how_far_the_sources_are_apart(merged, tmp_path):
    assert normalise(merged, tmp_path, reference="one") == 0
    rows = read_tsv(tmp_path / "stain/statistics.tsv")
    far = {(r["source"], r["split"], r["when"]): (float(r["distance"]), float(r["empty_distance"])) for r in rows}
    assert far["one", "train", "before"] == (0, 0)
    assert far["two", "train", "before"][0] > 5 > 1.5 > far["two", "train", "after"][0]
    assert far["two", "test", "before"][1] > 5 > 2 > far["two", "test", "after"][1]
    assert sum(int(r["pictures"]) for r in rows) == 2 * 40
    figure = images.read(tmp_path / "stain/figure.png")
    assert figure.shape[0] > 4 * 140 and read_tsv(tmp_path / "stain/fallbacks.tsv") == []


def test_method_none_is_refused_as_a_command(merged, tmp_path, capsys):
    assert normalise(merged, tmp_path, method="none") == 2
    assert "use the merged catalogue as it is" in capsys.readouterr().err and not list(tmp_path.rglob("*.json"))
