"""The variational autoencoder: q_phi(z|x), p_theta(x|z) and a prior; methods differ in the prior only."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch
from torch import Tensor, nn

from vhp.checks import at_least_one, one_of
from vhp.model.convolutional import convolutional
from vhp.model.networks import Networks, mlp
from vhp.model.no_prior import NoPrior
from vhp.model.observation import OBSERVATIONS
from vhp.model.patches import PatchSettings, patch_networks
from vhp.model.priors import Prior

NETWORKS: dict[str, Callable[..., Networks]] = {"mlp": mlp, "conv": convolutional, "patch": patch_networks}


class VAE(nn.Module):
    """encoder: (batch, D) -> mean, log_var of q_phi(z|x), each (batch, d_z); decoder: (..., d_z) -> (..., D)."""

    prior: Prior

    def __init__(
        self,
        n_dims: int,
        d_z: int,
        hidden: Sequence[int],
        observation: str,
        network: str = "mlp",
        patch: Mapping[str, Any] | None = None,
    ):
        """
        n_dims: D, data dimensions. hidden: of the encoder, the widths of the gated layers ("mlp" and "patch") or the
        channels per resolution ("conv", see vhp.model.convolutional); the decoder's are reversed.
        observation: "bernoulli" or "gaussian", the distribution p_theta(x|z). network: a name in NETWORKS.
        patch: of the network "patch" alone, the fields of PatchSettings.
        The prior is attached afterwards by a method, because a VampPrior is made of the model's own encoder; until then
        whatever needs it raises ValueError.
        Raises ValueError for data dimensions or settings that the network cannot have.
        """
        super().__init__()
        at_least_one(n_dims=n_dims, d_z=d_z, hidden=tuple(hidden))
        one_of(tuple(NETWORKS), network=network)
        one_of(tuple(OBSERVATIONS), observation=observation)
        if (patch is not None) != (network == "patch"):
            found = "no settings" if patch is None else "the settings of patch"
            raise ValueError(f"network {network}: found {found}, expected them with the network patch and no other")
        settings = () if patch is None else (PatchSettings(**patch),)
        self.n_dims, self.d_z = n_dims, d_z
        # What another model of this form is made of: it travels with the weights (vhp.model.files).
        self.arguments = {"n_dims": n_dims, "d_z": d_z, "hidden": list(hidden)}
        self.arguments |= {"observation": observation, "network": network}
        self.arguments |= {"patch": dict(patch)} if patch is not None else {}
        self.encoder, self.decoder, self.floats_per_decode = NETWORKS[network](n_dims, d_z, hidden, *settings)
        self.observation = OBSERVATIONS[observation]()
        self.prior = NoPrior()

    def decode(self, z: Tensor) -> Tensor:
        """The decoder's output (logits or means), float32 or better, (..., d_z) -> (..., D)."""
        out = self.decoder(z)
        return out.float() if out.dtype == torch.bfloat16 else out
