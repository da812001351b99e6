"""Estimate a run's test likelihood: the run gets likelihood.json, likelihood.npz and evaluation_time.json."""

import argparse
import time
from dataclasses import fields
from functools import partial
from typing import Any

import numpy as np
import torch

from stages.command import at_end, command
from stages.files import write_json, write_npz
from stages.runs import machine, sitting
from stages.runs.run import Run, load_model, open_run
from stages.runs.subsets import evaluated_examples
from vhp.datasets import content_sha256
from vhp.device.memory import keep_freed_memory
from vhp.likelihood.estimate import LikelihoodEstimate, LikelihoodSettings, estimate
from vhp.likelihood.refined.estimate import RefinedEstimate, refine, refined_rounding_error
from vhp.likelihood.refined.search import RefinedSettings
from vhp.likelihood.rounding import exact_enough
from vhp.likelihood.summary import refined_summary, summary
from vhp.resumable import Resumable
from vhp.seeds import EVALUATION_SEED


def numbers(result: LikelihoodEstimate | RefinedEstimate) -> dict[str, np.ndarray]:
    """What an estimate has of each example."""
    values = {field.name: getattr(result, field.name) for field in fields(result)}
    return {name: value.numpy() for name, value in values.items() if isinstance(value, torch.Tensor)}


def exact_nll(run: Run, test: torch.Tensor) -> float | None:
    """The mean exact -log p(x) of the process that made the data, in nats, where the data set knows it."""
    density = getattr(run.dataset, "log_likelihood", None)
    return None if density is None else -float(np.mean(density(test.cpu().numpy())))


def write(run: Run, arrays: dict[str, np.ndarray], values: dict[str, Any], seconds: float) -> None:
    write_json(run.folder / "likelihood.json", values)
    write_npz(run.folder / "likelihood.npz", arrays)
    write_json(run.folder / "evaluation_time.json", machine.description(run.device, seconds))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("run", help="<dataset>-<method>-<seed>")
    sitting.add_until(parser)
    arguments = parser.parse_args()
    with command("evaluate"):
        keep_freed_memory()
        run = open_run(arguments.run, "evaluate")
        model = load_model(run)
        chosen = dict(run.config["evaluation"])
        refinement = chosen.pop("refined")
        index = evaluated_examples(len(run.splits["test"]), chosen.pop("n_test"))
        test = run.splits["test"][index.to(run.device)]
        arrays = {key: tensor.cpu().numpy() for key, tensor in (run.splits | model.state_dict()).items()}
        asked, contents = LikelihoodSettings(**chosen), content_sha256(arrays)

        def work(estimator: str, settings: LikelihoodSettings) -> Resumable:
            # The settings used, which may not be those asked for: a checkpoint is resumed in its own precision only.
            checkpoint = sitting.checkpoint(run, "evaluate", f"{contents}{estimator}{settings!r}")
            return sitting.resumable(checkpoint, f"{run.name}{estimator}", "batch", arguments.until)

        started = time.monotonic()
        settings, rounding = exact_enough(model, test, asked, EVALUATION_SEED, index)
        seconds = time.monotonic() - started
        resumed = [work("", settings)]
        result = estimate(model, test, settings, EVALUATION_SEED, index, resumed[0])
        values = summary(result, settings, rounding) | {"exact_nll": exact_nll(run, test)}
        found = {"index": index.numpy()} | numbers(result)
        seconds += result.seconds
        if refinement is not None:
            refined = RefinedSettings(**refinement)
            started = time.monotonic()
            errors_of = partial(refined_rounding_error, refinement=refined)
            settings, rounding = exact_enough(model, test, asked, EVALUATION_SEED, index, errors_of)
            seconds += time.monotonic() - started
            resumed.append(work(" refined", settings))
            better = refine(model, test, result, settings, refined, EVALUATION_SEED, index, resumed[1])
            values |= refined_summary(better, result, settings, rounding)
            found |= {f"refined_{name}": array for name, array in numbers(better).items()}
            seconds += better.seconds
        write(run, found, values, seconds)
        for resumable in resumed:
            if resumable.checkpoint:
                at_end(resumable.checkpoint.discard)  # once the command cannot fail any more


if __name__ == "__main__":
    main()
