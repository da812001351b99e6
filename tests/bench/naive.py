"""The same models as peers write them: plain, eager, float32, nothing computed once that can be computed again.

A gated layer is two linear layers; every sample is a row that runs through all networks, the encoder included, so that
100 samples of one image are encoded as 100 images; each call encodes all pseudo-inputs; the mixture's (rows, M, d)
differences exist; Bernoulli likelihoods come from clamped probabilities; the test likelihood is made image by image in
chunks of 100 samples; the loss is read back after each step. (As in the code that accompanies Tomczak & Welling 2018.)
"""

import math

import torch
from torch import Tensor, nn

from vhp.methods import Method
from vhp.model.networks import GatedLayer
from vhp.model.priors.hierarchical import HierarchicalPrior
from vhp.model.priors.vampprior import VampPrior
from vhp.model.vae import VAE
from vhp.objective.bounds import importance_weighted_bound

CHUNK = 100
LOG_2PI = math.log(2 * math.pi)


class GatedDense(nn.Module):
    def __init__(self, layer: GatedLayer):
        """With the weights of a layer of ours."""
        super().__init__()
        weight, bias = layer.linear.weight.detach(), layer.linear.bias.detach()
        half, n_in = weight.shape[0] // 2, weight.shape[1]
        self.h, self.g = nn.Linear(n_in, half), nn.Linear(n_in, half)
        for linear, rows in ((self.h, slice(None, half)), (self.g, slice(half, None))):
            linear.weight.data.copy_(weight[rows])
            linear.bias.data.copy_(bias[rows])

    def forward(self, x: Tensor) -> Tensor:
        return self.h(x) * torch.sigmoid(self.g(x))


def plain(network: nn.Sequential) -> nn.Sequential:
    """A gated MLP of ours, with two linear layers per gated layer."""
    layers = [GatedDense(m) if isinstance(m, GatedLayer) else nn.Linear(m.in_features, m.out_features) for m in network]
    layers[-1].load_state_dict(network[-1].state_dict())
    return nn.Sequential(*layers)


def log_normal(x: Tensor, mean: Tensor, log_var: Tensor) -> Tensor:
    return (-0.5 * (LOG_2PI + log_var + (x - mean) ** 2 / torch.exp(log_var))).sum(-1)


def log_standard_normal(x: Tensor) -> Tensor:
    return log_normal(x, torch.zeros_like(x), torch.zeros_like(x))


def sample(mean: Tensor, log_var: Tensor) -> Tensor:
    return mean + torch.exp(0.5 * log_var) * torch.randn_like(mean)


class NaiveVAE(nn.Module):
    def __init__(self, model: VAE):
        """With the weights of a model of ours."""
        super().__init__()
        self.encoder, self.decoder = plain(model.encoder.network), plain(model.decoder)
        self.pseudo_inputs = self.q_zeta = self.p_z = None
        if isinstance(model.prior, VampPrior):
            self.pseudo_inputs = nn.Parameter(model.prior.pseudo_inputs.detach().clone())
        elif isinstance(model.prior, HierarchicalPrior):
            self.q_zeta, self.p_z = plain(model.prior.q_zeta.network), plain(model.prior.p_z.network)

    def log_prior(self, z: Tensor, n_zeta: int) -> Tensor:
        """z (rows, d_z) -> (rows,)."""
        if self.pseudo_inputs is not None:
            mean, log_var = self.encoder(self.pseudo_inputs.clamp(0, 1)).chunk(2, -1)
            log_components = log_normal(z.unsqueeze(1), mean.unsqueeze(0), log_var.unsqueeze(0))
            return torch.logsumexp(log_components, 1) - math.log(len(mean))
        if self.q_zeta is None:
            return log_standard_normal(z)
        z = z.repeat(n_zeta, 1)
        mean, log_var = self.q_zeta(z).chunk(2, -1)
        zeta = sample(mean, log_var)
        weight = log_normal(z, *self.p_z(zeta).chunk(2, -1)) + log_standard_normal(zeta)
        weight = (weight - log_normal(zeta, mean, log_var)).view(n_zeta, -1)
        return torch.logsumexp(weight, 0) - math.log(n_zeta)

    def forward(self, x: Tensor, n_zeta: int) -> tuple[Tensor, Tensor]:
        """log p(x|z) and log q(z|x) - log p(z) of one sample z per row of x (rows, D), each (rows,)."""
        mean, log_var = self.encoder(x).chunk(2, -1)
        z = sample(mean, log_var)
        p = torch.sigmoid(self.decoder(z)).clamp(1e-6, 1 - 1e-6)
        log_likelihood = (x * torch.log(p) + (1 - x) * torch.log(1 - p)).sum(-1)
        return log_likelihood, log_normal(z, mean, log_var) - self.log_prior(z, n_zeta)


@torch.no_grad()
def log_likelihood(model: NaiveVAE, x: Tensor, n_samples: int) -> Tensor:
    """The estimate of log p(x) of each row of x (N, D) float32, (N,)."""
    results = []
    for image in x:
        weights = []
        for _ in range(n_samples // CHUNK):
            reconstruction, kl = model(image.expand(CHUNK, -1), 1)
            weights.append(reconstruction - kl)
        results.append(torch.logsumexp(torch.cat(weights), 0) - math.log(n_samples))
    return torch.stack(results)


class NaiveTraining:
    """Steps of Adam on a method's bound at beta = 1."""

    def __init__(self, method: Method):
        self.model = NaiveVAE(method.model)
        self.importance_weighted = method.bound is importance_weighted_bound
        self.n_z, self.n_zeta = method.n_z, method.n_zeta
        self.optimiser = torch.optim.Adam(self.model.parameters(), lr=1e-3)

    def step(self, x: Tensor) -> float:
        """x (batch, D) float32; gives the loss."""
        log_likelihood, kl = (t.view(self.n_z, -1) for t in self.model(x.repeat(self.n_z, 1), self.n_zeta))
        if self.importance_weighted:
            loss = math.log(self.n_z) - torch.logsumexp(log_likelihood - kl, 0).mean()
        else:
            loss = (kl - log_likelihood).mean()
        self.optimiser.zero_grad()
        loss.backward()
        self.optimiser.step()
        return loss.item()
