"""Reads the files of vhp.model.files.

In a module of its own, because it knows the priors by name only: so no stage that writes a model depends on all of
them.
"""

import importlib
import json
import os
import pkgutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from safetensors.torch import load as from_safetensors

from vhp.model import priors
from vhp.model.files import FORMAT, KEY, NAME, NOT_SAFETENSORS, PACKAGE, fault_of
from vhp.model.vae import VAE


def build(described: Mapping[str, Any]) -> VAE:
    """A model of this form, with weights of any value. Raises TypeError or KeyError for no such description."""
    model = VAE(**described["model"])
    arguments = dict(described["prior"])
    kind = arguments.pop("kind")
    if kind not in {module.name for module in pkgutil.iter_modules(priors.__path__)}:
        raise KeyError(f"prior {kind!r}")
    model.prior = importlib.import_module(f"{PACKAGE}.{kind}").build(model, **arguments)
    return model


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
