"""The bound by which a training is judged."""

import torch
from torch import Tensor

from vhp.datasets.batches import examples
from vhp.methods import Method
from vhp.model.evaluation_mode import evaluating
from vhp.objective.terms import sample_terms
from vhp.seeds import VALIDATION_SEED

BATCH = 1000


@torch.no_grad()
def validation_bound(method: Method, val: Tensor) -> float:
    """The method's own bound at beta = 1, mean over val (N, D), nats. Leaves the random state as it was."""
    with torch.random.fork_rng(devices=[val.device] if val.is_cuda else []), evaluating(method.model):
        torch.manual_seed(VALIDATION_SEED)
        total = 0.0
        for index in torch.arange(len(val), device=val.device).split(BATCH):
            t = sample_terms(method.model, examples(val, index), method.n_z, method.n_zeta)
            total += method.bound(t, 1.0).sum().item()
    return total / len(val)
