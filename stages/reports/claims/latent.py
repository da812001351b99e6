"""Measures of latent space: does the prior match, and do paths on it stay on the data and run smoothly."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from stages.reports.artifacts import RunArtifacts
from stages.reports.claims.cases import Case, each_seed, over_seeds
from stages.reports.claims.evidence import Evidence
from stages.reports.claims.judging import Estimate, MissingError
from vhp.names import method_name


def classifier_accuracy(evidence: Evidence, case: Case) -> Estimate:
    """Of nearest neighbours that tell aggregated posterior and prior apart: 0.5 where they are alike."""
    return _of_each(evidence, case, lambda run: run.representation["classifier_accuracy"])


def one_way(evidence: Evidence, case: Case) -> Estimate:
    """Share of all pairs whose path turns the pendulum one way, with a monotonicity of `level` at least."""
    level = case.option("level")
    return _of_each(evidence, case, lambda run: _share(run, "path_monotonicity", lambda value: value >= level))


def broken(evidence: Evidence, case: Case) -> Estimate:
    """Share of all pairs whose path has a discontinuity, or that have no path."""
    return _of_each(evidence, case, lambda run: 1 - _share(run, "path_breaks", lambda steps: not steps))


def off_data(evidence: Evidence, case: Case) -> Estimate:
    """Share of the frames along the paths that look like no training example."""
    return _of_each(evidence, case, lambda run: _value(run, "off_data"))


def off_data_straight(evidence: Evidence, case: Case) -> Estimate:
    """Share of the frames along straight lines that look like no training example, less that along the paths."""
    return _of_each(evidence, case, lambda run: _value(run, "straight_off_data") - _value(run, "off_data"))


def smoother_joints(evidence: Evidence, case: Case) -> Estimate:
    """Share of the joints at which the method's mean factor is the smaller one.

    factor: "smoothness", or "roughness" for that per unit of movement. Means over the pairs that both have a path for.
    """
    key = f"path_{case.option('factor')}_joints"
    source, runs = each_seed(evidence, case)
    shares = []
    for both in runs:
        own, other = (_per_path(run, key) for run in both)
        pairs = [i for i, (a, b) in enumerate(zip(own, other, strict=True)) if a is not None and b is not None]
        if not pairs:
            raise MissingError(f"no pair with a path of both {' and '.join(map(method_name, case.methods))}")
        # A joint at rest has no roughness, and is none that is smoother; nor is its pair one that both have.
        rows = [np.array([factors[i] for i in pairs], float) for factors in (own, other)]
        at_rest = np.isnan(rows).any(axis=0)
        first, second = (np.ma.array(row, mask=at_rest).mean(axis=0) for row in rows)
        shares.append(float(np.mean((first < second).filled(False))))
    return over_seeds(shares, source)


def _of_each(evidence: Evidence, case: Case, measure: Callable[[RunArtifacts], float]) -> Estimate:
    source, runs = each_seed(evidence, case)
    return over_seeds([measure(run) for [run] in runs], source)


def _share(run: RunArtifacts, key: str, holds: Callable[[Any], bool]) -> float:
    """Over all pairs: one without a path, or a path at rest, is none that holds."""
    values = _per_path(run, key)
    return sum(value is not None and bool(holds(value)) for value in values) / len(values)


def _per_path(run: RunArtifacts, key: str) -> Sequence[Any]:
    """An entry for each pair, None where there is no value."""
    if not run.smoothness.get(key):
        raise MissingError(f"{key} of {run.name}, which the stage smoothness now measures")
    return run.smoothness[key]


def _value(run: RunArtifacts, key: str) -> float:
    if key not in run.smoothness:
        raise MissingError(f"{key} of {run.name}, which the stage smoothness now measures")
    if run.smoothness[key] is None:
        raise MissingError(f"{key} of {run.name}: it has no path between two different nodes")
    return run.smoothness[key]
