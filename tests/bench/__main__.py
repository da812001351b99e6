"""`make bench`: this project's speed against a naive reference and against the machine's bare matrix products.

Everything is measured in one run, variants in turns, and compared by ratios of medians. Writes reports/bench.json.
"""

import argparse
import logging
import os
import time
from collections.abc import Callable, Iterable
from pathlib import Path

import torch
from torch import Tensor
from tqdm import tqdm

from bench import evaluation, growth, minutes, precision, setting, steps, threads
from bench.floor import Floor
from stages.files import write_json
from stages.runs import machine
from vhp.device.precision import has_bf16

CPU = torch.device("cpu")
Rows = dict[str, dict]


def show(title: str, rows: Rows) -> None:
    """A table: a row per method, a column per number."""
    columns = list(next(iter(rows.values())))
    widths = [max(len(column), 9) for column in columns]
    print(f"\n{title}\n{'':<26}" + "  ".join(f"{c:>{w}}" for c, w in zip(columns, widths, strict=True)))
    for name, row in rows.items():
        cells = ["" if row[column] is None else f"{row[column]:.4g}" for column in columns]
        print(f"{name:<26}" + "  ".join(f"{c:>{w}}" for c, w in zip(cells, widths, strict=True)), flush=True)


def each(names: Iterable[str], measure: Callable[[str], dict]) -> Rows:
    return {name: measure(name) for name in tqdm(names, unit="method", disable=None)}


def likelihoods(train: Tensor, test: Tensor, floor: Floor, compile: bool) -> Rows:
    rows = each(setting.TIMED, lambda name: evaluation.compare(name, train, test, floor, compile))
    show(f"Likelihood of an image, {evaluation.S} samples", rows)
    return rows


def training_steps(train: Tensor, test: Tensor, floor: Floor, compile: bool) -> Rows:
    rows = each(setting.TIMED, lambda name: steps.compare(name, train, floor, compile))
    show(f"Training step of {setting.BATCH} images", rows)
    return rows


def minutes_to_a_bound(train: Tensor, test: Tensor, floor: Floor, compile: bool) -> Rows:
    rows = each(setting.SETTINGS, lambda name: minutes.to_target(name, train, compile))
    show(f"Minutes of one core to a validation bound of {minutes.TARGET:g} nats", rows)
    return rows


def growing(train: Tensor, test: Tensor, floor: Floor, compile: bool) -> Rows:
    found = growth.measure(train, test)
    lines = {name: {k: v[k] for k in ("slope", "fixed", "r_squared")} for name, v in found.items()}
    show("Straight lines: seconds = fixed + slope * size", lines)
    return found


def rounding(train: Tensor, test: Tensor, floor: Floor, compile: bool) -> Rows:
    rows = each(setting.SETTINGS, lambda name: precision.table_row(precision.trained(name, train), test))
    show("log p(x) and its differences to float64, nats", rows)
    return rows


def one_and_two_threads(train: Tensor, test: Tensor, floor: Floor, compile: bool) -> Rows:
    rows = each(["vhp_rewo"], lambda name: threads.compare(name, train, test))
    show("The same training and evaluation on one thread and on two, nats", rows)
    return rows


PARTS = {
    "evaluation": likelihoods,
    "training": training_steps,
    "minutes": minutes_to_a_bound,
    "growth": growing,
    "precision": rounding,
    "threads": one_and_two_threads,
}


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__.splitlines()[0])
    parser.add_argument("parts", nargs="*", help=f"of {', '.join(PARTS)}; default: all")
    parser.add_argument("--threads", type=int, default=os.cpu_count(), help="of the processor; default: all")
    parser.add_argument("--no-compile", dest="compile", action="store_false", help="ours is the eager mode")
    parser.add_argument("--out", type=Path, default=Path("reports", "bench.json"))
    arguments = parser.parse_args()
    if unknown := set(arguments.parts) - set(PARTS):
        parser.error(f"found {', '.join(sorted(unknown))}, expected some of {', '.join(PARTS)}")
    logging.basicConfig(level=logging.ERROR)
    torch.set_num_threads(arguments.threads)
    started, load = time.monotonic(), os.getloadavg()[0]
    dataset, train, test = setting.images()
    floor = Floor()
    results: dict[str, dict] = {}
    for part in arguments.parts or PARTS:
        results[part] = PARTS[part](train, test, floor, arguments.compile)
        results["conditions"] = machine.description(CPU, time.monotonic() - started) | {
            "dataset": dataset,
            "compiled": arguments.compile,
            "has_bf16": has_bf16(CPU),
            "best_gflops": floor.rate / 1e9,
            "cores": os.cpu_count(),
            # Runnable processes of the whole machine; more than cores means that this run had to wait for others.
            "load_before": load,
            "load_after": os.getloadavg()[0],
        }
        write_json(arguments.out, results)  # results are saved in case a later part is interrupted
    print("\n" + ", ".join(f"{key} {value}" for key, value in results["conditions"].items()))
    print(f"{arguments.out} written")


if __name__ == "__main__":
    main()
