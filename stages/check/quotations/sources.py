"""The committed results that documents quote, and how they write numbers."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd

from stages.files import read_json
from stages.reports.claims.evidence import SUPPLEMENTS
from stages.reports.poster_table import published
from stages.runs.places import report_folder, section_folder

LAPTOP, PAPER_CPU, SEEDS = (report_folder(name) for name in ("laptop", "paper_cpu", "seeds"))
EXAMPLES = report_folder("examples")
PENDULUM = EXAMPLES / "pendulum"
STUDY = report_folder("studies") / "laptop" / "kappa.pendulum"
OF_THE_PAPER = ("static_mnist", "dynamic_mnist", "fashion_mnist", "omniglot")  # data sets of its table
MNISTS = ("static_mnist", "dynamic_mnist")


@dataclass(frozen=True)
class Sources:
    """Each file is read once."""

    frames: dict[Path, pd.DataFrame] = field(default_factory=dict)
    sections: dict[str, dict[str, Any]] = field(default_factory=dict)

    def frame(self, path: Path) -> pd.DataFrame:
        if path not in self.frames:
            self.frames[path] = pd.read_csv(path)
        return self.frames[path]

    def row(self, path: Path, **key: Any) -> pd.Series:
        """The only row with these values. Raises ValueError where there are none or several."""
        rows = self.rows(path, **key)
        if len(rows) != 1:
            raise ValueError(f"{path}: found {len(rows)} rows of {key}, expected one")
        return rows.iloc[0]

    def rows(self, path: Path, **key: Any) -> pd.DataFrame:
        frame = self.frame(path)
        for column, value in key.items():
            frame = frame[frame[column] == value]
        return frame

    def run(self, dataset: str, method: str) -> dict[str, Any]:
        """The first seed's small outputs at the laptop budget."""
        if dataset not in self.sections:
            self.sections[dataset] = read_json(section_folder("laptop", dataset) / "section.json")["runs"]
        return self.sections[dataset][f"{dataset}-{method}-0"]

    def supplement(self, name: str, dataset: str) -> dict[str, dict[str, Any]]:
        """The small outputs of a supplement's runs at the laptop budget, by name."""
        key = f"{name}/{dataset}"
        if key not in self.sections:
            self.sections[key] = read_json(SUPPLEMENTS / "laptop" / key / "section.json")["runs"]
        return self.sections[key]

    def nll(self, dataset: str, method: str) -> float:
        """Nats, at the laptop budget."""
        return self.row(LAPTOP / "results.csv", dataset=dataset, method=method)["nll"]

    def lead(self, dataset: str, other: str, column: str = "nll") -> float:
        """By how many nats VHP + REWO is ahead of another method; negative where it is behind."""
        results, sign = LAPTOP / "results.csv", -1 if column == "elbo" else 1
        there, here = (self.row(results, dataset=dataset, method=m)[column] for m in (other, "vhp_rewo"))
        return sign * (there - here)

    def published_lead(self, dataset: str, other: str) -> float:
        """The same in the paper."""
        values = published()
        return values[other, dataset] - values["vhp_rewo", dataset]

    def low(self, dataset: str, method: str) -> float:
        """Percent of the test examples with fewer than ten effective samples."""
        likelihood = self.run(dataset, method)["likelihood"]
        return 100 * likelihood["n_low_ess"] / likelihood["n_test"]


def span(values: Iterable[float], form: str) -> str:
    """The least and the largest value; one of them where they are written alike."""
    found = list(values)
    ends = [format(min(found), form), format(max(found), form)]
    return " to ".join(dict.fromkeys(ends))


def cells(*values: str) -> str:
    """A row of a Markdown table."""
    return f"| {' | '.join(values)} |"


def plus_minus(row: pd.Series, error: str = "nll_se") -> str:
    return f"{row['nll']:.2f} ± {row[error]:.2f}"
