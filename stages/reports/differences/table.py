"""Paired differences as a table of each data set, and as a frame."""

from collections.abc import Mapping, Sequence

import pandas as pd

from stages.reports.differences.pairs import Difference
from stages.reports.table import NONE, Table, number
from vhp.likelihood.nll_difference import DECIDED
from vhp.names import dataset_name, method_name

DEFINITIONS = (
    "Paired differences: NLL of the row minus that of the column, ± its standard error, in brackets that of the "
    "refined NLL. Bold: the row is better, by both estimates if there are two, with the certainty of "
    f"{DECIDED:g} normal standard errors, of which few seeds take more (Student's distribution). Of one seed of each "
    "method, what another seed would change is not in these errors, nor in any how far the estimates are off.",
)
COLUMNS = (
    *("dataset", "first", "second", "difference", "se", "n_test", "first_seeds", "second_seeds", "df"),
    *("refined_difference", "refined_se", "refined_df"),
)


def difference_table(dataset: str, differences: Sequence[Difference]) -> Table:
    """Methods as rows and columns: the row's NLL minus the column's, ± its standard error."""
    methods = list(dict.fromkeys(m for d in differences for m in (d.first, d.second)))
    signed = {(d.first, d.second): (1, d) for d in differences}
    signed |= {(d.second, d.first): (-1, d) for d in differences}
    rows, bold = [], set()
    for i, row in enumerate(methods):
        texts = [method_name(row)]
        for j, column in enumerate(methods):
            if (row, column) not in signed:
                texts.append(NONE)
                continue
            sign, d = signed[row, column]
            refined = "" if d.refined is None else f" ({number(sign * d.refined.mean, '+.2f')})"
            texts.append(f"{number(sign * d.mean, '+.2f')} ± {number(d.se)}{refined}")
            if d.decided and sign * d.mean < 0:
                bold.add((i, 1 + j))
        rows.append(tuple(texts))
    seeds = {n for d in differences for n in (d.first_seeds, d.second_seeds)}
    error = "standard errors over test examples" + (" and seeds" if seeds != {1} else "; one seed of each method")
    notes = (f"{differences[0].n_test:,} test examples, the same for every method; {error}.",)
    columns = ("row − column (nats)", *map(method_name, methods))
    return Table(
        f"{dataset_name(dataset)}: paired differences",
        columns,
        tuple(rows),
        frozenset(bold),
        notes,
        definitions=DEFINITIONS,
        file="differences.csv",
    )


def frame(differences: Mapping[str, Sequence[Difference]]) -> pd.DataFrame:
    """Columns COLUMNS: a row per pair of methods of each data set; difference: first - second, nats."""
    rows = [
        {"dataset": dataset, "difference": d.mean, "refined_difference": d.refined_mean, **d.json()}
        for dataset, found in differences.items()
        for d in found
    ]
    return pd.DataFrame(rows, columns=list(COLUMNS))
