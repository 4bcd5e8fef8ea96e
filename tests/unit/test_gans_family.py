"""The family: networks as their recipes say, batches, one training for all, sampling, bad input."""

import dataclasses
import json

import numpy as np
import pytest
from family_world import draw_windows

keras = pytest.importorskip("keras")

from smearsynth import images  # noqa: E402
from smearsynth.errors import UserError  # noqa: E402
from smearsynth.files import read_json, read_tsv  # noqa: E402
from smearsynth.gans import (  # noqa: E402
    engine,
    family_augment,
    family_data,
    family_sample,
    family_sampling,
    family_train,
    loop,
)
from smearsynth.gans.family import RECIPES  # noqa: E402
from smearsynth.gans.family_options import FamilyOptions, contradictions, recipe, restricted  # noqa: E402
from smearsynth.gans.family_training import FamilyTraining, named  # noqa: E402
from smearsynth.gans.networks import family as networks  # noqa: E402
from smearsynth.options import build  # noqa: E402
from smearsynth.pairs import crops  # noqa: E402
from smearsynth.seeds import entropy  # noqa: E402

PAPER = ("wgan_gp_ac", "acgan", "wgan", "wgan_gp", "infogan", "wgan_gp_info", "dcgan", "cgan")


def options(**changed) -> FamilyOptions:
    settled = {"models": ["default"], "steps": 4, "batch": 4, "filters": 2, "critic_filters": 2, "precision": "float32"}
    return build(FamilyOptions, {**settled, **changed}, where="gans.family")


def layers(model) -> list[str]:
    return [type(layer).__name__ for layer in model.layers]


@pytest.fixture(scope="module")
def index(tmp_path_factory):
    return draw_windows(tmp_path_factory.mktemp("windows"))


@pytest.fixture(scope="module")
def cells(index):
    return crops.read(index, split="train")


def both(name: str, *, size: int = 32, types: int = 5, **changed):
    made = dataclasses.replace(RECIPES[name], **changed)
    shape = {"size": size, "types": types, "filters": 2, "precision": "float32", "seed": 1}
    return networks.generator(made, **shape), networks.critic(made, **shape)


def test_all_of_the_paper_are_there():
    assert set(RECIPES) == {*PAPER, "default"}
    for name, made in RECIPES.items():
        assert made.name == name and not contradictions(made)


def test_wgan_gp_ac_is_what_the_paper_describes():
    """Noise and type each through a dense layer, reshaped, concatenated; batch norm; tanh. The critic sees no type."""
    generator, critic = both("wgan_gp_ac")
    assert [tensor.shape[1:] for tensor in generator.inputs] == [(128,), (5,)]
    kinds = layers(generator)
    assert kinds.count("Dense") == 2 and "Concatenate" in kinds and "Add" in kinds
    assert kinds[-1] == "Activation" and kinds[-2] == "Conv2D" and "BatchNormalization" in kinds
    assert [tensor.shape[1:] for tensor in critic.inputs] == [(32, 32, 3)]
    assert [tensor.shape[1:] for tensor in critic.outputs] == [(1,), (5,)]
    assert "Add" in layers(critic)


@pytest.mark.parametrize("name", sorted(RECIPES))
def test_a_critic_with_a_gradient_penalty_has_no_batch_statistics(name):
    """What it says of a picture does not depend on the others: only then is a gradient one picture's own."""
    made = RECIPES[name]
    _, critic = both(name)
    if made.constraint in ("interpolated", "real") or made.critic_norm != "batch":
        assert "BatchNormalization" not in layers(critic)
        random = np.random.default_rng(1)
        pictures = random.uniform(-1, 1, (3, 32, 32, 3)).astype(np.float32)
        labels = [np.eye(5, dtype=np.float32)[:3]] if made.critic_labels != "none" else []
        ask = lambda part: critic([pictures[part], *(told[part] for told in labels)], training=False)  # noqa: E731
        first = lambda said: np.asarray(said[0] if isinstance(said, list) else said)[0]  # noqa: E731
        np.testing.assert_allclose(first(ask(slice(0, 3))), first(ask(slice(0, 1))), atol=1e-5)
    else:
        assert "BatchNormalization" in layers(critic)


@pytest.mark.parametrize(
    ("name", "told", "asked", "head"),
    [
        ("acgan", 5, 1, 5),
        ("wgan", None, 1, None),
        ("wgan_gp", None, 1, None),
        ("dcgan", None, 1, None),
        ("infogan", 7, 1, 7),
        ("wgan_gp_info", 7, 1, 7),
        ("cgan", 5, 2, None),
        ("default", 5, 2, 5),
    ],
)
def test_labels_go_where_the_authors_let_them(name, told, asked, head):
    generator, critic = both(name)
    assert [t.shape[1] for t in generator.inputs[1:]] == ([] if told is None else [told])
    assert len(critic.inputs) == asked
    assert [t.shape[1] for t in critic.outputs[1:]] == ([] if head is None else [head])
    assert generator.outputs[0].shape[1:] == (32, 32, 3)


@pytest.mark.parametrize("size", [32, 48, 64, 80, 96, 128])
def test_sizes(size):
    for name in ("wgan_gp_ac", "dcgan"):
        generator, critic = both(name, size=size)
        assert generator.outputs[0].shape[1:] == (size, size, 3) and critic.inputs[0].shape[1:] == (size, size, 3)


def test_published_rates_and_optimisers(cells):
    """As published: RMSprop 5e-5 and clipping at 0.01 for WGAN, Adam 2e-4 with β1 0.5 for DCGAN, 1e-4 (0, 0.9) for WGAN-GP."""
    wgan = FamilyTraining(options(), "wgan", cells, seed=1)
    assert isinstance(wgan.optimisers[1], keras.optimizers.RMSprop)
    assert float(wgan.optimisers[1].learning_rate) == pytest.approx(5e-5) and RECIPES["wgan"].critic_steps == 5
    dcgan = FamilyTraining(options(), "dcgan", cells, seed=1)
    assert (dcgan.optimisers[0].beta_1, float(dcgan.optimisers[0].learning_rate)) == (0.5, pytest.approx(2e-4))
    gp = RECIPES["wgan_gp"]
    assert (gp.betas, gp.critic_rate, gp.penalty, gp.critic_steps) == ((0.0, 0.9), 1e-4, 10.0, 5)


def test_the_papers_values_can_be_told():
    told = options(
        models=["wgan_gp_ac"],
        batch=64,
        steps=50 * 265,
        changes=[{"model": "wgan_gp_ac", "generator_rate": 1.0e-3, "critic_rate": 1.0e-3, "penalty": 10.0, "critic_steps": 1}],
    )
    made = recipe(told, "wgan_gp_ac")
    assert (made.generator_rate, made.critic_rate, made.penalty, made.critic_steps) == (1e-3, 1e-3, 10.0, 1)


@pytest.mark.parametrize("name", sorted(RECIPES))
def test_every_model_learns_with_the_same_training(name, cells):
    """After critic_steps steps both networks have moved, all losses are finite, clipped weights are within their bound."""
    training = FamilyTraining(options(), name, cells, seed=1)
    made = RECIPES[name]
    before = [[weight.numpy() for weight in group] for group in training.groups]
    for step in range(made.critic_steps):
        batch = training.batch(step)
        last = step == made.critic_steps - 1
        assert made.joint or ("generator_noise" in batch) == last
        values = training.update(batch)
        assert len(values) == len(training.columns) and np.isfinite(values).all()
        moved = any((old != weight.numpy()).any() for old, weight in zip(before[0], training.groups[0], strict=True))
        assert moved == last
    assert any((old != weight.numpy()).any() for old, weight in zip(before[1], training.groups[1], strict=True))
    if made.constraint == "clip":
        assert max(abs(weight.numpy()).max() for weight in training.groups[1]) <= 0.01 + 1e-9


def test_critic_step_is_the_one_worked_out_by_hand(cells):
    """WGAN-GP-AC: source, penalty at the interpolated pictures and both class terms add up as eq. 3, 4 and 6 say."""
    training = FamilyTraining(options(), "wgan_gp_ac", cells, seed=1)
    batch = training.batch(0)
    real = batch["real"].astype(np.float32) / 127.5 - 1
    kinds = batch["kinds"]
    import tensorflow as tf

    fake = training.generator([tf.convert_to_tensor(batch["noise"]), tf.one_hot(kinds, 2)], training=True)
    mixed = tf.convert_to_tensor(real + batch["mix"] * (fake.numpy() - real))
    with tf.GradientTape() as tape:
        tape.watch(mixed)
        score = tf.reduce_sum(training.critic(mixed, training=True)[0])
    gradient = tape.gradient(score, mixed).numpy()
    norms = np.sqrt((gradient.reshape(len(gradient), -1) ** 2).sum(1))
    (on_real, real_types), (on_fake, fake_types) = (training.critic(x, training=True) for x in (real, fake))
    source = on_fake.numpy().mean() - on_real.numpy().mean()
    penalty = ((norms - 1) ** 2).mean()
    head = named(real_types.numpy(), kinds)[1] + named(fake_types.numpy(), kinds)[1]
    values = training.update(batch)
    np.testing.assert_allclose(values[:4], [source + 10 * penalty + head, source, penalty, head], rtol=2e-4, atol=2e-5)


def test_order_shows_every_cell_once_before_any_again():
    kinds = np.array([0] * 7 + [1] * 2)
    by_cell = family_data.Draws(kinds, "cells", 5)
    assert sorted(by_cell.at(0, 9)) == list(range(9)) and sorted(by_cell.at(9, 9)) == list(range(9))
    by_type = family_data.Draws(kinds, "types", 5).at(0, 28)
    assert (kinds[by_type] == 0).sum() == 14
    assert sorted(np.bincount(by_type)[:7]) == [2] * 7 and list(np.bincount(by_type)[7:]) == [7, 7]
    np.testing.assert_array_equal(family_data.Draws(kinds, "types", 5).at(12, 4), by_type[12:16])


def test_held_cells_are_a_fifth_and_small_types_keep_theirs(cells):
    wanted = family_data.held(cells, 0.2)
    for category_id, expected in ((3, 1), (5, 0)):
        of_type = cells.category_ids == category_id
        assert wanted[of_type].sum() == expected, of_type.sum()
    assert not family_data.held(cells, 0.0).any()


def test_turned_pictures_are_turns_of_themselves():
    picture = np.random.default_rng(1).integers(0, 256, (1, 8, 8, 3), np.uint8)
    ways = {np.rot90(side, k).tobytes() for k in range(4) for side in (picture[0], picture[0][:, ::-1])}
    seen = {family_data.turned(picture, np.random.default_rng(seed))[0].tobytes() for seed in range(60)}
    assert seen == ways and len(ways) == 8


def test_shift_moves_each_picture_by_its_own_way():
    picture = np.random.default_rng(1).uniform(-1, 1, (2, 16, 16, 3)).astype(np.float32)
    numbers = np.full((2, 8), 0.5, np.float32)
    numbers[1, 2:4] = 0.0, 0.99
    seen = np.asarray(family_augment.pictures(picture, numbers, ("shift",)))
    np.testing.assert_allclose(seen[0], picture[0], atol=1e-6)
    np.testing.assert_allclose(seen[1, 4:, :12], picture[1, 2:14, 2:14], atol=1e-6)
    unchanged = np.full((2, 8), 0.5, np.float32)
    np.testing.assert_allclose(np.asarray(family_augment.pictures(picture, unchanged, ("colour",))), picture, atol=1e-5)


@pytest.fixture(scope="module")
def trained(index, tmp_path_factory):
    """A folder for each of two models, trained by the command."""
    run = tmp_path_factory.mktemp("run")
    told = {"steps": 5, "batch": 16, "filters": 2, "critic_filters": 2, "validate_every": 2, "grid_every": 5}
    text = json.dumps({**told, "models": ["wgan_gp_ac", "dcgan"], "device": "cpu", "log_every": 2})
    for name in ("wgan_gp_ac", "dcgan"):
        train(text, name, index, run / name)
        places = ["--model", str(run / name / "out"), "--out", str(run / name / "cells")]
        call(family_sample, ["--options", text, "--seed", "1", "--per-type", "3", *places])
    return run


def train(text: str, name: str, index, run) -> None:
    places = ["--cells", str(index), "--state", str(run / "state"), "--out", str(run / "out")]
    call(family_train, ["--options", text, "--seed", "1", "--model", name, *places])


def call(module, arguments: list[str]) -> None:
    import argparse

    parser = argparse.ArgumentParser()
    module.arguments(parser)
    module.run(parser.parse_args(arguments))


def test_what_a_training_leaves(trained):
    """A batch above the number of cells is no obstacle; the validation has rows, and empty ones where no cell is held."""
    folder = trained / "wgan_gp_ac" / "out"
    model = read_json(folder / "model.json")
    assert len(model["cells"]) == 10 and len(model["validation"]) == 1 and not set(model["cells"]) & set(model["validation"])
    rows = read_tsv(folder / "validation.tsv")
    assert [row["step"] for row in rows] == ["2", "4"]
    assert all(0 <= float(row["training_accuracy"]) <= 1 and float(row["validation_cross_entropy"]) > 0 for row in rows)
    assert len(read_tsv(folder / "losses.tsv")) == 2 and list((folder / "events").iterdir())
    grid = images.read(folder / "samples" / "step-000000005.png")
    assert grid.shape == (2 * 32, 10 * 32, 3)
    assert read_tsv(trained / "dcgan" / "out" / "validation.tsv") == []


def test_samples_have_the_form_of_windows(trained):
    for name, kinds in (("wgan_gp_ac", [3, 3, 3, 5, 5, 5]), ("dcgan", [-1] * 6)):
        read = crops.read(trained / name / "cells" / "index.json", split="synthetic")
        assert list(read.category_ids) == kinds and read.size == 32
        assert len({picture.tobytes() for picture in read.pixels}) == 6
        told = read_json(trained / name / "cells" / "index.json")
        assert told["model"] == name and told["trained_on"] == read_json(trained / name / "out" / "model.json")["cells"]


def test_a_picture_depends_on_type_and_key_alone(trained):
    """The same bytes alone, first of sixteen and last of sixteen; another key or type gives another picture."""
    generator = family_sampling.load(trained / "wgan_gp_ac" / "out", "cpu")
    keys = [entropy(1, "key", i) for i in range(16)]
    alone = generator.draw([5], keys=keys[:1])[0]
    many = generator.draw([5] + [3] * 15, keys=keys)
    turned_round = generator.draw([3] * 15 + [5], keys=keys[::-1])
    assert (many[0] == alone).all() and (turned_round[-1] == alone).all()
    assert (generator.draw([5], keys=keys[1:2])[0] != alone).any() and (generator.draw([3], keys=keys[:1])[0] != alone).any()


def test_wrong_type_and_wrong_weights_are_told(trained, tmp_path):
    import shutil

    generator = family_sampling.load(trained / "wgan_gp_ac" / "out", "cpu")
    with pytest.raises(UserError, match="was not trained on type 99"):
        generator.draw([99], keys=[1])
    with pytest.raises(UserError, match="type -1"):
        generator.draw([None], keys=[1])
    other = tmp_path / "other"
    shutil.copytree(trained / "wgan_gp_ac" / "out", other)
    shutil.copy(trained / "dcgan" / "out" / "generator.weights.h5", other)
    with pytest.raises(UserError, match=r"sha256 differs"):
        family_sampling.load(other, "cpu")


def test_nan_stops_with_the_step_and_keeps_the_last_state(cells, tmp_path):
    told = options(steps=9, checkpoint_every=2)
    training = FamilyTraining(told, "wgan_gp_ac", cells, seed=1)
    whole = training.update

    def broken(batch):
        values = whole(batch)
        return [float("nan"), *values[1:]] if int(training.optimisers[1].iterations) == 6 else values

    training.update = broken
    with pytest.raises(UserError, match=r"training step 6: a loss is no longer a number"):
        every = {"log_every": 1, "grid_every": 100, "checkpoint_every": 2}
        loop.train(training, state=tmp_path, fingerprint="x", grid=lambda: np.zeros((4, 4, 3), np.uint8), **every)
    assert [path.name[:14] for path in sorted(tmp_path.glob("step-*"))] == ["step-000000002", "step-000000004"]


def test_options_tell_all_that_is_wrong_at_once():
    with pytest.raises(UserError) as error:
        options(models=["wgan_gp_ca"], batch=1, steps=0, validation=0.9)
    assert len(error.value.problems) == 4
    with pytest.raises(UserError, match="batch normalisation"):
        options(changes=[{"model": "acgan", "constraint": "interpolated"}])
    with pytest.raises(UserError, match="twice"):
        options(changes=[{"model": "acgan"}, {"model": "acgan"}])
    with pytest.raises(UserError, match=r"write 2\.0e-4"):
        options(changes=[{"model": "acgan", "critic_rate": "2e-4"}])


def test_another_models_change_trains_nothing_anew():
    plain = restricted(options(models=["acgan", "default"]), "acgan")
    changed = restricted(options(models=["acgan"], changes=[{"model": "default", "ema": 0.9}]), "acgan")
    assert plain == changed


def test_a_type_without_cells_and_a_wrong_size_are_told(tmp_path):
    index = draw_windows(tmp_path / "a", counts=(4, 2), test=2, size=36)
    with pytest.raises(UserError) as error:
        train('{"models": ["acgan"], "steps": 1}', "acgan", index, tmp_path)
    assert "no training cell of type t1" in str(error.value) and "36 px" in str(error.value)


def test_engine_is_asked_for_the_device():
    assert engine.configure(device="cpu", threads=1) == "cpu"


def test_weights_of_another_architecture_are_told(trained, tmp_path):
    """With the digest made to fit: the shapes do not."""
    import hashlib
    import shutil

    other = tmp_path / "other"
    shutil.copytree(trained / "wgan_gp_ac" / "out", other)
    shutil.copy(trained / "dcgan" / "out" / "generator.weights.h5", other)
    model = read_json(other / "model.json")
    model["weights_sha256"] = hashlib.sha256((other / "generator.weights.h5").read_bytes()).hexdigest()
    (other / "model.json").write_text(json.dumps(model))
    with pytest.raises(UserError, match="not the weights of this model"):
        family_sampling.load(other, "cpu")


def test_averaged_weights_draw_unless_told_otherwise(cells):
    """The training is the same with and without them; they lag behind the last weights."""
    averaged, last = (FamilyTraining(options(ema=ema), "dcgan", cells, seed=1) for ema in (0.9, 0.0))
    for step in range(2):
        assert averaged.update(averaged.batch(step)) == last.update(last.batch(step))
    assert last.drawn is last.generator and averaged.drawn is averaged.averaged
    trained, drawn = averaged.generator.get_weights(), averaged.drawn.get_weights()
    for one, other in zip(trained, last.generator.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)
    assert any((one != other).any() for one, other in zip(trained, drawn, strict=True))
