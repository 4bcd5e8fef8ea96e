"""Bootstrap intervals: known cases, coverage, and undefined statistics."""

import numpy as np

from smearsynth.evaluation.bootstrap import interval


def test_a_constant_has_an_interval_of_width_0():
    values = np.full(20, 3.0)
    assert interval(lambda at: values[at].mean(), 20, np.random.default_rng(0), resamples=100, level=0.95) == (3.0, 3.0)


def test_the_interval_of_a_mean_has_the_width_of_the_normal_one():
    values = np.random.default_rng(1).normal(size=400)
    low, high = interval(lambda at: values[at].mean(), 400, np.random.default_rng(2), resamples=2000, level=0.95)
    assert abs((high - low) - 2 * 1.96 * values.std() / 20) < 0.02
    assert low < values.mean() < high


def test_it_covers_the_truth_about_as_often_as_it_says():
    hits = 0
    for seed in range(200):
        values = np.random.default_rng(seed).normal(size=60)
        low, high = interval(lambda at, v=values: v[at].mean(), 60, np.random.default_rng(seed), resamples=200, level=0.9)
        hits += low <= 0 <= high
    assert 160 <= hits <= 195


def test_one_cell_and_a_ratio_without_denominator_have_none():
    rng = np.random.default_rng(0)
    assert interval(lambda at: 1.0, 1, rng, resamples=100, level=0.95) is None
    assert interval(lambda at: float("nan"), 5, rng, resamples=100, level=0.95) is None
