"""Compare a budget's results with its committed baseline, row by row.

Worse means by more than STANDARD_ERRORS sqrt(2) s, s the standard error of the baseline's value: of an NLL over test
examples, of a smoothness factor its standard deviation / sqrt(paths), of a share of pairs that of a binomial. sqrt(2) s
is the error of the difference if the new value's is as large. That one is not asked: a few broken examples raise it as
much as they raise the mean. Both runs are measured on the same test examples, so that the tolerance is generous.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from stages.reports.table import Table, markdown, number

STANDARD_ERRORS = 3.0
# In reports/<budget>/ and in reports/baseline/<budget>/; the last has how smoothness was measured.
FILES = ("results.csv", "smoothness.csv", "interpolation.csv")
RUN = ["dataset", "method", "seed"]
REFINED = ["refined_nll", "refined_nll_se"]  # columns that results without a refined estimate need not have
KEYS = {"NLL": RUN, "refined NLL": RUN, "smoothness": [*RUN, "joint"], "pairs without a path": RUN}
# How a value was measured; values measured otherwise are not comparable.
LIKELIHOODS, GRAPHS = ("n_test", "n_samples"), ("n_nodes", "k")
MEASURED = {
    "NLL": LIKELIHOODS,
    "refined NLL": LIKELIHOODS,
    "smoothness": (*GRAPHS, "n_frames"),
    "pairs without a path": (*GRAPHS, "n_paths"),
}


class RegressionError(ValueError):
    """The results cannot be compared with the baseline; the message says why."""


@dataclass(frozen=True)
class Comparison:
    """One value beside the baseline's; None for a missing value."""

    row: str  # measure and run, for instance "NLL of digits-vhp_rewo-0"
    old: float | None
    new: float | None
    tolerance: float
    fault: str | None  # what is wrong, None if nothing is

    def __str__(self) -> str:
        return f"{self.row}: {self.fault or 'no worse'}"


def compare(results: Path, baseline: Path) -> list[Comparison]:
    """Every value of either folder, in the baseline's order. Raises RegressionError for a missing or unusable file."""
    old, new = read(baseline), read(results)
    return [c for measure in KEYS for c in _compare(measure, old[measure], new[measure])]


def read(folder: Path) -> dict[str, pd.DataFrame]:
    """By measure, indexed by the row's key: columns value, se, and how it was measured."""
    missing = [str(folder / name) for name in FILES if not (folder / name).exists()]
    if missing:
        raise RegressionError(f"missing: {', '.join(missing)}")
    frames = {}
    try:
        results, smoothness, interpolation = (pd.read_csv(folder / name, dtype={"joint": str}) for name in FILES)
        for name, frame in zip(FILES, (results, smoothness, interpolation), strict=True):
            if (unnamed := frame[RUN].isna().any(axis=1)).any():
                raise ValueError(f"{name}: found a row without {', '.join(RUN)}: {frame[unnamed].iloc[0, 0]!r}")
        frames["NLL"] = results.assign(value=results["nll"], se=results["nll_se"])
        refined = results.reindex(columns=REFINED)  # NaN where none was asked for
        frames["refined NLL"] = results.assign(value=refined["refined_nll"], se=refined["refined_nll_se"])
        frames["smoothness"] = smoothness.assign(
            value=smoothness["mean"], se=smoothness["std"] / smoothness["n_paths"].clip(lower=1) ** 0.5
        ).merge(interpolation[[*RUN, *MEASURED["smoothness"]]], how="left", on=RUN)
        frames["pairs without a path"] = interpolation.assign(
            value=interpolation["unreachable"], se=_share_se(interpolation["unreachable"], interpolation["n_paths"])
        )
        for measure, frame in frames.items():
            frame[["value", "se"]] = frame[["value", "se"]].apply(pd.to_numeric)
            frames[measure] = frame.set_index(KEYS[measure])
    except (KeyError, TypeError, ValueError) as error:
        raise RegressionError(f"{folder}: expected other columns or values in {', '.join(FILES)}: {error}") from error
    for measure, frame in frames.items():
        if not frame.index.is_unique:
            repeated = frame.index[frame.index.duplicated()].tolist()
            raise RegressionError(f"{folder}: found several {measure} rows of {repeated}, expected one each")
    return frames


def _share_se(share: pd.Series, n: pd.Series) -> pd.Series:
    """Of a share of n; not zero where it is 0 or 1, as one more of either kind is counted (Laplace's rule)."""
    p = (n * share + 1) / (n + 2)
    return (p * (1 - p) / n) ** 0.5


def _compare(measure: str, old: pd.DataFrame, new: pd.DataFrame) -> list[Comparison]:
    found = []
    for key in [*old.index, *new.index.difference(old.index, sort=False)]:
        run = "-".join(map(str, key[:3])) + "".join(f", joint {joint}" for joint in key[3:])
        name = f"{measure} of {run}"
        if key not in new.index:
            found.append(Comparison(name, _value(old, key), None, 0.0, "missing, the baseline has it"))
        elif key not in old.index:
            found.append(Comparison(name, None, _value(new, key), 0.0, None))
        else:
            found.append(_compared(name, old.loc[key], new.loc[key], MEASURED[measure]))
    return found


def _compared(name: str, old: pd.Series, new: pd.Series, measured: Sequence[str]) -> Comparison:
    # A value without a standard error (of one test example) has to be reached exactly.
    tolerance = STANDARD_ERRORS * math.sqrt(2) * (0.0 if math.isnan(old["se"]) else old["se"])
    fault, worse = None, new["value"] - old["value"]
    if changed := [f"{c} {new[c]:g} instead of {old[c]:g}" for c in measured if new[c] != old[c]]:
        fault = f"not comparable with the baseline: {', '.join(changed)}"
    elif math.isnan(new["value"]) and not math.isnan(old["value"]):
        fault = f"no value, the baseline has {old['value']:.4g}"
    elif worse > tolerance:  # False where the baseline has no value
        fault = f"{new['value']:.4f} is worse than {old['value']:.4f} by {worse:.4f}, tolerance {tolerance:.4f}"
    return Comparison(name, old["value"], new["value"], tolerance, fault)


def _value(frame: pd.DataFrame, key: tuple) -> float:
    return frame.loc[key, "value"]


def difference_table(comparisons: Sequence[Comparison], title: str) -> Table:
    """Values that differ, or are missing in one of the two."""
    changed = [c for c in comparisons if c.fault or (number(c.old, ".6g") != number(c.new, ".6g"))]
    rows = []
    for c in changed:
        difference = number(None if c.old is None or c.new is None else c.new - c.old, "+.4f")
        verdict = "worse or missing" if c.fault else "new" if c.old is None else "within tolerance or better"
        rows.append(
            (c.row, number(c.old, ".4f"), number(c.new, ".4f"), difference, number(c.tolerance, ".4f"), verdict)
        )
    return Table(
        title,
        ("row", "before", "now", "difference", "tolerance", "verdict"),
        tuple(rows),
        notes=(
            f"{len(comparisons)} values compared, {len(changed)} differ; lower is better. Tolerance: "
            f"{STANDARD_ERRORS:g} standard errors of the difference, if both values have the baseline's.",
        ),
    )


def differences(results: Path, baseline: Path, title: str) -> tuple[str, list[str]]:
    """The table of differences as Markdown, and the faults. Raises RegressionError as compare does."""
    comparisons = compare(results, baseline)
    return markdown([difference_table(comparisons, title)]), [str(c) for c in comparisons if c.fault]
