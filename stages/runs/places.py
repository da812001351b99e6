"""Where the pipeline's files lie, relative to the repository's root."""

from pathlib import Path

RUNS = Path("runs")
CONFIGS = RUNS / "configs"  # a resolved configuration per run
# The runs of each data set. Not an output itself but in one: DVC takes a file of parameters that is one for changed
# where it is missing, with --allow-missing too.
MATRIX = RUNS / "matrix" / "matrix.json"
DATA_CONFIGS = Path("data", "configs")
PUBLISHED = Path(__file__).parents[1] / "reports" / "published.csv"  # the paper's table
CLAIMS = PUBLISHED.parent / "claims" / "claims.toml"  # the paper's claims, and the thresholds that decide them


def config_file(run: str) -> Path:
    return CONFIGS / f"{run}.json"


def run_folder(run: str) -> Path:
    """runs/<data set>/<run>; a run's name is <data set>-<method>-<seed>."""
    return RUNS / run.partition("-")[0] / run


def data_config_file(dataset: str) -> Path:
    return DATA_CONFIGS / f"{dataset}.json"


def raw_file(dataset: str) -> Path:
    return Path("data", "raw", f"{dataset}.npz")


def data_file(dataset: str) -> Path:
    return Path("data", "processed", f"{dataset}.npz")


def report_folder(budget: str) -> Path:
    return Path("reports", budget)


def section_folder(budget: str, dataset: str) -> Path:
    """Of a data set's part of a report: figures, and the data of its tables."""
    return report_folder(budget) / "datasets" / dataset
