"""What a likelihood estimate needs of its importance weights, summed up chunk by chunk."""

import math

import torch
from torch import Tensor

from vhp.likelihood.pareto import shape_of_largest, tail_length


def sample_counts(n_samples: int) -> list[int]:
    """After how many samples the estimate so far is kept: 1, 10, 100, ... below S, and S."""
    return [*(10**power for power in range(10) if 10**power < n_samples), n_samples]


class RunningWeights:
    """Running sums of importance weights w of one batch of images, relative to the largest seen: never an overflow."""

    def __init__(self, n: int, n_samples: int, device: torch.device):
        """n: images. n_samples: S, all that will be added."""
        self.n_samples, self.seen = n_samples, 0
        self.of_first: list[Tensor] = []
        tail = tail_length(n_samples) + 1  # how many of the largest log-weights are kept
        self.tail = torch.full((tail, n), -math.inf, dtype=torch.float64, device=device)
        self.largest = torch.full((n,), -math.inf, dtype=torch.float64, device=device)
        self.w = torch.zeros(n, dtype=torch.float64, device=device)
        self.w2 = torch.zeros(n, dtype=torch.float64, device=device)
        # Of the log-weights, or their squares would cancel: the first sample's.
        self.shift = torch.zeros(n, dtype=torch.float64, device=device)
        self.log_w = torch.zeros(n, dtype=torch.float64, device=device)
        self.log_w2 = torch.zeros(n, dtype=torch.float64, device=device)

    def add(self, log_w: Tensor) -> None:
        """log_w (samples, n)."""
        log_sum = self.w.log() + self.largest
        for count in sample_counts(self.n_samples):
            if self.seen < count <= self.seen + len(log_w):
                # Summed by itself: a first sample may be hundreds of nats below the best of its chunk.
                first = torch.logsumexp(log_w[: count - self.seen].double(), 0)
                self.of_first.append(torch.logaddexp(log_sum, first) - math.log(count))
        if not self.seen:
            self.shift = log_w[0].double()
        self.seen += len(log_w)
        largest = torch.maximum(self.largest, log_w.max(0).values.double())
        rescale = torch.exp(self.largest - largest)
        w = torch.exp(log_w - largest.to(log_w))
        self.w = self.w * rescale + w.sum(0, dtype=torch.float64)
        self.w2 = self.w2 * rescale.square() + w.square().sum(0, dtype=torch.float64)
        self.tail = torch.cat([self.tail, log_w.double()]).topk(len(self.tail), 0).values
        log_w = log_w - self.shift
        self.log_w += log_w.sum(0)
        self.log_w2 += log_w.square().sum(0)
        self.largest = largest

    def columns(self) -> Tensor:
        """What LikelihoodEstimate has of each image, in the order of its fields: (6 + P, n)."""
        n_samples = self.n_samples
        log_mean = self.w.log() + self.largest - math.log(n_samples)
        effective = self.w.square() / self.w2
        # Delta method: Var[log mean w] ~ Var[w] / (S E[w]^2), and E[w^2] / E[w]^2 = S / effective.
        variance = (n_samples / effective - 1) / (n_samples - 1)
        mean = self.log_w / n_samples
        elbo, elbo_variance = self.shift + mean, (self.log_w2 / n_samples - mean.square()) / (n_samples - 1)
        errors = [value.clamp_min(0).sqrt() for value in (variance, elbo_variance)]
        k_hat = shape_of_largest(self.tail, n_samples)
        return torch.stack([log_mean, elbo, effective, *errors, k_hat, *self.of_first])
