"""Properties of the split and of the folds."""

from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from smearsynth.cells.splits import folds, split
from smearsynth.errors import UserError

TYPES = ["a", "b", "c", "d"]
one_type_groups = st.dictionaries(st.integers(0, 10**6).map(str), st.sampled_from(TYPES), min_size=1, max_size=150)
cells_of_types = st.dictionaries(st.sampled_from(TYPES), st.integers(1, 5), min_size=1)
many_type_groups = st.dictionaries(st.integers(0, 10**6).map(str), cells_of_types, min_size=1, max_size=80)


def large(groups, least=3):
    """Only the types with enough groups to be divided."""
    number = Counter(groups.values())
    return {name: {kind} for name, kind in groups.items() if number[kind] >= least}


@given(one_type_groups, st.sampled_from([0.1, 0.2, 0.3]), st.integers(0, 99))
@settings(max_examples=60, deadline=None)
def test_every_type_has_both_sides_in_bounded_shares(groups, share, seed):
    groups = large(groups)
    sides = split(groups, test_share=share, seed=seed)
    for kind in TYPES:
        own = [sides[name] for name in groups if groups[name] == {kind}]
        if own:
            assert own.count("train") >= 2 and own.count("test") >= max(1, int(len(own) * share / 2))
            assert own.count("test") <= max(1, 2 * share * len(own) + 1)


@given(one_type_groups, st.integers(0, 99), st.randoms())
@settings(max_examples=40, deadline=None)
def test_the_order_of_the_groups_does_not_matter(groups, seed, random):
    groups = large(groups)
    names = list(groups)
    random.shuffle(names)
    shuffled = {name: groups[name] for name in names}
    sides = split(groups, test_share=0.2, seed=seed)
    assert split(shuffled, test_share=0.2, seed=seed) == sides
    counts = {name: dict.fromkeys(kinds, 1) for name, kinds in groups.items()}
    assert folds({name: counts[name] for name in names}, seed=seed) == folds(counts, seed=seed)


@given(st.integers(0, 500))
@settings(max_examples=40, deadline=None)
def test_added_groups_move_none_of_those_that_were_there(seed):
    before = {f"{kind}{i}": {kind} for kind in "ab" for i in range(300)}
    after = before | {f"a{i}": {"a"} for i in range(300, 400)} | {f"c{i}": {"c"} for i in range(150)}
    first, second = split(before, test_share=0.2, seed=seed), split(after, test_share=0.2, seed=seed)
    assert {name: second[name] for name in first} == first


def test_added_groups_of_other_types_never_move_small_ones():
    before = {f"a{i}": {"a"} for i in range(4)}
    for seed in range(200):
        after = before | {f"b{i}": {"b"} for i in range(7)}
        first, second = split(before, test_share=0.2, seed=seed), split(after, test_share=0.2, seed=seed)
        assert {name: second[name] for name in first} == first


def test_the_share_of_many_groups_is_the_one_asked_for():
    sides = split({str(i): {"a"} for i in range(4000)}, test_share=0.2, seed=3)
    assert list(sides.values()).count("test") == pytest.approx(800, abs=80)


def test_held_groups_are_always_test():
    groups = {str(i): {"a"} for i in range(150)}
    sides = split(groups, test_share=0.0, seed=1, held={"3", "7"})
    assert [name for name, side in sides.items() if side == "test"] == ["3", "7"]


def test_types_that_cannot_be_divided_are_all_named():
    with pytest.raises(UserError) as error:
        split({"x": {"a", "b"}, "y": {"c"}, "z": {"c"}, "w": {"c"}}, test_share=0.2, seed=1, held={"y", "z", "w"})
    assert [problem.where for problem in error.value.problems] == ["type a", "type b", "type c"]


@given(one_type_groups, st.integers(0, 99))
@settings(max_examples=60, deadline=None)
def test_folds_are_balanced_for_every_type(groups, seed):
    halves = folds({name: {kind: 1} for name, kind in groups.items()}, seed=seed)
    assert halves.keys() == groups.keys() and set(halves.values()) <= {0, 1}
    for kind in TYPES:
        own = [halves[name] for name in groups if groups[name] == kind]
        assert abs(own.count(0) - own.count(1)) <= 1


@given(many_type_groups, st.integers(0, 9))
@settings(max_examples=40, deadline=None)
def test_the_rarest_type_of_mixed_groups_is_in_both_folds(groups, seed):
    halves = folds(groups, seed=seed)
    number = Counter(kind for cells in groups.values() for kind in cells)
    rarest = min(number, key=lambda kind: (number[kind], kind))
    own = {halves[name] for name, cells in groups.items() if rarest in cells}
    assert halves.keys() == groups.keys() and (len(own) == 2 or number[rarest] == 1)


def test_another_seed_gives_another_split():
    groups = {str(i): {"a"} for i in range(60)}
    assert split(groups, test_share=0.3, seed=1) != split(groups, test_share=0.3, seed=2)
