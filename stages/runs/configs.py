"""The runs that are configured: runs/configs/<run>.json, as stages/configure.py writes them."""

from collections.abc import Sequence

from stages.runs.places import CONFIGS


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
