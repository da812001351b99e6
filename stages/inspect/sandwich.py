"""How far a run's likelihoods are from the truth, as a table:

python -m stages.inspect.sandwich RUN RUN ...

The encoder's and the refined estimate beside annealed bounds: of test images beside a lower bound on log p(x), of
images simulated from the model between a lower and an upper one. Where the latent space is a plane, the test images
are integrated instead: that is exact. Interrupted and started again, it resumes with the bounds that it has.
"""

import argparse
import hashlib
import json
import os
from dataclasses import asdict
from functools import partial
from pathlib import Path

import torch
from torch import Tensor
from tqdm import tqdm

from stages.command import command
from stages.files import md5, unreadable
from stages.reports.table import NONE, Table, markdown, number
from stages.runs import configs
from stages.runs.fingerprint import this_program
from stages.runs.places import config_file, data_file
from stages.runs.run import Run, load_model, open_run
from stages.runs.sitting import CHECKPOINT_SECONDS, CHECKPOINTS
from stages.runs.subsets import random_subset
from vhp.likelihood.annealed.chains import STARTS, AnnealingSettings
from vhp.likelihood.annealed.sandwich import both_estimates, sandwich
from vhp.likelihood.estimate import LikelihoodSettings
from vhp.likelihood.exact.plane import exact_log_likelihood
from vhp.likelihood.refined.search import RefinedSettings
from vhp.model.vae import VAE
from vhp.resumable import Checkpoint, Resumable
from vhp.seeds import EVALUATION_SEED
from vhp.trained import REFINEMENT

EXACT_TO = 1e-4  # nats
FROM = {"proposal": "the image's own proposal", "prior": "the prior"}  # chains
COLUMNS = (
    *("run", "images", "encoder", "refined", "exact", "annealed: ≤", "≥", "gap"),
    *("refined − lower", "worst", "upper − refined", "worst"),
)
Settings = tuple[LikelihoodSettings, AnnealingSettings]


def row(name: str, images: str, estimates: tuple[Tensor, ...], exact: Tensor | None, lower, upper) -> tuple[str, ...]:
    """Means over the images, of -log p(x) where it is one; differences in nats, and the largest of one image."""

    def mean(values: Tensor | None) -> str:
        return NONE if values is None else number(values.mean().item(), ".3f")

    def apart(a: Tensor | None, b: Tensor | None) -> tuple[str, str]:
        if a is None or b is None:
            return NONE, NONE
        return number((a - b).mean().item(), "+.3f"), number((a - b).abs().max().item(), ".2f")

    low, high = (exact, exact) if exact is not None else (lower, upper)
    negated = [None if v is None else -v for v in (*estimates, exact, lower, upper)]
    gap = NONE if lower is None or upper is None else number((upper - lower).mean().item(), ".3f")
    return (name, images, *map(mean, negated), gap, *apart(estimates[1], low), *apart(high, estimates[1]))


def refinement(run: Run) -> RefinedSettings:
    """That of the run's own refined estimate, so that it is judged; of a run without one, that of TrainedModel.nll.

    Raises ValueError for settings of another version.
    """
    own = run.config["evaluation"].get("refined")
    try:
        return REFINEMENT if own is None else RefinedSettings(**own)
    except TypeError as error:
        raise unreadable(config_file(run.name), error) from error


def is_plane(model: VAE) -> bool:
    return model.d_z == 2 and model.prior.d_zeta in (0, 2)


def checkpoint(run: Run, images: str, n_images: int, settings: Settings) -> Checkpoint:
    """Of these images of the run's model, with these settings, this code and kind of device, and of nothing else."""
    dataset, method = run.config["run"]["dataset"], run.config["run"]["method"]
    program = this_program()  # the model's code, which is loaded by name, is part of the stage evaluate's
    code = program.of_stage("evaluate", dataset, method), program.fingerprint(sandwich.__module__)
    files = [md5(run.folder / "model.safetensors"), md5(data_file(dataset))]
    model = [run.name, run.config["model"], run.config["method"]]
    estimates = [asdict(each) for each in (refinement(run), *settings)]
    parts = [*model, *files, *code, images, n_images, run.device.type, estimates]
    digest = hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()
    return Checkpoint(Path(os.environ.get("VHP_CHECKPOINTS", CHECKPOINTS)) / f"sandwich-{digest[:16]}")


def rows(name: str, n_images: int, settings: Settings) -> list[tuple[tuple[str, ...], Checkpoint | None]]:
    """Each with the checkpoint that it is from, to be discarded when all rows are there."""
    run = open_run(name)
    model, test, likelihood, refined = load_model(run), run.splits["test"], settings[0], refinement(run)
    x = test[random_subset(len(test), n_images, EVALUATION_SEED).to(test.device)]
    if is_plane(model):
        estimates = both_estimates(model, x, likelihood, refined, EVALUATION_SEED)
        return [(row(name, "test", estimates, exact_log_likelihood(model, x, EXACT_TO), None, None), None)]
    found: list[tuple[tuple[str, ...], Checkpoint | None]] = []
    for images, data in (("test", x), ("simulated", len(x))):
        kept = checkpoint(run, images, len(x), settings)
        shown = partial(tqdm, desc=f"{name}, {images}", unit="batch", disable=None)
        resumable = Resumable(kept, CHECKPOINT_SECONDS, shown)
        s = sandwich(model, data, likelihood, refined, settings[1], EVALUATION_SEED, resumable)
        found.append((row(name, images, (s.encoder, s.refined), None, s.lower, s.upper), kept))
    return found


def table(found: list[tuple[str, ...]], n_images: int, settings: Settings) -> Table:
    likelihood, annealing = settings
    notes = (
        f"−log p(x), nats, means over at most {n_images:,} images: estimates with {likelihood.n_samples:,} samples, "
        "the refined one with the search of the run's own evaluation; annealed importance sampling from "
        f"{FROM[annealing.start]} with {annealing.n_temperatures:,} temperatures and "
        f"{annealing.n_chains} chains for each.",
        "Test: random test images, of which there is a bound on one side only, or, of latent planes, the exact value. "
        "Simulated: images drawn from the model, with bounds on both sides; their gap is the referee's own doubt.",
        "≤, ≥: −log p(x) is in expectation at most, at least this. Refined − lower, upper − refined: of log p(x), the "
        "mean, and the largest of one image; both ends are the exact value where there is one.",
    )
    return Table("Estimates between bounds", COLUMNS, tuple(found), notes=notes, n_text=2)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("runs", nargs="+", metavar="RUN", help="<dataset>-<method>-<seed>, trained")
    for option, default, text in (
        ("images", 100, "of the test set, and simulated"),
        ("samples", 5_000, "of each estimate"),
        ("temperatures", 200, "from the start to the posterior"),
        ("chains", 16, "per image"),
    ):
        parser.add_argument(f"--{option}", type=int, default=default, help=f"{text} (default: %(default)s)")
    parser.add_argument("--start", choices=STARTS, default=STARTS[0], help="of the chains (default: %(default)s)")
    arguments = parser.parse_args()
    if arguments.images < 1:
        parser.error(f"--images {arguments.images}: expected at least 1")
    with command("sandwich"):
        annealing = AnnealingSettings(arguments.temperatures, arguments.chains, start=arguments.start)
        likelihood = LikelihoodSettings(arguments.samples, "float32", compile=False)
        settings = (likelihood, annealing)
        configs.check(arguments.runs)
        torch.manual_seed(EVALUATION_SEED)
        found = [each for name in arguments.runs for each in rows(name, arguments.images, settings)]
        print(markdown([table([cells for cells, _ in found], arguments.images, settings)]), end="")
        for _, kept in found:
            if kept:
                kept.discard()


if __name__ == "__main__":
    main()
