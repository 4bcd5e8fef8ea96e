"""The thesis preset, to the letter of section 3.4."""

import numpy as np
import pytest

keras = pytest.importorskip("keras")

from smearsynth.gans import augment, data, engine, losses, sampling  # noqa: E402
from smearsynth.gans.networks import thesis  # noqa: E402
from smearsynth.gans.options import DefaultOptions, GanOptions, ThesisOptions  # noqa: E402
from smearsynth.gans.thesis import ThesisTraining  # noqa: E402
from smearsynth.seeds import entropy, rng  # noqa: E402

CATEGORIES = tuple({"id": i, "name": f"t{i}", "kind": "white", "colour": [50 * i, 80, 10]} for i in (1, 2))


def pairs(count: int = 4) -> data.Pairs:
    """Disks of two types in windows of 64 px."""
    y, x = np.mgrid[:40, :40]
    mask = np.hypot(y - 20, x - 20) < 18
    generator = np.random.default_rng(1)
    pictures = tuple(
        np.where(mask[..., None], generator.integers(60, 200, (40, 40, 3)), 0).astype(np.uint8) for _ in range(count)
    )
    entries = tuple({"cell_id": i, "category_id": i % 2 + 1, "split": "train", "fold": i % 2} for i in range(count))
    return data.Pairs(64, CATEGORIES, entries, pictures, (mask,) * count, ((12, 12),) * count, "digest")


@pytest.fixture(scope="module")
def training():
    engine.configure(device="cpu", threads=1)
    options = GanOptions("thesis", DefaultOptions(steps=1), ThesisOptions(epochs=50))
    return ThesisTraining(options, pairs(), seed=3, filters=2)


def test_parameters_and_shapes_of_the_generator():
    network = thesis.generator(0)
    assert network.count_params() == 54_425_859
    assert sum(int(np.prod(v.shape)) for v in network.trainable_variables) == 54_414_979
    assert network.output_shape == (None, 256, 256, 3)
    sides = [layer.output.shape[1] for layer in network.layers if isinstance(layer, keras.layers.Conv2D)]
    assert [s for s in sides if s] == [128, 64, 32, 16, 8, 4, 2, 1] or sides[:8] == [128, 64, 32, 16, 8, 4, 2, 1]
    joined = [layer.output.shape[1:] for layer in network.layers if isinstance(layer, keras.layers.Concatenate)]
    assert joined == [(2, 2, 1024), (4, 4, 1024), (8, 8, 1024), (16, 16, 1024), (32, 32, 512), (64, 64, 256), (128, 128, 128)]
    assert len(thesis.dropout_states(network)) == 3
    kernels = [v.numpy() for v in network.trainable_variables if "kernel" in v.path]
    assert abs(np.concatenate([k.reshape(-1) for k in kernels]).std() - 0.02) < 1e-4


def test_parameters_and_patches_of_the_discriminator():
    network = thesis.discriminator(0)
    assert network.count_params() == 2_770_433
    assert sum(int(np.prod(v.shape)) for v in network.trainable_variables) == 2_768_641
    assert network.output_shape == (None, 30, 30, 1)


def test_a_logit_sees_70_pixels():
    """Its gradient with respect to the input is not zero on exactly 70 × 70 pixels."""
    network = thesis.discriminator(0, filters=4)
    at = keras.ops.convert_to_tensor(np.random.default_rng(0).normal(size=(1, 256, 256, 3)).astype(np.float32))
    gradient = engine.to_numpy(engine.input_gradient(lambda x: network([x, x], training=False)[:, 15, 15], at))
    seen = np.abs(gradient[0]).sum(-1) > 0
    assert seen.any(0).sum() == 70 and seen.any(1).sum() == 70


def test_losses_by_hand():
    real, fake = np.array([[2.0], [-1.0]], np.float32), np.array([[0.5], [-3.0]], np.float32)

    def sigmoid(x):
        return 1 / (1 + np.exp(-x))

    assert np.isclose(float(losses.cross_entropy(fake, 1.0)), -np.log(sigmoid(fake)).mean(), rtol=1e-6)
    hand = -np.log(sigmoid(real)).mean() - np.log(1 - sigmoid(fake)).mean()
    assert np.isclose(float(losses.thesis_discriminator(real, fake)), hand, rtol=1e-6)
    assert np.isclose(float(losses.thesis_discriminator(0 * real, 0 * fake)), 2 * np.log(2), rtol=1e-6)
    assert float(losses.l1(np.full((1, 2, 2, 3), 0.5, np.float32), np.zeros((1, 2, 2, 3), np.float32))) == 0.5
    assert np.isfinite(float(losses.cross_entropy(np.array([1e4, -1e4], np.float32), 1.0)))


def test_total_is_gan_plus_100_l1_and_adam_is_the_thesis_s(training):
    total, gan, l1, _ = training.update(training.batch(0))
    assert np.isclose(total, gan + 100 * l1, rtol=1e-5)
    for optimiser in training.optimisers:
        assert isinstance(optimiser, keras.optimizers.Adam)
        assert np.isclose(float(optimiser.learning_rate), 2e-4) and optimiser.beta_1 == 0.5
        assert optimiser.beta_2 == 0.999 and optimiser.epsilon == 1e-7


def test_training_learns_and_a_state_is_kept_every_20_epochs(training):
    first = training.update(training.batch(1))[2]
    for step in range(2, 30):
        last = training.update(training.batch(step))[2]
    assert last < first
    assert training.steps == 200
    assert [step for step in range(1, 201) if training.saves(step)] == [80, 160]


def test_jitter_resizes_to_286_crops_256_and_mirrors_alike():
    ramp = np.add.outer(np.arange(64), np.arange(64)).astype(np.uint8)
    picture = np.stack([ramp, ramp * 0, np.tile(np.arange(64, dtype=np.uint8), (64, 1))], axis=-1)
    mirrored = 0
    for i in range(40):
        label, real = augment.jitter(picture, picture, rng(1, i))
        assert label.shape == real.shape == (256, 256, 3)
        np.testing.assert_array_equal(label, real)
        mirrored += int(label[0, 0, 2]) > int(label[0, -1, 2])
    assert 8 < mirrored < 32
    assert set(np.unique(label)) <= set(np.unique(picture)), "nearest neighbours make no new values"


def test_an_epoch_shows_every_pair_once_and_the_buffer_limits_the_mixing():
    order = data.buffered_order(500, rng(0, "o"), buffer=192)
    assert sorted(order) == list(range(500))
    assert order != data.buffered_order(500, rng(1, "o"), buffer=192)
    listed = rng(0, "o").permutation(500).tolist()
    assert all(listed.index(item) < at + 192 for at, item in enumerate(order))


def test_the_order_of_steps_owes_nothing_to_the_past(training):
    later = training.batch(7)
    training.batch(123)
    again = training.batch(7)
    assert all(np.array_equal(later[key], again[key]) for key in later)


def test_a_cell_owes_nothing_to_its_company_and_its_key_matters(training):
    generator = sampling.ThesisGenerator(training.generator, size=64, categories=CATEGORIES)
    masks = [pairs().window(0)[1], np.pad(np.ones((30, 20), bool), 3), np.ones((90, 70), bool)]
    keys = [entropy(1, i) for i in range(3)]
    together = generator.draw(masks, [1, 2, 1], keys=keys)
    for mask, category_id, key, picture in zip(masks, [1, 2, 1], keys, together, strict=True):
        alone = generator.draw([mask], [category_id], keys=[key])[0]
        np.testing.assert_array_equal(alone, picture)
        assert picture.shape == (*mask.shape, 3) and not picture[~mask].any()
    assert (generator.draw(masks[:1], [1], keys=[entropy(2, 0)])[0] != together[0]).any()


def test_the_thesis_s_training_goes_on_with_the_same_bits(tmp_path):
    """Weights, statistics of the normalisation and Adam's slots are all in the state."""
    from smearsynth.gans import checkpoint

    def fresh():
        return ThesisTraining(GanOptions("thesis", DefaultOptions(steps=1), ThesisOptions(epochs=1)), pairs(), seed=4, filters=2)

    first = fresh()
    for step in range(4):
        if step == 2:
            checkpoint.save(tmp_path, step, [np.asarray(v) for v in first.variables], {})
        first.update(first.batch(step))
    second = fresh()
    step, arrays, _ = checkpoint.load(tmp_path)
    for variable, value in zip(second.variables, arrays, strict=True):
        variable.assign(value)
    for later in range(step, 4):
        second.update(second.batch(later))
    for a, b in zip(first.variables, second.variables, strict=True):
        np.testing.assert_array_equal(a.numpy(), b.numpy())
