"""A table as text cells, from which LaTeX, Markdown and the page are made; and as Markdown."""

import math
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from stages.reports.templates import template

NONE = "–"  # for a missing number
MOST_DECIMALS = 5
# What Markdown takes for markup: emphasis, code, cells, links, HTML, entities; and at the start of a line headings,
# lists and quotations.
MARKUP = re.compile(
    r"[\\`*|]|~(?=~)|(?<=~)~|(?<!\w)_|_(?!\w)|\](?=[(\[:])|<(?=[\w/!?])|&(?=#?\w+;)"
    r"|^>|^[#+=-](?=[\s#=-]|$)|(?<=^\d)[.)](?=\s)"
)
ENTITIES = {"<": "&lt;", "&": "&amp;"}


class Cell(NamedTuple):
    """What stands in it, and how."""

    text: str
    bold: bool
    number: bool


@dataclass(frozen=True)
class Table:
    """Text cells. The first columns name the row; the others are numbers."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    bold: frozenset[tuple[int, int]] = frozenset()  # (row, column)
    notes: tuple[str, ...] = ()  # on this table
    n_text: int = 1  # columns of text, which are the first ones
    starts: frozenset[int] = frozenset()  # rows at which a new group begins
    definitions: tuple[str, ...] = ()  # of the columns, the same in every table of its kind: said once in a document
    file: str | None = None  # the CSV file of the report that has its numbers in full

    @property
    def cells(self) -> list[list[Cell]]:
        """The rows."""
        return [
            [Cell(text, (i, j) in self.bold, j >= self.n_text) for j, text in enumerate(row)]
            for i, row in enumerate(self.rows)
        ]


def definitions(tables: Sequence[Table]) -> list[str]:
    """Of all the tables, each once."""
    return list(dict.fromkeys(text for table in tables for text in table.definitions))


def number(value: float | None, form: str = ".2f") -> str:
    """Formatted; a dash for None and NaN; no sign before what is rounded to zero."""
    if value is None or math.isnan(value):
        return NONE
    text = format(value, form)
    return text if any(digit in text for digit in "123456789") else text.lstrip("+-")


def with_error(value: float | None, error: float | None, form: str = ".2f") -> str:
    """value ± error, or the value alone where its error is not known."""
    return number(value, form) if number(error) == NONE else f"{number(value, form)} ± {number(error, form)}"


def common_form(values: Iterable[float | None], digits: int) -> str:
    """A format with which all have as many decimals, and the smallest so many significant digits.

    With more than MOST_DECIMALS the numbers could not be read, and each has its own digits.
    """
    sizes = [abs(v) for v in values if v is not None and math.isfinite(v) and v != 0]
    decimals = max(0, digits - 1 - math.floor(math.log10(min(sizes)))) if sizes else digits - 1
    return f".{decimals}f" if decimals <= MOST_DECIMALS else f".{digits}g"


def listed(*values: Any) -> str:
    """The distinct values: runs of one data set share most settings, and the report says so where they do not."""
    distinct = list(dict.fromkeys(values))
    return " or ".join(f"{v:,}" if isinstance(v, int) else str(v) for v in distinct)


def escaped(text: str) -> str:
    """Text from elsewhere (a title, a name of a result) on one line of Markdown, in which it stands for itself."""
    line = " ".join(text.split())
    return MARKUP.sub(lambda found: ENTITIES.get(found[0], f"\\{found[0]}"), line)


def shown(cell: Cell) -> str:
    """As Markdown."""
    return f"**{escaped(cell.text)}**" if cell.bold else escaped(cell.text)


MARKDOWN = template(
    """\
{% for table in tables %}
{{ "#" if loop.first else "##" }} {{ table.title | escaped }}

| {{ table.columns | map("escaped") | join(" | ") }} |
|{{ " --- |" * table.n_text }}{{ " ---: |" * (table.columns | length - table.n_text) }}
{% for row in table.cells %}
| {{ row | map("shown") | join(" | ") }} |
{% endfor %}

{% for note in table.notes %}
- {{ note }}
{% endfor %}
{{ "" if loop.last else "\n" }}
{%- endfor %}
{% if definitions %}
## Definitions

{% for text in definitions %}
- {{ text }}
{% endfor %}
{% endif %}
""",
    {"escaped": escaped, "shown": shown},
)


def markdown(tables: Sequence[Table]) -> str:
    """One document: the first table's title is its heading, notes, which are Markdown, are a list below their table.

    What the tables define is said once, at the end.
    """
    return MARKDOWN.render(tables=tables, definitions=definitions(tables))
