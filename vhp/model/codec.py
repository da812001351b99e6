"""A model as two functions of NumPy arrays, for measurements and figures without PyTorch."""

import numpy as np
import torch

from vhp.model.evaluation_mode import measuring
from vhp.model.vae import VAE

BATCH = 4_096  # latent points decoded at once
ENCODED = 512  # examples encoded at once: the feature maps of an image take hundreds of KiB


@measuring
def encode(model: VAE, x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Mean and standard deviation of q_phi(z|x): x (n, D) float32 in the data's unit -> (n, d_z) float32 each."""
    device = next(model.parameters()).device
    parts = [model.encoder(batch.to(device)) for batch in torch.from_numpy(x).split(ENCODED)]
    mean, log_var = (torch.cat(each).cpu() for each in zip(*parts, strict=True))
    return mean.numpy(), torch.exp(0.5 * log_var).numpy()


@measuring
def decode(model: VAE, z: np.ndarray) -> np.ndarray:
    """E[x|z]: (..., d_z) -> (..., D) float32 in the data's unit."""
    device = next(model.parameters()).device
    flat = torch.from_numpy(z.reshape(-1, model.d_z).astype(np.float32))
    x = [model.observation.mean(model.decode(batch.to(device))).cpu().numpy() for batch in flat.split(BATCH)]
    return np.concatenate(x).reshape(*z.shape[:-1], model.n_dims)
