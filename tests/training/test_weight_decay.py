"""What decays, by how much, and when."""

import pytest
import tiny
import torch

from vhp.training.fit import Training
from vhp.training.weight_decay import parameter_groups


def named(method) -> dict[int, str]:
    return {id(p): name for name, p in method.model.named_parameters()}


@pytest.mark.parametrize("network", ["mlp", "conv", "patch"])
@pytest.mark.parametrize("name", sorted(tiny.SETTINGS))
def test_every_parameter_is_in_one_group_and_only_networks_weights_decay(name, network):
    method = tiny.NETWORKS[network][0](name, observation="gaussian")
    names = named(method)
    still, decaying, of_prior = [[names[id(p)] for p in g["params"]] for g in parameter_groups(method.model, 0.5)]
    assert sorted([*still, *decaying, *of_prior]) == sorted(names.values())
    assert all(n.endswith("weight") and not n.startswith("prior.") for n in decaying)
    assert all(n.endswith("weight") and n.startswith("prior.") for n in of_prior)
    assert not [n for n in still if n.endswith("weight")]
    assert [bool(g) for g in (decaying, of_prior)] == [True, bool([n for n in names.values() if "prior.q_zeta" in n])]
    assert [g["weight_decay"] for g in parameter_groups(method.model, 0.5)] == [0.0, 0.5, 0.5]


class Noting(Training):
    """Notes of every step whether it is of the main phase, and the decay of the prior's weights in it."""

    def __init__(self, *arguments, **named):
        super().__init__(*arguments, **named)
        self.notes = []

    def step(self, x, step):
        self.notes.append((bool(self.method.schedule.main_phase), self.decays()[-1]))
        return super().step(x, step)

    def decays(self) -> list[float]:
        return [group["weight_decay"] for group in self.optimiser.param_groups]


def trained(method: str, weight_decay: float, epochs: int) -> tuple[Noting, list[dict[str, torch.Tensor]]]:
    """A training of 4 steps per epoch, and the parameters before the first epoch and after each."""
    torch.manual_seed(0)
    train, built = tiny.patterns(64, torch.float32), tiny.build(method, observation="gaussian")
    training = Noting(built, train, tiny.training(batch_size=16, epochs=9, weight_decay=weight_decay), seed=1)
    states = [{name: p.detach().clone() for name, p in built.model.named_parameters()}]
    for epoch in range(1, epochs + 1):
        training.epoch(epoch)
        states.append({name: p.detach().clone() for name, p in built.model.named_parameters()})
    return training, states


def test_one_step_takes_the_rate_times_the_decay_of_a_weight():
    training, train = trained("vhp_geco", 0.0, 0)[0], tiny.patterns(16, torch.float32)
    decaying = trained("vhp_geco", 0.3, 0)[0]
    before = {name: p.detach().clone() for name, p in training.method.model.named_parameters()}
    for each in (training, decaying):
        torch.manual_seed(1)
        each.step(train, 5)
    rate = training.optimiser.param_groups[0]["lr"]
    assert rate > 0
    plain = dict(training.method.model.named_parameters())
    for name, p in decaying.method.model.named_parameters():
        share = rate * 0.3 if name.endswith("weight") else 0.0
        torch.testing.assert_close(p, plain[name] - share * before[name], rtol=1e-6, atol=1e-7)


def test_the_prior_does_not_decay_while_it_must_not_move():
    training, states = trained("vhp_rewo", 1.0, 9)
    begins = -(-training.result.main_phase_step // training.steps_per_epoch)  # the epoch
    assert 2 <= begins <= 8
    weights = [name for name in states[0] if name.startswith("prior.") and name.endswith("weight")]
    for name in weights:
        assert torch.equal(states[0][name], states[begins - 1][name])
    assert training.decays() == [0.0, 1.0, 1.0]
    assert not torch.equal(states[0]["encoder.network.0.linear.weight"], states[1]["encoder.network.0.linear.weight"])


@pytest.mark.parametrize(("method", "earliest", "latest"), [("vhp_rewo", 2, 7), ("vhp_geco", 1, 1)])
def test_the_prior_decays_from_the_epoch_after_that_in_which_the_main_phase_begins(method, earliest, latest):
    notes = trained(method, 0.3, 9)[0].notes
    begins = [main_phase for main_phase, _ in notes].index(True) // 4 + 1  # the epoch
    assert earliest <= begins <= latest
    assert [decay for _, decay in notes] == [0.0] * 4 * begins + [0.3] * 4 * (9 - begins)
