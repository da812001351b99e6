"""May a new study take the place of the one in its folder? Not silently of results that it does not have itself."""

from collections.abc import Collection
from pathlib import Path
from typing import Any

import pandas as pd

Run = tuple[str, str, str, str]  # data set, method, seed, value
KEY = ("dataset", "method", "seed", "value")
HOW = "move the folder away to keep both, or replace it with FORCE=1"


def run_of(dataset: str, method: str, seed: Any, value: Any) -> Run:
    """value: as in params.yaml or in results.csv, where 1 may have become 1.0."""
    try:
        text = f"{float(str(value)):.12g}"
    except ValueError:
        text = str(value)
    return dataset, method, str(seed), text


def check_earlier(folder: Path, runs: Collection[Run], other: str) -> str | None:
    """Raises ValueError if the study in the folder has runs that the new one lacks, or other parameters (SET).

    runs, other: of the new study. Gives a warning if neither has other parameters, as far as is known of an earlier
    study that does not say; else None.
    """
    if (results := read_earlier(folder)) is None:
        return None
    if lost := [run for run in runs_in(results) if run not in runs]:
        raise ValueError(
            f"{folder}: found {named(lost)}, expected none that the new study lacks, which has no "
            f"{lacking(lost, runs)}; ask for them, too, {HOW}"
        )
    if "set" not in results and other:
        raise ValueError(f'{folder}: found a study that does not say its SET, expected SET="{other}"; {HOW}')
    if "set" not in results:
        return f"{folder}: replacing a study that does not say which other parameters (SET) it was made with"
    if found := [text for text in results["set"].unique() if text != other]:
        raise ValueError(f'{folder}: found a study with SET="{found[0]}", expected SET="{other}" as asked for; {HOW}')
    return None


def check_finished(folder: Path, failed: Collection[Run]) -> None:
    """Raises ValueError if the study in the folder has finished a run that has failed in the new one."""
    if (results := read_earlier(folder)) is None:
        return
    finished = runs_in(results[results["failed"] == "False"])
    if lost := [run for run in finished if run in failed]:
        raise ValueError(
            f"{folder}: found {named(lost)}, which the new study did not finish: nothing is replaced; mend what failed "
            f"(above) and repeat the command, {HOW}"
        )


def read_earlier(folder: Path) -> pd.DataFrame | None:
    """The results of the study in the folder, all as text; None if it has none. Raises ValueError for another file."""
    path = folder / "results.csv"
    if not path.exists():
        return None
    try:
        results = pd.read_csv(path, dtype=str, keep_default_na=False)
        if missing := [name for name in (*KEY, "failed") if name not in results]:
            raise ValueError(f"found no column {', '.join(missing)}")
    except ValueError as error:
        raise ValueError(f"{path} cannot be read ({error}), expected the results of a study; {HOW}") from error
    return results


def runs_in(results: pd.DataFrame) -> list[Run]:
    return [run_of(*row) for row in results[list(KEY)].itertuples(index=False)]


def lacking(lost: Collection[Run], runs: Collection[Run]) -> str:
    """What of each axis the lost runs have, and none of these."""
    axes = zip(("data set", "method", "seed", "value"), zip(*lost, strict=True), zip(*runs, strict=True), strict=True)
    absent = [(axis, [name for name in dict.fromkeys(old) if name not in new]) for axis, old, new in axes]
    return ", no ".join(f"{axis} {', '.join(names)}" for axis, names in absent if names)


def named(lost: Collection[Run]) -> str:
    """The values of runs, and of which methods, data sets and seeds."""
    datasets, methods, seeds, values = (list(dict.fromkeys(names)) for names in zip(*lost, strict=True))
    of = f"{', '.join(methods)} on {', '.join(datasets)}, seed {', '.join(seeds)}"
    return f"results at {', '.join(values)} (of {of})"
