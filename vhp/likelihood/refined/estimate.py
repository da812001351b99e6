"""-log p(x) by importance sampling from a proposal made for each image: the encoder's, where that is good enough.

    log p(x) ~= log 1/S sum_s p(x|z_s) p(u_s) / q(u_s),    q = sum_m a_m q_m the whole mixture,  u = (z, zeta)

As vhp.likelihood.estimate it is in expectation a lower bound on log p(x) that rises with S; its gap is smaller.
"""

import copy
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from vhp.datasets.batches import as_means
from vhp.datasets.validation import Expected, check_examples
from vhp.device.compilation import worth_compiling
from vhp.likelihood.estimate import COMPILE_FROM_OUTPUTS, LikelihoodEstimate, LikelihoodSettings
from vhp.likelihood.joint import Joint
from vhp.likelihood.numbers import image_numbers
from vhp.likelihood.refined.centring import PAIRS
from vhp.likelihood.refined.search import REFINED, RefinedSettings, Search
from vhp.likelihood.refined.weights import log_weights_of, summed_up
from vhp.model.evaluation_mode import measuring
from vhp.model.vae import VAE
from vhp.resumable import ONE_SITTING, Resumable

SEARCH_BYTES = 64 * 2**20  # of the decoder's widest layer for all images that are searched at once
MOST_SEARCHED = 64  # images


@dataclass(frozen=True)
class RefinedEstimate:
    """Per test example, each (N,) float64 on the CPU, nats where it is a log-density."""

    log_likelihood: Tensor
    effective_samples: Tensor
    monte_carlo_se: Tensor
    k_hat: Tensor
    own_proposal: Tensor  # 1 where a proposal was made for the image, 0 where the encoder's estimate was kept
    seconds: float


def batch_size(model: VAE, refinement: RefinedSettings, n: int) -> int:
    """Images that are searched at once, of n."""
    points = max(refinement.pilot, 2 * PAIRS * refinement.modes)  # of an image, decoded at once
    fitting = SEARCH_BYTES // (4 * model.floats_per_decode * points)
    return max(1, min(fitting, MOST_SEARCHED, n))


@measuring
def refine(
    model: VAE,
    test: Tensor,
    encoder: LikelihoodEstimate,
    settings: LikelihoodSettings,
    refinement: RefinedSettings,
    seed: int,
    numbers: Tensor | None = None,
    resumable: Resumable = ONE_SITTING,
) -> RefinedEstimate:
    """Estimate log p(x) for each row of test (N, D), in the model's precision.

    encoder: the estimate with the encoder's posterior of the same images, kept where it is good enough. The other
    arguments are those of vhp.likelihood.estimate; settings.precision is that of the matrix products for the S samples,
    the search is not rounded. Raises ValueError for arrays that are no data (see check_examples), an estimate of
    another number of images, no numbers of them, and fewer samples than a proposal needs; TypeError for a prior that
    lacks what Joint needs; UnfinishedError when it is asked to stop.
    """
    check_examples("test", test, Expected(model.n_dims, model.observation.unit_interval, torch.float64, binary=True))
    if len(encoder.log_likelihood) != len(test):
        raise ValueError(f"encoder: found the estimate of {len(encoder.log_likelihood)} images, expected {len(test)}")
    joint, dtype = Joint(model), next(model.parameters()).dtype
    numbers = image_numbers(numbers, len(test))
    outputs = float(len(test)) * settings.n_samples * model.n_dims
    compile = worth_compiling(settings.compile, outputs, COMPILE_FROM_OUTPUTS, "decoder outputs")
    log_weights = log_weights_of(joint, settings, seed + REFINED, compile, dtype)
    search = Search(joint, refinement, settings.n_samples, seed)
    nothing = torch.zeros_like(encoder.k_hat)
    kept = torch.stack(
        [encoder.log_likelihood, encoder.effective_samples, encoder.monte_carlo_se, encoder.k_hat, nothing]
    )

    sitting = resumable.begin(test.device)
    columns: list[Tensor] = [column.cpu() for column in sitting.state["columns"]] if sitting.state else []
    done = sum(column.shape[1] for column in columns)
    batches = torch.arange(done, len(test)).split(batch_size(model, refinement, len(test))) if done < len(test) else ()
    for index in resumable.progress(batches):
        x = as_means(test[index.to(test.device)]).to(dtype)
        mean, log_var = model.encoder(x)
        batch = kept[:, index].clone()
        pilot = search.pilot(x, mean, log_var, numbers[index].tolist())
        wanted = (~pilot.enough).nonzero()[:, 0]
        if len(wanted):
            of = numbers[index[wanted.cpu()]].tolist()
            proposals = search.proposals(x[wanted], mean[wanted], log_var[wanted], of, pilot.log_p[wanted])
            for j, number, proposal in zip(wanted.tolist(), of, proposals, strict=True):
                found = summed_up(log_weights(x[j : j + 1], number, proposal), proposal.counts)
                batch[:, j] = torch.cat([found.cpu(), torch.ones(1, dtype=torch.float64)])
        columns.append(batch)
        done += len(index)
        sitting.done(f"image {done} of {len(test)}", done == len(test), lambda: {"columns": columns})
    return RefinedEstimate(*torch.cat(columns, 1), sitting.seconds)  # type: ignore[call-arg]


@measuring
def refined_rounding_error(
    model: VAE, test: Tensor, settings: LikelihoodSettings, seed: int, numbers: Tensor, refinement: RefinedSettings
) -> Tensor:
    """The refined estimate with these settings minus that in float64, same proposals, same noise: (N,), nats.

    Every image gets a proposal of its own. Raises ValueError for no numbers of the images, TypeError as refine.
    """
    joint, exact = Joint(model), Joint(copy.deepcopy(model).double())
    numbers = image_numbers(numbers, len(test))
    plain = replace(settings, precision="float32", compile=False)
    rounded = log_weights_of(joint, settings, seed + REFINED, settings.compile, torch.float32)
    reference = log_weights_of(exact, plain, seed + REFINED, False, torch.float64)
    search, errors = Search(joint, refinement, settings.n_samples, seed), []
    for index in torch.arange(len(test)).split(batch_size(model, refinement, len(test))):
        x, of = as_means(test[index.to(test.device)]).float(), numbers[index].tolist()
        encoded = model.encoder(x)
        log_p = search.pilot(x, *encoded, of).log_p  # type: ignore[call-arg]
        for j, proposal in enumerate(search.proposals(x, *encoded, of, log_p)):  # type: ignore[call-arg]
            one = x[j : j + 1]
            log_w = rounded(one, of[j], proposal), reference(one.double(), of[j], proposal.to(torch.float64))
            errors.append(torch.logsumexp(log_w[0], 0) - torch.logsumexp(log_w[1], 0))
    return torch.stack(errors).cpu()
