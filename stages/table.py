"""A table as text cells, and as Markdown."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

NONE = "–"  # there is no such number


@dataclass(frozen=True)
class Table:
    """Text cells. The first column names the row; the others are numbers."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    bold: frozenset[tuple[int, int]] = frozenset()  # (row, column)
    notes: tuple[str, ...] = ()


def number(value: float | None, form: str = ".2f") -> str:
    """Formatted; a dash for None and NaN."""
    return NONE if value is None or math.isnan(value) else format(value, form)


def with_error(value: float | None, error: float | None, form: str = ".2f") -> str:
    """value ± error, or the value alone where its error is not known."""
    return number(value, form) if number(error) == NONE else f"{number(value, form)} ± {number(error, form)}"


def markdown(tables: Sequence[Table]) -> str:
    """One document: the first table's title is its heading, notes are a list below their table."""
    return "\n".join(_markdown(table, "#" if i == 0 else "##") for i, table in enumerate(tables))


def _markdown(table: Table, level: str) -> str:
    lines = [f"{level} {table.title}", "", _line(table.columns), _line(["---", *["---:"] * (len(table.columns) - 1)])]
    for i, row in enumerate(table.rows):
        escaped = [cell.replace("|", "\\|") for cell in row]
        lines.append(_line([f"**{cell}**" if (i, j) in table.bold else cell for j, cell in enumerate(escaped)]))
    return "\n".join([*lines, "", *(f"- {note}" for note in table.notes), ""])


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"
