"""The smoothness factors of a data set with joints: joints as rows, methods as columns, and how sure the order is."""

import math
from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from stages.reports.artifacts import RunArtifacts
from stages.reports.frames import smoothness
from stages.reports.table import Table, common_form, number, with_error
from vhp.names import METHODS, dataset_name, method_name

REFERENCE = next(iter(METHODS))  # the paper's own method


def smoothness_table(runs: Sequence[RunArtifacts]) -> Table:
    """Of one data set; over the paths of all its seeds. The smallest of each row is in bold."""
    methods = list(dict.fromkeys(run.method for run in runs))
    frame = smoothness(runs)
    joints = frame["joint"].unique().tolist()
    means = {key: pooled(rows) for key, rows in frame.groupby(["joint", "method"])}
    paths = {method: path_smoothness(runs, method) for method in methods}
    rows, values = [], []
    form = common_form([mean for mean, _ in means.values()], 2)
    for joint in joints:
        values.append([means[joint, method][0] for method in methods])
        rows.append((joint, *(with_error(*means[joint, method], form) for method in methods)))
    over_joints = [pd.Series(paths[method], dtype=float) for method in methods]
    values.append([series.mean() for series in over_joints])
    rows.append(("mean over joints", *(with_error(s.mean(), s.std(), form) for s in over_joints)))
    bold = {(i, int(np.nanargmin(v)) + 1) for i, v in enumerate(values) if not np.isnan(v).all()}
    if REFERENCE in methods:
        rows.append((f"less {method_name(REFERENCE)}, in s.e.", *(_difference(paths, m) for m in methods)))
    definitions = (
        "Smoothness factor of a joint: RMS over time of the second-order finite difference of its decoded trajectory, "
        "in standardised angle per frame²; mean ± standard deviation over the paths found, not the same pairs of test "
        "examples for every method. Smaller is smoother; in bold the smallest of each row, however small its lead.",
        f"Last row: the mean difference from {method_name(REFERENCE)} over the pairs of test examples that both have a "
        "path for, in its standard errors (in brackets: how many pairs); a positive one is less smooth.",
    )
    columns = ("joint", *map(method_name, methods))
    title = f"{dataset_name(runs[0].dataset)}: smoothness factor of each joint"
    return Table(title, columns, tuple(rows), frozenset(bold), definitions=definitions, file="smoothness.csv")


def pooled(rows: pd.DataFrame) -> tuple[float, float]:
    """Mean and sample standard deviation of all paths, from those (mean, std, n_paths) of each seed; NaN of too few."""
    rows = rows[rows["n_paths"] > 0]
    n, mean = rows["n_paths"], rows["mean"]
    if rows.empty:
        return math.nan, math.nan
    whole = float((n * mean).sum() / n.sum())
    squares = ((n - 1) * rows["std"].fillna(0.0) ** 2 + n * (mean - whole) ** 2).sum()
    return whole, math.sqrt(squares / (n.sum() - 1)) if n.sum() > 1 else math.nan


def path_smoothness(runs: Sequence[RunArtifacts], method: str) -> dict[tuple[int, int], float]:
    """(seed, pair of test examples) -> mean smoothness factor over the joints, of the paths found."""
    return {
        (run.seed, i): factor
        for run in runs
        if run.method == method
        for i, factor in enumerate(run.smoothness["path_smoothness"])
        if factor is not None
    }


def paired_difference(
    a: Mapping[tuple[int, int], float], b: Mapping[tuple[int, int], float]
) -> tuple[float | None, float | None, int]:
    """Mean of a - b over the keys that both have, its standard error, and how many: the errors None of too few."""
    differences = np.array([a[key] - b[key] for key in a if key in b])
    n = len(differences)
    mean = float(differences.mean()) if n else None
    return mean, float(differences.std(ddof=1)) / math.sqrt(n) if n > 1 else None, n


def _difference(paths: Mapping[str, Mapping[tuple[int, int], float]], method: str) -> str:
    if method == REFERENCE:
        return ""
    mean, error, n = paired_difference(paths[method], paths[REFERENCE])
    return f"{number(mean / error if error else None, '+.1f')} ({n})"
