"""How far the estimates of log p(x) are from the truth: annealed bounds on both sides of it, on simulated data.

Of data that are simulated from the model the posterior's sample is known, so that there is an upper bound, too (BDMC,
Grosse et al. 2015). Of real data there is the lower bound alone; how far it is off there, the simulated data tell, as
far as they are like the real ones.

Chains from proposals begin at those of the refined estimate, with noise of their own. A mode that the search has missed
can so be missing in both; of simulated data the upper bound tells, of real ones chains from the prior may.
"""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from vhp.datasets.batches import as_means
from vhp.datasets.validation import Expected, check_examples
from vhp.likelihood.annealed.chains import AnnealingSettings, Chains, lower_bound, simulated, upper_bound
from vhp.likelihood.annealed.starts import PriorStart, ProposalStart, Start
from vhp.likelihood.estimate import LikelihoodSettings, estimate
from vhp.likelihood.joint import Joint
from vhp.likelihood.refined.estimate import refine
from vhp.likelihood.refined.search import RefinedSettings, Search
from vhp.model.evaluation_mode import measuring
from vhp.model.vae import VAE
from vhp.resumable import ONE_SITTING, Resumable

IMAGES = 20  # annealed at once


@dataclass(frozen=True)
class Sandwich:
    """log p(x) of N images, nats, (N,) each."""

    encoder: Tensor  # importance sampling from the encoder's posterior
    refined: Tensor  # from each image's own proposal
    lower: Tensor  # annealed
    upper: Tensor | None  # annealed backwards; None for data that were not simulated


def both_estimates(
    model: VAE, x: Tensor, settings: LikelihoodSettings, refinement: RefinedSettings, seed: int
) -> tuple[Tensor, Tensor]:
    """By the encoder's proposal and by the images' own, in the model's precision: log p(x), (N,) each."""
    encoder = estimate(model, x, settings, seed, dtype=next(model.parameters()).dtype)
    return encoder.log_likelihood, refine(model, x, encoder, settings, refinement, seed).log_likelihood


@torch.no_grad()
def starts(
    joint: Joint, settings: LikelihoodSettings, refinement: RefinedSettings, annealing: AnnealingSettings, seed: int
) -> Callable[[Tensor, list[int]], Start]:
    """Where the chains of images x (batch, D) with these numbers begin."""
    if annealing.start == "prior":
        return lambda x, numbers: PriorStart(joint)
    search = Search(joint, refinement, settings.n_samples, seed)

    @torch.no_grad()
    def proposed(x: Tensor, numbers: list[int]) -> Start:
        """A proposal for each image, also where the encoder would do."""
        mean, log_var = joint.model.encoder(x)
        log_p = search.pilot(x, mean, log_var, numbers).log_p
        return ProposalStart(joint, search.proposals(x, mean, log_var, numbers, log_p))

    return proposed


@measuring
def sandwich(
    model: VAE,
    x: Tensor | int,
    settings: LikelihoodSettings,
    refinement: RefinedSettings,
    annealing: AnnealingSettings,
    seed: int,
    resumable: Resumable = ONE_SITTING,
) -> Sandwich:
    """x: images (N, D), as for vhp.likelihood.estimate, or how many to simulate from the model.

    All is computed in the model's precision. settings, refinement: of both estimates, which come first; proposals at
    which chains begin are sought by the same refinement. annealing: of the bounds. resumable: where to resume from and
    to save to; its steps are batches of annealed images. Raises ValueError for no images, arrays that are no data (see
    check_examples), or too few samples for a proposal; TypeError for a prior that lacks what Joint or the simulation
    needs; UnfinishedError when it is asked to stop.
    """
    if not isinstance(x, int):
        check_examples("x", x, Expected(model.n_dims, model.observation.unit_interval, torch.float64, binary=True))
    elif x < 1:
        raise ValueError(f"x: found {x} images to simulate, expected at least 1")
    joint, u = Joint(model), None
    start_of = starts(joint, settings, refinement, annealing, seed)
    sitting = resumable.begin(next(model.parameters()).device)
    state = sitting.state
    if isinstance(x, int):
        # Kept as well: drawn anew elsewhere they might not be the same images.
        x, u = (state["x"], state["u"]) if state else simulated(joint, seed, range(x))
    means = as_means(x).to(next(model.parameters()).dtype)
    if not state:
        state = {"x": x, "u": u} if u is not None else {}
        state |= {"estimates": both_estimates(model, x, settings, refinement, seed), "bounds": []}
        sitting.save(state)
    done = sum(bounds.shape[1] for bounds in state["bounds"])
    batches = torch.arange(done, len(x)).split(IMAGES) if done < len(x) else ()
    for index in resumable.progress(batches):
        batch, numbers = means[index.to(x.device)], index.tolist()
        chains = Chains(start_of(batch, numbers), batch, annealing, seed, numbers)
        steps = chains.tuned()
        bounds = [lower_bound(chains.forward(steps))]
        if u is not None:
            bounds.append(upper_bound(chains.reverse(steps, u[index.to(x.device)])))
        state["bounds"].append(torch.stack(bounds))
        done += len(index)
        sitting.done(f"image {done} of {len(x)}", done == len(x), lambda: state)
    if batches:
        sitting.save(state)  # of all images: who asked may be interrupted before the bounds are written anywhere
    encoder, refined = (estimated.cpu() for estimated in state["estimates"])
    lower, *upper = torch.cat(state["bounds"], 1).cpu()
    return Sandwich(encoder, refined, lower, upper[0] if upper else None)
