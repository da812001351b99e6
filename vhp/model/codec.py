"""A model as two functions of NumPy arrays, for measurements and figures without PyTorch."""

import numpy as np
import torch

from vhp.model.vae import VAE

BATCH = 4_096  # latent points decoded at once


@torch.no_grad()
def encode(model: VAE, x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Mean and standard deviation of q_phi(z|x): x (n, D) float32 in the data's unit -> (n, d_z) float32 each."""
    mean, log_var = model.encoder(torch.from_numpy(x).to(next(model.parameters()).device))
    return mean.cpu().numpy(), torch.exp(0.5 * log_var).cpu().numpy()


@torch.no_grad()
def decode(model: VAE, z: np.ndarray) -> np.ndarray:
    """E[x|z]: (..., d_z) -> (..., D) float32 in the data's unit."""
    device = next(model.parameters()).device
    flat = torch.from_numpy(z.reshape(-1, model.d_z).astype(np.float32))
    x = [model.observation.mean(model.decode(batch.to(device))).cpu().numpy() for batch in flat.split(BATCH)]
    return np.concatenate(x).reshape(*z.shape[:-1], model.n_dims)
