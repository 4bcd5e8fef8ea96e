"""Tables for people: Markdown for a repository, a page for the report, TSV for programs."""

import html
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from smearsynth.files import write_text, write_tsv

STYLE = (
    "body{font:14px/1.5 sans-serif;color:#22252b;margin:24px}table{border-collapse:collapse}"
    "th,td{padding:4px 12px;border-bottom:1px solid #e4e7eb;text-align:left;vertical-align:top}"
    "th{border-bottom:2px solid #9aa1ac}.number{text-align:right;font-variant-numeric:tabular-nums}p{max-width:56em}"
)


def write(
    folder: Path, name: str, columns: Sequence[str], rows: Sequence[Sequence[Any]], *, note: str = "", digits: int = 3
) -> None:
    """Write a table as ``name.tsv`` (all digits), ``name.md`` and ``name.html`` (`digits` digits, with a note below)."""
    write_tsv(folder / f"{name}.tsv", list(columns), [list(row) for row in rows])
    write_text(folder / f"{name}.md", markdown(columns, rows, digits=digits) + (f"\n{note}\n" if note else ""))
    write_text(folder / f"{name}.html", page(columns, rows, title=name.replace("_", " "), note=note, digits=digits))


def markdown(columns: Sequence[str], rows: Sequence[Sequence[Any]], *, digits: int = 3) -> str:
    """A Markdown table; numbers are aligned to the right, floats have `digits` digits, None reads n/a."""
    rule = ["---:" if right else "---" for right in _numeric(columns, rows)]
    cells = [[_text(value, digits).replace("|", "\\|") for value in row] for row in rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in [list(columns), rule, *cells]) + "\n"


def page(columns: Sequence[str], rows: Sequence[Sequence[Any]], *, title: str, note: str = "", digits: int = 3) -> str:
    """A page with one table, for Snakemake's report, which shows pages and only offers other tables for download."""
    kinds = [' class="number"' if right else "" for right in _numeric(columns, rows)]

    def line(tag: str, values: Sequence[str]) -> str:
        cells = (f"<{tag}{kind}>{html.escape(value)}</{tag}>" for kind, value in zip(kinds, values, strict=True))
        return f"<tr>{''.join(cells)}</tr>"

    body = "\n".join(line("td", [_text(value, digits) for value in row]) for row in rows)
    below = f"<p>{html.escape(note)}</p>" if note else ""
    head = f'<meta charset="utf-8"><title>{html.escape(title)}</title><style>{STYLE}</style>'
    return (
        f"<!doctype html>\n<html><head>{head}</head><body><table>\n{line('th', columns)}\n{body}\n</table>{below}</body></html>\n"
    )


def number(row: Mapping[str, str], column: str) -> float | None:
    """The number in a column of a table that was read; None where it is n/a, or where the table has no such column."""
    text = row.get(column, "n/a")
    return None if text == "n/a" else float(text)


def _numeric(columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> list[bool]:
    """Whether a column holds numbers alone."""
    return [bool(rows) and all(isinstance(row[i], int | float) or row[i] is None for row in rows) for i in range(len(columns))]


def _text(value: Any, digits: int) -> str:
    if value is None:
        return "n/a"
    if not isinstance(value, float):
        return str(value)
    return f"{value:.0f}" if abs(value) >= 10**digits - 0.5 else f"{value:.{digits}g}"
