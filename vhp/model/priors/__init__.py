"""Priors over z, a module each. A prior knows z and nothing of x or of decoders: see Prior.

The module of a prior that can be saved with its model (vhp.model.files) has a function

    build(model, **arguments)    another such prior for this model, with weights of any value
"""

from collections.abc import Callable
from typing import Any

from torch import Tensor, nn


class Prior(nn.Module):
    """What every prior has.

    log_prob is exact where the prior has a density. Where it has a latent zeta, it is log 1/K sum_k of importance
    weights made with the noise eps: with K = 1 the weight of one joint sample (z, zeta), in expectation a lower bound
    on log p(z).
    """

    d_zeta: int  # width of its own latent variable, 0 if it has none
    # z (..., d_z) -> mean and log-variance of q(zeta|z), (..., d_zeta) each. Of a prior with a zeta alone.
    q_zeta: Callable[[Tensor], tuple[Tensor, Tensor]]

    def log_prob(self, z: Tensor, eps: Tensor) -> Tensor:
        """z (..., batch, d_z), eps (K, ..., batch, d_zeta) -> (..., batch), nats."""
        raise NotImplementedError

    def sample(self, n: int) -> Tensor:
        """(n, d_z)."""
        raise NotImplementedError

    def arguments(self) -> dict[str, Any]:
        """What `build` in the prior's module makes another one of, beside the model: JSON values."""
        raise NotImplementedError

    def from_noise(self, eps: Tensor) -> Tensor:
        """u = (z, zeta) from standard normal noise, (..., d_z + d_zeta + 1) -> (..., d_z + d_zeta).

        The last column of the noise picks a component, where there are some.
        """
        raise NotImplementedError

    def log_joint(self, u: Tensor) -> Tensor:
        """log p(z, zeta), exact: u = (z, zeta) (..., d_z + d_zeta) -> (...), nats."""
        raise NotImplementedError

    def frozen(self) -> "Prior":
        """An equivalent prior for many evaluations with fixed weights."""
        raise NotImplementedError
