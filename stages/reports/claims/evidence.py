"""What the claims are tested on: the report's sections, committed sections of further experiments, and studies.

reports/supplements/<budget>/<name>/<data set>/section.json are runs of other matrices (more seeds, ablations), and
reports/studies/<budget>/kappa.<data set>/results.csv their likelihoods over kappa, differences.csv beside it those of
two methods over the same test examples. Each may be missing.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd

from stages.reports import sections
from stages.reports.artifacts import RunArtifacts
from stages.reports.claims.judging import MissingError
from stages.reports.differences.pairs import Difference
from stages.study import differences
from stages.study.columns import HOW, MEASURED
from vhp.names import dataset_name, method_name

SUPPLEMENTS, STUDIES = Path("reports", "supplements"), Path("reports", "studies")
KAPPA = "kappa."  # what the folder of a study of a data set's kappa begins with
TABLE = "table"  # the source of runs that the report's own table has


@dataclass(frozen=True)
class Evidence:
    """Runs by source, the report's own first, and studies of kappa by data set."""

    runs: dict[str, list[RunArtifacts]]
    studies: dict[str, pd.DataFrame]
    pairs: dict[str, pd.DataFrame] = field(default_factory=dict)  # of these studies, columns differences.COLUMNS
    differences: dict[str, dict[str, list[Difference]]] = field(default_factory=dict)  # by source and data set

    def seeds(self, dataset: str, *methods: str) -> tuple[str, dict[str, dict[int, RunArtifacts]]]:
        """The source that has all these methods with most seeds in common, and its runs by method and seed.

        Of one source, so that all were trained by the same settings; of several with as many seeds of that which has
        most of the table's methods, so that a claim's cases are of the same runs. Raises MissingError.
        """
        best: tuple[str, dict[str, dict[int, RunArtifacts]]] | None = None
        most = (0, 0)
        for source, runs in self.runs.items():
            found = {m: {r.seed: r for r in runs if r.dataset == dataset and r.method == m} for m in methods}
            common = sorted(set.intersection(*(set(by_seed) for by_seed in found.values())))
            rank = len(common), len(self._methods(source, dataset) & self._methods(TABLE, dataset))
            if common and rank > most:
                most, best = rank, (source, {m: {seed: found[m][seed] for seed in common} for m in methods})
        if best is None:
            names = " and ".join(map(method_name, methods))
            raise MissingError(f"no runs of {names} on {dataset_name(dataset)}")
        return best

    def _methods(self, source: str, dataset: str) -> set[str]:
        return {run.method for run in self.runs.get(source, []) if run.dataset == dataset}

    def paired(self, source: str, dataset: str, methods: Sequence[str], n_seeds: int) -> Difference | None:
        """The two methods' difference over the same test examples, of so many trainings each; None if not known."""
        for each in self.differences.get(source, {}).get(dataset, []):
            if {each.first, each.second} == {*methods} and each.first_seeds == each.second_seeds == n_seeds:
                return each
        return None

    def curve(self, dataset: str) -> pd.DataFrame:
        """Raises MissingError where there is no study of kappa."""
        if dataset not in self.studies:
            raise MissingError(f"no study of kappa.{dataset}")
        return self.studies[dataset]

    def paired_error(self, dataset: str, value: float, first: str, second: str) -> float | None:
        """Standard error of two methods' difference of NLL at one kappa, nats, of one training of each.

        None where the study has none.
        """
        if dataset not in self.pairs:
            return None
        rows = self.pairs[dataset]
        both = rows["first"].isin([first, second]) & rows["second"].isin([first, second])
        one_each = (rows["first_seeds"] == 1) & (rows["second_seeds"] == 1)
        found = rows.loc[(rows["dataset"] == dataset) & (rows["value"] == value) & both & one_each, "se"].dropna()
        return None if found.empty else float(found.iloc[0])


def read(budget: str, found: Sequence[sections.Section], root: Path = Path()) -> Evidence:
    """found: the report's sections. Raises ArtifactsError or ValueError for a supplement or study that is damaged."""
    by_source = {TABLE: found, **supplements(budget, root)}
    runs = {source: [run for section in parts for run in section.runs] for source, parts in by_source.items()}
    compared = {source: {part.dataset: part.differences for part in parts} for source, parts in by_source.items()}
    of_kappa, pairs = (
        {path.parent.name.removeprefix(KAPPA): read_file(path) for path in files(budget, f"{KAPPA}*", name, root)}
        for name, read_file in (("results.csv", read_study), ("differences.csv", read_pairs))
    )
    return Evidence(runs, of_kappa, pairs, compared)


def supplements(budget: str, root: Path = Path()) -> dict[str, list[sections.Section]]:
    """Name -> sections. Raises ArtifactsError for one that is damaged."""
    # Not what an interrupted `make keep` has left, whose name begins with a point.
    folders = sorted((root / SUPPLEMENTS / budget).glob("[!.]*"))
    return {folder.name: found for folder in folders if (found := supplement(folder))}


def supplement(folder: Path) -> list[sections.Section]:
    """The sections in the folder of one; none if there is no such folder. Raises ArtifactsError for a damaged one."""
    return [
        sections.parse(path, f"`git checkout {path.parent}` restores the committed one")
        for path in sorted(folder.glob(f"*/{sections.NAME}"))
    ]


def studies(budget: str, root: Path = Path()) -> dict[str, pd.DataFrame]:
    """Parameter -> its study, of every parameter. Raises ValueError for one that is damaged."""
    return {path.parent.name: read_study(path) for path in files(budget, "*", "results.csv", root)}


def files(budget: str, pattern: str, name: str, root: Path) -> list[Path]:
    """Of the studies whose folders fit the pattern."""
    return sorted((root / STUDIES / budget).glob(f"{pattern}/{name}"))


def read_study(path: Path) -> pd.DataFrame:
    """A study's results, columns MEASURED and HOW; NaN for what a run that failed, or an older study, lacks.

    Raises ValueError for a file that is damaged.
    """
    results = _with_columns(path, MEASURED)
    return results.reindex(columns=[*results.columns, *(name for name in HOW if name not in results)])


def read_pairs(path: Path) -> pd.DataFrame:
    """A study's differences.csv. Raises ValueError for a file that is damaged."""
    return _with_columns(path, differences.COLUMNS)


def _with_columns(path: Path, columns: Sequence[str]) -> pd.DataFrame:
    remedy = f"`make study` makes it, `git checkout {path}` restores the committed one"
    try:
        frame = pd.read_csv(path, dtype=dict.fromkeys(HOW, str))  # a fingerprint of digits alone is no number
    except ValueError as error:
        raise ValueError(f"{path} cannot be read ({error}); {remedy}") from error
    if missing := set(columns) - set(frame.columns):
        raise ValueError(f"{path}: found no column {', '.join(sorted(missing))}; {remedy}")
    return frame
