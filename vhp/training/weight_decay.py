"""Which parameters a weight decay shrinks: the weights of the networks, and nothing that is a quantity of the model.

Decoupled from the gradient (Loshchilov & Hutter 2019): in each step a weight loses the share learning_rate *
weight_decay of itself.
"""

from typing import Any

from torch import nn

from vhp.model.vae import VAE

LAYERS = (nn.Linear, nn.Conv2d)


def parameter_groups(model: VAE, weight_decay: float) -> list[dict[str, Any]]:
    """All parameters once, for torch's AdamW: what never decays, the networks' weights, and those of the prior's.

    Biases, pseudo-inputs and the variances that belong to the model do not decay. The prior's weights are a group of
    their own, the last one, as they must not move in the initial phase.
    """
    weights = {id(layer.weight) for layer in model.modules() if isinstance(layer, LAYERS)}
    priors = {id(p) for p in model.prior.parameters()}
    decays = (0.0, weight_decay, weight_decay)
    groups: list[dict[str, Any]] = [{"params": [], "weight_decay": decay} for decay in decays]
    for p in model.parameters():
        groups[0 if id(p) not in weights else 2 if id(p) in priors else 1]["params"].append(p)
    return groups
