"""docs/results.md: the pendulum over the seeds of the supplement, trained until the bounds stopped rising."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from stages.check.quotations.sources import Sources, cells, span
from vhp.names import method_name

SHOWN = ("vhp_rewo", "vhp_geco", "vampprior", "iwae_l1")
ONE_WAY = 0.95  # monotonicity, as in stages/reports/claims/claims.toml


def quoted(sources: Sources) -> Iterator[str]:
    runs = sources.supplement("pendulum", "pendulum")
    for method in SHOWN:
        of_seeds = [run for run in runs.values() if run["config"]["run"]["method"] == method]
        yield cells(method_name(method), *likelihood(of_seeds), *latent(of_seeds))
        yield cells(method_name(method), *paths(of_seeds))
    ablation = sources.supplement("ablation", "pendulum").values()
    one_phase = [run for run in ablation if run["config"]["run"]["method"] == "rewo_one_phase"]
    yield f"REWO ends at {likelihood(one_phase)[0]} nats"


def likelihood(runs: Sequence[Mapping[str, Any]]) -> tuple[str, ...]:
    """Means over the seeds, with their standard deviations; the range of beta at the end."""
    found = [np.array([run["likelihood"][key] for run in runs]) for key in ("nll", "refined_nll")]
    both = (f"{nll.mean():.2f} ± {nll.std(ddof=1):.2f}" for nll in found)
    return (*both, span((run["training"]["beta_final"] for run in runs), ".0f"))


def latent(runs: Sequence[Mapping[str, Any]]) -> tuple[str, ...]:
    accuracy = span((100 * run["representation"]["classifier_accuracy"] for run in runs), ".0f")
    correlation = span((abs(run["representation"]["rank_correlation"]) for run in runs), ".2f")
    return f"{accuracy} %", correlation


def paths(runs: Sequence[Mapping[str, Any]]) -> tuple[str, ...]:
    """Ranges over the seeds."""
    turning = [
        100 * np.mean([value is not None and value >= ONE_WAY for value in run["smoothness"]["path_monotonicity"]])
        for run in runs
    ]
    found = (round(100 * (1 - run["interpolation"]["unreachable"])) for run in runs)
    measured = [[run["smoothness"][key] for run in runs] for key in ("breaks", "monotonicity", "angle_error")]
    ratio = [run["interpolation"]["path_length_ratio"] for run in runs]
    breaks, monotonicity, angle = measured
    numbers = (span(breaks, ".2f"), span(monotonicity, ".2f"), span(angle, ".3f"), span(ratio, ".2f"))
    return f"{span(turning, '.0f')} %", *numbers, f"{span(found, 'd')} %"
