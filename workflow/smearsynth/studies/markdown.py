"""Tables in Markdown."""

from collections.abc import Sequence
from typing import Any


def table(columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> str:
    """A Markdown table; numbers are aligned to the right, floats have three digits, None reads n/a."""

    def text(value: Any) -> str:
        if value is None:
            return "n/a"
        return f"{value:.3g}" if isinstance(value, float) else str(value).replace("|", "\\|")

    numeric = [bool(rows) and all(isinstance(row[i], int | float) or row[i] is None for row in rows) for i in range(len(columns))]
    rule = ["---:" if right else "---" for right in numeric]
    lines = [list(columns), rule, *[[text(value) for value in row] for row in rows]]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines) + "\n"
