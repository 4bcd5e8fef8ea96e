import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from smearsynth.seeds import entropy, rng

parts = st.one_of(st.integers(-(2**70), 2**70), st.text(max_size=8))


@given(st.lists(parts, max_size=4), st.lists(parts, max_size=4))
def test_paths_share_a_stream_only_when_they_are_equal(one, other):
    same = [(type(p), p) for p in one] == [(type(p), p) for p in other]
    assert (entropy(0, *one) == entropy(0, *other)) == same


def test_number_and_text_and_grouping_differ():
    assert len({entropy(0, "a", 1), entropy(0, "a", "1"), entropy(0, "a1"), entropy(0, "a", 11), entropy(0, "a1", 1)}) == 5


def test_same_stream_in_another_process():
    code = "from smearsynth.seeds import rng; print(rng(7, 'slides', 17).integers(10**9, size=4).tolist())"
    other = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert other.strip() == str(rng(7, "slides", 17).integers(10**9, size=4).tolist())


def test_numpy_integers_count_as_integers():
    assert entropy(0, np.int64(3)) == entropy(0, 3)


@pytest.mark.parametrize("part", [1.0, None, True, b"x"])
def test_other_parts_are_refused(part):
    with pytest.raises(TypeError):
        entropy(0, part)
