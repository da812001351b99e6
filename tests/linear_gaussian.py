"""Linear-Gaussian models, whose log p(x), posterior and KL divergence are closed forms.

    x = W z + b + s noise,    z ~ N(0, I)    or    a mixture    or    z = A zeta + a + t noise, zeta ~ N(0, I)

W has orthogonal columns and A is a multiple of a rotation, so that p(z|x) and p(zeta|z) have the diagonal covariance
that q_phi and q_Phi can express. All in float64.
"""

import math

import torch
from torch import Tensor, nn
from torch.distributions import MultivariateNormal

from vhp.model.priors.hierarchical import HierarchicalPrior
from vhp.model.priors.mixture import GaussianMixture
from vhp.model.priors.standard_normal import StandardNormal
from vhp.model.priors.vampprior import VampPrior
from vhp.model.vae import VAE

D, D_Z = 6, 3
S2 = 0.3  # noise variance of x
T2 = 0.2  # noise variance of z given zeta
NORMAL, MIXTURE, HIERARCHICAL, VAMP = "standard_normal", "mixture", "hierarchical", "vampprior"
PRIORS = (NORMAL, MIXTURE, HIERARCHICAL, VAMP)


class Affine(nn.Module):
    """x -> mean W x + b and a constant log-variance: a GaussianNetwork without hidden layers."""

    def __init__(self, weight: Tensor, bias: Tensor, log_var: Tensor):
        super().__init__()
        self.weight, self.bias, self.log_var = nn.Parameter(weight), nn.Parameter(bias), nn.Parameter(log_var)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        mean = x @ self.weight.T + self.bias
        return mean, self.log_var.expand_as(mean)


def float64(*shape: int) -> Tensor:
    return torch.randn(*shape, dtype=torch.float64)


def posterior(
    weight: Tensor, bias: Tensor, noise: float, mean: Tensor, covariance: Tensor
) -> tuple[Tensor, Tensor, Tensor]:
    """p(u|v) = N(gain v + offset, result) for v = weight u + bias + noise, u ~ N(mean, covariance)."""
    precision = covariance.inverse() + weight.T @ weight / noise
    result = precision.inverse()
    gain = result @ weight.T / noise
    return gain, result @ covariance.inverse() @ mean - gain @ bias, result


class LinearGaussian:
    """model: the VAE; components: the prior's true marginal as a list of (mean, covariance) of equal weight."""

    def __init__(self, prior: str, perturbed: bool, d_z: int = D_Z):
        """perturbed: proposals are off by a third of a standard deviation and 15 % too wide; else exact."""
        self.W = torch.linalg.qr(float64(D, d_z))[0] * torch.tensor([0.5, 1.0, 2.0])[:d_z]
        self.b = float64(D)
        model = VAE(D, d_z, [2], "gaussian").double()
        model.decoder = nn.Linear(d_z, D).double()
        model.decoder.weight.data, model.decoder.bias.data = self.W, self.b
        model.observation.log_var.data = torch.tensor(math.log(S2), dtype=torch.float64)

        mean, covariance = torch.zeros(d_z, dtype=torch.float64), torch.eye(d_z, dtype=torch.float64)
        shift, widen = (1 / 3, 2 * math.log(1.15)) if perturbed else (0.0, 0.0)
        if prior == HIERARCHICAL:
            A, mean = 0.8 * torch.linalg.qr(float64(d_z, d_z))[0], float64(d_z)
            covariance = A @ A.T + T2 * torch.eye(d_z, dtype=torch.float64)

        def proposal(*arguments) -> Affine:
            gain, offset, result = posterior(*arguments)
            variance = result.diagonal()
            assert (result - variance.diag()).abs().max() < 1e-12  # diagonal, or the test is not what it says
            return Affine(gain, offset + shift * variance.sqrt(), variance.log() + widen)

        model.encoder = proposal(self.W, self.b, S2, mean, covariance)
        if prior == NORMAL:
            model.prior = StandardNormal(d_z)
            self.components = [(mean, covariance)]
        elif prior == HIERARCHICAL:
            model.prior = HierarchicalPrior(d_z, d_z, [2])
            model.prior.p_z = Affine(A, mean, torch.full((d_z,), math.log(T2), dtype=torch.float64))
            eye = torch.eye(d_z, dtype=torch.float64)
            model.prior.q_zeta = proposal(A, mean, T2, torch.zeros(d_z, dtype=torch.float64), eye)
            self.components = [(mean, covariance)]
        elif prior == MIXTURE:
            # Components within the reach of the encoder, which is the posterior for N(0, I).
            means, log_vars = 0.5 * float64(4, d_z), -0.5 * torch.rand(4, d_z, dtype=torch.float64)
            model.prior = GaussianMixture(means, log_vars)
            self.components = [(m, v.exp().diag()) for m, v in zip(means, log_vars, strict=True)]
        else:
            model.encoder.log_var.data += 0.3
            model.prior = VampPrior(model.encoder, self.b + 0.5 * float64(5, D), unit_interval=False)
            means, log_vars = model.prior.components()
            self.components = [(m, v.exp().diag()) for m, v in zip(means.detach(), log_vars.detach(), strict=True)]
        self.model = model

    def _marginals(self) -> list[MultivariateNormal]:
        noise = S2 * torch.eye(D, dtype=torch.float64)
        return [MultivariateNormal(self.W @ m + self.b, self.W @ c @ self.W.T + noise) for m, c in self.components]

    def data(self, n: int) -> Tensor:
        """(n, D), drawn from p(x)."""
        drawn = torch.stack([marginal.sample((n,)) for marginal in self._marginals()])
        return drawn[torch.randint(len(drawn), (n,)), torch.arange(n)]

    def log_p(self, x: Tensor) -> Tensor:
        """The exact log p(x), (n,)."""
        return torch.stack([marginal.log_prob(x) for marginal in self._marginals()]).exp().mean(0).log()

    @torch.no_grad()
    def kl(self, x: Tensor) -> Tensor:
        """KL(q_phi(z|x) || p(z|x)), (n,): log p(x) minus the ELBO. For a prior of one component."""
        ((mean, covariance),) = self.components
        gain, offset, exact = posterior(self.W, self.b, S2, mean, covariance)
        q_mean, q_log_var = self.model.encoder(x)
        q = MultivariateNormal(q_mean, torch.diag_embed(q_log_var.exp()))
        return torch.distributions.kl_divergence(q, MultivariateNormal(x @ gain.T + offset, exact))
