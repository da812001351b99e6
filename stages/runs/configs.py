"""The configurations that stages/configure.py writes, and that each stage reads its own of."""

from collections.abc import Sequence
from typing import Any

from stages.files import read_json
from stages.runs.fingerprint import require_own
from stages.runs.places import CONFIGS, config_file, data_config_file


def run_names() -> list[str]:
    return sorted(path.stem for path in CONFIGS.glob("*.json"))


def check(runs: Sequence[str]) -> None:
    """Raises ValueError if some of the runs are not configured, naming those that are."""
    known = run_names()
    if unknown := [run for run in runs if run not in known]:
        raise ValueError(
            f"found no configuration of {', '.join(unknown)}, expected some of {', '.join(known) or 'none'}; "
            "in a clone with DVC `dvc repro configure` makes those of the matrix in params.yaml"
        )


def own_config(stage: str, run: str) -> dict[str, Any]:
    """The run's configuration. Raises ValueError if there is none, or if it was made for other code of the stage."""
    check([run])
    config = read_json(config_file(run))
    cell = config["run"]
    require_own(stage, config.get("code", {}).get(stage), config_file(run), cell["dataset"], cell["method"])
    return config


def require_own_data(stage: str, dataset: str) -> None:
    """Raises ValueError if the data set's configuration is missing or was made for other code of the stage."""
    path = data_config_file(dataset)
    if not path.exists():
        known = ", ".join(sorted(file.stem for file in path.parent.glob("*.json"))) or "none"
        raise ValueError(
            f"found no configuration of the data set {dataset!r}, expected one of {known}; `dvc repro configure` makes "
            "those in params.yaml"
        )
    require_own(stage, read_json(path).get("code", {}).get(stage), path, dataset)
