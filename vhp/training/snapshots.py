"""The latent space while a model is trained (poster: "Latent representation ... at different iteration steps")."""

from collections.abc import Sequence

import torch
from torch import Tensor

from vhp.model.evaluation_mode import evaluating
from vhp.model.vae import VAE
from vhp.seeds import SNAPSHOT_NOISE_SEED


@torch.no_grad()
def snapshot(model: VAE, x: Tensor, n_prior: int) -> dict[str, Tensor]:
    """posterior_mean and posterior_std (n, d_z) of q_phi(z|x), and prior (n_prior, d_z) samples, on the CPU.

    x: (n, D) in the data's unit, on the model's device. Leaves the random state as it was.
    """
    with torch.random.fork_rng(devices=[x.device] if x.is_cuda else []), evaluating(model):
        torch.manual_seed(SNAPSHOT_NOISE_SEED)
        mean, log_var = model.encoder(x)
        prior = model.prior.sample(n_prior)
    tensors = {"posterior_mean": mean, "posterior_std": torch.exp(0.5 * log_var), "prior": prior}
    return {name: tensor.float().cpu() for name, tensor in tensors.items()}


def is_power_of_two(epoch: int) -> bool:
    """Whether an epoch, counted from 1, is looked at: how many there will be is not known beforehand."""
    return epoch & (epoch - 1) == 0


def to_show(epochs: Sequence[int], shares: Sequence[float]) -> list[int]:
    """Indices of the observed epochs, which end with the last, nearest to the shares of the training; none twice."""
    wanted = [share * epochs[-1] for share in shares]
    return sorted({min(range(len(epochs)), key=lambda i: abs(epochs[i] - target)) for target in wanted})
