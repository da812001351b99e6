"""A trained model as one file: its weights as safetensors and, in the metadata, how to build their model.

vhp.model.loading reads it.

The metadata is one entry, `vhp`, a JSON object:

    format   of this object, a number
    model    the arguments of vhp.model.vae.VAE
    prior    `kind`, its module in vhp.model.priors, and what it is made of beside the model
    about    what the file's writer says of the model, for instance its data set, method and settings

So a model is built anew without data and without knowing how it was trained. Equal models make equal bytes.
"""

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import save as as_safetensors
from torch import Tensor

from vhp.model.no_prior import NoPrior
from vhp.model.priors import Prior
from vhp.model.vae import VAE

NAME = "model.safetensors"  # of the file in a folder
KEY, FORMAT = "vhp", 1
# What safetensors and torch raise for a damaged file depends on where the damage is.
NOT_SAFETENSORS = (SafetensorError, OSError, ValueError, KeyError, RuntimeError, TypeError, MemoryError)
PACKAGE = "vhp.model.priors"


def kind_of(prior: Prior) -> str:
    """The name of the prior's module in vhp.model.priors. Raises ValueError for one that is not there."""
    package, _, name = type(prior).__module__.rpartition(".")
    if package != PACKAGE:
        raise ValueError(
            f"found the prior {type(prior).__name__}, expected one of a module in {PACKAGE}: no other could be loaded "
            "from its model's file"
        )
    return name


def description(model: VAE) -> dict[str, Any]:
    """What a model of the same form is made of. Raises ValueError for no prior, or one not of vhp.model.priors."""
    if isinstance(model.prior, NoPrior):
        model.prior.arguments()  # which raises, and says how to attach one
    prior = {"kind": kind_of(model.prior), **model.prior.arguments()}
    return {"format": FORMAT, "model": model.arguments, "prior": prior}


def to_bytes(model: VAE, about: Mapping[str, Any] | None = None) -> bytes:
    """The file's content. about: JSON values of the writer's.

    Raises ValueError as description does, and for weights that vhp.load would refuse: not float32, or not finite.
    """
    weights = {name: tensor.detach().contiguous().cpu() for name, tensor in model.state_dict().items()}
    if fault := fault_of(weights, {name: torch.empty_like(w, dtype=torch.float32) for name, w in weights.items()}):
        how = (
            "`model.float()` makes float32 of other types; numbers that are not finite come of a training that diverged"
        )
        raise ValueError(f"{fault}, or the file could not be loaded: {how}")
    # One entry, since safetensors has no order for several.
    text = json.dumps(description(model) | {"about": dict(about or {})}, sort_keys=True, allow_nan=False)
    return as_safetensors(weights, {KEY: text})


def save(model: VAE, file: str | os.PathLike[str], about: Mapping[str, Any] | None = None) -> None:
    """Write the file, under a temporary name that becomes its own. about: JSON values that load gives back.

    Raises ValueError as to_bytes, and OSError.
    """
    path = Path(file)
    temporary = path.with_name(f".{os.getpid()}-{path.name}")
    content = to_bytes(model, about)
    try:
        temporary.write_bytes(content)
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)


def fault_of(weights: Mapping[str, Tensor], expected: Mapping[str, Tensor]) -> str | None:
    """What is wrong with the weights of a model, if anything: names, shapes, types, or numbers that are not finite."""
    if wrong := sorted(weights.keys() ^ expected.keys()):
        return f"found {wrong[0]} {'beside' if wrong[0] in weights else 'missing from'} the weights expected"
    for name, tensor in expected.items():
        found = weights[name]
        if (found.shape, found.dtype) != (tensor.shape, tensor.dtype):
            what, wanted = (f"{str(t.dtype).removeprefix('torch.')} {tuple(t.shape)}" for t in (found, tensor))
            return f"{name}: found {what}, expected {wanted}"
        if not torch.isfinite(found).all():
            return f"{name}: found numbers that are not finite, expected finite ones"
    return None
