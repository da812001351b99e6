"""Tables as LaTeX, with the rules of booktabs."""

from collections.abc import Sequence

from stages.reports.table import Cell, Table
from stages.reports.templates import template

SPECIAL = {character: f"\\{character}" for character in "&%$#_{}"}
SPECIAL |= {"\\": r"\textbackslash{}", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}"}
SPECIAL |= {"±": r"$\pm$", "−": "$-$", "–": "--", "×": r"$\times$", "²": r"\textsuperscript{2}"}
SPECIAL |= {"β": r"$\beta$", "κ": r"$\kappa$", "ζ": r"$\zeta$", "Σ": r"$\Sigma$"}


# adjustbox shrinks a table that is wider than the text, and only such a one.
TABLES = r"""
% needs \usepackage{booktabs,adjustbox}
{% for table in tables %}
\begin{table}
\centering
\caption{{ "{" }}{{ table.title | escaped }}}
\begin{adjustbox}{max width=\textwidth}
\begin{tabular}{{ "{" }}{{ "l" * table.n_text }}{{ "r" * (table.columns | length - table.n_text) }}}
\toprule
{{ table.columns | map("escaped") | join(" & ") }} \\
\midrule
{% for row in table.cells %}
{% if loop.index0 in table.starts %}
\midrule
{% endif %}
{{ row | map("shown") | join(" & ") }} \\
{% endfor %}
\bottomrule
\end{tabular}
\end{adjustbox}
{% for note in table.notes + table.definitions %}
\par\smallskip{\footnotesize {{ note | escaped }}\par}
{% endfor %}
\end{table}

{% endfor %}
""".lstrip()


def latex(tables: Sequence[Table]) -> str:
    r"""For \input: a table environment for each, its notes in small print below it."""
    return template(TABLES, {"escaped": escaped, "shown": shown}).render(tables=tables).removesuffix("\n")


def shown(cell: Cell) -> str:
    """A hyphen before a number would be printed as one."""
    text = escaped(cell.text.replace("-", "−") if cell.number else cell.text)
    return rf"\textbf{{{text}}}" if cell.bold else text


def escaped(text: str) -> str:
    return "".join(SPECIAL.get(character, character) for character in text)
