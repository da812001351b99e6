"""The bank of prior samples: what it sees of an image, and the starts it proposes."""

import math

import pytest
import torch
from linear_gaussian import HIERARCHICAL, NORMAL, PRIORS, D, LinearGaussian

from vhp.likelihood.joint import Joint
from vhp.likelihood.refined import bank
from vhp.likelihood.refined.bank import Bank, Seen

N, BATCH, SEED = 200, 3, 5


def bank_of(prior):
    """A bank of N samples, and images with what the encoder says of them: x, mean, log_var."""
    case = LinearGaussian(prior, perturbed=True)
    x = case.data(BATCH)
    return Bank(Joint(case.model), N // 2, SEED), x, *case.model.encoder(x)


@torch.no_grad()
@pytest.mark.parametrize("prior", PRIORS)
def test_it_sees_where_the_encoder_is_ten_times_too_low(prior):
    """Sample by sample, for a log p(x) that makes few, half or most of them low; and the posterior's share there."""
    found, x, mean, log_var = bank_of(prior)
    joint, u = found.joint, found.u[:, None].expand(-1, BATCH, -1)
    log_likelihood = joint.log_likelihood(x, u)
    ratio = log_likelihood + joint.log_prior(u) - joint.log_encoder(mean, log_var, u)
    for share in (0.1, 0.5, 0.9):
        log_p = ratio.quantile(share, 0) - math.log(10)
        seen = found.seen(x, mean, log_var, log_p)
        torch.testing.assert_close(seen.log_likelihood, log_likelihood)
        low = ratio - log_p > math.log(10)
        assert torch.equal(seen.low, low)
        missed = torch.where(low, (log_likelihood - log_p).exp(), 0.0).mean(0)
        torch.testing.assert_close(found.missed(seen, log_p), missed)


@torch.no_grad()
def test_starts_are_the_best_samples_that_lie_apart():
    """A quarter of the prior's standard deviation apart in each dimension, in turns low and anywhere: one by one."""
    found, x, mean, log_var = bank_of(NORMAL)
    log_p = torch.zeros(BATCH).double()
    log_likelihood = found.seen(x, mean, log_var, log_p).log_likelihood
    seen = Seen(log_likelihood, torch.rand(N, BATCH) < 0.3)
    starts, d = found.starts(seen, 6), found.u.shape[1]
    place = found.u / found.u.std(0)

    def apart(a, b):
        return math.dist(place[a].tolist(), place[b].tolist()) >= 0.25 * math.sqrt(d)

    for j in range(BATCH):
        best_first = log_likelihood[:, j].argsort(descending=True).tolist()
        chosen = []
        for i in range(6):
            free = [s for s in best_first if all(apart(s, other) for other in chosen)]
            chosen.append(next(s for s in free if i % 2 or seen.low[s, j]))
        torch.testing.assert_close(starts[:, j], found.u[chosen], rtol=0, atol=0)
        assert not all(apart(a, b) for a in best_first[:6] for b in best_first[:6] if a != b)


@torch.no_grad()
def test_it_does_not_depend_on_how_many_are_decoded_at_once(monkeypatch):
    """A decoder that is wide inside: seven samples at once. And no more samples than fit when they are decoded."""
    case = LinearGaussian(HIERARCHICAL, perturbed=True)
    sizes = []
    whole = Bank(Joint(case.model), N // 2, SEED)
    monkeypatch.setattr(bank, "BANK_BYTES", 4 * D * N)
    case.model.floats_per_decode = D * N // 7
    case.model.decoder.register_forward_hook(lambda module, args, out: sizes.append(len(args[0])))
    parts = Bank(Joint(case.model), N // 2, SEED)
    assert sizes == [7] * (N // 7) + [N % 7]
    for name in ("u", "out", "rest"):
        torch.testing.assert_close(getattr(parts, name), getattr(whole, name), msg=name)
    monkeypatch.setattr(bank, "BANK_BYTES", 4 * D * 20)
    assert len(Bank(Joint(case.model), N // 2, SEED).out) == 20
