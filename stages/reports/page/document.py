"""The report as one HTML file that needs no other file and no network: what was found, figures, tables, provenance."""

import os
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from stages.reports.page.embed import Picture, embedded
from stages.reports.page.transposed import transposed
from stages.reports.poster_table import EXACT
from stages.reports.sections import Drawn
from stages.reports.table import Cell, Table, definitions
from stages.reports.templates import html_template
from vhp.names import dataset_name

TITLE = "Benchmark of the variational hierarchical prior"
HERE = Path(__file__).parent
# Of value ± error, or value ± error (number of seeds).
ERROR = re.compile(r"(.*\d)( ± .*)")


@dataclass(frozen=True)
class PageSection:
    """One data set."""

    dataset: str
    tables: tuple[Table, ...]
    figures: tuple[Drawn, ...]


@dataclass(frozen=True)
class Content:
    """What the page shows, from the top to its end."""

    findings: Sequence[str]  # sentences
    headline: Table  # methods as rows, data sets as columns
    figures: Sequence[Drawn]  # of all data sets, or of none
    sections: Sequence[PageSection]
    tables: Sequence[Table]  # of all data sets
    not_run: Sequence[str]
    provenance: Sequence[Table]
    files: Sequence[str]  # beside the page


def page(content: Content, folder: Path) -> str:
    """The page that is written into the folder, from which its links go out."""
    headline = transposed(content.headline, "data set", aside=EXACT)
    shown = [content.headline, *(t for s in content.sections for t in s.tables), *content.tables, *content.provenance]
    parts = [
        {
            "dataset": section.dataset,
            "name": dataset_name(section.dataset),
            "pictures": [_picture(drawn, dataset_name(section.dataset), folder) for drawn in section.figures],
            "tables": section.tables,
        }
        for section in content.sections
    ]
    return html_template(HERE, "page.html", {"parts": value_and_error}).render(
        title=TITLE,
        style=(HERE / "style.css").read_text(encoding="utf-8").strip(),
        script=(HERE / "page.js").read_text(encoding="utf-8").strip(),
        contents=_contents(content, bool(definitions(shown))),
        content=content,
        headline=replace(headline, notes=headline.notes[:1]),
        headline_notes=headline.notes[1:],
        figures=[_picture(drawn, "all data sets", folder) for drawn in content.figures],
        parts=parts,
        definitions=definitions(shown),
        files=content.files,
    )


def value_and_error(cell: Cell) -> tuple[str, str]:
    """Of a number, with a minus as wide as a digit: its value, and its error, which can stand on a line of its own."""
    if not cell.number:
        return cell.text, ""
    text = cell.text.replace("-", "−")
    found = ERROR.fullmatch(text)
    return (found[1], found[2]) if found else (text, "")


def _contents(content: Content, defined: bool) -> list[tuple[str, str]]:
    """Anchor and text of each link of the list of contents."""
    links = [("results", "Results")]
    links += [("figures", "Figures")] * bool(content.figures)
    links += [(section.dataset, dataset_name(section.dataset)) for section in content.sections]
    links += [("tables", "Tables")] * bool(content.tables)
    links += [("definitions", "Definitions")] * defined
    return [*links, ("not-run", "Not run"), ("provenance", "Provenance"), ("files", "Files")]


@dataclass(frozen=True)
class _Figure:
    title: str
    caption: str
    uri: str
    width: int
    height: int
    files: list[str]


def _picture(drawn: Drawn, subject: str, folder: Path) -> _Figure:
    picture: Picture = embedded(drawn.path)
    files = [Path(os.path.relpath(path, folder)).as_posix() for path in drawn.files]
    return _Figure(f"{drawn.title}, {subject}", drawn.caption, picture.uri, picture.width, picture.height, files)
