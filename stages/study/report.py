"""The results of a parameter study: results.csv, table.md and figure.png. Needs no torch."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from stages.files import replacing, write_text
from stages.reports.frames import csv
from stages.reports.table import NONE, Table, markdown, number, with_error
from stages.study.columns import COLUMNS
from vhp.figures import study
from vhp.figures.style import save
from vhp.names import DATASETS, METHODS, dataset_name, method_name, position

FIGURE = "figure.png"


def frame(rows: Sequence[dict[str, Any]]) -> pd.DataFrame:
    """Columns COLUMNS, in the order of the paper's table; NaN for what a failed run lacks."""
    results = pd.DataFrame(rows, columns=list(COLUMNS))
    order = {"dataset": DATASETS, "method": METHODS}
    known = lambda column: column.map(lambda name: position(name, order[column.name]))  # noqa: E731
    return results.sort_values(["dataset", "method"], key=known, kind="stable").reset_index(drop=True)


def table(results: pd.DataFrame) -> Table:
    """One data set: a row per value and method, means over the seeds; each method's best validation bound in bold."""
    rows, bold = [], set()
    bounds = results.groupby(["method", "value"], sort=False)["best_validation_bound"].mean()
    for (value, method), group in results.groupby(["value", "method"], sort=False):
        if bounds[method, value] == bounds[method].max():
            bold.add((len(rows), 3))
        kappa = group["kappa"].iloc[0]
        finished = group["constraint_final"].dropna()
        holds = f"{(finished < kappa**2).sum()} of {len(finished)}" if pd.notna(kappa) and len(finished) else NONE
        rows.append(
            (
                f"{value}",
                method_name(method),
                with_error(group["nll"].mean(), group["nll"].std()),
                with_error(group["best_validation_bound"].mean(), group["best_validation_bound"].std()),
                f"{number(group['beta_final'].mean(), '.4g')}",
                f"{number(group['constraint_final'].mean(), '.4g')}",
                number(kappa**2, ".4g"),
                holds,
                f"{group['failed'].sum()} of {len(group)}",
            )
        )
    first = results.iloc[0]
    seeds = ", ".join(map(str, sorted(results["seed"].unique())))
    epochs, n_test, n_samples = (
        " or ".join(f"{n:,.0f}" for n in sorted(results[column].dropna().unique())) or "?"
        for column in ("epochs", "n_test", "n_samples")
    )
    notes = (
        f"Budget {first['budget']}, {epochs} epochs, seeds {seeds}: mean ± standard deviation over them. NLL: "
        f"{n_test} test examples, {n_samples} importance samples, lower is better; validation bound: at β = 1, of the "
        "weights used, higher is better, each method's best in bold. β and C at the end of training. Failed: training "
        "or evaluation did not finish, for instance because the loss was no longer finite; the log says why.",
    )
    columns = (first["param"], "method", "NLL", "validation bound", "β", "C", "κ²", "C < κ²", "failed")
    title = f"{first['param']}: {dataset_name(first['dataset'])}"
    return Table(title, columns, tuple(rows), frozenset(bold), notes, n_text=2)


def write(rows: Sequence[dict[str, Any]], folder: Path) -> None:
    """results.csv, table.md and figure.png in the folder."""
    results = frame(rows)
    datasets = [group for _, group in results.groupby("dataset", sort=False)]
    write_text(folder / "results.csv", csv(results))
    # By value, then method, as they were asked for.
    tables = [table(group.sort_values("value", key=_asked_for(group["value"]), kind="stable")) for group in datasets]
    picture = f"![NLL, validation bound, β and C]({FIGURE})\n\n*{study.CAPTION}*\n"
    write_text(folder / "table.md", f"{markdown(tables)}\n{picture}")
    with replacing(folder / FIGURE) as temporary:
        save(study.study(results), temporary)


def _asked_for(values: pd.Series):
    order = {value: i for i, value in enumerate(values.unique())}
    return lambda column: column.map(order)
