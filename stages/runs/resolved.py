"""Every JSON file that `configure` writes, for what params.yaml and the code are now; `make check` compares the same.

runs/configs/<run>.json     a run's parameters, and in `code` the fingerprint of each of its stages
data/configs/<dataset>.json what its data are made from: the registry's entry, and the stages' fingerprints
runs/matrix/matrix.json      the runs of each section of the report, and what else section and report depend on
"""

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from stages.params.resolution import resolve
from stages.params.schema import Params
from stages.runs.fingerprint import Program
from stages.runs.places import CLAIMS, MATRIX, PUBLISHED, config_file, data_config_file
from stages.runs.run_stages import RUN_STAGES
from vhp import datasets, methods
from vhp.datasets.sources import load_entry
from vhp.names import dataset_name, method_name

OF_DATASET = ("download", "preprocess", "card")
FETCHED = ("items", "urls", "mirror", "embedded")  # of an entry of the registry; the rest is said about the data set
PAGE, PAGE_PARTS = PUBLISHED.parent / "page", (".html", ".css", ".js")


def digest(value: Any) -> str:
    """Of a JSON value, 16 hexadecimal digits."""
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()[:16]


def resolved(params: Params, program: Program) -> dict[Path, dict[str, Any]]:
    """By file. Raises ParamsError, or FingerprintError for code whose imports cannot be followed."""
    runs = {name: with_code(config, program) for name, config in resolve(params).items()}
    files = {config_file(name): config for name, config in runs.items()}
    files |= {data_config_file(name): data_config(name, program) for name in params.datasets}
    return files | {MATRIX: matrix(params, runs, program)}


def with_code(config: Mapping[str, Any], program: Program) -> dict[str, Any]:
    """A run's parameters, and the fingerprint of each of its stages."""
    dataset, method = config["run"]["dataset"], config["run"]["method"]
    return {**config, "code": {stage: program.of_stage(stage, dataset, method) for stage in RUN_STAGES}}


def data_config(dataset: str, program: Program) -> dict[str, Any]:
    """fetched, about: of the registry's entry, so that a new licence text fetches nothing."""
    entry = load_entry(dataset)
    return {
        "dataset": dataset,
        "fetched": digest({key: value for key, value in entry.items() if key in FETCHED}),
        "about": digest(entry),
        "code": {stage: program.of_stage(stage, dataset) for stage in OF_DATASET},
    }


def matrix(params: Params, runs: Mapping[str, Mapping[str, Any]], program: Program) -> dict[str, Any]:
    """sections: of each data set its runs, each with a digest of parameters and code, and the section's own code.

    read: what else section and report read: the paper's numbers and claims, the titles of methods and data sets.
    page: what the report's page is made from beside the code.
    """
    titles = [{name: method_name(name) for name in methods.names()}]
    titles += [{name: dataset_name(name) for name in datasets.names()}]
    return {
        "budget": params.budget,
        "sections": {
            dataset: {
                "code": program.of_stage("section", dataset),
                "runs": {name: digest(c) for name, c in runs.items() if c["run"]["dataset"] == dataset},
            }
            for dataset in params.datasets
        },
        "page": digest(
            [file.read_text(encoding="utf-8") for file in sorted(PAGE.iterdir()) if file.suffix in PAGE_PARTS]
        ),
        "read": digest([*(path.read_text(encoding="utf-8") for path in (PUBLISHED, CLAIMS)), *titles]),
        "code": {stage: program.of_stage(stage) for stage in ("beta_update", "report")},
    }
