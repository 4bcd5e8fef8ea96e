from dataclasses import dataclass, field
from typing import Literal

import pytest

from smearsynth.errors import UserError
from smearsynth.options import build, loads


@dataclass(frozen=True)
class Inner:
    share: float = 0.5


@dataclass(frozen=True)
class Outer:
    kind: Literal["a", "b"]
    count: int = 1
    rate: float = 2.0e-4
    inner: Inner = field(default_factory=Inner)
    names: tuple[str, ...] = ()
    pair: tuple[int, int] = (1, 2)
    table: dict[str, float] = field(default_factory=dict)
    limit: int | None = None

    def __post_init__(self):
        if self.count < 0:
            raise UserError.of("count", f"got {self.count}", "give 0 or more")


def test_nested_values_arrive_with_their_types():
    got = build(
        Outer, {"kind": "b", "rate": 1, "inner": {"share": 0.25}, "names": ["x"], "pair": [3, 4], "table": {"y": 1}}, where="s"
    )
    assert got == Outer("b", 1, 1.0, Inner(0.25), ("x",), (3, 4), {"y": 1.0}, None)
    assert isinstance(got.rate, float) and isinstance(got.table["y"], float)


def test_all_problems_are_told_at_once():
    with pytest.raises(UserError) as caught:
        build(Outer, {"kind": "c", "rate": "2e-4", "inner": {"shaer": 1.0}, "pair": [1], "count": True, "limit": "x"}, where="s")
    text = str(caught.value)
    assert len(caught.value.problems) == 6
    assert "2.0e-4" in text and "did you mean 'share'" in text and "s.inner.shaer" in text and "s.limit" in text


def test_a_number_that_no_float_holds_is_named():
    with pytest.raises(UserError, match=r"s\.table\.y: got a number of 401 digits"):
        build(Outer, {"kind": "a", "count": 1, "table": {"y": 10**400}}, where="s")


def test_missing_option_is_named():
    with pytest.raises(UserError, match=r"s\.kind: missing"):
        build(Outer, {}, where="s")


def test_checks_across_fields_name_their_section():
    with pytest.raises(UserError, match="s: count: got -1"):
        build(Outer, {"kind": "a", "count": -1}, where="s")


def test_broken_json_is_a_user_error():
    with pytest.raises(UserError, match="not JSON"):
        loads(Outer, "{", where="s")
