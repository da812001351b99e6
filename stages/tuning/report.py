"""table.md: what each trial of each method reached, and which trial params.yaml has now. Needs no torch."""

from collections.abc import Iterator, Mapping
from typing import Any

import pandas as pd

from stages.reports.table import NONE, Table, markdown, number
from stages.tuning.rows import KEY
from stages.tuning.trials import Cell, Search, as_text
from vhp.names import dataset_name, method_name, position

COLUMNS = (
    *("method", "trial", "seed", "bound", "at epoch", "epochs", "converged", "loss", "gap", "β", "C < κ²", "minutes"),
    "in params.yaml",
)
BOUND = COLUMNS.index("bound")
NOTES = (
    "Bound: the best of the validation bounds at β = 1, nats, of the method's own kind (IWAE's has many samples), so "
    "that it is compared with others of the method alone; in bold those of its best trial, by the mean over its seeds. "
    "At epoch: of the weights that have it. Converged: it had stopped rising before the learning rate fell, with what "
    "it gained in the last tenth of the epochs. Loss: of that epoch's training batches, at β = 1; gap: the negative "
    "bound less this loss, large where it over-fits. β and C at the end. Minutes: of the training, on the processor "
    "below, where other work may have run beside it.",
)


def table(rows: pd.DataFrame, search: Search, params: Mapping[str, Any]) -> Table:
    """rows: columns stages.tuning.rows.COLUMNS, of one data set, at least one. params: the content of params.yaml."""
    wanted = [(*cell.key.values(), cell.settings) for cell in search.cells(params)]
    there = [key in wanted for key in zip(*(rows[name] for name in (*KEY, "settings")), strict=True)]
    rows, others = rows[there], len(rows) - sum(there)
    # What params.yaml has now, were it trained as the trials are.
    chosen = {(run, Cell("", run, config).settings) for run, config in search.configs(params, {}).items()}
    order = {name: i for i, name in enumerate(search.trials)}
    cells: list[tuple[str, ...]] = []
    bold, starts = set(), set()
    for method, group in rows.groupby("method", sort=False):
        starts.add(len(cells))
        means = group.groupby("trial")["best_validation_bound"].mean()
        for row in sorted(group.to_dict("records"), key=lambda row: (position(row["trial"], list(order)), row["seed"])):
            bold |= {(len(cells), BOUND)} if means[row["trial"]] == means.max() else set()
            run = f"{row['dataset']}-{method}-{row['seed']}"
            cells.append(_cells(row, (run, row["settings"]) in chosen))
    title = f"Trials of {dataset_name(search.dataset)}, budget {search.budget}"
    notes = (*NOTES, *_about(rows, others, search, params))
    return Table(title, COLUMNS, tuple(cells), frozenset(bold), notes, n_text=2, starts=frozenset(starts))


def _cells(row: Mapping[str, Any], chosen: bool) -> tuple[str, ...]:
    bound, loss, kappa, converged = (row[name] for name in ("best_validation_bound", "loss", "kappa", "converged"))
    judged = NONE if pd.isna(converged) else "yes" if converged else "no"
    gain = "" if pd.isna(row["gain_last_tenth"]) else f" ({number(row['gain_last_tenth'], '+.2f')})"
    return (
        method_name(row["method"]),
        row["trial"],
        str(row["seed"]),
        number(bound),
        str(row["best_epoch"]),
        str(row["epochs"]),
        f"{judged}{gain}",
        number(loss),
        number(-bound - loss),
        number(row["beta_final"], ".4g"),
        NONE if pd.isna(kappa) else "yes" if row["constraint_final"] < kappa**2 else "no",
        number(row["minutes"], ".1f"),
        "yes" if chosen else "",
    )


def _about(rows: pd.DataFrame, others: int, search: Search, params: Mapping[str, Any]) -> Iterator[str]:
    """What each trial changes, and how many each method had of those that it is to have.

    rows: those of the trials as they are now; others: how many more there are.
    """
    yield f"{'; '.join(f'{name}: {as_text([search.always, trial])}' for name, trial in search.trials.items())}."
    there = set(zip(*(rows[name] for name in KEY), strict=True))
    of_method: dict[str, list[bool]] = {}
    for cell in search.cells(params):
        of_method.setdefault(cell.method, []).append(tuple(cell.key.values()) in there)
    done = [f"{method_name(method)} {sum(has)} of {len(has)}" for method, has in of_method.items()]
    yield f"Trained: {', '.join(done)}. What is missing was not trained, or its training did not finish."
    if others:
        yield f"Left out: rows of trials.csv that are of other settings than these, {others}."
    devices = f"{'; '.join(rows['device'].unique())}. " if len(rows) else ""
    yield f"{devices}Numbers in full: trials.csv."


def text(rows: pd.DataFrame, search: Search, params: Mapping[str, Any]) -> str:
    return markdown([table(rows, search, params)])
