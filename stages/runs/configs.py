"""The configurations that stages/configure.py writes, and that each stage reads its own of."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from stages.command import at_end
from stages.files import md5, read_json, unreadable
from stages.runs import recorded
from stages.runs.fingerprint import require_own
from stages.runs.outputs.contents import MAYBE, NUMBER, Types, check_values
from stages.runs.places import CONFIGS, DATA_CONFIGS, MATRIX, config_file, data_config_file
from stages.runs.run_stages import RUN_STAGES

# Of the sections of a configuration, but for the methods' own.
SETTINGS: dict[str, dict[str, Types]] = {
    "run": {"dataset": str, "method": str, "seed": int},
    "model": {"d_z": int, "hidden": list},
    "training": {
        **dict.fromkeys(("epochs", "batch_size", "validate_every"), int),
        **dict.fromkeys(("learning_rate", "learning_rate_warm_up"), NUMBER),
        **dict.fromkeys(("learning_rate_fall", "learning_rate_final", "least_gain", "weight_decay"), NUMBER),
        **{"patience": (int, type(None)), "gradient_limit": MAYBE},
        **{"precision": str, "compile": bool, "threads": (int, type(None))},
    },
    "evaluation": {"n_samples": int, "n_test": (int, type(None)), "precision": str, "compile": bool},
    "interpolation": {**dict.fromkeys(("n_nodes", "k", "n_paths", "n_frames"), int), "trim": NUMBER},
}


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


def read_config(run: str, sections: Sequence[str] = ("run",)) -> dict[str, Any]:
    """The run's configuration. Raises ValueError for one that is damaged or of another run, and FileNotFoundError.

    sections: that it must have.
    """
    path = config_file(run)
    config = check_values(path, read_json(path), dict.fromkeys(("run", *sections), dict))
    for section in {"run", *sections} & SETTINGS.keys():
        check_values(path, config[section], SETTINGS[section])
    cell = config["run"]
    if (found := f"{cell['dataset']}-{cell['method']}-{cell['seed']}") != run:
        raise unreadable(path, f"found the configuration of {found}")
    return config


def own_config(stage: str, run: str) -> dict[str, Any]:
    """The run's configuration. Raises ValueError if there is none, or if it was made for other code of the stage."""
    check([run])
    recorded.check("configure", [CONFIGS])
    config, path = read_config(run, [*RUN_STAGES[stage].sections, "code"]), config_file(run)
    require_own(stage, config["code"].get(stage), path, config["run"]["dataset"], config["run"]["method"])
    require_at_end(path)
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
    recorded.check("configure", [DATA_CONFIGS])
    config = check_values(path, read_json(path), {"code": dict})
    require_own(stage, config["code"].get(stage), path, dataset)
    require_at_end(path)


def read_matrix() -> dict[str, Any]:
    """runs/matrix/matrix.json. Raises ValueError for one that is damaged, and FileNotFoundError."""
    if MATRIX.exists():
        recorded.check("configure", [MATRIX.parent])
    matrix = check_values(MATRIX, read_json(MATRIX), {"budget": str, "sections": dict, "code": dict})
    for section in matrix["sections"].values():
        check_values(MATRIX, section, {"code": str, "runs": dict})
    require_at_end(MATRIX)
    return matrix


def require_at_end(path: Path) -> None:
    """A command that has read the configuration fails at its end if somebody has changed the file meanwhile.

    DVC looks at it then, and would note that the outputs were made with what it holds now.
    """
    before = md5(path)

    def unchanged() -> None:
        if not path.exists() or md5(path) != before:
            raise ValueError(
                f"{path} was changed while this command ran with what it held before (by another `dvc repro` or `dvc "
                "exp run` in this folder?); repeat the command, and give each experiment a clone of its own"
            )

    at_end(unchanged)
