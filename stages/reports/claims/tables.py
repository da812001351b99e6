"""The verdicts as tables: a row per claim, and a row per case with what decided it."""

import pandas as pd

from stages.reports.claims.cases import Measure
from stages.reports.claims.judging import VERDICTS
from stages.reports.claims.thresholds import Thresholds, read
from stages.reports.claims.verdicts import MEASURES
from stages.reports.table import NONE, Table, number, with_error
from vhp.names import dataset_name, method_name


def claims_table(frame: pd.DataFrame) -> Table:
    """A row per claim: the paper's words, the verdict, how many of its cases have which, and what decides it."""
    thresholds = {claim.name: claim for claim in read().claims}
    rows = []
    for name, cases in frame.groupby("claim", sort=False):
        first, counts = cases.iloc[0], cases["verdict"].value_counts()
        shown = ", ".join(f"{counts[v]} {v}" for v in VERDICTS if v in counts)
        rows.append((f"“{first.words}”", thresholds[name].claim, first.claim_verdict, shown, first.setting))
    notes = (
        "A claim is reproduced if all its cases are. Cases not testable here keep it from that, and count neither way "
        "otherwise: it is not reproduced if none of those tested is, even in part; not testable here if none is "
        "tested; else partly. The cases and their thresholds are below.",
    )
    columns = ("the paper", "what is tested", "verdict", "cases", "what decides it")
    return Table("The paper's claims", columns, tuple(rows), notes=notes, n_text=5)


def cases_table(frame: pd.DataFrame) -> Table:
    """A row per case: value ± error, thresholds, verdict, and what is missing."""
    rows, starts = [], []
    for i, case in enumerate(frame.to_dict("records")):
        if i and case["claim"] != frame["claim"].iloc[i - 1]:
            starts.append(i)
        against = f" against {method_name(case['against'])}" if isinstance(case["against"], str) else ""
        factor = f" ({case['factor']})" if isinstance(case["factor"], str) else ""
        tested = not pd.isna(case["value"])
        value = with_error(case["value"], case["error"] if tested else None, ".3g") if tested else NONE
        rows.append(
            (
                case["claim"],
                f"{case['measure']}{factor}",
                dataset_name(case["dataset"]),
                f"{method_name(case['method'])}{against}",
                case["verdict"],
                case["missing"] if isinstance(case["missing"], str) else case["source"],
                value,
                number(case["n_seeds"], ".0f") if tested else NONE,
                case["reproduced"],
                case["partly"] if case["partly"] != case["reproduced"] else NONE,
            )
        )
    columns = (
        *("claim", "measure", "data set", "method", "verdict", "runs, or what is missing"),
        *("value", "seeds", "reproduced", "partly"),
    )
    return Table("Cases", columns, tuple(rows), notes=_notes(read()), n_text=6, starts=frozenset(starts))


def _notes(thresholds: Thresholds) -> tuple[str, ...]:
    measures = dict.fromkeys(test.measure for claim in thresholds.claims for test in claim.tests)
    reasons = dict.fromkeys(f"{t.measure}: {t.reason}" for claim in thresholds.claims for t in claim.tests)
    described = [f"{name}: {_first_line(MEASURES[name])}" for name in measures]
    return (
        "Value ± standard error over the seeds. Of one seed, over the test examples where that is known: of a "
        "difference of two methods over the same examples where the likelihoods of each are known (error_of in "
        "claims.csv says so), else as if each had its own; what another training changes is not in it. Such a "
        "difference is of the refined NLLs where all of its runs have them; over several seeds it has both errors. "
        "Reproduced: "
        f"value ± {thresholds.standard_errors:g} errors within the threshold, of an error over few seeds as many more "
        "as are as certain by Student's distribution (4.5 with three seeds), and one that is not known counts as none; "
        "partly: within that of partly; where it reaches from the first to beyond the second, the error is too large "
        "for a verdict; else not reproduced, since what is partly there has to be shown, too. The thresholds were "
        "fixed beforehand, in stages/reports/claims/claims.toml; the errors over the same test examples, Student's "
        "distribution and the refined NLLs came later (docs/check.md).",
        f"Measures. {' '.join(described)}",
        f"Why these thresholds. {'. '.join(reasons)}.",
    )


def _first_line(measure: Measure) -> str:
    return (measure.__doc__ or "").splitlines()[0]
