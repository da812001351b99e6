"""A trained model as one file: its weights as safetensors and, in the metadata, how to build what they belong to.

The metadata is one entry, `vhp`, a JSON object:

    format   of this object, a number
    model    the arguments of vhp.model.vae.VAE
    prior    `kind`, a key of PRIORS, and what that prior is made of beside the model
    about    what the file's writer says of the model, for instance its data set, method and settings

So a model is built anew without data and without knowing how it was trained. Equal models make equal bytes.
"""

import json
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import torch
from safetensors import SafetensorError
from safetensors.torch import load as from_safetensors
from safetensors.torch import save as as_safetensors
from torch import Tensor

from vhp.model.priors import Prior
from vhp.model.priors.hierarchical import HierarchicalPrior
from vhp.model.priors.mixture import GaussianMixture
from vhp.model.priors.standard_normal import StandardNormal
from vhp.model.priors.vampprior import VampPrior
from vhp.model.vae import VAE

NAME = "model.safetensors"  # of the file in a folder
KEY, FORMAT = "vhp", 1
# What safetensors and torch raise for a damaged file depends on where the damage is.
NOT_SAFETENSORS = (SafetensorError, OSError, ValueError, KeyError, RuntimeError, TypeError, MemoryError)


class Kind(NamedTuple):
    """A class of priors: what one was made of beside the model, in JSON values, and how to make another."""

    prior: type[Prior]
    arguments: Callable[[Any], dict[str, Any]]  # prior -> arguments
    build: Callable[..., Prior]  # (model, **arguments) -> prior with weights of any value


PRIORS = {
    "standard_normal": Kind(StandardNormal, lambda prior: {}, lambda model: StandardNormal(model.d_z)),
    "mixture": Kind(
        GaussianMixture,
        lambda prior: {"n_components": len(prior.mean)},
        lambda model, n_components: GaussianMixture(*torch.zeros(2, n_components, model.d_z)),
    ),
    "vampprior": Kind(
        VampPrior,
        lambda prior: {"n_pseudo_inputs": len(prior.pseudo_inputs)},
        lambda model, n_pseudo_inputs: VampPrior(
            model.encoder, torch.zeros(n_pseudo_inputs, model.n_dims), model.observation.unit_interval
        ),
    ),
    "hierarchical": Kind(
        HierarchicalPrior,
        lambda prior: {"d_zeta": prior.d_zeta, "hidden": prior.hidden},
        lambda model, d_zeta, hidden: HierarchicalPrior(model.d_z, d_zeta, hidden),
    ),
}


def description(model: VAE) -> dict[str, Any]:
    """What a model of the same form is made of. Raises ValueError for a prior that has no entry in PRIORS."""
    for name, kind in PRIORS.items():
        if type(model.prior) is kind.prior:
            return {"format": FORMAT, "model": model.arguments, "prior": {"kind": name, **kind.arguments(model.prior)}}
    raise ValueError(
        f"found the prior {type(model.prior).__name__}, expected one of {', '.join(PRIORS)}: a prior of your own "
        "needs an entry in PRIORS of vhp/model/files.py, else its model's file could not be loaded"
    )


def build(described: Mapping[str, Any]) -> VAE:
    """A model of this form, with weights of any value. Raises TypeError or KeyError for no such description."""
    model = VAE(**described["model"])
    arguments = dict(described["prior"])
    model.prior = PRIORS[arguments.pop("kind")].build(model, **arguments)
    return model


def to_bytes(model: VAE, about: Mapping[str, Any] | None = None) -> bytes:
    """The file's content. about: JSON values of the writer's. Raises ValueError as description does."""
    weights = {name: tensor.detach().contiguous().cpu() for name, tensor in model.state_dict().items()}
    # One entry, since safetensors has no order for several.
    text = json.dumps(description(model) | {"about": dict(about or {})}, sort_keys=True, allow_nan=False)
    return as_safetensors(weights, {KEY: text})


def save(model: VAE, file: str | os.PathLike[str], about: Mapping[str, Any] | None = None) -> None:
    """Write the file, under a temporary name that becomes its own. about: JSON values that load gives back.

    Raises ValueError for a prior that has no entry in PRIORS, and OSError.
    """
    path = Path(file)
    temporary = path.with_name(f".{os.getpid()}-{path.name}")
    content = to_bytes(model, about)
    try:
        temporary.write_bytes(content)
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)


def read(source: str | os.PathLike[str]) -> tuple[VAE, dict[str, Any]]:
    """The model in evaluation mode, on the CPU, and what its writer says about it.

    source: the file, or a folder with `model.safetensors`. Raises FileNotFoundError if there is none, and ValueError
    for a file that is damaged, has no description, or one of a later format than this.
    """
    path = Path(source)
    path = path / NAME if path.is_dir() else path
    if not path.exists():
        raise FileNotFoundError(f"{path}: found no such file, expected a model that vhp.save or the train stage wrote")
    return read_bytes(str(path), path.read_bytes())


def read_bytes(name: str, content: bytes) -> tuple[VAE, dict[str, Any]]:
    """As read, of a file's content; name: of the file, in messages."""
    try:
        weights = from_safetensors(content)
        length = int.from_bytes(content[:8], "little")  # of the header, a JSON object
        text = json.loads(content[8 : 8 + length]).get("__metadata__", {}).get(KEY)
    except NOT_SAFETENSORS as error:
        raise ValueError(f"{name}: found no safetensors file, or a damaged one ({error})") from error
    described = _described(name, text)
    try:
        model = build(described)
    except (TypeError, KeyError, ValueError, AttributeError, RuntimeError) as error:
        raise ValueError(f"{name}: its metadata {KEY!r} describes no model of this version ({error!r})") from error
    if fault := fault_of(weights, model.state_dict()):
        raise ValueError(f"{name}: {fault}, as its metadata {KEY!r} says")
    model.load_state_dict(weights)
    return model.eval(), described["about"]


def _described(name: str, text: str | None) -> dict[str, Any]:
    if text is None:
        raise ValueError(
            f"{name}: found no metadata {KEY!r}, expected the model's description: the file holds weights alone. Load "
            "them into a model that you build, and vhp.save it; of a run of the pipeline, train it again"
        )
    try:
        described = json.loads(text)
        format, about = described["format"], described["about"]
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        raise ValueError(f"{name}: its metadata {KEY!r} cannot be read ({error!r})") from error
    if format != FORMAT or not isinstance(about, dict):
        raise ValueError(f"{name}: found the format {format!r}, expected {FORMAT}: another version of vhp wrote it")
    return described


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
