"""Where the nats go: each gap against a closed form, and the table of runs."""

import math
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import tiny
import torch
from linear_gaussian import D_Z, HIERARCHICAL, NORMAL, LinearGaussian
from safetensors.torch import save_file

from stages import gaps
from stages.files import write_json, write_npz
from stages.run import open_run
from vhp.likelihood import LikelihoodSettings, estimate
from vhp.posterior_gap import zeta_gap
from vhp.prior_gap import fit_log_ratio, gain

SIDE2, N = 64, 60


def generator():
    return torch.Generator().manual_seed(3)


def test_the_gap_in_zeta_is_the_divergence_of_the_proposal():
    """q_Phi is off by a third of a standard deviation and 15 % too wide: KL of two Gaussians, the same at every z."""
    exact = D_Z * 0.5 * (1.15**2 + (1 / 3) ** 2 - 1 - 2 * math.log(1.15))
    linear = LinearGaussian(HIERARCHICAL, perturbed=True)
    found = zeta_gap(linear.model, linear.data(200), n_z=3, n_zeta=2_000, generator=generator())
    assert abs(found.mean().item() - exact) < 4 * found.std().item() / math.sqrt(len(found)) + 1e-3


def test_the_gaps_in_z_and_zeta_add_up_to_that_of_the_bound():
    linear = LinearGaussian(HIERARCHICAL, perturbed=True)
    x = linear.data(200)
    settings = LikelihoodSettings(n_samples=2_000, precision="float32", compile=False)
    found = estimate(linear.model, x, settings, seed=0, dtype=torch.float64)
    in_zeta = zeta_gap(linear.model, x, n_z=3, n_zeta=2_000, generator=generator())
    in_z = found.log_likelihood - found.elbo - in_zeta
    assert abs((in_z - linear.kl(x)).mean().item()) < 4 * (in_z - linear.kl(x)).std().item() / math.sqrt(len(x)) + 2e-3


def test_chunks_of_images_change_nothing_but_the_noise(monkeypatch):
    linear = LinearGaussian(HIERARCHICAL, perturbed=True)
    x = linear.data(30)
    whole = zeta_gap(linear.model, x, n_z=2, n_zeta=500, generator=generator())
    monkeypatch.setattr("vhp.posterior_gap.CHUNK_SAMPLES", 7_000)  # seven images at a time
    parts = zeta_gap(linear.model, x, n_z=2, n_zeta=500, generator=generator())
    assert parts.shape == whole.shape and (parts - whole).abs().mean() < 0.1


def test_a_prior_without_a_latent_of_its_own_has_no_gap_there():
    linear = LinearGaussian(NORMAL, perturbed=True)
    assert zeta_gap(linear.model, linear.data(5), 2, 10, generator()).tolist() == [0.0] * 5


class Known(torch.nn.Module):
    """The log-ratio of N(m, I) and N(0, I)."""

    def __init__(self, m):
        super().__init__()
        self.m = m

    def forward(self, z):
        return z @ self.m - self.m.square().sum() / 2


def test_with_the_true_log_ratio_the_gain_is_the_divergence():
    m = torch.tensor([0.6, -0.8])
    found, error = gain(Known(m), torch.randn(20_000, 2) + m, torch.randn(20_000, 2))
    assert abs(found - 0.5) < 4 * error and 0 < error < 0.02


def test_another_function_gains_less():
    """T = t z of one dimension: t m - t^2 / 2, whose largest value is at t = m."""
    m, t = 1.0, 0.4
    found, error = gain(lambda z: t * z[:, 0], torch.randn(20_000, 1) + m, torch.randn(20_000, 1))
    assert abs(found - (t * m - t**2 / 2)) < 4 * error


def test_the_learned_log_ratio_finds_the_divergence_of_gaussians():
    m = torch.tensor([0.6, -0.8])
    draw = lambda n: torch.randn(n, 2) + m  # noqa: E731
    prior = lambda n: torch.randn(n, 2)  # noqa: E731
    log_ratio = fit_log_ratio(draw, prior, (draw(2_000), prior(2_000)), steps=300)
    found, error = gain(log_ratio, draw(20_000), prior(20_000))
    assert 0.5 * 0.9 < found < 0.5 + 4 * error


def test_equal_distributions_have_no_gap():
    draw = lambda n: torch.randn(n, 3)  # noqa: E731
    log_ratio = fit_log_ratio(draw, draw, (draw(2_000), draw(2_000)), steps=250)
    found, _ = gain(log_ratio, draw(20_000), draw(20_000))
    assert abs(found) < 0.02


@pytest.fixture
def workplace(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    rng = np.random.default_rng(0)
    binary = {split: np.uint8(255) * rng.integers(0, 2, (N, SIDE2), np.uint8) for split in ("val", "test")}
    # Grey, as dynamic MNIST's training images are: they have to be binarised before they have a likelihood.
    write_npz(Path("data/processed/digits.npz"), binary | {"train": rng.integers(0, 256, (N, SIDE2), np.uint8)})


def make_run(method: str) -> str:
    """An untrained model under the name of a run."""
    name = f"digits-{method}-0"
    config = {
        "run": {"dataset": "digits", "method": method, "seed": 0, "budget": "smoke"},
        "model": {"d_z": 2, "network": "mlp", "hidden": [8]},
        "method": tiny.SETTINGS[method],
    }
    write_json(Path("runs/configs", f"{name}.json"), config)
    model = open_run(name).method.model
    Path("runs", name).mkdir()
    save_file(model.state_dict(), Path("runs", name, "model.safetensors"))
    return name


def run(*arguments: str) -> subprocess.CompletedProcess:
    return subprocess.run([sys.executable, "-m", "stages.gaps", *arguments], capture_output=True, text=True)


def test_the_gaps_of_an_untrained_model_are_those_of_its_bound(workplace, monkeypatch):
    monkeypatch.setattr(gaps, "fit_log_ratio", lambda *samples: fit_log_ratio(*samples, steps=20))
    found = gaps.gaps(open_run(make_run("vhp_rewo")), n_images=N, n_samples=50)
    opened = open_run("digits-vhp_rewo-0")
    x = gaps.subset(opened, "test", N)
    settings = LikelihoodSettings(50, "float32", compile=False)
    expected = estimate(gaps.load_model(opened), x, settings, gaps.SEED)
    assert found.test[0] == pytest.approx(-expected.log_likelihood.mean().item(), rel=1e-6)
    assert found.over_fitting[0] == pytest.approx(found.test[0] - found.train[0])
    gap = (expected.log_likelihood - expected.elbo).mean().item()
    assert found.posterior_z[0] + found.posterior_zeta[0] == pytest.approx(gap, rel=1e-5)
    assert found.posterior_zeta[0] > 0


def test_the_same_images_for_every_run_and_all_of_them_binary(workplace):
    opened = open_run(make_run("iwae_l1"))
    train = gaps.subset(opened, "train", 10)
    assert torch.equal(train, gaps.subset(opened, "train", 10)) and set(train.unique().tolist()) == {0, 255}
    assert len(gaps.subset(opened, "test", 10 * N)) == N


def test_the_command_prints_a_row_per_run(workplace, monkeypatch, capsys):
    monkeypatch.setattr(gaps, "fit_log_ratio", lambda *samples: fit_log_ratio(*samples, steps=20))
    names = [make_run(method) for method in ("vhp_geco", "vampprior")]
    monkeypatch.setattr(sys, "argv", ["gaps", *names, "--images", "20", "--samples", "10"])
    gaps.main()
    rows = [line for line in capsys.readouterr().out.splitlines() if line.startswith("| digits-")]
    assert [row.split(" | ")[0].removeprefix("| ") for row in rows] == names
    assert rows[1].split(" | ")[5] == "0.00 ± 0.00"  # VampPrior has no zeta


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["digits-vhp_rewo-0"], "gaps: "),
        (["digits-vhp_rewo-0", "--images", "1"], "--images 1 --samples 1000: expected at least 2 of each"),
    ],
)
def test_what_cannot_be_measured_is_said_in_one_line(workplace, monkeypatch, arguments, said):
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parent.parent))
    done = run(*arguments)
    assert done.returncode != 0 and said in done.stderr and "Traceback" not in done.stderr
