"""The smoothness factors of a data set with joints: joints as rows, methods as columns, and how sure the order is."""

import math
from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from stages.reports.artifacts import RunArtifacts
from stages.reports.frames import smoothness
from stages.reports.table import Table, common_form, number, with_error
from vhp.latent.path_difference import path_difference
from vhp.names import METHODS, dataset_name, method_name

MEASURES = {"smoothness": "mean over joints", "roughness": "per unit of movement"}  # of a path -> name of its row
REFERENCE = next(iter(METHODS))  # the paper's own method


def smoothness_table(runs: Sequence[RunArtifacts]) -> Table:
    """Of one data set; over the paths of all its seeds. The smallest of each row is in bold."""
    methods = list(dict.fromkeys(run.method for run in runs))
    frame = smoothness(runs)
    joints = frame["joint"].unique().tolist()
    means = {key: pooled(rows) for key, rows in frame.groupby(["joint", "method"])}
    rows, values = [], []
    form = common_form([mean for mean, _ in means.values()], 2)
    for joint in joints:
        values.append([means[joint, method][0] for method in methods])
        rows.append((joint, *(with_error(*means[joint, method], form) for method in methods)))
    measures = [m for m in MEASURES if all(run.smoothness.get(f"path_{m}") for run in runs)]
    for measure in measures:
        paths = {method: per_path(runs, method, measure) for method in methods}
        over_paths = [pd.Series(paths[method], dtype=float) for method in methods]
        form = common_form([series.mean() for series in over_paths], 2)
        values.append([series.mean() for series in over_paths])
        rows.append((MEASURES[measure], *(with_error(s.mean(), s.std(), form) for s in over_paths)))
        if REFERENCE in methods:
            rows += _differences(paths, methods)
            values += [[math.nan] * len(methods)] * 3
    bold = {(i, int(np.nanargmin(v)) + 1) for i, v in enumerate(values) if not np.isnan(v).all()}
    definitions = (
        "Smoothness factor of a joint: RMS over time of the second-order finite difference of its decoded trajectory, "
        "in standardised angle per frame²; mean ± standard deviation over the paths found, not the same pairs of test "
        "examples for every method. Smaller is smoother; in bold the smallest of each row, however small its lead.",
        "Per unit of movement: RMS second over RMS first difference, mean over the joints that move.",
        f"Less {method_name(REFERENCE)}: the mean difference over the pairs of test examples, and seeds, that both "
        "have a path for; a positive one is less smooth. Then its standard error over the pairs (means over the "
        "seeds), and over the seeds (means over the pairs), in brackets how many.",
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


def per_path(runs: Sequence[RunArtifacts], method: str, measure: str) -> dict[tuple[int, int], float]:
    """(seed, pair of test examples) -> the measure, mean over the joints, of the paths found."""
    return {
        (run.seed, i): factor
        for run in runs
        if run.method == method
        for i, factor in enumerate(run.smoothness[f"path_{measure}"])
        if factor is not None
    }


def _differences(paths: Mapping[str, Mapping[tuple[int, int], float]], methods: Sequence[str]) -> list[tuple[str, ...]]:
    """Three rows: each method less the reference, and the errors."""
    found = {m: path_difference(paths[m], paths[REFERENCE]) for m in methods if m != REFERENCE}
    rows = {
        f"less {method_name(REFERENCE)}": lambda d: number(d.mean, "+.2g"),
        "± over pairs": lambda d: f"{number(d.error_pairs, '.2g')} ({d.n_pairs})",
        "± over seeds": lambda d: f"{number(d.error_seeds, '.2g')} ({d.n_seeds})",
    }
    return [(name, *("" if m == REFERENCE else cell(found[m]) for m in methods)) for name, cell in rows.items()]
