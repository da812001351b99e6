"""A table as text cells, and as Markdown."""

import math
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

NONE = "–"  # for a missing number
# What Markdown takes for markup: emphasis, code, cells, links, HTML, entities; and at the start of a line headings,
# lists and quotations.
MARKUP = re.compile(
    r"[\\`*|]|~(?=~)|(?<=~)~|(?<!\w)_|_(?!\w)|\](?=[(\[:])|<(?=[\w/!?])|&(?=#?\w+;)"
    r"|^>|^[#+=-](?=[\s#=-]|$)|(?<=^\d)[.)](?=\s)"
)
ENTITIES = {"<": "&lt;", "&": "&amp;"}


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


def escaped(text: str) -> str:
    """Text from elsewhere (a title, a name of a result) on one line of Markdown, in which it stands for itself."""
    line = " ".join(text.split())
    return MARKUP.sub(lambda found: ENTITIES.get(found[0], f"\\{found[0]}"), line)


def markdown(tables: Sequence[Table]) -> str:
    """One document: the first table's title is its heading, notes, which are Markdown, are a list below their table."""
    return "\n".join(_markdown(table, "#" if i == 0 else "##") for i, table in enumerate(tables))


def _markdown(table: Table, level: str) -> str:
    rule = ["---"] * table.n_text + ["---:"] * (len(table.columns) - table.n_text)
    lines = [f"{level} {escaped(table.title)}", "", _line(map(escaped, table.columns)), _line(rule)]
    for i, row in enumerate(table.rows):
        cells = map(escaped, row)
        lines.append(_line(f"**{cell}**" if (i, j) in table.bold else cell for j, cell in enumerate(cells)))
    return "\n".join([*lines, "", *(f"- {note}" for note in table.notes), ""])


def _line(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"
