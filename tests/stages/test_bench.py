"""The naive reference of `make bench` computes what the fast path computes, and the floor counts every product."""

import math
from collections import Counter
from types import SimpleNamespace

import pytest
import tiny
import torch
from bench import columns, floor, minutes, naive, setting, timing

from vhp.likelihood.estimate import LikelihoodSettings, estimate
from vhp.objective.terms import sample_terms

D, Z, ZETA = tiny.D, tiny.D_Z, tiny.D_ZETA


@pytest.mark.parametrize("name", tiny.SETTINGS)
def test_the_naive_likelihood_is_ours_within_the_error_of_both(name):
    model, x, n_samples = tiny.build(name).model, tiny.patterns(6), 2000
    ours = estimate(model, x, LikelihoodSettings(n_samples, "float32", compile=False), seed=0)
    plain = naive.log_likelihood(naive.NaiveVAE(model), x.float() / 255, n_samples).double()
    error = math.sqrt(2) * ours.monte_carlo_se
    assert ((plain - ours.log_likelihood).abs() < 4.5 * error).all()
    assert (error < 0.2).all()  # or all would agree with all


@pytest.mark.parametrize("name", tiny.SETTINGS)
def test_the_naive_loss_is_ours_within_the_error_of_both(name):
    method, x = tiny.build(name), (tiny.patterns(50) > 0).float()
    plain = naive.NaiveTraining(method)
    plain.optimiser.param_groups[0]["lr"] = 0.0  # the same weights at each step
    with torch.no_grad():
        terms = [sample_terms(method.model, x, method.n_z, method.n_zeta) for _ in range(100)]
        ours = torch.stack([-method.bound(t).mean() for t in terms])
    theirs = torch.tensor([plain.step(x) for _ in range(100)])
    error = math.sqrt((ours.var() + theirs.var()) / 100)
    assert abs(ours.mean() - theirs.mean()) < 4.5 * error
    assert error < 0.05


def test_a_naive_step_trains():
    method, x = tiny.build("vampprior"), (tiny.patterns(50) > 0).float()
    plain = naive.NaiveTraining(method)
    losses = [plain.step(x) for _ in range(300)]
    assert sum(losses[-20:]) / 20 < sum(losses[:20]) / 20 - 0.1


def test_the_floor_counts_the_products_of_a_forward_pass():
    """Encoder D -> 8 gated -> 2 d_z, decoder d_z -> 8 gated -> D; q(zeta|z) per z and p(z|zeta) per zeta."""
    method, x = tiny.build("vhp_rewo"), (tiny.patterns(10) > 0).float()
    with floor.shapes_of(method.model, backward=False) as found:
        sample_terms(method.model, x, method.n_z, method.n_zeta)
    expected = [(10, D, 16), (10, 8, 2 * Z), (10, Z, 16), (10, 8, D)]
    expected += [(10, Z, 10), (10, 5, 2 * ZETA), (30, ZETA, 10), (30, 5, 2 * Z)]
    assert found == Counter(expected)


def test_the_floor_counts_the_gradients_of_weights_and_of_inputs_that_have_one():
    method, x = tiny.build("iwae_l1"), (tiny.patterns(10) > 0).float()
    with floor.shapes_of(method.model, backward=True) as found:
        sample_terms(method.model, x, method.n_z, method.n_zeta)
    layers = [(10, D, 16), (10, 8, 2 * Z), (40, Z, 16), (40, 8, D)]
    of_weights = [(k, n, m) for n, k, m in layers]
    of_inputs = [(n, m, k) for n, k, m in layers[1:]]  # nothing is trained in front of the images
    assert found == Counter(layers + of_weights + of_inputs)
    assert floor.flops(found) == sum(2 * n * k * m * count for (n, k, m), count in found.items())


def test_the_floor_counts_the_mixture_as_one_product_of_z_squared_and_z():
    vampprior, other = tiny.build("vampprior"), tiny.build("iwae_l1")
    assert floor.mixture_shapes(vampprior, 50, backward=False) == Counter([(50, 2 * Z, 7)])
    assert sum(floor.mixture_shapes(vampprior, 50, backward=True).values()) == 3
    assert not floor.mixture_shapes(other, 50, backward=True)


def test_a_straight_line_is_found_and_a_bent_one_noticed():
    x = [1, 2, 3, 4]
    straight = timing.line(x, [5.0, 7.0, 9.0, 11.0])
    assert straight == pytest.approx({"slope": 2, "fixed": 3, "r_squared": 1})
    assert timing.line(x, [1.0, 2.0, 4.0, 8.0])["r_squared"] < 0.95


@pytest.mark.parametrize(("threads", "clock"), [(1, "process_time"), (2, "perf_counter")])
def test_each_variant_is_called_once_before_it_is_timed_in_turns_and_its_median_taken(monkeypatch, threads, clock):
    """By the process's clock on one thread, by the wall's on several."""
    now, calls, takes = [0.0], [], {"a": iter([90, 3, 1, 8]), "b": iter([2, 50, 70, 60])}

    def run(name):
        calls.append(name)
        now[0] += next(takes[name])

    monkeypatch.setattr(torch, "get_num_threads", lambda: threads)
    monkeypatch.setattr(timing, "time", SimpleNamespace(process_time=None, perf_counter=None))
    monkeypatch.setattr(timing.time, clock, lambda: now[0])
    found = timing.medians({"a": lambda: run("a"), "b": lambda: run("b")}, turns=3)
    assert calls == ["a", "b"] * 4
    assert found == {"a": 3, "b": 60}


def test_minutes_to_a_bound_end_where_it_is_reached(monkeypatch):
    """With a target that the first epoch passes, and with one that nothing reaches."""
    train = tiny.patterns(200)
    monkeypatch.setattr(minutes, "N_VALIDATION", 40)
    monkeypatch.setattr(minutes, "EPOCHS", 3)
    monkeypatch.setattr(setting, "build", lambda name, train: tiny.build(name))
    found = minutes.to_target("iwae_l1", train, compile=False, target=-1e3)
    assert found["epochs"] == 1 and found["bound"] >= -1e3
    assert found["minutes"] * 60e3 == pytest.approx(found["ms_per_step"] * (160 // setting.BATCH))
    missed = minutes.to_target("iwae_l1", train, compile=False, target=1e3)
    assert missed["epochs"] == 3 and missed["minutes"] == math.inf


def test_the_floor_of_both_columns_is_that_of_the_encoders_products(monkeypatch):
    """Per image: one pass of the encoder, and per sample one of the decoder, of q(zeta|z) and of p(z|zeta)."""

    class OneFlopPerSecond:
        floor = staticmethod(floor.flops)

    monkeypatch.setattr(columns, "Floor", OneFlopPerSecond)
    monkeypatch.setattr(columns, "S", 200)
    found = columns.measure(tiny.build("vhp_rewo"), tiny.patterns(3), "float32")
    encoder = D * 16 + 8 * 2 * Z
    sample = Z * 16 + 8 * D + Z * 10 + 5 * 2 * ZETA + ZETA * 10 + 5 * 2 * Z
    assert found["floor_ms"] == pytest.approx(2e3 * (encoder + 200 * sample))
    assert min(found["encoder_ms"], found["refined_ms"]) > 0 and 0 <= found["own_proposals"] <= 1
    assert found["loaded_mib"] <= found["encoder_mib"] <= found["refined_mib"]
