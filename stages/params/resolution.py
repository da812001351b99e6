"""The resolved configuration of each run: params.yaml's values for one budget, data set and method.

Nothing is coerced: a number in quotes, which is text, is an error, and so is an unknown key.
"""

import json
import math
from dataclasses import fields
from typing import Any

from pydantic import TypeAdapter, ValidationError

from stages.params.problems import ParamsError, check_keys, messages, shown
from stages.params.schema import DEFAULT, Budget, Evaluation, Interpolation, Model, Params, Training
from vhp import datasets, methods
from vhp.likelihood.refined.proposal import least_samples
from vhp.likelihood.refined.search import RefinedSettings
from vhp.model.convolutional import side_of
from vhp.model.patches import PatchSettings, grid_side
from vhp.seeds import numbered


def resolve(params: Params) -> dict[str, dict[str, Any]]:
    """The configuration of each run of the matrix, by the run's name. Raises ParamsError."""
    configs = {}
    for dataset in params.datasets:
        sections = resolve_sections(params, params.budget, dataset)
        for method in params.methods:
            settings = resolve_method(params, params.budget, dataset, method)
            training = resolve_training(params, params.budget, dataset, method)
            for seed in params.seeds:
                check_seed(seed, training["epochs"])
                run = {"dataset": dataset, "method": method, "seed": seed, "budget": params.budget}
                values = sections | {"training": training}
                configs[f"{dataset}-{method}-{seed}"] = {"run": run, "method": settings, **values}
    return configs


def check_seed(seed: int, epochs: int) -> None:
    """Every epoch seeds a generator of its own. Raises ParamsError if the last one cannot."""
    try:
        numbered(seed, epochs)
    except ValueError as error:
        raise ParamsError(f"seeds: {error}") from error


def resolve_sections(params: Params, budget: Budget, dataset: str) -> dict[str, Any]:
    """What does not depend on the method: model, evaluation, interpolation, and training but for `training_of`."""
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


def resolve_training(params: Params, budget: Budget, dataset: str, method: str) -> dict[str, Any]:
    """The budget's settings for all methods, but for those that it has for this one. Raises ParamsError."""
    sections = params.budgets[budget]
    own = _of(dataset, sections.training_of.get(method, {}))
    where = f"training_of.{method}" if own else "training"  # what is not the method's own is valid: resolve_sections
    return validated(f"budgets.{budget}.{where}", sections.training | own, Training, dataset)


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


def resolve_method(params: Params, budget: Budget, dataset: str, method: str) -> dict[str, Any]:
    """Only what the method depends on, looked up in its own settings, then in the shared ones, then kappa.

    Those of the budget go before all of these.
    """
    settings, sections = methods.load(method).Settings, params.budgets[budget]
    available = {"kappa": params.kappa} | params.settings.get("shared", {}) | params.settings.get(method, {})
    own = {} if sections.kappa is None else {"kappa": sections.kappa}
    own |= sections.settings.get("shared", {}) | sections.settings.get(method, {})
    available |= _of(dataset, own)
    values = {f.name: available[f.name] for f in fields(settings) if f.name in available}
    return validated(f"settings.{method}", values, settings, dataset)


def _of(dataset: str, own: dict[str, Any]) -> dict[str, Any]:
    """Those settings of a budget's own that say anything of the data set: their mappings may leave data sets out."""
    return {k: v for k, v in own.items() if not isinstance(v, dict) or v.keys() & {dataset, DEFAULT}}


def validated(where: str, values: dict[str, Any], settings: type, dataset: str) -> dict[str, Any]:
    """The values for one data set, checked against a settings dataclass, of which params.yaml names every field."""
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
    if missing := [f.name for f in fields(settings) if f.name not in chosen]:
        raise ParamsError("\n".join(f"{where} ({dataset}).{key}: Field required" for key in missing))
    return chosen
