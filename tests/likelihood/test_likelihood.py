"""The NLL estimate against plain Python over all samples at once, and its independence of how the work is cut."""

import math

import pytest
import reference
import tiny
import torch

from vhp.likelihood import chunks
from vhp.likelihood.estimate import LikelihoodSettings, estimate
from vhp.likelihood.numbers import noise
from vhp.likelihood.running_weights import RunningWeights, sample_counts
from vhp.resumable import Checkpoint, Resumable, UnfinishedError

S = 60
FIELDS = ("log_likelihood", "elbo", "effective_samples", "monte_carlo_se", "elbo_se", "k_hat")


def settings(n_samples=S):
    return LikelihoodSettings(n_samples=n_samples)


def model_of(name, dtype=torch.float64, observation="bernoulli"):
    model = tiny.build(name, observation, dtype).model
    # Untrained networks are almost constant, and so would be their weights.
    with torch.no_grad():
        for p in model.parameters():
            p.mul_(2)
    return model


def run(model, x, seed=3, n_samples=S, dtype=torch.float64, **options):
    return estimate(model, x, settings(n_samples), seed, dtype=dtype, **options)


def assert_equal(a, b, rtol=1e-10):
    for field in (*FIELDS, "of_first"):
        torch.testing.assert_close(getattr(a, field), getattr(b, field), rtol=rtol, atol=1e-12, msg=field)


@pytest.mark.parametrize("name", ["iwae_l1", "iwae_l2", "vampprior"])
def test_estimate_equals_the_reference(name):
    """One weight per joint sample (z, zeta), logsumexp over all S at once, every density in plain Python."""
    model, x, seed = model_of(name), tiny.patterns(3), 3
    result = run(model, x, seed)
    prior = model.prior
    eps = noise(seed, range(3), S, model.d_z + prior.d_zeta).double()

    def evaluate(network, values):
        return [part.tolist() for part in network(torch.tensor(values, dtype=torch.float64))]

    for j in range(3):
        pixels = [value / 255 for value in x[j].tolist()]
        q = evaluate(model.encoder, pixels)
        log_weights = []
        for s in range(S):
            z = reference.sample(*q, eps[s, j, : model.d_z].tolist())
            logits = model.decoder(torch.tensor(z, dtype=torch.float64)).tolist()
            log_weight = reference.bernoulli(pixels, logits) - reference.gaussian(z, *q)
            if name == "iwae_l1":
                log_weight += reference.standard_normal(z)
            elif name == "vampprior":
                log_weight += reference.mixture(z, *(part.tolist() for part in prior.components()))
            else:
                q_zeta = evaluate(prior.q_zeta, z)
                zeta = reference.sample(*q_zeta, eps[s, j, model.d_z :].tolist())
                log_weight += reference.gaussian(z, *evaluate(prior.p_z, zeta)) + reference.standard_normal(zeta)
                log_weight -= reference.gaussian(zeta, *q_zeta)
            log_weights.append(log_weight)
        expected = reference.likelihood_estimate(log_weights)
        assert [getattr(result, field)[j].item() for field in FIELDS] == pytest.approx(expected, rel=1e-9)
        first = [reference.log_mean_exp(log_weights[:count]) for count in (1, 10, S)]
        assert result.of_first[j].tolist() == pytest.approx(first, rel=1e-9)


def test_samples_are_counted_by_powers_of_ten_and_to_their_end():
    assert [sample_counts(n) for n in (2, 10, 5000)] == [[1, 2], [1, 10], [1, 10, 100, 1000, 5000]]


def test_the_first_samples_may_be_hundreds_of_nats_below_the_others():
    """In float32, where exp(-400) is 0, in one chunk and in several."""
    log_w = torch.tensor([-400.0, -300.0, *[-300.0] * 8, *[0.0] * 20])[:, None]
    expected = [-400, -300 + math.log(0.9), math.log(20 / 30)]
    for rows in (30, 3, 1):
        weights = RunningWeights(1, 30, log_w.device)
        for chunk in log_w.split(rows):
            weights.add(chunk)
        assert weights.columns()[6:, 0].tolist() == pytest.approx(expected)


@pytest.mark.parametrize("rows", [1, 7, S, 2 * S + 1, 4 * S])
def test_estimate_does_not_depend_on_the_chunk_size(monkeypatch, rows):
    """From one sample of one image at a time to four images at once; 7 divides neither S nor anything else."""
    model, x = model_of("vhp_rewo"), tiny.patterns(5)
    whole = run(model, x)
    batches = []

    def count(iterable):
        for batch in iterable:
            batches.append(len(batch))
            yield batch

    monkeypatch.setattr(chunks, "CHUNK_BYTES", rows * 8 * model.floats_per_decode)
    assert_equal(run(model, x, resumable=Resumable(progress=count)), whole)
    # The chunks were really cut: 5 images alone, in pairs or in fours.
    assert batches == {1: [1] * 5, 7: [1] * 5, S: [1] * 5, 2 * S + 1: [2, 2, 1], 4 * S: [4, 1]}[rows]


@pytest.mark.parametrize("name", tiny.SETTINGS)
def test_an_estimate_stopped_after_each_batch_ends_with_the_same_bits(monkeypatch, tmp_path, name):
    model, x = model_of(name, torch.float32), tiny.patterns(5)
    monkeypatch.setattr(chunks, "CHUNK_BYTES", 2 * S * 4 * model.floats_per_decode)  # batches of 2, 2 and 1 images
    whole = run(model, x, dtype=torch.float32)
    checkpoint, batches = Checkpoint(tmp_path / "run"), []
    stopped = Resumable(checkpoint, 1e6, stop=lambda: True)
    for image in (2, 4):
        with pytest.raises(UnfinishedError, match=f"stopped after image {image} of 5"):
            run(model, x, dtype=torch.float32, resumable=stopped)
    before = checkpoint.load(torch.device("cpu"))["seconds"]
    resumed = Resumable(checkpoint, 1e6, progress=lambda b: batches.extend(b) or b)
    result = run(model, x, dtype=torch.float32, resumable=resumed)
    assert [index.tolist() for index in batches] == [[4]]
    for field in (*FIELDS, "of_first"):
        assert torch.equal(getattr(result, field), getattr(whole, field)), field
    assert result.seconds > before > 0


def test_an_estimate_goes_on_where_other_numbers_of_images_fit_a_batch(monkeypatch, tmp_path):
    model, x = model_of("vhp_rewo"), tiny.patterns(5)
    whole, checkpoint = run(model, x), Checkpoint(tmp_path / "run")
    monkeypatch.setattr(chunks, "CHUNK_BYTES", 2 * S * 8 * model.floats_per_decode)
    with pytest.raises(UnfinishedError, match="stopped after image 2 of 5"):
        run(model, x, resumable=Resumable(checkpoint, stop=lambda: True))
    monkeypatch.setattr(chunks, "CHUNK_BYTES", S * 8 * model.floats_per_decode)
    assert_equal(run(model, x, resumable=Resumable(checkpoint)), whole)


def test_a_killed_estimate_goes_on_from_its_last_checkpoint(monkeypatch, tmp_path):
    model, x = model_of("vhp_rewo"), tiny.patterns(5)
    monkeypatch.setattr(chunks, "CHUNK_BYTES", S * 8 * model.floats_per_decode)
    checkpoint = Checkpoint(tmp_path / "run")

    def killed(batches):
        yield from batches[:3]
        raise InterruptedError

    with pytest.raises(InterruptedError):
        run(model, x, resumable=Resumable(checkpoint, -1, progress=killed))
    batches = []
    result = run(model, x, resumable=Resumable(checkpoint, progress=lambda b: batches.extend(b) or b))
    assert [index.tolist() for index in batches] == [[3], [4]]
    assert_equal(result, run(model, x), rtol=0)


def test_estimate_of_a_subset_is_the_subset_of_the_estimate():
    model, x = model_of("iwae_l2"), tiny.patterns(6)
    whole, part = run(model, x), run(model, x[:4])
    for field in FIELDS:
        torch.testing.assert_close(getattr(part, field), getattr(whole, field)[:4], rtol=1e-10, atol=1e-12)


def test_estimate_of_an_image_does_not_depend_on_the_others():
    model, x = model_of("iwae_l2"), tiny.patterns(6)
    before = run(model, x)
    x[[0, 1, 3, 4, 5]] = 255 - x[[0, 1, 3, 4, 5]]
    after = run(model, x)
    for field in FIELDS:
        changed = (getattr(after, field) - getattr(before, field)).abs() > 1e-9
        assert changed.tolist() == [True, True, False, True, True, True], field


@pytest.mark.parametrize("name", tiny.SETTINGS)
def test_estimate_does_not_depend_on_the_order_of_the_images(name):
    model, x = model_of(name), tiny.patterns(7)
    order = torch.tensor([4, 0, 6, 2, 5, 1, 3])
    whole, shuffled = run(model, x), run(model, x[order], numbers=order)
    for field in FIELDS:
        values = getattr(shuffled, field)
        torch.testing.assert_close(values, getattr(whole, field)[order], rtol=1e-10, atol=1e-12, msg=field)
        assert not torch.allclose(values, getattr(whole, field)), field  # the order did change


def test_noise_depends_on_seed_and_index_alone():
    torch.manual_seed(1)
    one = noise(3, [5, 2, 9], 4, 2)
    torch.manual_seed(2)
    other = noise(3, [9, 5], 4, 2)
    assert torch.equal(one[:, 0], other[:, 1]) and torch.equal(one[:, 2], other[:, 0])
    assert not torch.equal(one[:, 0], one[:, 1])
    assert not torch.equal(noise(4, [5], 4, 2), one[:, :1])


def test_noise_is_standard_normal_and_uncorrelated_between_images():
    """Seeds that differ by one are next to each other; the streams they start must not be."""
    eps = noise(0, range(40), 1000, 2).double()
    n = eps.numel()
    assert abs(eps.mean()) < 4.5 / math.sqrt(n)
    assert abs(eps.square().mean() - 1) < 4.5 * math.sqrt(2 / n)
    neighbours = (eps[:, 1:] * eps[:, :-1]).mean()
    assert abs(neighbours) < 4.5 / math.sqrt(eps[:, 1:].numel())


def test_estimates_leave_the_global_random_state_alone():
    model, x = model_of("iwae_l1"), tiny.patterns(2)
    before = torch.get_rng_state()
    run(model, x)
    assert torch.equal(torch.get_rng_state(), before)


def test_seeds_give_different_estimates_of_one_value():
    model, x = model_of("iwae_l1"), tiny.patterns(4)
    a, b = run(model, x, seed=1, n_samples=2000), run(model, x, seed=2, n_samples=2000)
    z = (a.log_likelihood - b.log_likelihood) / (a.monte_carlo_se.square() + b.monte_carlo_se.square()).sqrt()
    assert (z != 0).all() and z.abs().max() < 4.5


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("log_var", [-6.0, 0.0, 8.0])
def test_effective_samples_are_between_one_and_all(dtype, log_var):
    """From nearly equal weights to one weight that is all: a useless proposal leaves one sample, not less."""
    model, x = model_of("iwae_l1", dtype), tiny.patterns(8)
    with torch.no_grad():
        last = model.encoder.network[-1]
        last.weight[tiny.D_Z :] = 0
        last.bias[tiny.D_Z :] = log_var
        last.bias[: tiny.D_Z] += 20 if log_var == -6 else 0
    result = run(model, x, dtype=dtype)
    rounding = 1e-6
    assert result.effective_samples.min() >= 1 - rounding
    assert result.effective_samples.max() <= S * (1 + rounding)
    assert torch.isfinite(result.monte_carlo_se).all()


def test_effective_samples_of_equal_weights_are_all():
    """A decoder that ignores z and q = p: every weight is p(x)."""
    model, x = model_of("iwae_l1"), tiny.patterns(3)
    with torch.no_grad():
        for layer in (model.encoder.network[-1], model.decoder[0].linear):
            layer.weight.zero_()
            layer.bias.zero_()
    result = run(model, x)
    assert result.effective_samples.tolist() == pytest.approx([S] * 3, rel=1e-12)
    bias = model.decoder[-1].bias.tolist()
    expected = [reference.bernoulli([v / 255 for v in row], bias) for row in x.tolist()]
    assert result.log_likelihood.tolist() == pytest.approx(expected, rel=1e-12)


def test_float32_and_float64_agree():
    """The float32 result is what the table shows; likelihoods of -1e3 nats per image, as in Fashion-MNIST."""
    model, x = model_of("vhp_rewo", torch.float32), tiny.patterns(5)
    with torch.no_grad():
        model.decoder[-1].weight.mul_(120)
    single = run(model, x, dtype=torch.float32)
    double = run(model.double(), x)
    assert double.log_likelihood.min() < -100
    torch.testing.assert_close(single.log_likelihood, double.log_likelihood, rtol=1e-5, atol=1e-3)


def test_binary_uint8_and_its_floats_are_the_same_data():
    model, x = model_of("iwae_l1"), tiny.patterns(3)
    assert_equal(run(model, x), run(model, x.double() / 255))


def test_grey_images_are_rejected():
    """An expectation over binarisations is another number; it must not be estimated by accident."""
    x = tiny.patterns(3)
    x[1, 4] = 128
    with pytest.raises(ValueError, match="grey"):
        run(model_of("iwae_l1"), x)


@pytest.mark.parametrize("n_samples", [1, 0])
def test_too_few_samples_are_rejected(n_samples):
    with pytest.raises(ValueError, match=rf"n_samples\b.*\b{n_samples}\b"):
        run(model_of("iwae_l1"), tiny.patterns(2), n_samples=n_samples)


def test_two_samples_are_enough():
    result = run(model_of("iwae_l1"), tiny.patterns(2), n_samples=2)
    assert torch.isfinite(torch.stack([getattr(result, field) for field in FIELDS[:-1]])).all()
    assert (result.k_hat == math.inf).all()  # two weights have no tail
