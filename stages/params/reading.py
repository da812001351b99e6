"""params.yaml, read and checked as a whole: also the budgets and data sets that are not chosen now."""

from dataclasses import fields
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from stages.params import plain_yaml
from stages.params.problems import ParamsError, check_keys, messages, shown
from stages.params.resolution import resolve, resolve_sections, resolve_training
from stages.params.schema import DEFAULT, Params, Training
from vhp import datasets, methods


def read(path: Path) -> Params:
    """The validated content of params.yaml. Raises ParamsError, which begins with the path."""
    try:
        content = plain_yaml.read(path)
    except FileNotFoundError as error:
        raise ParamsError(f"{path} is missing; run from the root of the repository") from error
    except OSError as error:
        raise ParamsError(f"{path}: cannot be read: {error.strerror or error}") from error
    except ValueError as error:
        raise ParamsError(str(error)) from error
    try:
        return validate(content)
    except ParamsError as error:
        raise ParamsError(f"{path}: {error}") from error


def validate(content: Any) -> Params:
    """What params.yaml holds, validated. Raises ParamsError."""
    if not isinstance(content, dict):
        raise ParamsError(f"found {shown(content)}, expected a mapping")
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
    for budget, sections in params.budgets.items():
        for dataset in datasets.names():
            resolve_sections(params, budget, dataset)
            for method in sections.training_of:
                resolve_training(params, budget, dataset, method)
    resolve(params)
    return params


def check_settings(params: Params) -> None:
    """Every key of `settings` belongs to a method, or if shared to at least one; so do those of each budget.

    Those of `training_of` are settings of the training, for a method.
    """
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
        check_keys(f"budgets.{budget}.training_of", sections.training_of, wanted)
        for name, values in sections.training_of.items():
            place = f"budgets.{budget}.training_of.{name}"
            check_keys(place, values, [f.name for f in fields(Training)])
            check_own_mappings(place, values)


def check_own_mappings(place: str, values: dict[str, Any]) -> None:
    """A budget's mapping may leave data sets out, but not name others. Raises ParamsError."""
    for key, value in values.items():
        if isinstance(value, dict):
            check_keys(f"{place}.{key}", value, [DEFAULT, *datasets.names()])
