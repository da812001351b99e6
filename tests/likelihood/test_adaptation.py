"""A round of the adaptation against plain sums, and what rounds do for components that begin much too wide."""

import math
from dataclasses import replace

import numpy as np
import reference
import torch
from linear_gaussian import D_Z, NORMAL, LinearGaussian
from scipy.stats import multivariate_t
from test_modes import FREEDOM, modes_of
from test_refined import REFINEMENT, refined

from vhp.likelihood.joint import Joint
from vhp.likelihood.refined import search
from vhp.likelihood.refined.adaptation import LEAST_EFFECTIVE, adapted, moved
from vhp.likelihood.refined.ascent import laplace
from vhp.likelihood.refined.modes import Modes, noise_width

M, N_EACH, BATCH, NU = 2, 100, 3, FREEDOM[2]


@torch.no_grad()
def test_a_round_weighs_and_claims_samples_as_plain_sums_say():
    """A sample's weight is shared by the components as their densities are there."""
    case = LinearGaussian(NORMAL, perturbed=True)
    joint, x = Joint(case.model), case.data(BATCH)
    (mean, log_var), modes = case.model.encoder(x), modes_of(M, BATCH, D_Z)
    modes = Modes(mean + 0.5 * modes.location, 0.5 * modes.root)
    eps = torch.randn((1 + M) * N_EACH, BATCH, noise_width(D_Z), dtype=torch.float64)
    found = adapted(joint, x, mean, log_var, modes, eps)

    first, others = eps[:N_EACH], eps[N_EACH:].reshape(M, N_EACH, BATCH, -1)
    u = torch.cat([joint.encoded(mean, log_var, first), *modes.drawn(others)])
    log_p = joint.log_prob(x, u)
    claim, pull = torch.zeros(1 + M, *log_p.shape).double(), torch.zeros(M, *log_p.shape).double()
    for j in range(BATCH):
        scales = [(modes.root[m, j] @ modes.root[m, j].T).numpy() for m in range(M)]
        components = [multivariate_t(modes.location[m, j], scales[m], df=NU) for m in range(M)]
        q = [
            [math.exp(reference.gaussian(v.tolist(), mean[j].tolist(), log_var[j].tolist())) for v in u[:, j]],
            *(component.pdf(u[:, j].numpy()) for component in components),
        ]
        densities = np.array(q)
        w = log_p[:, j].exp().numpy() / densities.sum(0)
        w /= w.sum()
        assert 1 / (w**2).sum() > LEAST_EFFECTIVE  # so that no weight is flattened
        claim[:, :, j] = torch.from_numpy(w * densities / densities.sum(0))
        for m in range(M):
            off = (u[:, j] - modes.location[m, j]).numpy()
            distance = np.einsum("ni,ij,nj->n", off, np.linalg.inv(scales[m]), off)
            pull[m, :, j] = torch.from_numpy((NU + D_Z) / (NU + distance))
    torch.testing.assert_close(found.shares, claim.sum(1))
    assert found.shares.std(0).min() > 0.01  # or their order would not matter
    expected = moved(modes, u, claim[1:], pull)
    torch.testing.assert_close(found.modes.location, expected.location)
    torch.testing.assert_close(found.modes.root, expected.root)


def test_rounds_mend_components_that_are_much_too_wide(monkeypatch):
    case = LinearGaussian(NORMAL, perturbed=False)
    case.model.encoder.log_var.data -= 2 * math.log(10)  # that will not do
    x = case.data(6)

    def wide(*arguments) -> Modes:
        modes = laplace(*arguments)
        return replace(modes, root=8 * modes.root)

    monkeypatch.setattr(search, "laplace", wide)
    monkeypatch.setattr(search, "MOST_DIMENSIONS", 0)  # no second look, whose component would not be too wide
    settings = replace(REFINEMENT, pilot=600)
    before, after = (refined(case, x, settings=replace(settings, rounds=n)) for n in (0, 3))
    assert before.own_proposal.all() and after.own_proposal.all()
    assert (after.effective_samples > 5 * before.effective_samples).all()
