"""Where the report's numbers come from: data, code, software, machines, parameters; and which numbers are missing."""

import platform
from collections.abc import Mapping, Sequence
from importlib.metadata import version
from typing import Any

from stages.reports.artifacts import RunArtifacts
from stages.reports.poster_table import PUBLISHED_NETWORK, PUBLISHED_SAMPLES, network
from stages.reports.table import NONE, Table, listed
from vhp import datasets
from vhp.names import DATASETS, METHODS, dataset_name, method_name, position

PACKAGES = ("numpy", "scipy", "scikit-learn", "pandas", "matplotlib", "dvc")


def provenance_table(runs: Sequence[RunArtifacts]) -> Table:
    """What made each run: data, software, machine."""
    columns = {
        "run": [run.name for run in runs],
        "seed": [str(run.seed) for run in runs],
        "data SHA-256": [run.training["data_sha256"][:12] for run in runs],
        "parameters": [f"{run.training['n_parameters']:,}" for run in runs],
        "revision": [listed(*(t["revision"] or "not known" for t in _times(run))) for run in runs],
        "torch": [listed(run.training_time["torch"], run.evaluation_time["torch"]) for run in runs],
        "threads": [listed(run.training_time["threads"], run.evaluation_time["threads"]) for run in runs],
        "minutes": [run.minutes for run in runs],
        "device": [listed(run.training_time["device"], run.evaluation_time["device"]) for run in runs],
    }
    notes = (
        "Training and NLL; where they ran on different machines both are given. Minutes: training + NLL.",
        "Data SHA-256: the first 12 digits, of the arrays trained and tested on.",
        f"All runs together: {_hours(runs)}.",
        f"This report: Python {platform.python_version()}, {', '.join(f'{p} {version(p)}' for p in PACKAGES)}.",
    )
    return Table("Provenance", tuple(columns), tuple(zip(*columns.values(), strict=True)), notes=notes)


def parameters_table(runs: Sequence[RunArtifacts]) -> Table:
    """One data set, a row per parameter: its resolved value for each method."""
    values: dict[str, dict[str, str]] = {}
    for run in runs:  # the seeds of a method share their parameters
        values.setdefault(run.method, _values(run.config))
    names = dict.fromkeys(name for parameters in values.values() for name in parameters)
    rows = tuple((name, *(parameters.get(name, NONE) for parameters in values.values())) for name in names)
    title = f"{dataset_name(runs[0].dataset)}: parameters"
    return Table(title, ("parameter", *map(method_name, values)), rows)


def not_run(runs: Sequence[RunArtifacts]) -> list[str]:
    """What the report lacks, or has smaller, compared with the paper; a sentence each."""
    sentences = []
    chosen = {
        dataset: [run for run in runs if run.dataset == dataset] for dataset in dict.fromkeys(r.dataset for r in runs)
    }
    if absent := [dataset_name(name) for name in sorted(set(datasets.names()) - set(chosen), key=_order)]:
        sentences.append(f"Data sets without any run: {'; '.join(absent)}.")
    if {network(run) for run in runs} != {PUBLISHED_NETWORK}:
        kinds = ", ".join(dict.fromkeys(network(run) for run in runs))
        sentences.append(f"The paper's networks are {PUBLISHED_NETWORK}; those of these runs: {kinds}.")
    for dataset, group in chosen.items():
        name, methods = dataset_name(dataset), {run.method for run in group}
        if missing := [method_name(method) for method in METHODS if method not in methods]:
            sentences.append(f"{name}: no run of {', '.join(missing)}.")
        n_test, n_samples = (min(run.likelihood[key] for run in group) for key in ("n_test", "n_samples"))
        if n_test < (n_all := group[0].n_test):
            sentences.append(f"{name}: the NLL is that of {n_test:,} of {n_all:,} test examples.")
        if n_samples < PUBLISHED_SAMPLES:
            sentences.append(f"{name}: {n_samples:,} importance samples instead of the paper's {PUBLISHED_SAMPLES:,}.")
    if single := [dataset_name(d) for d, group in chosen.items() if len({run.seed for run in group}) == 1]:
        sentences.append(f"Only one seed: {', '.join(single)}.")
    return sentences


def _values(config: Mapping[str, Any]) -> dict[str, str]:
    """The resolved configuration as "section.name" -> text, without the run's own name."""
    return {
        f"{section}.{name}": "null" if value is None else str(value)
        for section, values in config.items()
        if section != "run"
        for name, value in values.items()
    }


def _hours(runs: Sequence[RunArtifacts]) -> str:
    training, evaluation = (sum(t["seconds"] for t in times) / 3600 for times in zip(*map(_times, runs), strict=True))
    longest = max(runs, key=lambda run: sum(t["seconds"] for t in _times(run)))
    most = f"the longest is {longest.name} ({longest.minutes} min)"
    return f"{training:.1f} h of training, {evaluation:.1f} h of NLL; {most}"


def _times(run: RunArtifacts) -> tuple[dict[str, Any], dict[str, Any]]:
    return run.training_time, run.evaluation_time


def _order(dataset: str) -> tuple[int, str]:
    return position(dataset, DATASETS)
