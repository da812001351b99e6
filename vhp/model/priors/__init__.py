"""Priors over z. A prior knows z and nothing of x or of decoders: see Prior."""

from torch import Tensor, nn


class Prior(nn.Module):
    """What every prior has, a module each. To be saved with its model, it needs an entry in vhp.model.files.PRIORS.

    log_prob is exact where the prior has a density. Where it has a latent zeta, it is log 1/K sum_k of importance
    weights made with the noise eps: with K = 1 the weight of one joint sample (z, zeta), in expectation a lower bound
    on log p(z).
    """

    d_zeta: int  # width of its own latent variable, 0 if it has none

    def log_prob(self, z: Tensor, eps: Tensor) -> Tensor:
        """z (..., batch, d_z), eps (K, ..., batch, d_zeta) -> (..., batch), nats."""
        raise NotImplementedError

    def sample(self, n: int) -> Tensor:
        """(n, d_z)."""
        raise NotImplementedError

    def frozen(self) -> "Prior":
        """An equivalent prior for many evaluations with fixed weights."""
        raise NotImplementedError
