"""Training sets of field readers and the truths that they are compared on: what may be told."""

import pytest

from smearsynth.errors import UserError
from smearsynth.evaluation.truth_options import FieldTruthsOptions
from smearsynth.options import build
from smearsynth.readers.field_arms_options import FieldArmsOptions

ARMS = {
    "arms": [{"name": "a", "sources": {"slides": 1, "thesis": 2.5}}],
    "repetitions": 1,
    "others": {"thesis": "results/thesis"},
    "um_per_px": None,
}
TRUTHS = {"arms": ["a"], "sets": [{"name": "lab", "images": "lab", "boxes": "lab.json", "match": 5}]}


def test_sources_are_the_runs_own_or_other_runs():
    arms = build(FieldArmsOptions, ARMS, where="readers.field_arms")
    assert arms.arms[0].sources == {"slides": 1, "thesis": 2.5}
    truth = build(FieldTruthsOptions, TRUTHS, where="evaluation.field_truths").sets[0]
    assert (truth.match, truth.um_per_px) == (5, None)


@pytest.mark.parametrize(
    "change, told",
    [
        ({"others": {}}, "unknown source"),
        ({"others": {"thesis": "x", "slides": "y"}}, "is a source of every run"),
        ({"arms": [*ARMS["arms"], *ARMS["arms"]]}, "two arms are called a"),
        ({"arms": [{"name": "a b", "sources": {"slides": 1}}]}, "letters, digits"),
        ({"arms": [{"name": "a", "sources": {}}]}, "name one or more"),
        ({"arms": [{"name": "a", "sources": {"slides": 0}}]}, "above 0"),
        ({"repetitions": 0}, "1 to 9 trainings"),
        ({"um_per_px": 9.0}, "um_per_px"),
    ],
)
def test_mistakes_in_training_sets_are_told(change, told):
    with pytest.raises(UserError, match=told):
        build(FieldArmsOptions, {**ARMS, **change}, where="readers.field_arms")


@pytest.mark.parametrize(
    "change, told",
    [
        ({"name": "a/b"}, "letters, digits"),
        ({"um_per_px": 0.0}, "um_per_px"),
        ({"match": -1}, "match"),
        ({"margins": {"green": 1.0}}, r"margins(.|\n)*for any of red"),
        ({"margins": {"red": -1.0}}, r"margins(.|\n)*0 to 50"),
    ],
)
def test_mistakes_in_truths_are_told(change, told):
    with pytest.raises(UserError, match=told):
        build(FieldTruthsOptions, {**TRUTHS, "sets": [{**TRUTHS["sets"][0], **change}]}, where="evaluation.field_truths")


def test_two_truths_of_one_name_are_refused():
    with pytest.raises(UserError, match="two sets are called lab"):
        build(FieldTruthsOptions, {**TRUTHS, "sets": TRUTHS["sets"] * 2}, where="evaluation.field_truths")
