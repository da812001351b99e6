"""table.md: what each trial of each method reached, and which trial params.yaml has now. Needs no torch."""

from collections.abc import Iterator, Mapping
from typing import Any

import pandas as pd

from stages.reports.table import NONE, Table, markdown, number
from stages.runs.resolved import digest
from stages.tuning.trials import Search, trained_with
from vhp.names import dataset_name, method_name, position

COLUMNS = (
    *("method", "trial", "bound", "at epoch", "epochs", "converged", "loss", "gap", "β", "C < κ²", "minutes"),
    "in params.yaml",
)
BOUND = COLUMNS.index("bound")
NOTES = (
    "Bound: the best of the validation bounds at β = 1, nats; each method's highest in bold. At epoch: of the weights "
    "that have it. Converged: it had stopped rising before the learning rate fell, with what it gained in the last "
    "tenth of the epochs. Loss: of the last epoch's training batches; gap: the negative bound less the loss, large "
    "where a training over-fits. β and C at the end. Minutes: of the training, on the processor below.",
)


def in_params(search: Search, params: Mapping[str, Any]) -> set[tuple[str, str]]:
    """The runs that the table has, as (run, digest of what a trial of the same would be trained with)."""
    return {(run, digest(trained_with(config))) for run, config in search.configs(params, {}).items()}


def table(rows: pd.DataFrame, search: Search, params: Mapping[str, Any]) -> Table:
    """rows: columns stages.tuning.rows.COLUMNS, of one data set. params: the content of params.yaml."""
    chosen = in_params(search, params)
    order = {name: i for i, name in enumerate(search.trials)}
    cells: list[tuple[str, ...]] = []
    bold, starts = set(), set()
    for method, group in rows.groupby("method", sort=False):
        starts.add(len(cells))
        best = group["best_validation_bound"].max()
        for row in sorted(group.to_dict("records"), key=lambda row: (position(row["trial"], list(order)), row["seed"])):
            bold |= {(len(cells), BOUND)} if row["best_validation_bound"] == best else set()
            run = f"{row['dataset']}-{method}-{row['seed']}"
            cells.append(_cells(row, (run, row["settings"]) in chosen))
    title = f"Trials of {dataset_name(search.dataset)}, budget {search.budget}"
    notes = (*NOTES, *_about(rows, search))
    return Table(title, COLUMNS, tuple(cells), frozenset(bold), notes, n_text=2, starts=frozenset(starts))


def _cells(row: Mapping[str, Any], chosen: bool) -> tuple[str, ...]:
    bound, loss, kappa, converged = (row[name] for name in ("best_validation_bound", "loss", "kappa", "converged"))
    judged = NONE if pd.isna(converged) else "yes" if converged else "no"
    gain = "" if pd.isna(row["gain_last_tenth"]) else f" ({number(row['gain_last_tenth'], '+.2f')})"
    return (
        method_name(row["method"]),
        row["trial"],
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


def _about(rows: pd.DataFrame, search: Search) -> Iterator[str]:
    """What all trials share, what each trial is, and how many each method had."""
    changed = rows.drop_duplicates("trial").set_index("trial")["changed"]
    yield f"{'; '.join(f'{name}: {text}' for name, text in changed.items())}."
    number_of = rows.groupby("method", sort=False)["trial"].nunique()
    yield f"Trials: {', '.join(f'{method_name(method)} {n}' for method, n in number_of.items())}."
    seeds = ", ".join(map(str, sorted(rows["seed"].unique())))
    yield f"Seed {seeds}. {'; '.join(rows['device'].unique())}. Numbers in full: trials.csv."


def text(rows: pd.DataFrame, search: Search, params: Mapping[str, Any]) -> str:
    return markdown([table(rows, search, params)])
