"""The networks to compare, from networks.yaml; each is checked as params.yaml is."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from stages.params import plain_yaml
from stages.params.problems import ParamsError, check_keys, shown
from stages.params.resolution import validated
from stages.params.schema import Model
from vhp.methods import vhp_rewo
from vhp.model.patches import PatchSettings
from vhp.training.settings import TrainingSettings

NETWORKS = Path(__file__).with_name("networks.yaml")
SECTIONS = {"model": Model, "patch": PatchSettings, "method": vhp_rewo.Settings, "training": TrainingSettings}
PLANNED = {"epochs": 1, "validate_every": 1}  # of the training: what the processor time decides


@dataclass(frozen=True)
class Network:
    """A network, and how VHP + REWO is trained with it."""

    name: str
    about: str  # what it differs in
    model: dict[str, Any]  # arguments of vhp.model.vae.VAE, but for n_dims and observation
    method: dict[str, Any]  # fields of vhp.methods.vhp_rewo.Settings
    training: dict[str, Any]  # fields of TrainingSettings, but for those of PLANNED

    @property
    def digest(self) -> str:
        """Of everything but its name and what is said about it: 8 hexadecimal digits."""
        content = json.dumps([self.model, self.method, self.training], sort_keys=True)
        return hashlib.sha256(content.encode()).hexdigest()[:8]


def read(path: Path, dataset: str) -> dict[str, Network]:
    """Every network of the file for a data set, by name. Raises ParamsError, a ValueError, and OSError."""
    content = plain_yaml.read(path)
    if not isinstance(content, dict) or not all(isinstance(content.get(k), dict) for k in ("shared", "networks")):
        raise ParamsError(f"{path}: found {shown(content)}, expected the mappings shared and networks")
    check_keys(str(path), content, ["shared", "networks"])
    check_keys(f"{path}: shared", content["shared"], SECTIONS)
    shared = {section: _mapping(f"{path}: shared.{section}", found) for section, found in content["shared"].items()}
    return {
        name: _network(f"{path}: {name}", name, shared, entry, dataset) for name, entry in content["networks"].items()
    }


def _mapping(where: str, found: Any) -> dict[str, Any]:
    if not isinstance(found, dict):
        raise ParamsError(f"{where}: found {shown(found)}, expected a mapping")
    return found


def _network(where: str, name: str, shared: Mapping[str, dict[str, Any]], entry: Any, dataset: str) -> Network:
    if not isinstance(entry, dict) or not isinstance(entry.get("about"), str):
        raise ParamsError(f"{where}: found {shown(entry)}, expected a mapping with a text `about`")
    check_keys(where, entry, ["about", *SECTIONS])
    values = {
        section: shared.get(section, {}) | _mapping(f"{where}.{section}", entry.get(section, {}))
        for section in SECTIONS
    }
    values["training"] |= PLANNED
    on_patches = values["model"].get("network") == "patch"
    if not on_patches and "patch" in entry:
        raise ParamsError(f"{where}.patch: found settings of a network that is not patch, expected none")
    checked = {
        section: validated(f"{where}.{section}", values[section], settings, dataset)
        for section, settings in SECTIONS.items()
        if section != "patch" or on_patches
    }
    model = checked["model"] | ({"patch": checked["patch"]} if on_patches else {})
    training = {f.name: checked["training"][f.name] for f in fields(TrainingSettings) if f.name not in PLANNED}
    return Network(name, entry["about"], model, checked["method"], training)
