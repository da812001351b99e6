"""How much is decoded at once, so that memory stays bounded."""

import torch

from vhp.model.vae import VAE

# The decoder's widest layer for one chunk, samples x batch x its floats, stays below this; all of them together take a
# few times as much. On a CPU a chunk should fit its cache, on a GPU keep thousands of cores busy.
CHUNK_BYTES = 4 * 2**20
CHUNK_BYTES_ON_GPU = 512 * 2**20


def chunk_rows(model: VAE, dtype: torch.dtype, device: torch.device) -> int:
    """How many z are decoded at once."""
    chunk_bytes = CHUNK_BYTES_ON_GPU if device.type == "cuda" else CHUNK_BYTES
    return max(1, chunk_bytes // (dtype.itemsize * model.floats_per_decode))
