"""Parameters that a study sets: the one that it varies, and others at every value."""

from collections.abc import Iterable, Mapping, Sequence
from itertools import combinations
from typing import Any

from stages.params import plain_yaml


def set_value(params: dict[str, Any], name: str, value: Any) -> None:
    """params[a][b] = value for the name a.b. Raises ValueError if there is no such parameter, as `dvc exp run -S`."""
    *folders, last = name.split(".")
    for i, folder in enumerate([*folders, last]):
        if not isinstance(params, dict) or folder not in params:
            known = f"one of {', '.join(params)}" if isinstance(params, dict) else "a mapping"
            raise ValueError(f"{name}: found no {'.'.join([*folders, last][: i + 1])} in params.yaml, expected {known}")
        if i < len(folders):
            params = params[folder]
    params[last] = value


def scalar(text: str) -> Any:
    """A value as in params.yaml. Raises ValueError for a list or a mapping."""
    try:
        value = plain_yaml.parse(text)
    except ValueError as error:
        raise ValueError(f"found the value {text!r}, expected YAML: {error}") from error
    if not isinstance(value, bool | int | float | str):
        raise ValueError(f"found the value {text!r}, expected a number or a word: a study varies one scalar")
    return value


def other_parameters(texts: Sequence[str]) -> dict[str, Any]:
    """Those of --set, by name; of a name given twice the last. Raises ValueError."""
    values = {}
    for text in texts:
        name, equals, value = text.partition("=")
        if not equals:
            raise ValueError(f"--set: found {text!r}, expected NAME=VALUE")
        values[name] = scalar(value)
    return values


def check_apart(param: str, others: Iterable[str]) -> None:
    """Raises ValueError if of these parameters one is another, or a part of it: then only one of them has an effect."""
    for name, other in combinations([param, *others], 2):
        if f"{name}.".startswith(f"{other}.") or f"{other}.".startswith(f"{name}."):
            found = f"{other} beside --param {param}" if name == param else f"{name} beside {other}"
            raise ValueError(f"--set: found {found}, expected names of which none is another or a part of it")


def as_text(others: Mapping[str, Any]) -> str:
    """Other parameters in the order of their names, as results.csv has them: the same text for the same values."""
    values = {name: str(v).lower() if isinstance(v, bool) else str(v) for name, v in sorted(others.items())}
    return " ".join(f"{name}={value}" for name, value in values.items())
