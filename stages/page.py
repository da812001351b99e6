"""The report as one HTML page without external resources: tables, figures by relative link, provenance."""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path

from stages.artifacts import RunArtifacts
from stages.gallery import Drawn
from stages.table import Table
from stages.tabulate import provenance_table
from vhp.figures.style import dataset_name

# Narrow screens scroll wide tables and figures sideways: shrunk to fit, their text could not be read.
STYLE = """
:root { color-scheme: light; }
body { font: 16px/1.5 system-ui, sans-serif; color: #1a1a1a; background: #fff; max-width: 68rem; margin: 0 auto;
  padding: 1rem; }
h1 { font-size: 1.6rem; line-height: 1.2; } h2 { margin-top: 2.5rem; border-bottom: 1px solid #ccc; }
nav a { margin-right: 1rem; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; font-size: .9rem; font-variant-numeric: tabular-nums; margin: .5rem 0;
  border-top: 2px solid #333; border-bottom: 2px solid #333; }
caption { text-align: left; font-weight: 600; padding: .5rem 0; }
th, td { padding: .25rem .7rem; text-align: right; white-space: nowrap; }
th:first-child, td:first-child { text-align: left; padding-left: 0; }
thead { border-bottom: 1px solid #333; }
.notes { font-size: .85rem; color: #444; padding-left: 1.2rem; }
td:first-child, th:first-child { position: sticky; left: 0; background: #fff; }
figure { margin: 1.5rem 0; } img { max-width: 100%; height: auto; }
@media (max-width: 48rem) { img { max-width: 48rem; } }
figcaption { font-size: .85rem; color: #444; max-width: 50rem; }
""".strip()


@dataclass(frozen=True)
class Section:
    """One data set."""

    dataset: str
    tables: tuple[Table, ...]
    figures: tuple[Drawn, ...]


def page(
    table: Table, sections: Sequence[Section], optimisation: Drawn, runs: Sequence[RunArtifacts], folder: Path
) -> str:
    """The page to be written into folder, to which the figures' links are relative.

    optimisation: the figure of the beta-update schemes, which belongs to no data set.
    """
    title = "Benchmark of the variational hierarchical prior"
    links = [*((section.dataset, dataset_name(section.dataset)) for section in sections)]
    links += [("optimisation", "optimisation"), ("provenance", "provenance")]
    parts = [
        "<!doctype html>",
        '<html lang="en">',
        "<head>",
        '<meta charset="utf-8">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        f"<title>{title}</title>",
        f"<style>\n{STYLE}\n</style>",
        "</head>",
        "<body>",
        f"<h1>{title}</h1>",
        "<p>After Klushyn, Chen, Kurle, Cseke, van der Smagt (2019), Learning Hierarchical Priors in VAEs. As data: "
        '<a href="results.csv">results.csv</a>, <a href="smoothness.csv">smoothness.csv</a>, '
        '<a href="interpolation.csv">interpolation.csv</a>, <a href="representation.csv">representation.csv</a>, '
        '<a href="table.md">table.md</a>.</p>',
        "<nav>",
        *(f'<a href="#{escape(anchor)}">{escape(text)}</a>' for anchor, text in links),
        "</nav>",
        _table(table),
    ]
    for section in sections:
        parts.append(f'<h2 id="{escape(section.dataset)}">{escape(dataset_name(section.dataset))}</h2>')
        parts += [_table(t) for t in section.tables]
        parts += [_figure(drawn, dataset_name(section.dataset), folder) for drawn in section.figures]
    parts += ['<h2 id="optimisation">optimisation</h2>', _figure(optimisation, "REWO and GECO", folder)]
    parts += ['<h2 id="provenance">provenance</h2>', _table(provenance_table(runs)), "</body>", "</html>"]
    return "\n".join(parts) + "\n"


def _table(table: Table) -> str:
    head = "".join(f'<th scope="col">{escape(column)}</th>' for column in table.columns)
    rows = []
    for i, row in enumerate(table.rows):
        cells = [f"<b>{escape(cell)}</b>" if (i, j) in table.bold else escape(cell) for j, cell in enumerate(row)]
        rows.append("<tr>" + "".join(f"<td>{cell}</td>" for cell in cells) + "</tr>")
    notes = "".join(f"<li>{escape(note)}</li>" for note in table.notes)
    return "\n".join(
        [
            f'<div class="scroll"><table><caption>{escape(table.title)}</caption>',
            f"<thead><tr>{head}</tr></thead>",
            "<tbody>",
            *rows,
            "</tbody></table></div>",
            f'<ul class="notes">{notes}</ul>',
        ]
    )


def _figure(drawn: Drawn, subject: str, folder: Path) -> str:
    link = escape(drawn.path.relative_to(folder).as_posix())
    alt = escape(f"{drawn.title}, {subject}")
    return (
        f'<figure><div class="scroll"><a href="{link}"><img src="{link}" alt="{alt}" loading="lazy"></a></div>'
        f"<figcaption>{escape(drawn.caption)}</figcaption></figure>"
    )
