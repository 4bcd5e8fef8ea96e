"""Objectives of the family against values worked out by hand."""

import numpy as np
import pytest

keras = pytest.importorskip("keras")

from keras import ops  # noqa: E402

from smearsynth.gans import objectives  # noqa: E402


def pictures(count: int, *, seed: int, size: int = 4) -> np.ndarray:
    return np.random.default_rng(seed).uniform(-1, 1, (count, size, size, 3)).astype(np.float32)


def linear(weight: np.ndarray):
    """A critic whose score is the inner product with `weight`: its gradient is `weight`, everywhere."""
    return lambda x: ops.sum(x * weight, axis=(1, 2, 3), keepdims=False)[:, None]


def test_penalty_of_a_linear_critic():
    """Gradient norm 3 everywhere: (3 - 1)² = 4, whatever the pictures and however many."""
    weight = pictures(1, seed=1)[0]
    weight *= 3.0 / np.linalg.norm(weight)
    for count in (1, 5):
        at = ops.convert_to_tensor(pictures(count, seed=2))
        assert float(objectives.gradient_penalty(linear(weight), at)) == pytest.approx(4.0, rel=1e-5)
        assert float(objectives.zero_penalty(linear(weight), at)) == pytest.approx(4.5, rel=1e-5)


def test_penalty_of_a_quadratic_critic_is_per_picture():
    """Score |x|²/2 has gradient x: the penalty is the mean of (|x| - 1)², not one norm over the batch."""
    at = pictures(3, seed=3)
    norms = np.sqrt((at.astype(np.float64) ** 2).sum(axis=(1, 2, 3)))
    by_hand = ((norms - 1) ** 2).mean()
    over_batch = (np.sqrt((norms**2).sum()) - 1) ** 2
    found = float(objectives.gradient_penalty(lambda x: 0.5 * ops.sum(x * x, axis=(1, 2, 3))[:, None], ops.convert_to_tensor(at)))
    assert found == pytest.approx(by_hand, rel=1e-5)
    assert abs(over_batch - by_hand) > 0.1


def test_penalty_trains_a_critic_by_the_right_gradient():
    """d/ds of (|s·w| - 1)² with |w| = 1 is 2 (s - 1): the second derivative reaches the critic's weights."""
    from smearsynth.gans import engine

    weight = pictures(1, seed=4)[0]
    weight /= np.linalg.norm(weight)
    scale = keras.Variable(2.5)
    at = ops.convert_to_tensor(pictures(4, seed=5))

    def forward():
        loss = objectives.gradient_penalty(lambda x: scale * linear(weight)(x), at)
        return (loss,), None

    ((gradient,),), _ = engine.gradients(forward, [[scale]])
    assert float(gradient) == pytest.approx(3.0, rel=1e-4)


def test_interpolation_is_one_number_for_each_picture():
    """0 gives the real picture, 1 the generated one, and each picture has its own."""
    real, fake = pictures(3, seed=6), pictures(3, seed=7)
    mix = np.array([0.0, 1.0, 0.25], np.float32).reshape(3, 1, 1, 1)
    mixed = np.asarray(objectives.interpolated(real, fake, mix))
    np.testing.assert_allclose(mixed[0], real[0], atol=1e-6)
    np.testing.assert_allclose(mixed[1], fake[1], atol=1e-6)
    np.testing.assert_allclose(mixed[2], 0.75 * real[2] + 0.25 * fake[2], atol=1e-6)


def test_wasserstein_losses():
    """Eq. 3: the critic gains what real pictures score above generated ones; the generator raises its own."""
    real, fake = np.array([[2.0], [4.0]], np.float32), np.array([[1.0], [0.0]], np.float32)
    assert float(objectives.critic("wasserstein", real, fake)) == pytest.approx(0.5 - 3.0)
    assert float(objectives.generator("wasserstein", fake)) == pytest.approx(-0.5)
    assert float(objectives.critic("hinge", real, fake)) == pytest.approx((2.0 + 1.0) / 2)


def test_source_likelihood():
    """Eq. 5: minus log P(real | real) and log P(generated | generated)."""
    real, fake = np.array([[0.3], [-1.2]], np.float32), np.array([[0.7], [2.0]], np.float32)
    probability = lambda x: 1 / (1 + np.exp(-x.astype(np.float64)))  # noqa: E731
    by_hand = -np.log(probability(real)).mean() - np.log(1 - probability(fake)).mean()
    assert float(objectives.critic("cross_entropy", real, fake)) == pytest.approx(by_hand, rel=1e-5)
    assert float(objectives.generator("cross_entropy", fake)) == pytest.approx(-np.log(probability(fake)).mean(), rel=1e-5)


def test_type_likelihood():
    """Eq. 6: minus the log-probability of the right type."""
    logits = np.array([[1.0, 2.0, 0.5], [0.0, -1.0, 3.0]], np.float32)
    shares = np.exp(logits) / np.exp(logits).sum(1, keepdims=True)
    by_hand = -(np.log(shares[0, 1]) + np.log(shares[1, 0])) / 2
    assert float(objectives.type_loss(logits, np.array([1, 0]))) == pytest.approx(by_hand, rel=1e-5)
    large = np.array([[1000.0, 0.0]], np.float32)
    assert float(objectives.type_loss(large, np.array([1]))) == pytest.approx(1000.0)


def test_codes():
    """A categorical code's log-likelihood and half the squared error of the continuous ones."""
    read = np.array([[0.0, np.log(3.0), 0.5, -0.5]], np.float32)
    found = float(objectives.code_loss(read, np.array([1]), np.array([[1.0, 0.0]], np.float32)))
    assert found == pytest.approx(-np.log(0.75) + 0.5 * (0.25 + 0.25), rel=1e-5)
