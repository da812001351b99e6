"""A table as text cells, and as Markdown."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

NONE = "–"  # for a missing number


@dataclass(frozen=True)
class Table:
    """Text cells. The first columns name the row; the others are numbers."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    bold: frozenset[tuple[int, int]] = frozenset()  # (row, column)
    notes: tuple[str, ...] = ()
    n_text: int = 1  # columns of text, which are the first ones
    starts: frozenset[int] = frozenset()  # rows at which a new group begins


def number(value: float | None, form: str = ".2f") -> str:
    """Formatted; a dash for None and NaN."""
    return NONE if value is None or math.isnan(value) else format(value, form)


def with_error(value: float | None, error: float | None, form: str = ".2f") -> str:
    """value ± error, or the value alone where its error is not known."""
    return number(value, form) if number(error) == NONE else f"{number(value, form)} ± {number(error, form)}"


def listed(*values: Any) -> str:
    """The distinct values: runs of one data set share most settings, and the report says so where they do not."""
    distinct = list(dict.fromkeys(values))
    return " or ".join(f"{v:,}" if isinstance(v, int) else str(v) for v in distinct)


def markdown(tables: Sequence[Table]) -> str:
    """One document: the first table's title is its heading, notes are a list below their table."""
    return "\n".join(_markdown(table, "#" if i == 0 else "##") for i, table in enumerate(tables))


def _markdown(table: Table, level: str) -> str:
    rule = ["---"] * table.n_text + ["---:"] * (len(table.columns) - table.n_text)
    lines = [f"{level} {table.title}", "", _line(table.columns), _line(rule)]
    for i, row in enumerate(table.rows):
        escaped = [cell.replace("|", "\\|") for cell in row]
        lines.append(_line([f"**{cell}**" if (i, j) in table.bold else cell for j, cell in enumerate(escaped)]))
    return "\n".join([*lines, "", *(f"- {note}" for note in table.notes), ""])


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"
