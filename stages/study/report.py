"""The results of a parameter study: results.csv, differences.csv, table.md and figure.png. Needs no torch."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from stages.files import replacing, write_text
from stages.reports.frames import csv
from stages.reports.table import NONE, Table, markdown, number, with_error
from stages.study import differences
from stages.study.columns import COLUMNS
from stages.study.suiting import WITHIN, suiting
from vhp.figures import study
from vhp.figures.style import save
from vhp.names import DATASETS, METHODS, dataset_name, method_name, position

FIGURE, DIFFERENCES = "figure.png", "differences.csv"
BOUND = "best_validation_bound"
# The first has the parameter's own name.
COLUMN_TITLES = ("value", "method", "NLL", "validation bound", "β", "C", "κ²", "C < κ²", "failed")


def frame(rows: Sequence[dict[str, Any]]) -> pd.DataFrame:
    """Columns COLUMNS, in the order of the paper's table; NaN for what a failed run lacks."""
    results = pd.DataFrame(rows, columns=list(COLUMNS)).astype({"kappa": float})  # all None: no method has one
    order = {"dataset": DATASETS, "method": METHODS}
    known = lambda column: column.map(lambda name: position(name, order[column.name]))  # noqa: E731
    return results.sort_values(["dataset", "method"], key=known, kind="stable").reset_index(drop=True)


def table(results: pd.DataFrame) -> Table:
    """One data set: a row per value and method, means over the seeds; each method's best validation bound in bold."""
    rows: list[tuple[str, ...]] = []
    bold: set[tuple[int, int]] = set()
    bounds = results.groupby(["method", "value"], sort=False)[BOUND].mean()
    for (value, method), group in results.groupby(["value", "method"], sort=False):
        if bounds[method, value] == bounds[method].max():
            bold.add((len(rows), COLUMN_TITLES.index("validation bound")))
        rows.append((f"{value}", method_name(method), *_cells(group)))
    first = results.iloc[0]
    title = f"{first['param']}: {dataset_name(first['dataset'])}"
    columns = (first["param"], *COLUMN_TITLES[1:])
    notes = (_note(results), *_set(results), *_choice(results))
    return Table(title, columns, tuple(rows), frozenset(bold), notes, n_text=2)


def _cells(group: pd.DataFrame) -> tuple[str, ...]:
    """Of the runs of one value and method: what stands in COLUMN_TITLES behind these two."""
    kappa, constraint = group["kappa"].iloc[0], group["constraint_final"].dropna()
    holds = f"{(constraint < kappa**2).sum()} of {len(constraint)}" if pd.notna(kappa) and len(constraint) else NONE
    return (
        *(with_error(group[name].mean(), group[name].std()) for name in ("nll", BOUND)),
        *(number(group[name].mean(), ".4g") for name in ("beta_final", "constraint_final")),
        number(kappa**2, ".4g"),
        holds,
        f"{group['failed'].sum()} of {len(group)}",
    )


def _note(results: pd.DataFrame) -> str:
    seeds = sorted(results["seed"].unique())
    over = (
        f"seeds {', '.join(map(str, seeds))}: mean ± standard deviation over them"
        if len(seeds) > 1
        else f"seed {seeds[0]}"
    )
    budgets = " or ".join(results["budget"].unique())
    epochs, n_test, n_samples = (
        _numbers(sorted(results[column].dropna().unique())) for column in ("epochs", "n_test", "n_samples")
    )
    return (
        f"Budget {budgets}, {epochs} epochs, {over}. "
        f"NLL: {n_test} test examples, {n_samples} importance samples, lower is better; validation bound: at β = 1, of "
        "the weights used, higher is better, each method's best in bold. β and C at the end of training. Failed: "
        "training or evaluation did not finish, for instance because the loss was no longer finite; the log says why."
    )


def _set(results: pd.DataFrame) -> tuple[str, ...]:
    """With which other parameters it was made; none where there were none."""
    return tuple(f'With SET="{text}" at every value.' for text in results["set"].dropna().unique() if text)


def _numbers(values: Sequence[float]) -> str:
    """Each, if they are few: trainings that end by their bound have all lengths."""
    if len(values) > 3:
        return f"{values[0]:,.0f} to {values[-1]:,.0f}"
    return " or ".join(f"{n:,.0f}" for n in values) or "?"


def _choice(results: pd.DataFrame) -> tuple[str, ...]:
    """For a study of this data set's kappa with VHP + REWO: which one the rule takes. By another's bound none is."""
    method = "vhp_rewo"
    own = results[results["method"] == method]
    if own.empty or results["param"].iloc[0].partition(".")[0] != "kappa" or (own["kappa"] != own["value"]).any():
        return ()
    rule = f"the loosest at which C < κ² with every seed and the validation bound is within {WITHIN} nats of its best"
    suit = suiting(results, method)
    return (f"By {method_name(method)}'s validation bound alone, {rule}: {f'κ = {suit[-1]:g}' if suit else 'none'}.",)


def table_of_differences(pairs: pd.DataFrame) -> Table:
    """One data set: a row per value, a column per two methods. pairs: columns differences.COLUMNS."""
    param, dataset = pairs[["param", "dataset"]].iloc[0]
    n_test = _numbers(sorted(pairs["n_test"].unique()))
    of_value = {
        value: {
            (row["first"], row["second"]): with_error(row["difference"], row["se"]) for row in group.to_dict("records")
        }
        for value, group in pairs.groupby("value", sort=False)
    }
    columns = list(dict.fromkeys(both for cells in of_value.values() for both in cells))
    rows = tuple((f"{value}", *(cells.get(both, NONE) for both in columns)) for value, cells in of_value.items())
    note = (
        f"NLL of the first method minus that of the second, nats, over the same {n_test} test examples: mean ± its "
        "standard error, which includes what another training changes where a method has several seeds."
    )
    titles = tuple(" − ".join(map(method_name, both)) for both in columns)
    return Table(f"{param}: {dataset_name(dataset)}, paired", (param, *titles), rows, notes=(note,), n_text=1)


def write(rows: Sequence[dict[str, Any]], pairs: Sequence[dict[str, Any]], folder: Path) -> None:
    """results.csv, table.md and figure.png in the folder; of several methods differences.csv.

    rows, pairs: see stages.study.columns and stages.study.differences.
    """
    results = frame(rows)
    datasets = [group for _, group in results.groupby("dataset", sort=False)]
    write_text(folder / "results.csv", csv(results))
    # By value, then method, as they were asked for.
    tables = [table(group.sort_values("value", key=_asked_for(group["value"]), kind="stable")) for group in datasets]
    if pairs:
        compared = pd.DataFrame(pairs, columns=list(differences.COLUMNS))
        write_text(folder / DIFFERENCES, csv(compared))
        tables += [table_of_differences(group) for _, group in compared.groupby("dataset", sort=False)]
    else:
        (folder / DIFFERENCES).unlink(missing_ok=True)
    picture = f"![NLL, validation bound, β and C]({FIGURE})\n\n*{study.CAPTION}*\n"
    write_text(folder / "table.md", f"{markdown(tables)}\n{picture}")
    with replacing(folder / FIGURE) as temporary:
        save(study.study(results), temporary)


def _asked_for(values: pd.Series) -> Callable[[pd.Series], pd.Series]:
    order = {value: i for i, value in enumerate(values.unique())}
    return lambda column: column.map(order)
