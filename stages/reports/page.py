"""The report as one HTML file that needs no other file and no network: tables, figures and animations, provenance."""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from stages.reports.embed import data_uri
from stages.reports.sections import Drawn
from stages.reports.table import Table
from vhp.names import dataset_name

# Narrow screens scroll wide tables and figures sideways: shrunk to fit, their text could not be read. Rules belong to
# the cells, for collapsed borders do not stay with the first column, which does not scroll.
STYLE = """
:root { color-scheme: light; }
body { font: 16px/1.5 system-ui, sans-serif; color: #1a1a1a; background: #fff; max-width: 68rem; margin: 0 auto;
  padding: 1rem; }
h1 { font-size: 1.6rem; line-height: 1.2; } h2 { margin-top: 2.5rem; border-bottom: 1px solid #ccc; }
nav a { margin-right: 1rem; }
.scroll { overflow-x: auto; }
table { border-collapse: separate; border-spacing: 0; font-size: .9rem; font-variant-numeric: tabular-nums;
  margin: .5rem 0; }
caption { text-align: left; font-weight: 600; padding: .5rem 0; }
th, td { padding: .25rem .7rem; text-align: right; } td { white-space: nowrap; }
th:first-child, td:first-child { text-align: left; padding-left: 0; }
th.text, td.text { text-align: left; } tr.start td { border-top: 1px solid #999; }
th { border-top: 2px solid #333; border-bottom: 1px solid #333; vertical-align: bottom; line-height: 1.25; }
tbody tr:last-child td { border-bottom: 2px solid #333; }
.notes { font-size: .85rem; color: #444; padding-left: 1.2rem; }
td:first-child, th:first-child { position: sticky; left: 0; background: #fff; }
summary { cursor: pointer; padding: .3rem 0; }
figure { margin: 1.5rem 0; } img { max-width: 100%; height: auto; }
@media (max-width: 48rem) { img { max-width: 48rem; } td:first-child { white-space: normal; min-width: 6.5rem; } }
figcaption { font-size: .85rem; color: #444; max-width: 50rem; }
""".strip()


@dataclass(frozen=True)
class PageSection:
    """One data set."""

    dataset: str
    tables: tuple[Table, ...]
    figures: tuple[Drawn, ...]


def page(
    tables: Sequence[Table],
    sections: Sequence[PageSection],
    optimisation: Drawn,
    not_run: Sequence[str],
    provenance: Sequence[Table],
) -> str:
    """The page. tables: of all data sets; optimisation: the figure of the beta-update schemes, which belongs to none;
    not_run: sentences; provenance: of all runs, then each data set's parameters.
    """
    title = "Benchmark of the variational hierarchical prior"
    links = [(section.dataset, dataset_name(section.dataset)) for section in sections]
    links += [(name.replace(" ", "-"), name) for name in ("optimisation", "not run", "provenance")]
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
        "<p>After Klushyn, Chen, Kurle, Cseke, van der Smagt (2019), Learning Hierarchical Priors in VAEs, here: the "
        "paper. This file needs no other; the same numbers are in the files beside it: table.csv, table.tex, table.md, "
        "results.csv, smoothness.csv, interpolation.csv, representation.csv.</p>",
        "<nav>",
        *(f'<a href="#{escape(anchor)}">{escape(text)}</a>' for anchor, text in links),
        "</nav>",
        *map(_table, tables),
    ]
    for section in sections:
        name = dataset_name(section.dataset)
        parts += [_heading(section.dataset, name), *map(_table, section.tables)]
        parts += [_figure(drawn, name) for drawn in section.figures]
    parts += [_heading("optimisation", "optimisation"), _figure(optimisation, "REWO and GECO")]
    parts += [_heading("not-run", "not run"), f"<ul>{''.join(f'<li>{escape(text)}</li>' for text in not_run)}</ul>"]
    parts += [_heading("provenance", "provenance"), _table(provenance[0]), *map(_folded, provenance[1:])]
    return "\n".join([*parts, "</body>", "</html>"]) + "\n"


def _heading(anchor: str, text: str) -> str:
    return f'<h2 id="{escape(anchor)}">{escape(text)}</h2>'


def _table(table: Table) -> str:
    head = "".join(f'<th scope="col"{_text(table, j)}>{escape(name)}</th>' for j, name in enumerate(table.columns))
    rows = []
    for i, row in enumerate(table.rows):
        cells = [f"<b>{escape(cell)}</b>" if (i, j) in table.bold else escape(cell) for j, cell in enumerate(row)]
        start = ' class="start"' if i in table.starts else ""
        rows.append(f"<tr{start}>{''.join(f'<td{_text(table, j)}>{cell}</td>' for j, cell in enumerate(cells))}</tr>")
    notes = "".join(f"<li>{escape(note)}</li>" for note in table.notes)
    return "\n".join(
        [
            f'<div class="scroll"><table><caption>{escape(table.title)}</caption>',
            f"<thead><tr>{head}</tr></thead>",
            "<tbody>",
            *rows,
            "</tbody></table></div>",
            *([f'<ul class="notes">{notes}</ul>'] if notes else []),
        ]
    )


def _text(table: Table, column: int) -> str:
    """Columns of text are aligned to the left; the first is so anyway."""
    return ' class="text"' if 0 < column < table.n_text else ""


def _folded(table: Table) -> str:
    return f"<details><summary>{escape(table.title)}</summary>\n{_table(table)}\n</details>"


def _figure(drawn: Drawn, subject: str) -> str:
    """PNG or GIF, within the page."""
    return (
        f'<figure><div class="scroll"><img src="{data_uri(drawn.path)}" '
        f'alt="{escape(f"{drawn.title}, {subject}")}"></div>'
        f"<figcaption>{escape(drawn.caption)}</figcaption></figure>"
    )
