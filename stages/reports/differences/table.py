"""Paired differences as a table of each data set, and as a frame."""

from collections.abc import Mapping, Sequence

import pandas as pd

from stages.reports.differences.pairs import Difference
from stages.reports.table import NONE, Table, number
from vhp.likelihood.paired import DECIDED
from vhp.names import dataset_name, method_name

COLUMNS = ("dataset", "first", "second", "difference", "se", "n_test", "first_seeds", "second_seeds")


def difference_table(dataset: str, differences: Sequence[Difference]) -> Table:
    """Methods as rows and columns: the row's NLL minus the column's, ± its standard error."""
    methods = list(dict.fromkeys(m for d in differences for m in (d.first, d.second)))
    cells = {(d.first, d.second): (d.mean, d) for d in differences}
    cells |= {(d.second, d.first): (-d.mean, d) for d in differences}
    rows, bold = [], set()
    for i, row in enumerate(methods):
        texts = [method_name(row)]
        for j, column in enumerate(methods):
            mean, d = cells.get((row, column), (None, None))
            texts.append(NONE if d is None else f"{number(mean, '+.2f')} ± {number(d.se)}")
            if d is not None and d.decided and mean < 0:
                bold.add((i, 1 + j))
        rows.append(tuple(texts))
    seeds = {n for d in differences for n in (d.first_seeds, d.second_seeds)}
    error = "its standard error over test examples" + (" and seeds" if seeds != {1} else "")
    notes = [
        f"NLL of the row minus that of the column, on the same {differences[0].n_test:,} test examples, ± {error}. "
        f"Bold: the row is better by more than {DECIDED:g} standard errors."
    ]
    if seeds == {1}:
        notes.append(
            "What another seed of the training would change is not in these errors: there is one of each method."
        )
    columns = ("row − column (nats)", *map(method_name, methods))
    return Table(f"{dataset_name(dataset)}: paired differences", columns, tuple(rows), frozenset(bold), tuple(notes))


def frame(differences: Mapping[str, Sequence[Difference]]) -> pd.DataFrame:
    """Columns COLUMNS: a row per pair of methods of each data set; difference: first - second, nats."""
    rows = [
        {"dataset": dataset, "difference": d.mean, **d.json()} for dataset, found in differences.items() for d in found
    ]
    return pd.DataFrame(rows, columns=list(COLUMNS))
