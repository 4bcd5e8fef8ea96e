"""Progress in a log: a line a minute, and every item as it was."""

from smearsynth import progress


def test_a_log_gets_a_line_a_minute_and_the_items_pass_unchanged(monkeypatch, capsys):
    clock = iter(range(0, 10_000, 25))
    monkeypatch.setattr(progress.time, "monotonic", lambda: next(clock))
    assert list(progress.shown("abcdef", total=6, told="cells", unit="picture")) == list("abcdef")
    # 25 s an item: lines after 75 and 150 s.
    assert capsys.readouterr().err.splitlines() == ["cells: picture 3 of 6, 1 min left", "cells: picture 6 of 6, 0 min left"]
