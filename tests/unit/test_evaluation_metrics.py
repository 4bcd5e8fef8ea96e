"""Metrics on features: answers known beforehand, and the numbers of the field's own packages on the same features.

The reference numbers were made once, by torch-fidelity 0.4.0 (PyTorch 1.13) and prdc 0.2, on the features of `sets` as float64:
``fid_statistics_to_metric``, ``kid_features_to_metric`` with one subset of all 240 of both, ``isc_features_to_metric`` without
shuffling, ``prc_features_to_metric`` and ``compute_prdc``.
"""

import numpy as np
import pytest
from scipy import linalg
from scipy.special import softmax

from smearsynth.evaluation import classified, frechet, inception_score, kernel, manifold, neighbours


@pytest.fixture(scope="module")
def sets():
    rng = np.random.default_rng(20)
    return rng.normal(size=(300, 16)), rng.normal(0.3, 1.2, size=(240, 16)), rng.normal(0, 2, size=(200, 5))


def test_frechet_of_known_gaussians():
    """Of diagonal Gaussians the distance is |m1 − m2|² + Σ (s1 − s2)²."""
    s1, s2, mean = np.array([1.0, 2.0, 0.5]), np.array([3.0, 1.0, 0.5]), np.array([1.0, -2.0, 0.0])
    assert frechet.distance(mean, np.diag(s1**2), np.zeros(3), np.diag(s2**2)) == pytest.approx(5 + 4 + 1)


def test_frechet_of_full_covariances_is_that_of_the_matrix_root():
    rng = np.random.default_rng(1)
    a, b = (m @ m.T for m in rng.normal(size=(2, 6, 6)))
    root = linalg.sqrtm(a @ b).real
    assert frechet.distance(np.zeros(6), a, np.zeros(6), b) == pytest.approx(np.trace(a + b - 2 * root), rel=1e-6)


def test_frechet_with_fewer_pictures_than_features():
    """The covariances are singular; of a shifted copy only the shift counts."""
    features = np.random.default_rng(2).normal(size=(10, 40))
    assert frechet.between(features, features) == pytest.approx(0, abs=1e-6)
    assert frechet.between(features, features + 0.5) == pytest.approx(40 * 0.25, abs=1e-5)


def test_frechet_as_torch_fidelity(sets):
    assert frechet.between(sets[0], sets[1]) == pytest.approx(3.7462280318732155, rel=1e-6)


def test_frechet_warns_below_2048():
    assert "n = 2047" in frechet.warning(2047)
    assert frechet.warning(2048) is None


def test_kernel_as_torch_fidelity(sets):
    assert kernel.unbiased(sets[0][:240], sets[1]) == pytest.approx(0.5676663669547306, rel=1e-6)


def test_kernel_by_hand():
    """One feature: k(x, y) = (x y + 1)³; sets {0, 1} and {0, 2}."""
    one, other = np.array([[0.0], [1.0]]), np.array([[0.0], [2.0]])
    assert kernel.unbiased(one, other) == pytest.approx(1 + 1 - 2 * (1 + 1 + 1 + 27) / 4)


def test_kernel_of_one_distribution_is_0_on_average():
    """Unbiased: the mean over many draws is within three standard errors of 0; the biased estimate would be far off."""
    rng = np.random.default_rng(3)
    found = [kernel.unbiased(rng.normal(size=(20, 4)), rng.normal(size=(20, 4))) for _ in range(400)]
    error = np.std(found) / np.sqrt(len(found))
    assert abs(np.mean(found)) < 3 * error
    diagonal = np.mean([kernel.cubic(x := rng.normal(size=(20, 4)), x).diagonal().mean() for _ in range(20)])
    assert 2 * diagonal / 20 > 6 * error


def test_kernel_of_subsets_is_that_of_the_subsets_alone(sets, monkeypatch):
    monkeypatch.setattr(kernel, "BLOCK", 37)
    rng = np.random.default_rng(7)
    chosen = [(rng.permutation(300)[:50], rng.permutation(240)[:40]) for _ in range(3)]
    members = np.zeros((300, 3)), np.zeros((240, 3))
    for subset, pair in enumerate(chosen):
        for of_set, at in zip(members, pair, strict=True):
            of_set[at, subset] = 1
    alone = [kernel.unbiased(sets[0][one], sets[1][other]) for one, other in chosen]
    assert kernel.discrepancies(sets[0], sets[1], *members) == pytest.approx(alone)
    single = kernel.discrepancies(sets[0].astype(np.float32), sets[1].astype(np.float32), *members)
    assert single == pytest.approx(alone, abs=1e-5)


def test_kernel_spread_over_subsets(sets):
    rng = np.random.default_rng(4)
    found = kernel.between(sets[0], sets[1], rng, subsets=40, size=1000)
    assert found.size == 120 and found.spread > 0
    assert found.mean == pytest.approx(kernel.unbiased(sets[0], sets[1]), abs=4 * found.spread / np.sqrt(40))
    assert kernel.between(sets[0][:3], sets[1], rng, subsets=2, size=2) is None


@pytest.mark.parametrize(
    ("k", "precision", "recall", "density", "coverage"),
    [
        (3, 0.38333333333333336, 0.8866666666666667, 0.3222222222222222, 0.47),
        (5, 0.49583333333333335, 0.94, 0.32333333333333336, 0.66),
    ],
)
def test_manifold_as_prdc_and_torch_fidelity(sets, k, precision, recall, density, coverage):
    found = manifold.between(sets[0], sets[1], k=k)
    assert (found.precision, found.recall) == pytest.approx((precision, recall), abs=1e-9)
    assert (found.density, found.coverage) == pytest.approx((density, coverage), abs=1e-9)


def test_manifold_on_hand_made_points():
    """On a line, k = 1: real balls [−1, 1], [0, 2] around 0, 1 and [8, 12] around 10 with its neighbour at 12 (ball [10, 14])."""
    real, synthetic = np.array([[0.0], [1.0], [10.0], [12.0]]), np.array([[0.5], [20.0], [21.0]])
    found = manifold.between(real, synthetic, k=1)
    # Only 0.5 lies in real balls, in two of them; the ball of 0.5 has a radius of 19.5 and holds all real points.
    assert (found.precision, found.recall, found.density, found.coverage) == pytest.approx((1 / 3, 1, 2 / 3, 0.5))
    assert manifold.between(real, synthetic, k=3) is None


def test_manifold_of_one_distribution():
    """Density is 1 and coverage 1 − 2^−k on average (Naeem et al. 2020, section 3.2)."""
    rng = np.random.default_rng(5)
    found = [manifold.between(rng.normal(size=(300, 3)), rng.normal(size=(300, 3)), k=3) for _ in range(8)]
    assert np.mean([one.density for one in found]) == pytest.approx(1, abs=0.05)
    assert np.mean([one.coverage for one in found]) == pytest.approx(1 - 2**-3, abs=0.02)


def test_neighbours_in_blocks_are_those_of_the_whole_matrix():
    rng = np.random.default_rng(6)
    points, among = rng.integers(256, size=(70, 12), dtype=np.uint8), rng.integers(256, size=(90, 12), dtype=np.uint8)
    whole = ((points[:, None].astype(float) - among[None]) ** 2).sum(-1)
    for block in (1, 16, 512):
        found = np.concatenate([part for _, part in neighbours.squared_distances(points, among, block=block)])
        assert np.allclose(found, whole)
    index, distance = neighbours.nearest(points, among)
    assert np.array_equal(index, whole.argmin(1)) and np.allclose(distance, np.sqrt(whole.min(1)))


def test_a_repeated_point_is_its_own_neighbour_at_distance_0():
    points = np.array([[1.0], [1.0], [3.0]])
    assert neighbours.radii(points, 1).tolist() == [0, 0, 4]
    assert neighbours.radii(points, 2).tolist() == [4, 4, 4]


def test_inception_score_of_one_hot_and_uniform():
    assert inception_score.score(np.eye(7)[np.arange(70) % 7]) == pytest.approx(7)
    assert inception_score.score(np.full((40, 7), 1 / 7)) == pytest.approx(1)
    assert inception_score.score(np.eye(7)[np.zeros(30, int)]) == pytest.approx(1)


def test_inception_score_as_torch_fidelity(sets):
    probabilities = softmax(sets[2], axis=1)
    assert inception_score.score(probabilities) == pytest.approx(1.9966687593860242, rel=1e-6)

    class Still:
        def permutation(self, count):
            return np.arange(count)

    mean, spread = inception_score.split_scores(probabilities, Still(), splits=4)
    assert (mean, spread) == pytest.approx((1.9758023822422346, 0.055828688217264874), rel=1e-6)
    assert inception_score.split_scores(probabilities[:7], Still(), splits=4) is None


def test_classified_by_hand():
    """Type 1: 2 of 3 found, 2 of 2 names right. Type 2: 1 of 1 found, 1 of 2 names right."""
    found = classified.compare(np.array([1, 1, 1, 2]), np.array([1, 1, 2, 2]))
    assert (found.accuracy, found.recall, found.precision) == pytest.approx((0.75, (2 / 3 + 1) / 2, (1 + 0.5) / 2))
    assert found.f1 == pytest.approx((0.8 + 2 / 3) / 2)
    assert classified.compare(np.array([1, -1]), np.array([1, 1])) is None
    assert classified.compare(np.array([1, 1]), np.array([5, 5])).precision == 0
