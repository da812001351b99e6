"""The components of a refined proposal: their density, their samples, and how far weighted samples move them."""

import numpy as np
import pytest
import torch
from scipy.stats import f as fisher
from scipy.stats import kstest, multivariate_t

from vhp.likelihood.refined.adaptation import moved
from vhp.likelihood.refined.modes import Modes, noise_width, squared_distance, student_log_prob

FREEDOM = {2: 5, 8: 8, 64: 20}  # dimensions -> degrees of freedom


def modes_of(m: int, batch: int, d: int) -> Modes:
    rng = np.random.default_rng(d)
    root = np.tril(rng.normal(size=(m, batch, d, d)), -1) / d + np.eye(d) * rng.uniform(0.5, 2, (m, batch, 1, d))
    return Modes(torch.from_numpy(rng.normal(size=(m, batch, d))), torch.from_numpy(root))


@pytest.mark.parametrize("d", FREEDOM)
def test_the_density_is_that_of_a_multivariate_t(d):
    modes, u = modes_of(2, 3, d), torch.from_numpy(np.random.default_rng(0).normal(size=(4, 3, d)))
    found = student_log_prob(u, modes.location, modes.inverse_root())
    for m, n, j in np.ndindex(2, 4, 3):
        scale = (modes.root[m, j] @ modes.root[m, j].T).numpy()
        expected = multivariate_t(modes.location[m, j].numpy(), scale, df=FREEDOM[d]).logpdf(u[n, j].numpy())
        assert found[m, n, j].item() == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize("d", FREEDOM)
def test_samples_are_as_far_out_as_the_density_says(d):
    """Squared distances over d have the F distribution of d and nu; 2,000 samples, p > 1e-4."""
    assert noise_width(d) == d + FREEDOM[d]
    modes = modes_of(1, 1, d)
    eps = torch.from_numpy(np.random.default_rng(1).normal(size=(1, 2_000, 1, noise_width(d))))
    distance = squared_distance(modes.drawn(eps)[0], modes.location, modes.inverse_root())[0, :, 0]
    assert kstest(distance.numpy() / d, fisher(d, FREEDOM[d]).cdf).pvalue > 1e-4


def test_modes_move_as_plain_sums_say():
    m, n, batch, d = 2, 30, 3, 4
    rng, modes = np.random.default_rng(2), modes_of(2, 3, 4)
    u, claim, pull = rng.normal(size=(n, batch, d)), rng.uniform(size=(m, n, batch)), rng.uniform(size=(m, n, batch))
    found = moved(modes, *map(torch.from_numpy, (u, claim, pull)))
    for i, j in np.ndindex(m, batch):
        w, pulled = claim[i, :, j], claim[i, :, j] * pull[i, :, j]
        effective = w.sum() ** 2 / (w**2).sum()
        share = effective / (effective + d**2)
        centre = (pulled[:, None] * u[:, j]).sum(0) / pulled.sum()
        scatter = sum(p * np.outer(x - centre, x - centre) for p, x in zip(pulled, u[:, j], strict=True)) / w.sum()
        location, root = modes.location[i, j].numpy(), modes.root[i, j].numpy()
        np.testing.assert_allclose(found.location[i, j], (1 - share) * location + share * centre)
        expected = (1 - share) * root @ root.T + share * scatter
        np.testing.assert_allclose(found.root[i, j] @ found.root[i, j].T, expected)


def test_a_shape_counts_as_many_samples_as_its_matrix_has_entries():
    """64 equal samples at one point, in 8 dimensions: half of the way."""
    modes = modes_of(1, 1, 8)
    u, equal = torch.ones(64, 1, 8).double(), torch.full((1, 64, 1), 1 / 64).double()
    location = moved(modes, u, equal, torch.ones_like(equal)).location
    torch.testing.assert_close(location, (modes.location + 1) / 2)


def test_a_mode_without_a_share_of_the_posterior_stays():
    modes = modes_of(2, 1, 3)
    u = torch.from_numpy(np.random.default_rng(3).normal(size=(20, 1, 3)))
    claim = torch.stack([torch.full((20, 1), 1e-9), torch.full((20, 1), 0.05)]).double()
    found = moved(modes, u, claim, torch.ones_like(claim))
    torch.testing.assert_close(found.location[0], modes.location[0], rtol=0, atol=0)
    torch.testing.assert_close(found.root[0], modes.root[0], rtol=1e-12, atol=1e-12)
    assert not torch.allclose(found.location[1], modes.location[1])
