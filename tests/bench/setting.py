"""What is timed: the networks of Tomczak & Welling's reference code, and real images.

Gated MLP 2 x 300, 40 latents, 28 x 28 binary images, 500 pseudo-inputs, batches of 100.
"""

import os
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from stages.download import from_mirror
from vhp import methods
from vhp.datasets.digits import prepare as digits
from vhp.datasets.grey_images import binarise
from vhp.datasets.sources import load_source
from vhp.datasets.static_mnist import prepare as static_mnist
from vhp.methods import Method
from vhp.model.priors.standard_normal import StandardNormal
from vhp.model.vae import VAE
from vhp.objective.bounds import elbo
from vhp.objective.schedules import Schedule
from vhp.training.settings import TrainingSettings

D, D_Z, HIDDEN = 784, 40, [300, 300]
BATCH = 100
PRIOR = {"d_zeta": 40, "prior_hidden": (128, 128)}
CONSTRAINT = {"kappa": 0.3, "nu": 1.0, "alpha": 0.99, "K": 8}
SETTINGS = {
    "vae": {},  # none of the table's methods: a standard normal prior and the ELBO
    "vhp_rewo": CONSTRAINT | PRIOR | {"tau": 5.0, "beta_0": 0.01},
    "vhp_geco": CONSTRAINT | PRIOR,
    "vampprior": {"n_pseudo_inputs": 500, "warm_up_share": 0.3},
    "iwae_l1": {"n_importance": 8},
    "iwae_l2": {"n_importance": 8} | PRIOR,
}
# GECO computes what REWO computes; nothing is learned from timing both.
TIMED = [name for name in SETTINGS if name != "vhp_geco"]


def images() -> tuple[str, Tensor, Tensor]:
    """Their name, training and test images, (N, 784) uint8 in {0, 255}, in random order.

    Static MNIST where VHP_DATA has it. Otherwise scikit-learn's 8 x 8 digits, each pixel as 3 x 3, in a frame.
    """
    if mirror := os.environ.get("VHP_DATA"):
        raw = {}
        for item in load_source("static_mnist").items:
            raw |= from_mirror(Path(mirror), item, static_mnist.decode)
        name, splits = "static_mnist", static_mnist.preprocess(raw)
    else:
        grey = digits.preprocess(digits.decode("", {}))
        name, splits = "digits", {split: enlarged(grey[split]) for split in ("train", "test")}
    mix = np.random.default_rng(0).permutation
    train, test = (torch.from_numpy(splits[k][mix(len(splits[k]))]) for k in ("train", "test"))
    return name, train, test


def enlarged(images: np.ndarray) -> np.ndarray:
    """(N, 64) grey -> (N, 784) binary."""
    large = np.kron(images.reshape(-1, 8, 8), np.ones((3, 3), np.uint8))
    return binarise(np.pad(large, ((0, 0), (2, 2), (2, 2))).reshape(-1, D), seed=0)


def build(name: str, train: Tensor, **changed) -> Method:
    """An untrained model of a method, the same at each call. changed: settings that differ from SETTINGS."""
    torch.manual_seed(0)
    model = VAE(D, D_Z, HIDDEN, "bernoulli")
    if name == "vae":
        model.prior = StandardNormal(D_Z)
        return Method(model, elbo, Schedule(), n_z=1, n_zeta=1)
    module = methods.load(name)
    return module.build(model, module.Settings(**SETTINGS[name] | changed), train.float() / 255)


def training(epochs: int, compile: bool) -> TrainingSettings:
    return TrainingSettings(
        epochs=epochs,
        patience=None,
        least_gain=0.0,
        batch_size=BATCH,
        learning_rate=1e-3,
        learning_rate_warm_up=0.02,
        learning_rate_fall=1.0,
        learning_rate_final=0.02,
        validate_every=epochs,
        precision="bf16",
        compile=compile,
    )
