"""Estimate a run's test likelihood: runs/<run>/ gets likelihood.json, likelihood.npz and evaluation_time.json."""

import argparse
import math
import time

import numpy as np
import torch
from tqdm import tqdm

from stages import logs
from stages.files import write_json, write_npz
from stages.runs import machine, sitting, time_limit
from stages.runs.progress import reported
from stages.runs.run import Run, load_model, open_run
from stages.runs.sitting import CHECKPOINT_SECONDS
from vhp.datasets import content_sha256
from vhp.device.memory import keep_freed_memory
from vhp.likelihood.estimate import LikelihoodEstimate, LikelihoodSettings, estimate
from vhp.likelihood.rounding import proved
from vhp.resumable import UnfinishedError

# An image whose estimate rests on fewer effective samples than this may be misjudged by many nats, and its standard
# error, made from the same samples, does not show it: the proposal q(z|x) misses the posterior.
LOW_ESS = 10.0

# The test subset and its noise are the same for every method and seed, so that rows differ by the model alone.
SUBSET_SEED = 5


def test_subset(n_total: int, n_wanted: int | None) -> torch.Tensor:
    """Indices of all test examples or of a random subset, in ascending order."""
    if n_wanted is None or n_wanted >= n_total:
        return torch.arange(n_total)
    return torch.randperm(n_total, generator=torch.Generator().manual_seed(SUBSET_SEED))[:n_wanted].sort().values


def summary(
    result: LikelihoodEstimate, settings: LikelihoodSettings, rounding: torch.Tensor | None
) -> dict[str, float | int | str | None]:
    n = len(result.log_likelihood)
    spread = result.log_likelihood.std().item() if n > 1 else math.nan
    return {
        "nll": -result.log_likelihood.mean().item(),
        # Of the mean over test examples: their spread contains the Monte Carlo error, which is given beside it.
        "nll_se": spread / math.sqrt(n) if n > 1 else None,
        "nll_mc_se": result.monte_carlo_se.square().sum().sqrt().item() / n,
        "elbo": result.elbo.mean().item(),
        "ess": result.effective_samples.mean().item(),
        "n_low_ess": int((result.effective_samples < LOW_ESS).sum()),
        "n_test": n,
        "n_samples": settings.n_samples,
        "precision": settings.precision,
        # Of log p(x), against float64, on the images on which a rounded precision was tried.
        "rounding_mean": None if rounding is None else rounding.mean().item(),
        "rounding_worst": None if rounding is None else rounding.abs().max().item(),
    }


def exact_nll(run: Run, test: torch.Tensor) -> float | None:
    """The mean exact -log p(x) of the process that made the data, in nats, where the data set knows it."""
    density = getattr(run.dataset, "log_likelihood", None)
    return None if density is None else -float(np.mean(density(test.cpu().numpy())))


def main() -> None:
    logs.configure()
    keep_freed_memory()
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("run", help="<dataset>-<method>-<seed>")
    time_limit.add_argument(parser)
    arguments = parser.parse_args()
    try:
        run = open_run(arguments.run)
        model = load_model(run)
        chosen = dict(run.config["evaluation"])
        index = test_subset(len(run.splits["test"]), chosen.pop("n_test"))
        test = run.splits["test"][index.to(run.device)]
        arrays = {key: tensor.cpu().numpy() for key, tensor in (run.splits | model.state_dict()).items()}
        started = time.monotonic()
        settings, rounding = proved(model, test, LikelihoodSettings(**chosen), SUBSET_SEED, index)
        seconds = time.monotonic() - started
        # With the settings that were proved: what one precision began another does not go on with.
        checkpoint = sitting.checkpoint(run, "evaluate", content_sha256(arrays) + repr(settings))
        result = estimate(
            model,
            test,
            settings,
            seed=SUBSET_SEED,
            numbers=index,
            progress=lambda batches: reported(
                tqdm(batches, desc=run.name, unit="batch", disable=None), "batch", total=len(batches)
            ),
            checkpoint=checkpoint,
            checkpoint_seconds=CHECKPOINT_SECONDS,
            stop=time_limit.late(arguments.until),
        )
    except UnfinishedError as error:
        print(f"evaluate: {error}; the same command goes on")
        raise SystemExit(time_limit.STOPPED) from None
    except (FileNotFoundError, ValueError) as error:
        raise SystemExit(f"evaluate: {error}") from error
    except KeyboardInterrupt:
        raise SystemExit("evaluate: interrupted; the same command goes on from the last checkpoint") from None
    values = summary(result, settings, rounding) | {"exact_nll": exact_nll(run, test)}
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
    write_json(run.folder / "evaluation_time.json", machine.description(run.device, seconds + result.seconds))
    checkpoint.discard()


if __name__ == "__main__":
    main()
