"""What params.yaml may contain, and the resolved configuration of each run.

The settings' types and ranges are those of the dataclasses in vhp; this file only applies them. Nothing is coerced:
a number in quotes, which is text, is an error, and so is an unknown key.
"""

import difflib
import json
import math
from collections.abc import Iterable
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError

from stages.params import plain_yaml
from vhp import datasets, methods
from vhp.checks import at_least_one, one_of
from vhp.likelihood.estimate import LikelihoodSettings
from vhp.likelihood.refined.proposal import least_samples
from vhp.likelihood.refined.search import RefinedSettings
from vhp.model.convolutional import side_of
from vhp.model.patches import PatchSettings, grid_side
from vhp.model.vae import NETWORKS
from vhp.seeds import numbered
from vhp.training.settings import TrainingSettings

Budget = Literal["smoke", "demo", "laptop", "workstation", "paper"]
FOUND_CHARACTERS = 100  # of a wrong value that a message shows at most
DEFAULT = "default"  # the key of a per-data-set mapping for all data sets not named


class ParamsError(ValueError):
    """Something in params.yaml is wrong; the message names the key, what was found and what was expected."""


@dataclass(frozen=True)
class Training(TrainingSettings):
    """`budgets.<budget>.training`: the settings of vhp.training.fit, and what else the stage needs."""

    threads: int | None  # of the processor; None: torch's choice

    def __post_init__(self):
        super().__post_init__()
        if self.threads is not None:
            at_least_one(threads=self.threads)


@dataclass(frozen=True)
class Evaluation(LikelihoodSettings):
    """`budgets.<budget>.evaluation`: the settings of vhp.likelihood.estimate, and on how many examples."""

    n_test: int | None  # a random subset of the test set; None: all of it

    def __post_init__(self):
        super().__post_init__()
        if self.n_test is not None:
            at_least_one(n_test=self.n_test)


@dataclass(frozen=True)
class Interpolation:
    """`budgets.<budget>.interpolation`."""

    n_nodes: int  # N, samples from the prior
    k: int  # nearest neighbours
    trim: float  # share of the samples, those farthest from their k-th neighbour, that is left out of the graph
    n_paths: int
    n_frames: int  # per path, at equal arc length

    def __post_init__(self):
        at_least_one(k=self.k, n_paths=self.n_paths)
        if not 0 <= self.trim < 1:
            raise ValueError(f"trim: found {self.trim}, expected a share in [0, 1)")
        if self.n_frames < 3:
            raise ValueError(f"n_frames: found {self.n_frames}, expected at least 3, for a second difference")
        if self.n_nodes * (1 - self.trim) <= self.k:
            left = f", of which trim = {self.trim} leaves" if self.trim else ","
            raise ValueError(f"n_nodes: found {self.n_nodes}{left} expected more than k = {self.k}")


@dataclass(frozen=True)
class Model:
    """The model's sizes, for one data set: `model`, and a budget's networks."""

    d_z: int
    network: str  # a name in vhp.model.vae.NETWORKS
    hidden: tuple[int, ...]

    def __post_init__(self):
        at_least_one(d_z=self.d_z, hidden=self.hidden)
        one_of(tuple(NETWORKS), network=self.network)


class Sections(BaseModel):
    """One budget."""

    model_config = ConfigDict(extra="forbid", strict=True)

    network: str | dict[str, str]
    hidden: list[int] | dict[str, list[int]]
    patch: dict[str, Any] = {}  # the fields of PatchSettings; needed where a data set's network is patch
    training: dict[str, Any]
    evaluation: dict[str, Any]
    interpolation: dict[str, Any]
    # For this budget in place of the general ones; a mapping replaces those of the data sets that it names.
    kappa: float | dict[str, float] | None = None
    settings: dict[str, dict[str, Any]] = {}


class Params(BaseModel):
    """The whole of params.yaml, before a data set or a method is chosen."""

    model_config = ConfigDict(extra="forbid", strict=True)

    budget: Budget
    datasets: list[str]
    methods: list[str]
    seeds: list[int]
    kappa: float | dict[str, float]
    model: dict[str, Any]
    settings: dict[str, dict[str, Any]]
    budgets: dict[Budget, Sections]


def read(path: Path) -> Params:
    """The validated content of params.yaml. Raises ParamsError."""
    try:
        content = plain_yaml.read(path)
    except FileNotFoundError as error:
        raise ParamsError(f"{path} is missing; run from the root of the repository") from error
    except (OSError, ValueError) as error:
        raise ParamsError(str(error)) from error
    return validate(content)


def validate(content: Any) -> Params:
    """What params.yaml holds, validated. Raises ParamsError."""
    if not isinstance(content, dict):
        raise ParamsError(f"params.yaml: found {shown(content)}, expected a mapping")
    check_keys("", content, Params.model_fields)
    try:
        params = Params.model_validate(content)
    except ValidationError as error:
        raise ParamsError(messages("", error)) from error
    for axis in ("datasets", "methods", "seeds"):
        values = getattr(params, axis)
        if not values or len(set(values)) < len(values):
            raise ParamsError(f"{axis}: found {values}, expected at least one value and none twice")
    if min(params.seeds) < 0:
        raise ParamsError(f"seeds: found {params.seeds}, expected numbers from 0")
    try:
        for name in params.datasets:
            datasets.load(name)
    except ValueError as error:
        raise ParamsError(f"datasets: {error}") from error
    try:
        for name in params.methods:
            methods.load(name)
    except ValueError as error:
        raise ParamsError(f"methods: {error}") from error
    check_settings(params)
    # The other budgets and data sets, too: a mistake is found now and not when they are first used.
    for budget in params.budgets:
        for dataset in datasets.names():
            resolve_sections(params, budget, dataset)
    return params


def check_settings(params: Params) -> None:
    """Every key of `settings` belongs to a method, or if shared to at least one; so do those of each budget."""
    wanted = {name: {f.name for f in fields(methods.load(name).Settings)} for name in methods.names()}
    places = {"settings": params.settings}
    places |= {f"budgets.{name}.settings": sections.settings for name, sections in params.budgets.items()}
    for place, settings in places.items():
        check_keys(place, settings, ["shared", *wanted])
        for name, values in settings.items():
            known = set().union(*wanted.values()) if name == "shared" else wanted[name]
            check_keys(f"{place}.{name}", values, known)
    # The values of those that are chosen are checked when they are.
    for budget, sections in params.budgets.items():
        check_own_mappings(f"budgets.{budget}", {"kappa": sections.kappa})
        for name, values in sections.settings.items():
            check_own_mappings(f"budgets.{budget}.settings.{name}", values)


def check_own_mappings(place: str, values: dict[str, Any]) -> None:
    """A budget's mapping may leave data sets out, but not name others. Raises ParamsError."""
    for key, value in values.items():
        if isinstance(value, dict):
            check_keys(f"{place}.{key}", value, [DEFAULT, *datasets.names()])


def resolve(params: Params) -> dict[str, dict[str, Any]]:
    """The configuration of each run of the matrix, by the run's name. Raises ParamsError."""
    configs = {}
    for dataset in params.datasets:
        sections = resolve_sections(params, params.budget, dataset)
        for method in params.methods:
            settings = resolve_method(params, params.budget, dataset, method)
            for seed in params.seeds:
                check_seed(seed, sections["training"]["epochs"])
                run = {"dataset": dataset, "method": method, "seed": seed, "budget": params.budget}
                configs[f"{dataset}-{method}-{seed}"] = {"run": run, "method": settings, **sections}
    return configs


def check_seed(seed: int, epochs: int) -> None:
    """Every epoch seeds a generator of its own. Raises ParamsError if the last one cannot."""
    try:
        numbered(seed, epochs)
    except ValueError as error:
        raise ParamsError(f"seeds: {error}") from error


def resolve_sections(params: Params, budget: str, dataset: str) -> dict[str, Any]:
    """What does not depend on the method: model, training, evaluation, interpolation."""
    if budget not in params.budgets:
        raise ParamsError(f"budgets: found {', '.join(params.budgets)}, expected also the chosen budget {budget!r}")
    sections, where = params.budgets[budget], f"budgets.{budget}"
    networks = {"network": sections.network, "hidden": sections.hidden}
    model = validated("model", {**params.model, **networks}, Model, dataset)
    if model["network"] == "patch":
        model["patch"] = validated(f"{where}.patch", sections.patch, PatchSettings, dataset)
    check_images(where, model, dataset)
    return {
        "model": model,
        "training": validated(f"{where}.training", sections.training, Training, dataset),
        "evaluation": resolve_evaluation(f"{where}.evaluation", sections.evaluation, dataset),
        "interpolation": validated(f"{where}.interpolation", sections.interpolation, Interpolation, dataset),
    }


def resolve_evaluation(where: str, values: dict[str, Any], dataset: str) -> dict[str, Any]:
    """With the settings of the refined estimate, null for none, as a mapping of its own. Raises ParamsError."""
    values = dict(values)
    if "refined" not in values:
        raise ParamsError(f"{where}.refined: found none, expected the refined estimate's settings, or null")
    refined = values.pop("refined")
    chosen = validated(where, values, Evaluation, dataset)
    if refined is None:
        return chosen | {"refined": None}
    if not isinstance(refined, dict):
        raise ParamsError(f"{where}.refined: found {shown(refined)}, expected a mapping, or null")
    settings = validated(f"{where}.refined", refined, RefinedSettings, dataset)
    if (least := least_samples(settings["modes"])) > chosen["n_samples"]:
        found = f"found {chosen['n_samples']}, expected at least {least}, for a proposal of {settings['modes']} modes"
        raise ParamsError(f"{where}.n_samples ({dataset}): {found}")
    return chosen | {"refined": settings}


def check_images(where: str, model: dict[str, Any], dataset: str) -> None:
    """Convolutions are for square images, of a side that fits the network's sizes. Raises ParamsError."""
    network = model["network"]
    if network == "mlp":
        return
    height, width = datasets.load(dataset).IMAGE_SHAPE
    if height != width or datasets.drawing(dataset):
        found = "examples that are not images" if datasets.drawing(dataset) else f"images of {height} x {width} pixels"
        raise ParamsError(
            f"{where}.network ({dataset}): found {network} for {found}, expected mlp: {network} needs square images"
        )
    key = "hidden" if network == "conv" else "patch.size"
    try:
        if network == "conv":
            side_of(height * width, model["hidden"])
        else:
            grid_side(height * width, model["patch"]["size"])
    except ValueError as error:
        raise ParamsError(f"{where}.{key} ({dataset}): {error}") from error


def resolve_method(params: Params, budget: str, dataset: str, method: str) -> dict[str, Any]:
    """Only what the method depends on, looked up in its own settings, then in the shared ones, then kappa.

    Those of the budget go before all of these.
    """
    settings, sections = methods.load(method).Settings, params.budgets[budget]
    available = {"kappa": params.kappa} | params.settings.get("shared", {}) | params.settings.get(method, {})
    own = {} if sections.kappa is None else {"kappa": sections.kappa}
    own |= sections.settings.get("shared", {}) | sections.settings.get(method, {})
    for key, value in own.items():
        if not isinstance(value, dict) or value.keys() & {dataset, DEFAULT}:
            available[key] = value
    values = {f.name: available[f.name] for f in fields(settings) if f.name in available}
    return validated(f"settings.{method}", values, settings, dataset)


def validated(where: str, values: dict[str, Any], settings: type, dataset: str) -> dict[str, Any]:
    """The values for one data set, checked against a settings dataclass."""
    check_keys(where, values, [f.name for f in fields(settings)])
    chosen = {}
    for key, value in values.items():
        if not isinstance(value, dict):
            chosen[key] = value
            continue
        place = key if key == "kappa" else f"{where}.{key}"
        check_keys(place, value, [DEFAULT, *datasets.names()])
        if dataset not in value and DEFAULT not in value:
            raise ParamsError(f"{place}: found no value for {dataset!r}; add `{dataset}: ...` or `{DEFAULT}: ...`")
        chosen[key] = value.get(dataset, value.get(DEFAULT))
    for key, value in chosen.items():
        if isinstance(value, float) and not math.isfinite(value):
            raise ParamsError(f"{where}.{key} ({dataset}): found {value}, expected a finite number")
    try:
        # From JSON in strict mode: lists become tuples, and nothing else is converted.
        TypeAdapter(settings).validate_json(json.dumps(chosen), strict=True)
    except ValidationError as error:
        raise ParamsError(messages(f"{where} ({dataset})", error)) from error
    return chosen


def check_keys(where: str, found: Iterable[str], known: Iterable[str]) -> None:
    known = sorted(known)
    for key in found:
        if key not in known:
            close = difflib.get_close_matches(str(key), known, n=1)
            hint = f"did you mean {close[0]!r}?" if close else f"expected one of {', '.join(known)}"
            raise ParamsError(f"{where}{'.' if where else ''}{key}: unknown key; {hint}")


def messages(where: str, error: ValidationError) -> str:
    """pydantic's findings, a line each: key, what was expected, what was found."""
    lines = []
    for problem in error.errors():
        # Without the names of union members, which pydantic appends: "kappa.float", "kappa.dict[str,float]".
        parts = [
            str(part) for part in problem["loc"] if part not in ("float", "str", "list[int]") and "[" not in str(part)
        ]
        key = ".".join([where, *parts]).strip(".")
        text = problem["msg"].removeprefix("Value error, ")
        found = "" if problem["type"] in ("value_error", "missing") else f" (found {shown(problem['input'])})"
        lines.append(f"{key}: {text}{found}")
    return "\n".join(lines)


def shown(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= FOUND_CHARACTERS else f"{text[:FOUND_CHARACTERS]}..."
