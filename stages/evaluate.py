"""Estimate a run's test likelihood: the run gets likelihood.json, likelihood.npz and evaluation_time.json."""

import argparse
import time
from typing import Any

import numpy as np
import torch

from stages.command import command
from stages.files import write_json, write_npz
from stages.runs import machine, sitting
from stages.runs.run import Run, load_model, open_run
from stages.runs.subsets import evaluated_examples
from vhp.datasets import content_sha256
from vhp.device.memory import keep_freed_memory
from vhp.likelihood.estimate import LikelihoodEstimate, LikelihoodSettings, estimate
from vhp.likelihood.rounding import exact_enough
from vhp.likelihood.summary import summary
from vhp.seeds import EVALUATION_SEED


def exact_nll(run: Run, test: torch.Tensor) -> float | None:
    """The mean exact -log p(x) of the process that made the data, in nats, where the data set knows it."""
    density = getattr(run.dataset, "log_likelihood", None)
    return None if density is None else -float(np.mean(density(test.cpu().numpy())))


def write(run: Run, index: torch.Tensor, result: LikelihoodEstimate, values: dict[str, Any], seconds: float) -> None:
    write_json(run.folder / "likelihood.json", values)
    write_npz(
        run.folder / "likelihood.npz",
        {
            "index": index.numpy(),
            "log_likelihood": result.log_likelihood.numpy(),
            "elbo": result.elbo.numpy(),
            "effective_samples": result.effective_samples.numpy(),
            "monte_carlo_se": result.monte_carlo_se.numpy(),
        },
    )
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
        index = evaluated_examples(len(run.splits["test"]), chosen.pop("n_test"))
        test = run.splits["test"][index.to(run.device)]
        arrays = {key: tensor.cpu().numpy() for key, tensor in (run.splits | model.state_dict()).items()}
        started = time.monotonic()
        settings, rounding = exact_enough(model, test, LikelihoodSettings(**chosen), EVALUATION_SEED, index)
        seconds = time.monotonic() - started
        # The settings used, which may not be those asked for: a checkpoint is resumed in its own precision only.
        checkpoint = sitting.checkpoint(run, "evaluate", content_sha256(arrays) + repr(settings))
        result = estimate(
            model,
            test,
            settings,
            seed=EVALUATION_SEED,
            numbers=index,
            resumable=sitting.resumable(checkpoint, run.name, "batch", arguments.until),
        )
        values = summary(result, settings, rounding) | {"exact_nll": exact_nll(run, test)}
        write(run, index, result, values, seconds + result.seconds)
        checkpoint.discard()


if __name__ == "__main__":
    main()
