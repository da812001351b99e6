"""The variational autoencoder: q_phi(z|x), p_theta(x|z) and a prior; methods differ in the prior only."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from vhp.model.convolutional import convolutional
from vhp.model.networks import mlp
from vhp.model.observation import OBSERVATIONS
from vhp.model.priors import Prior

NETWORKS = {"mlp": mlp, "conv": convolutional}


class VAE(nn.Module):
    """encoder: (batch, D) -> mean, log_var of q_phi(z|x), each (batch, d_z); decoder: (..., d_z) -> (..., D)."""

    prior: Prior

    def __init__(self, n_dims: int, d_z: int, hidden: Sequence[int], observation: str, network: str = "mlp"):
        """
        n_dims: D, data dimensions. hidden: of the encoder, the widths of the gated layers ("mlp") or the channels per
        resolution ("conv", see vhp.model.convolutional); the decoder's are reversed.
        observation: "bernoulli" or "gaussian", the distribution p_theta(x|z). network: a name in NETWORKS.
        The prior is attached afterwards by a method, because a VampPrior is made of the model's own encoder.
        """
        super().__init__()
        self.n_dims, self.d_z = n_dims, d_z
        # What another model of this form is made of: it travels with the weights (vhp.model.files).
        self.arguments = {"n_dims": n_dims, "d_z": d_z, "hidden": list(hidden)}
        self.arguments |= {"observation": observation, "network": network}
        self.encoder, self.decoder, self.floats_per_decode = NETWORKS[network](n_dims, d_z, hidden)
        self.observation = OBSERVATIONS[observation]()

    def decode(self, z: Tensor) -> Tensor:
        """The decoder's output (logits or means), float32 or better, (..., d_z) -> (..., D)."""
        out = self.decoder(z)
        return out.float() if out.dtype == torch.bfloat16 else out
