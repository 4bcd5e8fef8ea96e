"""The default preset: losses by hand, what a network may depend on, cells of any size, states and pairs that are refused."""

import json

import numpy as np
import pytest

keras = pytest.importorskip("keras")

from smearsynth import images  # noqa: E402
from smearsynth.errors import UserError  # noqa: E402
from smearsynth.files import write_json  # noqa: E402
from smearsynth.gans import augment, checkpoint, data, engine, losses, sampling  # noqa: E402
from smearsynth.gans.default import DefaultTraining  # noqa: E402
from smearsynth.gans.journal import Journal  # noqa: E402
from smearsynth.gans.networks import layers  # noqa: E402
from smearsynth.gans.options import DefaultOptions, GanOptions  # noqa: E402
from smearsynth.options import build  # noqa: E402
from smearsynth.seeds import entropy  # noqa: E402

CATEGORIES = tuple({"id": i, "name": f"t{i}", "kind": "white", "colour": [50 * i, 80, 10]} for i in (1, 2))
SMALL = {"steps": 40, "batch": 3, "crop": 32, "filters": 3, "critic_filters": 3}


def pairs() -> data.Pairs:
    """Six cells of two types and several sizes, with a nucleus."""
    generator = np.random.default_rng(1)
    pictures, masks = [], []
    for i in range(6):
        side = 22 + 4 * i
        y, x = np.mgrid[:side, :side] - side / 2 + 0.5
        mask = np.hypot(y, x) < side / 2
        picture = np.where((np.hypot(y, x - 2) < side / 5)[..., None], (70, 30, 120), (220, 170 + 10 * (i % 2), 200))
        pictures.append(np.where(mask[..., None], picture + generator.integers(-9, 9, (side, side, 3)), 0).astype(np.uint8))
        masks.append(mask)
    entries = tuple({"cell_id": i, "category_id": i % 2 + 1, "split": "train", "fold": i % 2} for i in range(6))
    return data.Pairs(64, CATEGORIES, entries, tuple(pictures), tuple(masks), ((4, 4),) * 6, "digest")


@pytest.fixture(scope="module")
def training():
    engine.configure(device="cpu", threads=1)
    trained = DefaultTraining(GanOptions("default", DefaultOptions(**SMALL)), pairs(), seed=3)
    for step in range(12):
        trained.update(trained.batch(step))
    return trained


def test_hinge_by_hand():
    real, fake = np.array([2.0, 0.5, -1.0], np.float32), np.array([-2.0, 0.0, 1.0], np.float32)
    assert float(losses.hinge_discriminator(real, fake)) == pytest.approx((0 + 0.5 + 2) / 3 + (0 + 1 + 2) / 3)
    assert float(losses.hinge_generator(fake)) == pytest.approx(1 / 3)


def test_tone_sees_means_and_not_texture():
    mask = np.ones((1, 16, 16, 1), np.float32)
    grain = np.tile(np.array([[1.0, -1.0]], np.float32), (16, 8))[None, :, :, None] * np.ones(3, np.float32)
    assert float(losses.tone(grain, 0 * grain, mask)) == pytest.approx(0, abs=1e-6)
    assert float(losses.tone(0 * grain + 0.25, 0 * grain, mask)) == pytest.approx(0.25)
    half = mask.copy()
    half[:, 8:] = 0
    assert float(losses.tone(0 * grain + 0.25, 0 * grain, half)) == pytest.approx(0.25)
    assert float(losses.masked_l1(0 * grain + 0.25, 0 * grain, half)) == pytest.approx(0.25)


def test_feature_matching_stops_at_the_real_side():
    import tensorflow as tf

    real, fake = tf.Variable([1.0, 3.0]), tf.Variable([2.0, 1.0])
    with tf.GradientTape() as tape:
        loss = losses.feature_matching([real], [fake])
    gradients = tape.gradient(loss, [real, fake])
    assert float(loss) == 1.5 and gradients[0] is None
    np.testing.assert_allclose(gradients[1], [0.5, -0.5])


def test_spectral_norm_is_the_largest_singular_value():
    layer = layers.SpectralConv(5, 3, 1, seed=4)
    picture = np.random.default_rng(0).normal(size=(1, 8, 8, 3)).astype(np.float32)
    for _ in range(100):
        drawn = layer(picture, training=True)
    flat = engine.to_numpy(layer.kernel).reshape(-1, 5)
    kernel = engine.to_numpy(layer.kernel) * layers.GAIN / np.linalg.svd(flat, compute_uv=False)[0]
    expected = engine.to_numpy(keras.ops.conv(picture, kernel, padding="same"))
    np.testing.assert_allclose(engine.to_numpy(drawn), expected, atol=1e-4)


@pytest.mark.parametrize("kind", ["pixel", "instance"])
def test_normalisation_does_not_mix_pictures(kind):
    layer = layers.normalisation(kind, "float32")
    both = np.random.default_rng(0).normal(size=(2, 8, 8, 5)).astype(np.float32)
    np.testing.assert_allclose(engine.to_numpy(layer(both))[:1], engine.to_numpy(layer(both[:1])), atol=1e-6)


def test_augmentation_changes_pictures_and_planes_alike():
    picture = np.full((2, 16, 16, 3), -1.0, np.float32)
    picture[:, 6:9, 6:9] = 0.5
    told = (picture[..., :1] > 0).astype(np.float32)
    numbers = np.random.default_rng(5).random((2, 8)).astype(np.float32)
    moved, along = (engine.to_numpy(x) for x in augment.differentiable(picture, told, numbers, ("shift",)))
    np.testing.assert_array_equal(moved[..., :1] > 0, along > 0)
    assert (moved != picture).any()
    assert (engine.to_numpy(augment.differentiable(picture, told, numbers, ("colour",))[0]) != picture).any()
    np.testing.assert_array_equal(augment.differentiable(picture, told, numbers, ())[0], picture)


def test_the_average_follows_the_weights(training):
    distance = sum(
        float(np.abs(a.numpy() - w.numpy()).sum())
        for a, w in zip(training.averaged.weights, training.generator.weights, strict=True)
    )
    assert distance > 0
    rate = training.joint.optimisers[0].learning_rate
    assert float(rate) == pytest.approx(2e-4)


def test_the_rate_falls_to_a_tenth():
    from smearsynth.gans.joint import Falling

    rate = Falling(1.0, 100)
    assert [round(float(rate(step)), 3) for step in (0, 50, 75, 100)] == [1.0, 1.0, 0.55, 0.1]


def test_a_batch_is_a_function_of_seed_and_step(training):
    first, other, again = training.batch(3), training.batch(4), training.batch(3)
    assert all(np.array_equal(first[key], again[key]) for key in first)
    assert (first["real"] != other["real"]).any()
    mask = first["shape"][..., 0] > 0
    assert not first["real"][~mask].any(), "the cell and its mask are turned and cropped alike"
    assert (first["real"][mask].any(-1)).mean() > 0.99


def test_a_cell_is_the_same_alone_and_among_sixteen(training):
    """Bit for bit: at batch 1, in a full batch and across windows of several sizes."""
    generator = training.drawing
    rng = np.random.default_rng(2)
    masks, kinds = [], []
    for i in range(16):
        height, width = rng.integers(10, 120, 2)
        masks.append(np.pad(np.ones((height, width), bool), int(rng.integers(0, 9))))
        kinds.append(i % 2 + 1)
    keys = [entropy(1, i) for i in range(16)]
    together = generator.draw(masks, kinds, keys=keys)
    for i in range(16):
        alone = generator.draw([masks[i]], [kinds[i]], keys=[keys[i]])[0]
        np.testing.assert_array_equal(alone, together[i])
        assert together[i].shape == (*masks[i].shape, 3) and together[i].dtype == np.uint8
        assert not together[i][~masks[i]].any() and together[i][masks[i]].any()


def test_keys_make_other_cells_of_the_same_outline(training):
    mask = pairs().masks[5]
    drawn = training.drawing.draw([mask] * 3, [1] * 3, keys=[entropy(1, 0), entropy(1, 1), entropy(1, 0)])
    np.testing.assert_array_equal(drawn[0], drawn[2])
    assert np.abs(drawn[0].astype(int) - drawn[1])[mask].mean() > 1


def test_cells_beyond_the_largest_window_and_empty_masks(training, monkeypatch):
    monkeypatch.setattr(sampling, "LARGEST", 64)
    large, empty = np.ones((150, 90), bool), np.zeros((20, 20), bool)
    drawn = training.drawing.draw([large, empty], [1, 2], keys=[1, 2])
    assert drawn[0].shape == (150, 90, 3) and drawn[0].any(2).all()
    assert not drawn[1].any()


def test_a_type_that_was_not_trained_is_named(training):
    with pytest.raises(UserError, match=r"type 9.*\n.*t1 \(1\), t2 \(2\)"):
        training.drawing.draw([np.ones((20, 20), bool)], [9], keys=[0])


def test_pairs_that_cannot_be_used_are_all_named(tmp_path):
    pair = np.zeros((32, 64, 3), np.uint8)
    pair[10:20, 10:20] = 200
    pair[10:20, 42:52] = CATEGORIES[0]["colour"]
    wrong = pair.copy()
    wrong[12, 45] = (1, 2, 3)
    for name, picture in {"good": pair, "colour": wrong, "empty": pair * 0, "size": pair[:20]}.items():
        images.write(tmp_path / f"{name}.png", picture)
    (tmp_path / "text.png").write_text("no picture")
    names = ("good", "colour", "empty", "size", "text", "missing")
    entries = [
        {"file": f"{name}.png", "cell_id": i, "category_id": 1, "split": "train", "fold": 0} for i, name in enumerate(names)
    ]
    write_json(tmp_path / "index.json", {"size": 32, "categories": list(CATEGORIES), "pairs": entries})
    with pytest.raises(UserError) as caught:
        data.read(tmp_path / "index.json", lambda entry: True)
    assert len(caught.value.problems) == 5
    assert data.read(tmp_path / "index.json", lambda entry: entry["cell_id"] == 0).masks[0].all()
    with pytest.raises(UserError, match="no pairs"):
        data.read(tmp_path / "index.json", lambda entry: False)


def test_folds_leave_their_own_cells_out():
    entries = [{"split": "train", "fold": 0}, {"split": "train", "fold": 1}, {"split": "test", "fold": None}]
    chosen = {which: [data.chosen(entry, which) for entry in entries] for which in data.SELECTIONS}
    assert chosen == {"all": [True, True, False], "fold0": [False, True, False], "fold1": [True, False, False]}


def test_a_state_is_whole_and_of_its_own_training(tmp_path):
    arrays = [np.arange(5.0), np.array(7, np.int64)]
    assert not checkpoint.claim(tmp_path, "one")
    for step in (5, 10, 15):
        checkpoint.save(tmp_path, step, [arrays[0] + step, arrays[1]], {"told": step})
    assert len(list(tmp_path.glob("step-*"))) == checkpoint.KEPT
    step, found, meta = checkpoint.load(tmp_path)
    assert (step, meta, found[1].dtype) == (15, {"told": 15}, np.int64)
    np.testing.assert_array_equal(found[0], arrays[0] + 15)
    last = max(tmp_path.glob("step-*"))
    last.write_bytes(last.read_bytes()[:-30])
    (tmp_path / ".123.writing.npz").write_bytes(b"half")
    assert checkpoint.claim(tmp_path, "one") and not (tmp_path / ".123.writing.npz").exists()
    assert checkpoint.load(tmp_path)[0] == 10
    assert not checkpoint.claim(tmp_path, "another")
    assert checkpoint.load(tmp_path) is None


def test_another_option_seed_or_code_is_another_training():
    def named(module="smearsynth.gans.train", *, seed=1, **changed):
        options = GanOptions("default", DefaultOptions(**{**SMALL, **changed}))
        return checkpoint.fingerprint(module, options, {"seed": seed})

    assert named() == named()
    assert len({named(), named(l1=3.0), named(seed=2), named("smearsynth.gans.sample")}) == 4


def test_a_training_goes_on_where_states_are_to_be_saved_more_often():
    often, rarely = (GanOptions("default", DefaultOptions(**SMALL), checkpoint_every=every) for every in (5, 50))
    assert checkpoint.fingerprint("smearsynth.gans.train", often, {}) == checkpoint.fingerprint(
        "smearsynth.gans.train", rarely, {}
    )


def test_a_journal_goes_on_in_the_middle_of_a_row(tmp_path):
    def run(stops: tuple[int, ...]) -> bytes:
        journal = Journal(("a",), 3)
        for step in range(1, 11):
            journal.add(step, [step / 7])
            if step in stops:
                state = json.loads(json.dumps(journal.state()))
                journal = Journal(("a",), 3)
                journal.restore(state)
        journal.write(tmp_path)
        return (tmp_path / "losses.tsv").read_bytes() + next((tmp_path / "events").iterdir()).read_bytes()

    assert run(()) == run((2, 6, 7))
    from tensorboard.backend.event_processing.event_file_loader import EventFileLoader

    events = list(EventFileLoader(str(next((tmp_path / "events").iterdir()))).Load())
    assert [event.step for event in events[1:]] == [3, 6, 9]


def test_a_loss_that_is_no_number_stops_the_training(tmp_path):
    from smearsynth.gans import loop

    class Diverging:
        columns, steps, variables = ("loss",), 5, ()

        def saves(self, step):
            return False

        def batch(self, step):
            return {}

        def update(self, batch):
            return [float("nan")]

    def go():
        every = {"log_every": 1, "grid_every": 9, "checkpoint_every": 9}
        loop.train(Diverging(), state=tmp_path, fingerprint="x", grid=lambda: np.zeros((4, 4, 3), np.uint8), **every)

    with pytest.raises(UserError, match="training step 1: a loss is no longer a number"):
        go()
    with loop.locked(tmp_path), pytest.raises(UserError, match="another process"):
        go()


@pytest.mark.parametrize(
    "changed", [{"crop": 40}, {"ema": 1.0}, {"augment": ["blur"]}, {"steps": 0}, {"l1": -1.0}, {"lambda": 3}]
)
def test_options_out_of_range(changed):
    with pytest.raises(UserError):
        build(GanOptions, {"preset": "default", "default": {**SMALL, **changed}}, where="gans")


def test_gpu_without_a_gpu_is_an_error():
    import tensorflow as tf

    if tf.config.list_physical_devices("GPU"):
        pytest.skip("a GPU is visible here")
    with pytest.raises(UserError, match="none is visible"):
        engine.configure(device="gpu", threads=1)
