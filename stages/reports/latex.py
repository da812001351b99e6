"""Tables as LaTeX, with the rules of booktabs."""

from collections.abc import Sequence

from stages.reports.table import Table

# adjustbox shrinks a table that is wider than the text, and only such a one.
PREAMBLE = r"% needs \usepackage{booktabs,adjustbox}"
SPECIAL = {character: f"\\{character}" for character in "&%$#_{}"}
SPECIAL |= {"\\": r"\textbackslash{}", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}"}
SPECIAL |= {"±": r"$\pm$", "−": "$-$", "–": "--", "×": r"$\times$", "²": r"\textsuperscript{2}"}
SPECIAL |= {"β": r"$\beta$", "κ": r"$\kappa$", "ζ": r"$\zeta$", "Σ": r"$\Sigma$"}


def latex(tables: Sequence[Table]) -> str:
    r"""For \input: a table environment for each, its notes in small print below it."""
    return "\n".join([PREAMBLE, *map(_table, tables)])


def _table(table: Table) -> str:
    rows = []
    for i, row in enumerate(table.rows):
        cells = [_text(cell) if j < table.n_text else _number(cell) for j, cell in enumerate(row)]
        cells = [rf"\textbf{{{cell}}}" if (i, j) in table.bold else cell for j, cell in enumerate(cells)]
        rows += [r"\midrule"] * (i in table.starts) + [_line(cells)]
    return "\n".join(
        [
            r"\begin{table}",
            r"\centering",
            rf"\caption{{{_text(table.title)}}}",
            r"\begin{adjustbox}{max width=\textwidth}",
            rf"\begin{{tabular}}{{{'l' * table.n_text}{'r' * (len(table.columns) - table.n_text)}}}",
            r"\toprule",
            _line([_text(column) for column in table.columns]),
            r"\midrule",
            *rows,
            r"\bottomrule",
            r"\end{tabular}",
            r"\end{adjustbox}",
            *(rf"\par\smallskip{{\footnotesize {_text(note)}\par}}" for note in table.notes),
            r"\end{table}",
            "",
        ]
    )


def _line(cells: Sequence[str]) -> str:
    return " & ".join(cells) + r" \\"


def _text(text: str) -> str:
    return "".join(SPECIAL.get(character, character) for character in text)


def _number(cell: str) -> str:
    """A hyphen would be printed as one."""
    return _text(cell.replace("-", "−"))
