"""One Hamiltonian move of chains: stretched, it is the unstretched one in other coordinates."""

import torch

from vhp.likelihood.annealed.chains import AnnealingSettings, Chains

N, C, D, SEED = 3, 50, 2, 1
SETTINGS = AnnealingSettings(1, C, n_leapfrog=4)
STEP, T = torch.tensor([0.1, 0.5, 0.9], dtype=torch.float64), 0.3


class Stretched:
    """Two densities that are not Gaussian, of v = L^-1 u; the Jacobian is left out."""

    width, noise_width = D, D

    def __init__(self, root):
        self.root = root  # (N, D, D)

    def drawn(self, eps):
        return self.stretched(eps)

    def log_probs(self, x, u):
        v = torch.linalg.solve(self.root, u[..., None])[..., 0]
        return -0.25 * v.pow(4).sum(-1) - 0.5 * v.square().sum(-1), torch.sin(3 * v[..., 0]) - v.prod(-1)

    def stretched(self, v):
        return (self.root @ v[..., None])[..., 0]

    def transposed(self, v):
        return (self.root.mT @ v[..., None])[..., 0]


def moved(root):
    """The start, a point of each chain, the moved points and their acceptance; the noise is the same for each root."""
    start, generator = Stretched(root), torch.Generator().manual_seed(SEED)
    v = torch.randn(C, N, D, generator=generator, dtype=torch.float64)
    eps = torch.randn(C, N, D + 1, generator=generator, dtype=torch.float64)
    chains = Chains(start, torch.zeros(N, 1, dtype=torch.float64), SETTINGS, SEED, range(N))
    point = chains.at(start.stretched(v))
    return start, point, *chains.moved(point, T, STEP, eps)


def test_a_stretched_move_is_the_unstretched_one():
    """Not so if positions or momenta were moved by another matrix than L and its transpose."""
    root = torch.tensor([[30.0, 0.0], [-7.0, 0.1]], dtype=torch.float64) * torch.tensor([1.0, 2.0, 3.0])[:, None, None]
    _, _, expected, acceptance = moved(torch.eye(D, dtype=torch.float64).expand(N, D, D))
    start, point, found, found_acceptance = moved(root)
    torch.testing.assert_close(found.u, start.stretched(expected.u))
    torch.testing.assert_close(found_acceptance, acceptance)
    stayed = (found.u == point.u).all(-1)
    assert 0.02 < stayed.double().mean() < 0.5 and acceptance.min() < 0.9  # some of each kind, or little is tested
