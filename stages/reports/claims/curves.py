"""Measures over kappa, from a study of it: `make study PARAM=kappa.<data set> METHODS="vhp_rewo vhp_geco" ...`."""

import math

import pandas as pd

from stages.reports.claims.cases import Case, enough, over_seeds
from stages.reports.claims.evidence import Evidence
from stages.reports.claims.judging import Estimate, MissingError
from stages.reports.claims.likelihoods import paper_gap
from stages.study.suiting import fulfilled, suiting
from vhp.names import method_name

LEAST_VALUES = 5  # of kappa: fewer are no curve


def gap_ratio_on_curve(evidence: Evidence, case: Case) -> Estimate:
    """The gap between the methods over the paper's, at the kappa of those that suit the first where it is nearest 1.

    Those at which the first method's validation bound is within `within` nats of its best over the curve, and its
    constraint is fulfilled.
    """
    curve = _curve(evidence, case)
    finished, gap, within = curve.dropna(subset="nll"), paper_gap(case), case.option("within")
    method, candidates = case.test.method, []
    for value in suiting(curve.reset_index(), method, within):
        both = [_at(finished, name, value) for name in case.methods]
        seeds = both[0].index.intersection(both[1].index)
        if len(seeds):
            differences = both[1].loc[seeds, "nll"] - both[0].loc[seeds, "nll"]
            error, of = evidence.paired_error(case.dataset, value, *case.methods), "same test examples"
            if error is None:  # a study without differences.csv: as if the test examples were others
                error, of = math.hypot(*(each.loc[seeds[0], "nll_se"] for each in both)), "test examples"
            source = f"kappa = {value:g} of its study"
            candidates.append(over_seeds((differences / gap).tolist(), source, error / abs(gap), of))
    if not candidates:
        raise MissingError(f"no kappa that suits {method_name(method)} in the study of kappa.{case.dataset}")
    chosen = min(candidates, key=lambda estimate: abs(estimate.value - 1))
    enough(chosen.n_seeds, case)
    return chosen


def kappa_share(evidence: Evidence, case: Case) -> Estimate:
    """Range of the method's NLL over that of the other's, over the kappas at which its constraint is fulfilled.

    And at which both were finished: the other's range is no less than what is left of it where it failed at some.
    """
    curve = _curve(evidence, case)
    values = sorted(fulfilled(curve.reset_index(), case.test.method))
    shares = []
    for _, of_seed in curve.groupby("seed"):
        nll = of_seed["nll"].droplevel("seed").unstack("method").reindex(index=values, columns=case.methods).dropna()
        if len(nll) > 1:
            own, other = (float(nll[method].max() - nll[method].min()) for method in case.methods)
            if other > 0:
                shares.append(own / other)
    if not shares:
        raise MissingError(
            f"no two kappas with both methods and {method_name(case.test.method)}'s constraint fulfilled"
        )
    enough(len(shares), case)
    return over_seeds(shares, f"study of kappa.{case.dataset}")


def _at(curve: pd.DataFrame, method: str, value: float) -> pd.DataFrame:
    """The method's runs at one kappa, by seed; there may be none."""
    rows = curve.reset_index()
    return rows[(rows["method"] == method) & (rows["value"] == value)].set_index("seed")


def _curve(evidence: Evidence, case: Case) -> pd.DataFrame:
    """Indexed by method, value of kappa and seed; NaN for what a run that failed lacks.

    Raises MissingError for too few values at which a run was finished.
    """
    frame = evidence.curve(case.dataset)
    frame = frame[(frame["dataset"] == case.dataset) & frame["method"].isin(case.methods)]
    finished = frame.dropna(subset="nll")
    counts = [finished.loc[finished["method"] == method, "value"].nunique() for method in case.methods]
    if min(counts) < LEAST_VALUES:
        raise MissingError(f"{min(counts)} of {LEAST_VALUES} values in the study of kappa.{case.dataset}")
    return frame.set_index(["method", "value", "seed"]).sort_index()
