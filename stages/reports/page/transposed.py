"""A table of methods as rows with its columns as rows: so it is as wide as there are methods, and fits a telephone."""

from stages.reports.table import NONE, Table


def transposed(table: Table, corner: str, aside: str) -> Table:
    """corner: what the rows are then. Columns of text name the new columns, unless they all say the same.

    The row that is called `aside` becomes notes.
    """
    rows = {i: row for i, row in enumerate(table.rows) if row[0] != aside}
    texts = [j for j in range(table.n_text) if j == 0 or len({row[j] for row in rows.values()}) > 1]
    columns = (corner, *(", ".join(row[j] for j in texts) for row in rows.values()))
    numbers = range(table.n_text, len(table.columns))
    bold = {(j - table.n_text, 1 + k) for k, i in enumerate(rows) for j in numbers if (i, j) in table.bold}
    alone = [row for i, row in enumerate(table.rows) if i not in rows]
    notes = [f"{table.columns[j]}, {row[0]}: {row[j]}." for row in alone for j in numbers if row[j] != NONE]
    cells = tuple((table.columns[j], *(row[j] for row in rows.values())) for j in numbers)
    return Table(
        table.title,
        columns,
        cells,
        frozenset(bold),
        (*table.notes, *notes),
        definitions=table.definitions,
        file=table.file,
    )
