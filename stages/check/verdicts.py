"""Which verdicts on the paper's claims changed against the baseline?

Any change is a fault until the baseline is renewed: one for the better is to be read, too.
"""

from pathlib import Path

import pandas as pd

from stages.check.regression import RegressionError
from stages.reports.claims.verdicts import KEY

NAME = "claims.csv"  # in reports/<budget>/ and in reports/baseline/<budget>/


def read(folder: Path) -> dict[str, str]:
    """What was judged -> verdict: of each case, and of each claim. Raises RegressionError."""
    if not (folder / NAME).exists():
        raise RegressionError(f"missing: {folder / NAME}")
    try:
        frame = pd.read_csv(folder / NAME, dtype=str, keep_default_na=False)
        if (unjudged := (frame[["verdict", "claim_verdict"]] == "").any(axis=1)).any():
            raise ValueError(f"found a row without verdict: {frame[unjudged].iloc[0, 0]!r}")
        cases = {" ".join(filter(None, row)): v for *row, v in frame[[*KEY, "verdict"]].itertuples(index=False)}
        claims = dict(zip(frame["claim"], frame["claim_verdict"], strict=True))
    except (KeyError, ValueError) as error:
        raise RegressionError(f"{folder / NAME}: expected the columns of a report's: {error}") from error
    return {f"claim {name}": verdict for name, verdict in claims.items()} | {f"case {n}": v for n, v in cases.items()}


def changed(results: Path, baseline: Path, whose: str = "the baseline") -> list[str]:
    """A sentence for each verdict that is another than the baseline's, or gone. Raises RegressionError.

    whose: verdicts are in the folder `baseline`.
    """
    old, new = read(baseline), read(results)
    return [
        f"verdict on {name}: {new.get(name, 'missing')}, {whose} has {verdict}"
        for name, verdict in old.items()
        if new.get(name) != verdict
    ]
