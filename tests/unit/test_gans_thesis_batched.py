"""Many cells at once come out as one call a cell brings them, whatever is drawn with them."""

import keras
import numpy as np
import pytest

from smearsynth import images
from smearsynth.backgrounds import blocks
from smearsynth.gans import data
from smearsynth.gans.networks import thesis
from smearsynth.gans.sampling import ThesisGenerator
from smearsynth.gans.shortened import Frame
from smearsynth.gans.thesis_batched import BATCH, BatchedThesis
from smearsynth.seeds import rng


@pytest.fixture(scope="module")
def network():
    """A slim generator whose normalisation has been moved off its start."""
    made = thesis.generator(1, filters=4)
    chance = np.random.default_rng(2)
    for layer in made.layers:
        if isinstance(layer, keras.layers.BatchNormalization):
            layer.gamma.assign(chance.uniform(0.5, 1.5, layer.gamma.shape))
            layer.beta.assign(chance.normal(0, 0.3, layer.beta.shape))
        if isinstance(layer, keras.layers.Conv2D):
            layer.kernel.assign(chance.normal(0, 0.1, layer.kernel.shape))
    return made


def label(seed: int) -> np.ndarray:
    chance = np.random.default_rng(seed)
    picture = np.full((256, 256, 3), -1, np.float32)
    top, left, side = chance.integers(20, 120, 3)
    picture[top : top + side, left : left + side] = chance.uniform(-1, 1, 3)
    return picture


def alone(network, picture: np.ndarray, seeds: np.ndarray) -> np.ndarray:
    """One call of the network itself, as the thesis makes it."""
    for state, seed in zip(thesis.dropout_states(network), seeds, strict=True):
        state.assign(seed)
    return keras.ops.convert_to_numpy(network(picture[None], training=True))[0]


def drawn_by(batched: BatchedThesis, labels, which, seeds, frame=None) -> list[tuple[Frame, np.ndarray]]:
    """Frame and picture of all cells in order."""
    found = {i: (drawn, picture) for i, drawn, picture in batched.draw(labels, which, seeds, frame)}
    return [found[i] for i in range(len(which))]


def test_each_cell_is_the_one_of_a_call_of_its_own(network):
    labels = [label(i) for i in range(5)]
    which = [0, 1, 2, 3, 4, 0, 0, 2, 4, 4, 1]
    seeds = [data.dropout_seeds(rng(1, "cell", i)) for i in range(len(which))]
    drawn = drawn_by(BatchedThesis(network), labels, which, seeds)
    for i, picture in enumerate(which):
        frame, values = drawn[i]
        outside = (labels[picture] != -1).any(-1)
        outside[frame.slices] = False
        assert not outside.any(), "all of the cell is drawn"
        assert np.abs(values - alone(network, labels[picture], seeds[i])[frame.slices]).max() < 1e-4
    # The same label with other dropout is another cell: the comparison above would see a dropout that is not the cell's own.
    assert np.abs(drawn[0][1] - drawn[5][1]).max() > 1e-2


@pytest.mark.parametrize("half", [2, 32, 33, 56, 89, 96, 97, 128])
def test_what_is_left_out_around_a_cell_changes_nothing(network, half):
    """Cells of every reach, each as large as its reach allows: one pixel less left black would be seen."""
    chance = np.random.default_rng(half)
    picture = np.full((256, 256, 3), -1, np.float32)
    picture[128 - half : 128 + half, 128 - half : 128 + half] = chance.uniform(-1, 1, (2 * half, 2 * half, 3))
    seeds = data.dropout_seeds(rng(1, "cell", half))
    ((frame, drawn),) = drawn_by(BatchedThesis(network), [picture], [0], [seeds])
    assert 2 * half <= drawn.shape[0] and (drawn.shape[0] < 2 * half + 16 or not 32 <= half <= 96)
    assert np.abs(drawn - alone(network, picture, seeds)[frame.slices]).max() < 1e-4


@pytest.mark.parametrize("rows, columns", [((64, 192), (32, 96)), ((0, 256), (0, 128)), ((31, 90), (201, 256))])
def test_a_part_of_a_picture_is_that_part(network, rows, columns):
    seeds, frame = data.dropout_seeds(rng(1, "cell", 0)), Frame.holding(slice(*rows), slice(*columns))
    ((drawn, values),) = drawn_by(BatchedThesis(network), [label(3)], [0], [seeds], frame)
    assert drawn == frame and frame.top <= rows[0] and frame.bottom >= rows[1] and values.shape[1] < columns[1] - columns[0] + 3
    assert np.abs(values - alone(network, label(3), seeds)[frame.slices]).max() < 1e-4


def test_blocks_are_those_of_the_literal_procedure(network):
    """Thesis 3.6: a call for each block, its left half painted, its middle kept; within a grey level."""
    colour = (120, 130, 90)
    generator = ThesisGenerator(network, size=256, categories=({"id": 11, "name": "background", "colour": colour},))
    keys = [5, 6, 7]
    picture = np.zeros((256, 256, 3), np.uint8)
    picture[:, :128] = colour
    found = blocks.draw(generator, (128, 192), category_id=11, keys=keys)
    for place, key in enumerate(keys):
        whole = alone(network, images.to_network(picture), data.dropout_seeds(rng(key, "dropout")))
        expected = images.from_network(whole)[64:192, 32:96]
        assert np.abs(found[:, 64 * place : 64 * (place + 1)].astype(int) - expected).max() <= 1
    assert (found[:, :64] != found[:, 64:128]).any()


def test_a_cells_bits_do_not_depend_on_what_is_drawn_with_it(network):
    batched = BatchedThesis(network)
    labels = [label(i) for i in range(4)]
    count = BATCH + 4
    seeds = [data.dropout_seeds(rng(1, "cell", i)) for i in range(count)]
    which = [0] * BATCH + list(range(4))
    many = drawn_by(batched, labels, which, seeds)
    for i in (0, 3, BATCH, count - 1):
        ((_, one),) = drawn_by(batched, [labels[which[i]]], [0], [seeds[i]])
        assert (one == many[i][1]).all()


def test_weights_are_those_of_its_making(network):
    seeds = [data.dropout_seeds(rng(1, "cell", 0))]
    batched = BatchedThesis(network)
    ((_, before),) = drawn_by(batched, [label(0)], [0], seeds)
    kernel = network.layers[1].kernel
    kept = keras.ops.convert_to_numpy(kernel)
    kernel.assign(2 * kept)
    ((_, held),) = drawn_by(batched, [label(0)], [0], seeds)
    ((_, after),) = drawn_by(BatchedThesis(network), [label(0)], [0], seeds)
    kernel.assign(kept)
    assert (held == before).all() and np.abs(after - before).max() > 1e-3
