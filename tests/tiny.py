"""Every method on a model small enough to train in a second."""

from dataclasses import replace

import torch

from vhp import methods
from vhp.model.vae import VAE
from vhp.training.settings import TrainingSettings

D, D_Z, D_ZETA = 12, 3, 2
SIDE, CHANNELS = 4, [3, 4]  # of images, for convolutions
PATCH = {"size": 2, "channels": 3, "depth": 2, "encoder_channels": 4, "encoder_depth": 1, "dropout": 0.0}

SETTINGS = {
    "vhp_rewo": {"kappa": 0.6, "nu": 1.0, "tau": 3.0, "beta_0": 0.05, "alpha": 0.9, "K": 3}
    | {"d_zeta": D_ZETA, "prior_hidden": (5,)},
    "vhp_rewo_clipped": {"kappa": 0.6, "nu": 1.0, "tau": 100.0, "beta_0": 0.05, "alpha": 0.9, "K": 3}
    | {"d_zeta": D_ZETA, "prior_hidden": (5,)},
    "rewo_one_phase": {"kappa": 0.6, "nu": 1.0, "tau": 3.0, "beta_0": 0.05, "alpha": 0.9, "K": 3}
    | {"d_zeta": D_ZETA, "prior_hidden": (5,)},
    "rewo_no_slope": {"kappa": 0.6, "nu": 1.0, "beta_0": 0.05, "alpha": 0.9, "K": 3}
    | {"d_zeta": D_ZETA, "prior_hidden": (5,)},
    "rewo_normal_prior": {"kappa": 0.6, "nu": 1.0, "tau": 3.0, "beta_0": 0.05, "alpha": 0.9},
    "vhp_elbo": {"K": 3, "d_zeta": D_ZETA, "prior_hidden": (5,)},
    "vhp_warm_up": {"warm_up_share": 0.2, "K": 3, "d_zeta": D_ZETA, "prior_hidden": (5,)},
    "vhp_geco": {"kappa": 0.6, "nu": 0.1, "alpha": 0.9, "K": 3, "d_zeta": D_ZETA, "prior_hidden": (5,)},
    "vampprior": {"n_pseudo_inputs": 7, "warm_up_share": 0.2},
    "iwae_l1": {"n_importance": 4},
    "iwae_l2": {"n_importance": 4, "d_zeta": D_ZETA, "prior_hidden": (5,)},
}


def patterns(n: int, dtype: torch.dtype = torch.uint8) -> torch.Tensor:
    """(n, D) binary images, 0 and 255: one of four patterns, each pixel flipped with probability 0.05."""
    prototypes = torch.tensor([[1] * 6 + [0] * 6, [0] * 6 + [1] * 6, [1, 0] * 6, [1, 1, 1, 0, 0, 0] * 2])
    x = prototypes[torch.randint(4, (n,))] ^ (torch.rand(n, D) < 0.05).long()
    return 255 * x.to(torch.uint8) if dtype == torch.uint8 else x.to(dtype)


def images(n: int, dtype: torch.dtype = torch.uint8) -> torch.Tensor:
    """(n, SIDE^2): patterns whose first pixels are repeated."""
    x = patterns(n, dtype)
    return torch.cat([x, x[:, : SIDE**2 - D]], 1)


def build(name: str, observation: str = "bernoulli", dtype: torch.dtype = torch.float32, **changed) -> methods.Method:
    """The method with a model of the given precision; changed: settings that differ from SETTINGS."""
    return attach(name, VAE(D, D_Z, [8], observation).to(dtype), patterns(20, dtype), **changed)


def build_conv(
    name: str, observation: str = "bernoulli", dtype: torch.dtype = torch.float32, **changed
) -> methods.Method:
    """The same with convolutions, for images()."""
    return attach(name, VAE(SIDE**2, D_Z, CHANNELS, observation, "conv").to(dtype), images(20, dtype), **changed)


def build_patch(
    name: str, observation: str = "bernoulli", dtype: torch.dtype = torch.float32, dropout: float = 0.0, **changed
) -> methods.Method:
    """The same with convolutions on patches."""
    model = VAE(SIDE**2, D_Z, [7], observation, "patch", PATCH | {"dropout": dropout})
    return attach(name, model.to(dtype), images(20, dtype), **changed)


# Name -> model, and data for it.
NETWORKS = {"mlp": (build, patterns), "conv": (build_conv, images), "patch": (build_patch, images)}


def attach(name: str, model: VAE, train: torch.Tensor, **changed) -> methods.Method:
    """The method made of a model that has no prior yet, on training examples in the model's precision."""
    module = methods.load(name)
    method = module.build(model, module.Settings(**SETTINGS[name] | changed), train)
    model.to(train.dtype)
    return method


def training(**changed) -> TrainingSettings:
    """Settings that train such a model in a second; changed: those that differ."""
    settings = TrainingSettings(
        epochs=6,
        patience=None,
        least_gain=0.0,
        batch_size=16,
        learning_rate=3e-3,
        learning_rate_warm_up=0.1,
        learning_rate_fall=1.0,
        learning_rate_final=0.1,
        validate_every=1,
        gradient_limit=None,
    )
    return replace(settings, **changed)
