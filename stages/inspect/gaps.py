"""Where trained runs lose their nats, as a table:

python -m stages.inspect.gaps RUN RUN ...

Over-fitting and the gap of the approximate posterior in z and in zeta, on random examples of the training and the test
set, the same ones for every run of a data set; and what a better prior would gain at least, learned on the whole
training set and measured on the whole test set.
"""

import argparse
import math
from dataclasses import dataclass
from functools import partial

import torch
from torch import Tensor
from tqdm import tqdm

from stages.command import command
from stages.reports.table import Table, markdown, with_error
from stages.runs import configs
from stages.runs.run import Run, load_model, open_run
from stages.runs.subsets import random_subset
from vhp.datasets.batches import as_means, examples
from vhp.datasets.grey_images import binarise
from vhp.likelihood.estimate import LikelihoodEstimate, LikelihoodSettings, estimate
from vhp.likelihood.posterior_gap import zeta_gap
from vhp.likelihood.prior_gap import fit_log_ratio, gain
from vhp.likelihood.thresholds import LOW_ESS
from vhp.model.distributions import gaussian_sample
from vhp.model.vae import VAE
from vhp.resumable import Resumable
from vhp.seeds import GAPS_SEED

BATCH = 1_000
N_PRIOR = 100_000  # samples for the normalisation of the tilted prior
N_Z = 4
IN_ZETA = 1_000  # added to the seed: other noise than that of the likelihoods
COLUMNS = (
    *("run", "NLL, training set", "NLL, test set", "over-fitting"),
    *("posterior gap in z", "in ζ", "prior gap, at least", f"ESS < {LOW_ESS:g}"),
)
Value = tuple[float, float]  # with its standard error, nats


@dataclass(frozen=True)
class Gaps:
    """Nats per example, each with its standard error over examples."""

    train: Value  # -log p(x)
    test: Value
    over_fitting: Value  # the difference
    posterior_z: Value
    posterior_zeta: Value
    prior: Value
    low_ess: tuple[float, float]  # share of the training and the test examples whose likelihood rests on few samples

    def row(self, name: str) -> tuple[str, ...]:
        values = (self.train, self.test, self.over_fitting, self.posterior_z, self.posterior_zeta, self.prior)
        shares = " / ".join(f"{share:.1%}" for share in self.low_ess)
        return (name, *(with_error(*value) for value in values), shares)


def mean(values: Tensor) -> Value:
    return values.mean().item(), values.std().item() / math.sqrt(len(values))


def low_ess(found: LikelihoodEstimate) -> float:
    """The share of the examples whose likelihood rests on few samples."""
    return (found.effective_samples < LOW_ESS).double().mean().item()


def subset(run: Run, split: str, n: int) -> Tensor:
    """n random examples; grey images are binarised once, as the other splits were."""
    data = run.splits[split]
    rows = data[random_subset(len(data), n, GAPS_SEED).to(data.device)]
    if rows.dtype != torch.uint8:
        return rows
    return torch.from_numpy(binarise(rows.cpu().numpy(), GAPS_SEED)).to(data.device)


@torch.no_grad()
def posterior(model: VAE, data: Tensor) -> tuple[Tensor, Tensor]:
    """Mean and log-variance of q_phi(z|x) for each row, (N, d_z) each."""
    rows = torch.arange(len(data), device=data.device).split(BATCH)
    means, log_vars = zip(*(model.encoder(examples(data, index)) for index in rows), strict=True)
    return torch.cat(means), torch.cat(log_vars)


def draw(mean: Tensor, log_var: Tensor) -> Tensor:
    return gaussian_sample(mean, log_var, torch.randn_like(mean))


def prior_gap(run: Run, model: VAE) -> Value:
    """Learned on training, stopped on validation, measured on test images; see vhp.likelihood.prior_gap."""
    encoded = {split: posterior(model, run.splits[split]) for split in ("train", "val", "test")}
    train_mean, train_log_var = encoded["train"]
    prior = model.prior.frozen()

    def draw_posterior(n: int) -> Tensor:
        index = torch.randint(len(train_mean), (n,), device=train_mean.device)
        return draw(train_mean[index], train_log_var[index])

    with torch.no_grad():
        held_out = [(draw(*encoded[split]), prior.sample(N_PRIOR)) for split in ("val", "test")]
    log_ratio = fit_log_ratio(draw_posterior, torch.no_grad()(prior.sample), held_out[0])
    return gain(log_ratio, *held_out[1])


def gaps(run: Run, n_images: int, n_samples: int) -> Gaps:
    torch.manual_seed(GAPS_SEED)
    model = load_model(run)
    settings = LikelihoodSettings(n_samples=n_samples, precision="float32", compile=True)
    rows = {split: subset(run, split, n_images) for split in ("train", "test")}

    shown = Resumable(progress=partial(tqdm, desc=run.name, unit="batch", disable=None))
    estimates: dict[str, LikelihoodEstimate] = {
        split: estimate(model, x, settings, GAPS_SEED, resumable=shown) for split, x in rows.items()
    }
    in_zeta = zeta_gap(model, as_means(rows["test"]), N_Z, n_samples, GAPS_SEED + IN_ZETA).double().cpu()
    train, test = (-estimates[split].log_likelihood for split in ("train", "test"))
    return Gaps(
        train=mean(train),
        test=mean(test),
        over_fitting=((test.mean() - train.mean()).item(), math.hypot(mean(train)[1], mean(test)[1])),
        posterior_z=mean(estimates["test"].log_likelihood - estimates["test"].elbo - in_zeta),
        posterior_zeta=mean(in_zeta),
        prior=prior_gap(run, model),
        low_ess=(low_ess(estimates["train"]), low_ess(estimates["test"])),
    )


def table(measured: dict[str, Gaps], n_images: int, n_samples: int) -> Table:
    notes = (
        f"Nats; mean ± standard error over at most {n_images:,} random examples per set, {n_samples:,} samples each; "
        f"but the prior gap over the whole test set, with a z each and {N_PRIOR:,} samples of the prior.",
        "Over-fitting: test less training examples. It contains any other difference between the two sets.",
        "Posterior gap: log p(x) less the evidence lower bound, of the test set: KL(q(z|x) || p(z|x)), and in ζ the "
        "mean of KL(q(ζ|z) || p(ζ|z)). Their sum and the part in ζ are lower bounds, close where ESS is high. "
        f"ESS: the share of training / test examples with fewer than {LOW_ESS:g} effective samples.",
        "Prior gap: by how much the evidence lower bound of the test set rises when the prior is tilted by the odds of "
        "a classifier between it and the encoded training set: a lower bound on KL(q(z) || p(z)). Below 0 where what "
        "the classifier learned does not hold for the test set.",
    )
    return Table("Where the nats go", COLUMNS, tuple(g.row(name) for name, g in measured.items()), notes=notes)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("runs", nargs="+", metavar="RUN", help="<dataset>-<method>-<seed>, trained")
    parser.add_argument("--images", type=int, default=500, help="of each set (default: %(default)s)")
    parser.add_argument("--samples", type=int, default=1_000, help="importance samples (default: %(default)s)")
    arguments = parser.parse_args()
    if min(arguments.images, arguments.samples) < 2:
        parser.error(f"--images {arguments.images} --samples {arguments.samples}: expected at least 2 of each")
    measured, faults = {}, []
    with command("gaps"):
        for name in arguments.runs:
            try:
                configs.check([name])
                measured[name] = gaps(open_run(name), arguments.images, arguments.samples)
            except (OSError, ValueError) as error:
                faults.append(f"{name}: {error}")
        if measured:
            print(markdown([table(measured, arguments.images, arguments.samples)]), end="")
        if faults:
            raise ValueError("\n  ".join(faults))


if __name__ == "__main__":
    main()
