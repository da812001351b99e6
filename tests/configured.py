"""Configurations as `configure` writes them, with the fingerprints of the code that the tests run."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from stages.files import write_json
from stages.runs.fingerprint import Program
from stages.runs.places import config_file, data_config_file
from stages.runs.resolved import data_config, with_code

# A resolved section `method`, of VHP + REWO.
TINY_REWO = {
    "kappa": 0.8,
    "nu": 1.0,
    "tau": 5.0,
    "beta_0": 0.01,
    "alpha": 0.9,
    "K": 2,
    "d_zeta": 2,
    "prior_hidden": [4],
}


@cache
def program() -> Program:
    return Program()


def write_config(config: Mapping[str, Any]) -> Path:
    """Of the run that its section `run` names, below the working directory."""
    run = config["run"]
    path = config_file(f"{run['dataset']}-{run['method']}-{run['seed']}")
    write_json(path, with_code(config, program()))
    return path


def write_data_config(dataset: str) -> Path:
    path = data_config_file(dataset)
    write_json(path, data_config(dataset, program()))
    return path
