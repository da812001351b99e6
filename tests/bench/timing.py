"""Times of several variants in one run, taken in turns, so that other load on the machine affects all of them."""

import statistics
import time
from collections.abc import Callable, Mapping, Sequence

import numpy as np
import torch


def seconds_of(run: Callable[[], object]) -> float:
    """Of the process if it computes on one thread, so that other programs' share does not count; else on the clock."""
    clock = time.process_time if torch.get_num_threads() == 1 else time.perf_counter
    started = clock()
    run()
    return clock() - started


def medians(variants: Mapping[str, Callable[[], object]], turns: int) -> dict[str, float]:
    """Seconds of a call of each variant; each was called once before, and compiled if it compiles."""
    for run in variants.values():
        run()
    seconds: dict[str, list[float]] = {name: [] for name in variants}
    for _ in range(turns):
        for name, run in variants.items():
            seconds[name].append(seconds_of(run))
    return {name: statistics.median(values) for name, values in seconds.items()}


def line(x: Sequence[float], seconds: Sequence[float]) -> dict[str, float]:
    """Least squares: seconds = fixed + slope * x, and the share of their variance that the line explains."""
    slope, fixed = np.polyfit(x, seconds, 1)
    left = np.asarray(seconds) - (fixed + slope * np.asarray(x))
    return {"slope": float(slope), "fixed": float(fixed), "r_squared": float(1 - left.var() / np.var(seconds))}
