"""Times of several variants in one run, taken in turns, so that other load on the machine affects all of them."""

import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

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


def ratios(ours: float, eager: float, naive: float, products: float, least: float) -> dict[str, float]:
    """A row of a table of times: five in milliseconds, and their ratios.

    products: the bare matrix products, each at its own best rate; least: at the machine's best rate, the floor.
    """
    return {
        "ours_ms": ours,
        "eager_ms": eager,
        "naive_ms": naive,
        "products_ms": products,
        "floor_ms": least,
        "naive/ours": naive / ours,
        "naive/floor": naive / least,  # what no program could exceed here
        "ours/products": ours / products,
        "ours/floor": ours / least,
    }


def peak_mib() -> float:
    """Peak resident memory of this process so far, on Linux.

    Not from getrusage(), whose ru_maxrss starts with the peak of the process that started this one.
    """
    status = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
    return int(status["VmHWM"].split()[0]) / 1024


def line(x: Sequence[float], seconds: Sequence[float]) -> dict[str, float]:
    """Least squares: seconds = fixed + slope * x, and the share of their variance that the line explains."""
    slope, fixed = np.polyfit(x, seconds, 1)
    left = np.asarray(seconds) - (fixed + slope * np.asarray(x))
    return {"slope": float(slope), "fixed": float(fixed), "r_squared": float(1 - left.var() / np.var(seconds))}
