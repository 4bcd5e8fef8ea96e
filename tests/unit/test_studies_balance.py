"""The five checks: smoothing by hand, winners found, the factor 2 of the discriminator's sum told."""

import numpy as np
import pytest

from smearsynth.studies.balance import CROSS_ENTROPY, HINGE, change, checks, settled, smooth
from smearsynth.studies.reported import EQUAL_DISCRIMINATOR, EQUAL_GENERATOR


def read(discriminator, generator, l1=None, objective=CROSS_ENTROPY):
    l1 = np.linspace(0.4, 0.1, len(discriminator)) if l1 is None else l1
    return checks(discriminator, generator, l1, objective=objective, smoothing=0.6, low=0.1)


def test_smoothing_by_hand():
    # Debiased: 1; (0.6·0.4·1 + 0.4·2) / (1 - 0.36); a constant stays.
    assert smooth([1.0, 2.0], 0.6) == pytest.approx([1.0, (0.24 + 0.8) / 0.64])
    assert smooth([3.0] * 5, 0.9) == pytest.approx([3.0] * 5)
    assert smooth([1.0, 5.0, 2.0], 0.0) == pytest.approx([1.0, 5.0, 2.0])


def test_settled_and_change():
    assert settled([9, 9, 9, 9, 2, 4]) == 3
    assert change([9, 9, 9, 9, 4, 4, 1, 1]) == -3


def test_equal_uncertainty_is_the_loss_of_an_undecided_discriminator():
    # Sigmoid cross-entropy of logit 0 against 1 and against 0, by its definition.
    term = -np.log(1 / (1 + np.exp(0)))
    assert pytest.approx(2 * term) == EQUAL_DISCRIMINATOR and pytest.approx(term) == EQUAL_GENERATOR
    assert pytest.approx(1.386, abs=1e-3) == EQUAL_DISCRIMINATOR


def test_a_balanced_training_is_good():
    found = read([1.2] * 60, [0.9] * 60)
    assert [check.answer for check in found] == ["good", "note", "note", "note", "good"]
    assert "neither keeps falling" in found[0].words


@pytest.mark.parametrize(("discriminator", "generator", "winner"), [(0.02, 6.0, "discriminator"), (4.0, 0.01, "generator")])
def test_a_winner_is_named(discriminator, generator, winner):
    found = read([1.2] * 20 + [discriminator] * 40, [0.9] * 20 + [generator] * 40)
    assert found[0].answer == "bad" and f"loss of the {winner} gets" in found[0].words


def test_a_loss_that_still_falls_is_noted():
    found = read(np.linspace(2.0, 0.5, 80), [0.9] * 80)
    assert found[0].answer == "note" and "discriminator is still falling" in found[0].words


def test_both_lines_for_the_discriminator_are_told():
    words = read([1.15] * 30, [1.0] * 30)[2].words
    assert words.startswith("Below 1.386") and "log 2 = 0.693" in words and "above the line" in words and "factor 2" in words
    assert read([1.5] * 30, [1.0] * 30)[2].words.startswith("Not below")


def test_the_generator_is_held_against_log_2():
    assert read([1.2] * 30, [0.5] * 30)[3].words.startswith("Below 0.693")
    assert read([1.2] * 30, [0.9] * 30)[3].words.startswith("Not below 0.693")


def test_a_rising_l1_is_bad():
    assert read([1.2] * 30, [0.9] * 30, l1=np.linspace(0.1, 0.3, 30))[4].answer == "bad"


def test_hinge_losses_have_their_own_values():
    found = read([1.6] * 60, [0.2] * 60, objective=HINGE)
    assert found[0].answer == "good" and "2 and the generator's loss 0" in found[1].words
    assert "log 2" not in found[2].words and found[2].words.startswith("Below 2.000")
    assert read([2.4] * 60, [-1.5] * 60, objective=HINGE)[0].answer == "bad"
