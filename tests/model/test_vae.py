"""What a VAE can be made of, and its two functions of arrays."""

import numpy as np
import pytest
import tiny
import torch

from vhp.methods import vampprior
from vhp.model import codec
from vhp.model.vae import VAE


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"n_dims": 0}, "n_dims: found 0, expected at least 1"),
        ({"d_z": 0}, "d_z: found 0, expected at least 1"),
        ({"hidden": []}, r"hidden: found \(\), expected at least 1"),
        ({"network": "cnn"}, "network: found 'cnn', expected one of mlp, conv, patch"),
        ({"observation": "poisson"}, "observation: found 'poisson', expected one of bernoulli, gaussian"),
    ],
)
def test_what_it_cannot_be_made_of_is_refused(changed, message):
    with pytest.raises(ValueError, match=message):
        VAE(**{"n_dims": 16, "d_z": 2, "hidden": [4], "observation": "bernoulli"} | changed)


def test_the_codec_gives_the_same_in_parts(monkeypatch):
    model, x = tiny.build_conv("iwae_l1").model, tiny.images(20, torch.float32).numpy()
    whole = codec.encode(model, x), codec.decode(model, codec.encode(model, x)[0])
    monkeypatch.setattr(codec, "ENCODED", 7)
    monkeypatch.setattr(codec, "BATCH", 3)
    parts = codec.encode(model, x), codec.decode(model, whole[0][0])
    for one, other in zip((*whole[0], whole[1]), (*parts[0], parts[1]), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-5, atol=1e-6)


def test_pseudo_inputs_of_grey_images_are_means():
    model = VAE(tiny.D, 2, [8], "bernoulli")
    grey = torch.full((9, tiny.D), 51, dtype=torch.uint8)
    vampprior.build(model, vampprior.Settings(n_pseudo_inputs=3, warm_up_share=0.0), grey)
    torch.testing.assert_close(model.prior.pseudo_inputs, torch.full((3, tiny.D), 0.05 + 0.9 * 0.2))
