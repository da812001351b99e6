"""Where the pipeline's files are, relative to the root of the repository."""

from pathlib import Path

RUNS = Path("runs")
CONFIGS = RUNS / "configs"
BETA_UPDATE = RUNS / "beta_update.npz"  # of no run


def raw_file(dataset: str) -> Path:
    """A data set's arrays as its publishers gave them."""
    return Path("data", "raw", f"{dataset}.npz")


def data_file(dataset: str) -> Path:
    """A data set's arrays as models see them: train, val, test, and recorded ground truth."""
    return Path("data", "processed", f"{dataset}.npz")


def config_file(run: str) -> Path:
    """A run's resolved configuration; run: <dataset>-<method>-<seed>."""
    return CONFIGS / f"{run}.json"


def run_folder(run: str) -> Path:
    """A run's outputs."""
    return RUNS / run
