"""Where the nats go: each gap against a closed form, and the table of runs."""

import math
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import tiny
import torch
from configured import write_config
from linear_gaussian import D_Z, HIERARCHICAL, NORMAL, LinearGaussian
from safetensors.torch import save_file

from stages.files import read_json, write_npz
from stages.inspect import gaps
from stages.runs.places import config_file, run_folder
from stages.runs.run import open_run
from vhp.datasets.batches import as_means
from vhp.likelihood.estimate import LikelihoodSettings, estimate
from vhp.likelihood.posterior_gap import zeta_gap
from vhp.likelihood.prior_gap import fit_log_ratio, gain
from vhp.seeds import GAPS_SEED

SIDE2, N = 64, 60


def test_the_gap_in_zeta_is_the_divergence_of_the_proposal():
    """q_Phi is off by a third of a standard deviation and 15 % too wide: KL of two Gaussians, the same at every z."""
    exact = D_Z * 0.5 * (1.15**2 + (1 / 3) ** 2 - 1 - 2 * math.log(1.15))
    linear = LinearGaussian(HIERARCHICAL, perturbed=True)
    found = zeta_gap(linear.model, linear.data(200), n_z=3, n_zeta=2_000, seed=3)
    assert abs(found.mean().item() - exact) < 4 * found.std().item() / math.sqrt(len(found)) + 1e-3


def bent() -> LinearGaussian:
    """As perturbed, but q_Phi also follows z too strongly: its divergence differs from z to z, and so from x to x."""
    linear = LinearGaussian(HIERARCHICAL, perturbed=True)
    linear.model.prior.q_zeta.weight.data *= 1.3
    return linear


def mean_divergence(linear: LinearGaussian, x: torch.Tensor) -> torch.Tensor:
    """E_q(z|x) KL(q_Phi(zeta|z) || p(zeta|z)), (n, D) -> (n,): the distance of means is affine in z, a Gaussian."""
    q = linear.model.prior.q_zeta
    gain, offset = q.weight / 1.3, q.bias - q.log_var.exp().sqrt() / 1.15 / 3  # of the exact posterior
    variance = q.log_var.exp() / 1.15**2
    mean, log_var = linear.model.encoder(x)
    distance = mean @ (q.weight - gain).T + q.bias - offset
    squares = distance.square() + log_var.exp() @ (q.weight - gain).T.square()
    return (0.5 * (1.15**2 + squares / variance - 1 - 2 * math.log(1.15))).sum(-1)


def test_the_gap_in_zeta_is_that_at_each_images_own_z():
    linear = bent()
    x = linear.data(8)
    exact = mean_divergence(linear, x)
    found = zeta_gap(linear.model, x, n_z=2_000, n_zeta=200, seed=3)
    assert exact.std() > 0.3  # else one image could be taken for another
    assert (found / exact - 1).abs().max() < 0.05


def test_the_gaps_in_z_and_zeta_add_up_to_that_of_the_bound():
    linear = LinearGaussian(HIERARCHICAL, perturbed=True)
    x = linear.data(200)
    settings = LikelihoodSettings(n_samples=2_000, precision="float32", compile=False)
    found = estimate(linear.model, x, settings, seed=0, dtype=torch.float64)
    in_zeta = zeta_gap(linear.model, x, n_z=3, n_zeta=2_000, seed=3)
    in_z = found.log_likelihood - found.elbo - in_zeta
    assert abs((in_z - linear.kl(x)).mean().item()) < 4 * (in_z - linear.kl(x)).std().item() / math.sqrt(len(x)) + 2e-3


def test_images_in_chunks_keep_their_order(monkeypatch):
    linear = bent()
    x = linear.data(8)
    monkeypatch.setattr("vhp.likelihood.posterior_gap.CHUNK_SAMPLES", 3 * 2_000 * 200)  # three images at a time
    found = zeta_gap(linear.model, x, n_z=2_000, n_zeta=200, seed=3)
    assert (found / mean_divergence(linear, x) - 1).abs().max() < 0.05


def test_a_prior_without_a_latent_of_its_own_has_no_gap_there():
    linear = LinearGaussian(NORMAL, perturbed=True)
    assert zeta_gap(linear.model, linear.data(5), 2, 10, seed=3).tolist() == [0.0] * 5


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
    assert abs(found - 0.5) < 4 * error
    # The variances of T and of e^T are |m|^2 = 1 and e - 1.
    assert error == pytest.approx(math.sqrt(math.e / 20_000), rel=0.1)


def test_another_function_gains_less():
    """T = t z of one dimension: t m + 1 - e^(t^2 / 2), below the divergence m^2 / 2.

    t m - t^2 / 2, by the logarithm of the mean, would be 0.334 more, and biased.
    """
    m, t = 1.0, 1.2
    found, error = gain(lambda z: t * z[:, 0], torch.randn(20_000, 1) + m, torch.randn(20_000, 1))
    assert abs(found - (t * m + 1 - math.exp(t**2 / 2))) < 4 * error


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


def test_what_the_validation_samples_contradict_is_not_kept():
    m = torch.tensor([1.0, 0.0])
    draw = lambda n: torch.randn(n, 2) + m  # noqa: E731
    prior = lambda n: torch.randn(n, 2)  # noqa: E731
    log_ratio = fit_log_ratio(draw, prior, (prior(2_000) - m, prior(2_000)), steps=300)
    assert log_ratio(draw(10)).abs().max() < 1e-6


def test_the_log_ratio_is_normalised_on_the_validation_samples():
    m, prior = torch.tensor([1.0, 0.0]), torch.randn(2_000, 2)
    draw = lambda n: torch.randn(n, 2) + m  # noqa: E731
    log_ratio = fit_log_ratio(draw, lambda n: torch.randn(n, 2), (draw(2_000), prior), steps=300)
    assert log_ratio(prior).exp().mean().item() == pytest.approx(1, rel=1e-4)
    assert log_ratio(prior).std() > 0.5


@pytest.fixture
def workplace(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    rng = np.random.default_rng(0)
    # Fewer pixels are set in the test images: no split can be taken for another.
    binary = {
        split: np.uint8(255) * (rng.random((N, SIDE2)) < share).astype(np.uint8)
        for split, share in (("val", 0.5), ("test", 0.2))
    }
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
    write_config(config)
    model = open_run(name).method.model
    run_folder(name).mkdir(parents=True, exist_ok=True)
    save_file(model.state_dict(), (run_folder(name) / "model.safetensors"))
    return name


def run(*arguments: str) -> subprocess.CompletedProcess:
    return subprocess.run([sys.executable, "-m", "stages.inspect.gaps", *arguments], capture_output=True, text=True)


def test_the_gaps_of_an_untrained_model_are_those_of_its_bound(workplace, monkeypatch):
    monkeypatch.setattr(gaps, "fit_log_ratio", lambda *samples: fit_log_ratio(*samples, steps=20))
    found = gaps.gaps(open_run(make_run("vhp_rewo")), n_images=N, n_samples=50)
    opened = open_run("digits-vhp_rewo-0")
    x = gaps.subset(opened, "test", N)
    settings = LikelihoodSettings(50, "float32", compile=False)
    expected = estimate(gaps.load_model(opened), x, settings, GAPS_SEED)
    assert found.test[0] == pytest.approx(-expected.log_likelihood.mean().item(), rel=1e-6)
    on_train = estimate(gaps.load_model(opened), gaps.subset(opened, "train", N), settings, GAPS_SEED)
    assert found.train[0] == pytest.approx(-on_train.log_likelihood.mean().item(), rel=1e-6)
    assert abs(found.over_fitting[0]) > 0.1
    assert found.over_fitting[0] == pytest.approx(found.test[0] - found.train[0])
    in_zeta = zeta_gap(gaps.load_model(opened), as_means(x), 200, 50, seed=3).mean().item()
    assert found.posterior_zeta[0] == pytest.approx(in_zeta, rel=0.1)
    gap = (expected.log_likelihood - expected.elbo).mean().item()
    assert found.posterior_z[0] + found.posterior_zeta[0] == pytest.approx(gap, rel=1e-5)
    shares = [(e.effective_samples < 10).double().mean().item() for e in (on_train, expected)]
    assert list(found.low_ess) == shares


class Prior:
    """N(0, I) of one dimension."""

    def frozen(self):
        return self

    def sample(self, n):
        return torch.randn(n, 1)


@pytest.mark.parametrize(("test_mean", "expected"), [(1.0, 0.5), (-1.0, -1.5)])
def test_the_prior_gap_is_learned_on_the_training_and_measured_on_the_test_set(test_mean, expected):
    """q(z) = N(1, 1) on training and validation data: T = z - 1/2, and E_q T of the test set is the gain."""

    torch.manual_seed(0)
    means = {"train": 1.0, "val": 1.0, "test": test_mean}
    data = SimpleNamespace(splits={split: torch.randn(5_000, 1) + mean for split, mean in means.items()})
    model = SimpleNamespace(encoder=lambda x: (x, torch.full_like(x, -40.0)), prior=Prior())
    found, error = gaps.prior_gap(data, model)
    assert found == pytest.approx(expected, abs=0.1) and 0 < error < 0.05


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


def test_a_run_that_cannot_be_measured_does_not_take_the_others_with_it(workplace, monkeypatch, capsys):
    monkeypatch.setattr(gaps, "fit_log_ratio", lambda *samples: fit_log_ratio(*samples, steps=20))
    good, other = make_run("iwae_l1"), make_run("vampprior")
    config = read_json(config_file(other))
    config["model"]["d_z"] = 3
    write_config(config)
    monkeypatch.setattr(sys, "argv", ["gaps", good, other, "digits-typo-0", "--images", "20", "--samples", "10"])
    with pytest.raises(SystemExit) as stopped:
        gaps.main()
    assert f"| {good} |" in capsys.readouterr().out
    first, second = stopped.value.code.splitlines()
    model = run_folder(other) / "model.safetensors"
    assert first.startswith(f"gaps: {other}: {model} cannot be read (")
    assert first.endswith(f"as {config_file(other)} says): delete it and run `dvc repro`")
    assert second.startswith("  digits-typo-0: found no configuration of digits-typo-0, expected some of ")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["digits-vhp_rewo-0"], "gaps: "),
        (["digits-vhp_rewo-0", "--images", "1"], "--images 1 --samples 1000: expected at least 2 of each"),
    ],
)
def test_what_cannot_be_measured_is_said_in_one_line(workplace, monkeypatch, arguments, said):
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parents[2]))
    done = run(*arguments)
    assert done.returncode != 0 and said in done.stderr and "Traceback" not in done.stderr
