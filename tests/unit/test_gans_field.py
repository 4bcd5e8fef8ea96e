"""The field generator: what a pixel depends on, tiles, noise by position, styles that are heard, states, what is refused."""

import json

import field_world as world
import numpy as np
import pytest
import slide_world

keras = pytest.importorskip("keras")

from smearsynth import cli, images  # noqa: E402
from smearsynth.errors import UserError  # noqa: E402
from smearsynth.files import read_json, read_tsv, write_json  # noqa: E402
from smearsynth.gans import engine, field_data, field_match, field_planes, field_sampling, field_style  # noqa: E402
from smearsynth.gans.field_options import FieldOptions  # noqa: E402
from smearsynth.gans.field_training import FieldTraining  # noqa: E402
from smearsynth.gans.networks import field as networks  # noqa: E402
from smearsynth.layouts.draw import draw  # noqa: E402
from smearsynth.layouts.options import LayoutOptions  # noqa: E402
from smearsynth.options import build  # noqa: E402

SMALL = {"steps": 6, "batch": 2, "crop": 64, "channels": (4, 6, 8), "critic_filters": 3, "threads": 1, "device": "cpu"}


@pytest.fixture(scope="module")
def index(tmp_path_factory):
    return world.make(tmp_path_factory.mktemp("fields"))


@pytest.fixture(scope="module")
def fields(index):
    engine.configure(device="cpu", threads=1)
    return field_data.Fields(index, crop=64, restain=0.5, seed=1)


def lively(options: FieldOptions, fields) -> field_sampling.FieldGenerator:
    """A generator with weights so large that every part of it shows in the picture."""
    network = field_sampling.build_network(options, len(fields.categories), precision="float32", seed=1)
    chance = np.random.default_rng(0)
    for weight in network.trainable_variables:
        if "kernel" in weight.name:
            weight.assign(weight + chance.normal(0, 0.1, weight.shape))
    return field_sampling.FieldGenerator(network, categories=fields.categories, styles=fields.styles, options=options)


@pytest.fixture(scope="module", params=["concat", "spade"])
def generator(request, fields):
    return lively(FieldOptions(**SMALL, conditioning=request.param), fields)


@pytest.fixture(scope="module")
def smear():
    """A smear of 152 × 201 pixels, not a multiple of anything: a phantom, and beside it its mirror image with other cells."""
    _, owners, dense, ids = world.draw("eosinophil", 7)
    other = np.where(owners > 0, owners + len(ids), 0)[:, ::-1]
    both = np.concatenate([owners, other], axis=1)[:, :201]
    pad = ((0, 8), (0, 0))
    wide = np.concatenate([dense, dense[:, ::-1]], axis=1)[:, :201]
    return np.pad(both, pad, mode="symmetric"), np.array(ids * 2), np.pad(wide, pad, mode="symmetric")


def test_planes_by_hand():
    owners = np.zeros((5, 40), np.uint16)
    owners[:, 20:30], owners[:, 30:] = 1, 2
    dense = np.zeros_like(owners, bool)
    dense[2, 35] = True
    label = field_planes.label(owners, np.array([3, 1]), dense)
    assert label[0, [0, 25, 35], 0].tolist() == [0, 3, 1]
    # Both sides of smear and cell, and of two cells that touch.
    assert np.flatnonzero(label[2, :, 2]).tolist() == [19, 20, 29, 30]
    step = 127 / field_planes.DEPTH
    np.testing.assert_array_equal(
        label[2, [0, 18, 19, 20, 22], 1], 128 + np.rint([-127, -1.5 * step, -0.5 * step, step / 2, 2.5 * step])
    )
    assert label[2, 35, 3] == 255 and label[..., 3].sum() == 255
    told = engine.to_numpy(networks.planes(label[None], np.full((1, 5, 40, 1), 0.5, np.float32), 3))[0]
    np.testing.assert_array_equal(told[0, [0, 25, 35], :3], [[0, 0, 0], [0, 0, 1], [1, 0, 0]])
    assert told.shape[-1] == 3 + 1 + networks.MAPS and (told[..., -1] == 0.5).all()


@pytest.mark.parametrize("levels", [2, 3, 4])
@pytest.mark.parametrize("conditioning", ["concat", "spade"])
def test_a_pixel_depends_on_nothing_beyond_the_reach(levels, conditioning):
    channels = (4, 6, 8, 8)[:levels]
    network = networks.generator(
        3, types=2, style=5, channels=channels, conditioning=conditioning, noise=True, precision="float32"
    )
    reach, side = networks.reach(levels), 192
    chance = np.random.default_rng(1)
    told = chance.normal(size=(1, side, side, 6)).astype(np.float32)
    grains = [chance.normal(size=(1, side >> k, side >> k, 1)).astype(np.float32) for k in range(levels)]
    style = chance.normal(size=(1, 5)).astype(np.float32)
    before = engine.to_numpy(network([told, style, *grains]))
    farthest = 0
    for place in range(96, 96 + 2 ** (levels - 1)):
        changed = told.copy()
        changed[0, place, place] += 50
        rows = np.flatnonzero((engine.to_numpy(network([changed, style, *grains])) != before).any((0, 2, 3)))
        farthest = max(farthest, place - rows.min(), rows.max() - place)
    # Where labels come in after the level's last convolution, they reach a little less far than the bound says.
    assert farthest <= reach and (farthest == reach if conditioning == "concat" else farthest >= 0.8 * reach)


def test_a_change_far_away_changes_nothing(generator, smear):
    owners, ids, dense = smear
    first = generator.paint(owners, ids, dense, style=0, key=5)
    changed, reach = dense.copy(), generator.reach
    changed[:, :20] ^= True
    second = generator.paint(owners, ids, changed, style=0, key=5)
    assert np.abs(first[:, :20].astype(int) - second[:, :20]).mean() > 1
    assert np.abs(first[:, 20 + reach :].astype(int) - second[:, 20 + reach :]).max() <= 1


@pytest.mark.parametrize("tile", [16, 61, 100, 1024])
def test_tiles_do_not_show(generator, smear, tile):
    owners, ids, dense = smear
    whole = generator.paint(owners, ids, dense, style=1, key=2, tile=None)
    tiled = generator.paint(owners, ids, dense, style=1, key=2, tile=tile)
    assert whole.shape == (*owners.shape, 3) and whole.std() > 5
    # In float32 to the bit: one graph computes all sizes.
    np.testing.assert_array_equal(whole, tiled)


def test_tiles_cover_each_pixel_once_and_see_enough():
    shape, margin, stride = (152, 204), 21, 4
    count = np.zeros(shape, int)
    for inner, outer in field_sampling.tiles(shape, 50, margin=margin, stride=stride):
        count[inner] += 1
        for part, seen, end in zip(inner, outer, shape):
            assert seen.start % stride == 0 and seen.stop % stride == 0
            assert seen.start <= max(0, part.start - margin) and seen.stop >= min(end, part.stop + margin)
    assert (count == 1).all()


def test_noise_lies_at_its_place():
    whole = field_sampling.noise(4, 1, slice(0, 300), slice(0, 290))
    part = field_sampling.noise(4, 1, slice(101, 260), slice(120, 130))
    np.testing.assert_array_equal(part, whole[101:260, 120:130])
    assert abs(whole.mean()) < 0.02 and abs(whole.std() - 1) < 0.02
    assert np.abs(np.corrcoef(whole[:128, :128].ravel(), whole[128:256, :128].ravel())[0, 1]) < 0.05
    assert not np.array_equal(whole, field_sampling.noise(4, 2, slice(0, 300), slice(0, 290)))


def test_key_and_style_are_heard_and_repeat(generator, smear):
    owners, ids, dense = smear
    first = generator.paint(owners, ids, dense, style=0, key=5)
    np.testing.assert_array_equal(first, generator.paint(owners, ids, dense, style=0, key=5))
    np.testing.assert_array_equal(first, generator.paint(owners, ids, dense, style=generator.styles.values[0], key=5))
    assert (first != generator.paint(owners, ids, dense, style=0, key=6)).any()
    assert (first != generator.paint(owners, ids, dense, style=3, key=5)).any()


def test_edge_between_touching_cells_is_heard(generator):
    owners = np.ones((64, 64), np.uint16)
    owners[:, 32:] = 2
    one, dense = np.ones_like(owners), np.zeros(owners.shape, bool)
    parted = generator.paint(owners, np.array([2, 2]), dense, style=0, key=5).astype(int)
    joined = generator.paint(one, np.array([2]), dense, style=0, key=5).astype(int)
    difference = np.abs(parted - joined).max((0, 2))
    assert difference[28:36].max() > 5
    assert difference[32 + field_planes.DEPTH + generator.reach + 1 :].max(initial=0) <= 1


def test_odd_pictures_are_drawn(generator):
    empty = np.zeros((64, 1), np.uint16)
    assert generator.paint(empty, np.zeros(0, int), empty > 0, style=0, key=1).shape == (64, 1, 3)
    long = np.zeros((3, 5000), np.uint16)
    assert generator.paint(long, np.zeros(0, int), long > 0, style=0, key=1, tile=512).shape == (3, 5000, 3)


def test_what_cannot_be_drawn_is_refused(generator, smear):
    owners, ids, dense = smear
    with pytest.raises(UserError, match="not trained on type 99"):
        generator.paint(owners, np.where(ids == 2, 99, ids), dense, style=0, key=1)
    with pytest.raises(UserError, match="each with a type"):
        generator.paint(owners, ids[:1], dense, style=0, key=1)
    with pytest.raises(UserError, match="same height and width"):
        generator.paint(owners, ids, dense[1:], style=0, key=1)
    with pytest.raises(UserError, match="from 0 to 5"):
        generator.paint(owners, ids, dense, style=6, key=1)


def test_batches_follow_from_seed_and_step(fields):
    def draw(step, seed=1):
        return field_data.batch(fields, step, seed=seed, batch=3, levels=2)

    first = draw(4)
    for name, values in draw(4).items():
        np.testing.assert_array_equal(values, first[name])
    assert (draw(5)["real"] != first["real"]).any() and (draw(4, seed=2)["real"] != first["real"]).any()
    assert first["real"].shape == (3, 64, 64, 3) and first["label"].shape == (3, 64, 64, 4)
    assert first["noise1"].shape == (3, 32, 32, 1) and first["style"].shape == (3, field_style.CODE)


def test_crops_hold_picture_and_label_of_the_same_place(fields):
    made = field_data.batch(fields, 0, seed=9, batch=16, levels=1)
    for real, label in zip(made["real"], made["label"]):
        # Phantoms' nuclei are darker in green than anything else of theirs.
        nucleus, smear = label[..., 3] > 0, (label[..., 0] == 0) & (label[..., 1] < 100)
        if nucleus.sum() > 50 and smear.sum() > 50:
            assert real[nucleus][:, 1].mean() + 40 < real[smear][:, 1].mean()
    assert (made["label"][..., 3] > 0).any((1, 2)).mean() > 0.5


def test_only_training_fields_are_trained_on(index, fields, tmp_path):
    assert len(fields.maps) == 6 and fields.um_per_px == world.UM_PER_PX
    content = read_json(index)
    with pytest.raises(UserError, match="smaller than a crop"):
        field_data.Fields(index, crop=160, restain=0.0, seed=1)
    for entry in content["fields"]:
        entry["split"] = "test"
    write_json(index.parent / "test_only.json", content)
    with pytest.raises(UserError, match="no training fields"):
        field_data.Fields(index.parent / "test_only.json", crop=64, restain=0.0, seed=1)


def test_style_is_what_the_picture_shows():
    chance = np.random.default_rng(3)
    kinds = np.zeros((120, 120), np.uint8)
    kinds[20:60, 20:60], kinds[70:110, 70:110] = 1, 2
    dense = np.zeros(kinds.shape, bool)
    dense[80:100, 80:100] = True
    light, density = np.array([240.0, 220.0, 200.0]), {1: 0.3, 2: 0.5, 3: 1.2}
    through = np.exp(-np.select([dense, kinds == 2, kinds == 1], [density[3], density[2], density[1]], 0.0))
    slope = 1 + 0.1 * ((np.arange(120) + 0.5) / 120 - 0.5)
    grain = chance.normal(0, 2.0, kinds.shape)[..., None]
    picture = np.clip(light * (through * slope[:, None])[..., None] + grain, 0, 255).astype(np.uint8)
    style = dict(zip(field_style.NAMES, field_style.measure(picture, kinds, dense)))
    np.testing.assert_allclose([255 * style[f"light_{c}"] for c in "rgb"], light, atol=4)
    for region, value in (("red", 0.3), ("white", 0.5), ("dense", 1.2)):
        np.testing.assert_allclose([style[f"{region}_{c}"] for c in "rgb"], value, atol=0.06)
    assert style["fall_y"] == pytest.approx(0.1, abs=0.01) and style["fall_x"] == pytest.approx(0, abs=0.01)
    smooth = field_style.measure(np.clip(picture - grain, 0, 255).astype(np.uint8), kinds, dense)
    assert style["grain_smear"] > 3 * smooth[field_style.NAMES.index("grain_smear")]
    plane = field_style.plane(np.array(list(style.values())), (120, 120))
    assert plane[-1, 60, 0] - plane[0, 60, 0] == pytest.approx(10 * style["fall_y"] * 119 / 120)
    nothing = field_style.measure(picture, np.zeros_like(kinds), np.zeros_like(dense))
    assert np.isnan(nothing[3:14]).all() and np.isfinite(nothing[:3]).all()


def test_unknown_parts_of_a_style_are_the_common_ones(fields):
    gaps = np.full(len(field_style.NAMES), np.nan, np.float32)
    assert (fields.styles.standardised(gaps) == 0).all()
    np.testing.assert_allclose(fields.styles.filled(gaps), np.nanmedian(fields.styles.values, axis=0), rtol=1e-6)
    own = field_style.Styles.of(fields.styles.values, fields.styles.image_ids)
    known = own.standardised(own.values)
    np.testing.assert_allclose(known.mean(0), 0, atol=0.05)
    assert known.std(0).max() < 1.01 and np.median(known.std(0)) > 0.95
    # Changed looks are heard as they are, not cut off: the light of phantoms differs less than that of changed pictures.
    assert (fields.styles.deviation[:3] > 2 * own.deviation[:3]).all()


def test_styles_survive_their_file(fields, tmp_path):
    fields.styles.save(tmp_path / "styles.npz")
    for name, values in vars(field_style.Styles.load(tmp_path / "styles.npz")).items():
        np.testing.assert_array_equal(values, getattr(fields.styles, name))
    np.savez(tmp_path / "other.npz", values=np.zeros(3))
    with pytest.raises(UserError, match="no styles in it"):
        field_style.Styles.load(tmp_path / "other.npz")


def test_restaining_changes_the_look_and_not_the_cells(fields):
    field, style = fields.field(0), fields.styles.values[0]
    looks = [field_data.restained(field.picture, style[:3], np.random.default_rng(i)) for i in range(12)]
    measured = np.array([field_style.measure(look, field.kinds, field.dense) for look in looks])
    spread = np.nanstd(measured, axis=0) > np.nanstd(fields.styles.values, axis=0)
    assert spread[: field_style.CODE].mean() > 0.5
    for look in looks:
        assert np.corrcoef(look[..., 1].ravel(), field.picture[..., 1].ravel())[0, 1] > 0.9


def test_a_resumed_training_is_the_same(fields):
    whole = FieldTraining(FieldOptions(**SMALL, critic_scales=2), fields, seed=3)
    losses = [whole.update(whole.batch(step)) for step in range(4)]
    half = FieldTraining(FieldOptions(**SMALL, critic_scales=2), fields, seed=3)
    for step in range(2):
        half.update(half.batch(step))
    again = FieldTraining(FieldOptions(**SMALL, critic_scales=2), fields, seed=3)
    for variable, value in zip(again.variables, [np.asarray(v) for v in half.variables], strict=True):
        variable.assign(value)
    assert [again.update(again.batch(step)) for step in (2, 3)] == losses[2:]
    for one, other in zip(whole.variables, again.variables, strict=True):
        np.testing.assert_array_equal(np.asarray(one), np.asarray(other))


def test_both_networks_learn(fields):
    training = FieldTraining(FieldOptions(**SMALL, precision="float32"), fields, seed=5)
    before = [[np.asarray(v).copy() for v in group] for group in training.joint.groups]
    for step in range(2):
        assert np.isfinite(training.update(training.batch(step))).all()
    for old, group in zip(before, training.joint.groups):
        unmoved = [v.path for o, v in zip(old, group) if np.array_equal(o, np.asarray(v))]
        assert not unmoved


def test_command_trains_and_the_model_paints(index, tmp_path, smear):
    options = json.dumps(SMALL | {"steps": 3, "grid_every": 2, "log_every": 1})
    call = ["field_train", "--options", options, "--seed", "1", "--fields", str(index)]
    folders = [tmp_path / name for name in ("one", "two")]
    for folder in folders:
        # Keras numbers the layers of a process on, and the file of weights holds their names.
        keras.utils.clear_session()
        arguments = [*call, "--state", str(tmp_path / f"state-{folder.name}"), "--out", str(folder)]
        assert cli.dispatch("smearsynth.gans", ("field_train",), arguments) == 0
    files = sorted(p.relative_to(folders[0]) for p in folders[0].rglob("*") if p.is_file())
    assert [str(f) for f in files if f.parent.name != "events"] == [
        *("generator.weights.h5", "losses.tsv", "model.json", "samples/step-000000002.png", "samples/step-000000003.png"),
        "styles.npz",
    ]
    for file in files:
        assert (folders[0] / file).read_bytes() == (folders[1] / file).read_bytes(), file
    assert images.read(folders[0] / files[-2]).std() > 5
    owners, ids, dense = smear
    drawn = field_sampling.load(folders[0], device="cpu").paint(owners, ids, dense, style=2, key=3)
    assert drawn.shape == (*owners.shape, 3)
    model = read_json(folders[0] / "model.json")
    write_json(folders[0] / "model.json", model | {"options": model["options"] | {"channels": [4, 6, 10]}})
    with pytest.raises(UserError, match="not the weights of this model"):
        field_sampling.load(folders[0], device="cpu")
    write_json(folders[0] / "model.json", {"preset": "default"})
    with pytest.raises(UserError, match="not the model of a field generator"):
        field_sampling.load(folders[0], device="cpu")


def test_a_model_renders_slides(fields, tmp_path, capsys):
    """From the command line, with one tile size and another, in the styles of the model and in others."""
    catalogue = slide_world.make_catalogue(tmp_path / "cells")
    shares = [{"type": "red", "share": 0.6}, {"type": "eosinophil", "share": 0.2}, {"type": "platelet", "share": 0.2}]
    packed = {"count": 30, "overlap": 0.2, "min_gap": 0, "differential": shares}
    options = build(LayoutOptions, {"kind": "packed", "size": [256, 300], "packed": packed}, where="layouts")
    layouts = draw(options, slide_world.TYPES, slide_world.read(catalogue), range(2), seed=5)
    write_json(tmp_path / "layouts.json", {"size": [256, 300], "layouts": layouts})
    model = world.model(tmp_path / "model", fields)
    other = field_style.Styles.of(fields.styles.values + np.float32(0.2), fields.styles.image_ids)
    other.save(tmp_path / "other.npz")

    def run(name, options, *more, given=model):
        inputs = [
            "--catalogue",
            str(catalogue),
            "--layouts",
            str(tmp_path / "layouts.json"),
            "--model",
            str(given),
            "--seed",
            "3",
        ]
        outputs = ["--out-images", str(tmp_path / name), "--out", str(tmp_path / f"{name}.json")]
        told = ["--options", json.dumps({"renderer": "field"} | options), "--taxonomy", slide_world.TAXONOMY_JSON]
        code = cli.dispatch("smearsynth.slides", ("render",), ["render", *told, *inputs, *outputs, *more])
        return [images.read(file).astype(int) for file in sorted((tmp_path / name).glob("*.png"))] if code == 0 else code

    whole = run("whole", {"tile": None, "precision": "float32"})
    assert [picture.shape for picture in whole] == [(256, 300, 3)] * 2
    for one, again in zip(whole, run("tiles", {"tile": 64, "precision": "float32"})):
        np.testing.assert_array_equal(one, again)
    assert any(
        (one != again).any()
        for one, again in zip(
            whole, run("other", {"tile": None, "precision": "float32"}, "--styles", str(tmp_path / "other.npz"))
        )
    )
    capsys.readouterr()
    narrow = read_json(model / "model.json")
    narrow["categories"] = [c | {"id": 99} if c["name"] == "platelet" else c for c in narrow["categories"]]
    write_json(model / "model.json", narrow)
    assert run("refused", {}) == 2 and "was not trained on type 30" in capsys.readouterr().err
    assert run("nothing", {}, given=tmp_path / "nowhere") == 2 and "no such file" in capsys.readouterr().err


def test_options_are_checked_all_at_once():
    with pytest.raises(UserError) as caught:
        build(FieldOptions, {"steps": 0, "crop": 100, "critic_scales": 4, "restain": 2, "augment": ["paint"]}, where="gans.field")
    assert {problem.where.removeprefix("gans.field: ") for problem in caught.value.problems} == {
        "steps",
        "crop",
        "critic_scales",
        "restain",
        "augment",
    }


def test_shipped_size():
    network = field_sampling.build_network(FieldOptions(steps=1), 12, precision="float32", seed=0)
    assert 4 * network.count_params() < 20e6


def test_styles_of_fields_that_nobody_annotated_are_near_those_of_their_labels():
    """Phantoms: what is found without labels against what is measured with the exact ones."""
    drawn = [world.draw("lymphocyte", number, side=256) for number in range(3)]
    found = field_match.measure([picture for picture, *_ in drawn])
    kind_of = {c["id"]: c["kind"] for c in world.CATEGORIES}
    exact = np.array([field_style.measure(p, field_planes.kinds(o, ids, kind_of), d) for p, o, d, ids in drawn])
    near = dict(zip(field_style.NAMES, np.nanmax(np.abs(found - exact), axis=0)))
    assert max(near[f"light_{c}"] for c in "rgb") < 0.02
    assert max(near[f"{part}_{c}"] for part in ("red", "dense") for c in "rgb") < 0.15
    with pytest.raises(UserError, match="hardly any single red cell"):
        field_match.measure([np.full((80, 80, 3), 200, np.uint8)])


def test_match_writes_styles_that_slides_take(fields, tmp_path):
    for number in range(3):
        images.write(tmp_path / f"pictures/{number}.png", world.draw("lymphocyte", number, side=256)[0])
    (tmp_path / "model").mkdir()
    write_json(tmp_path / "model/model.json", {"um_per_px": world.UM_PER_PX})
    fields.styles.save(tmp_path / "model/styles.npz")
    call = ["field_match", "--pictures", str(tmp_path / "pictures"), "--model", str(tmp_path / "model")]
    assert cli.dispatch("smearsynth.gans", ("field_match",), [*call, "--um-per-px", "0.19", "--out", str(tmp_path / "mine")]) == 0
    styles = field_style.Styles.load(tmp_path / "mine/styles.npz")
    assert len(styles.values) == 3 and np.isfinite(styles.values[:, :3]).all()
    assert len(read_tsv(tmp_path / "mine/styles.tsv")) == len(field_style.NAMES)
    (tmp_path / "scan.czi").touch()
    mixed = [*call[:3], str(tmp_path / "scan.czi"), *call[3:], "--um-per-px", "0.19", "--out", str(tmp_path / "no")]
    assert cli.dispatch("smearsynth.gans", ("field_match",), mixed) == 2, "a file that is not read is not left out in silence"
    assert cli.dispatch("smearsynth.gans", ("field_match",), [*call, "--um-per-px", "50", "--out", str(tmp_path / "no")]) == 2
