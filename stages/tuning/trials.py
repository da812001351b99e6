"""The trials of a data set, from trials.yaml, and params.yaml with one of them in it."""

import copy
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from stages.params import plain_yaml
from stages.params.problems import ParamsError, check_keys, shown
from stages.params.reading import validate
from stages.params.resolution import resolve
from stages.params.schema import DEFAULT
from stages.runs.resolved import digest

TRIALS = Path(__file__).with_name("trials.yaml")
MAPPINGS = ("training", "model", "settings", "patch")
CHANGED = (*MAPPINGS, "kappa", "network", "hidden")  # what a trial may have values of
TRAINED = ("run", "model", "method", "training")  # sections of a configuration on which a training depends

Changes = Mapping[str, Any]  # by section of CHANGED


@dataclass(frozen=True)
class Search:
    """The trials of one data set, the same for every method."""

    dataset: str
    budget: str
    always: Changes
    trials: Mapping[str, Changes]  # by name

    def params(self, params: Mapping[str, Any], trial: Changes) -> dict[str, Any]:
        """params, the content of params.yaml, with the trial's values, for this data set alone."""
        changed = copy.deepcopy(dict(params)) | {"datasets": [self.dataset], "budget": self.budget}
        for changes in (self.always, trial):
            _put(changed, self, changes)
        return changed

    def configs(self, params: Mapping[str, Any], trial: Changes) -> dict[str, dict[str, Any]]:
        """The configuration of each run, by the run's name. Raises ParamsError."""
        return resolve(validate(self.params(params, trial)))

    def cells(self, params: Mapping[str, Any]) -> list["Cell"]:
        """The trials of every method and seed of params.yaml, each once: those that change nothing are left out.

        Raises ParamsError, which names the trial.
        """
        found: dict[tuple[str, str], Cell] = {}
        for name, trial in self.trials.items():
            try:
                configs = self.configs(params, trial)
            except ParamsError as error:
                raise ParamsError(f"trial {name!r} of {self.dataset}: {error}") from error
            for run, config in configs.items():
                found.setdefault((run, digest(trained_with(config))), Cell(name, run, config))
        return list(found.values())


@dataclass(frozen=True)
class Cell:
    """One trial of one run."""

    trial: str
    run: str  # its name
    config: Mapping[str, Any]


def trained_with(config: Mapping[str, Any]) -> dict[str, Any]:
    """What decides a training, of a run's configuration."""
    return {section: config[section] for section in TRAINED}


def _put(params: dict[str, Any], search: Search, changes: Changes) -> None:
    """The trial's values, for its data set; settings are a method's or shared, and go before the methods' own."""
    sections, dataset = params["budgets"][search.budget], search.dataset
    settings, own = sections.setdefault("settings", {}), sections.get("training_of", {}).values()
    places = [
        (params["model"], "model"),
        (sections["training"], "training"),
        (sections.setdefault("patch", {}), "patch"),
    ]
    for place, section in places:
        _set(place, dataset, changes.get(section, {}))
    for owner, values in changes.get("settings", {}).items():
        _set(settings.setdefault(owner, {}), dataset, values)
    _set(sections, dataset, {key: value for key, value in changes.items() if key not in MAPPINGS})
    for training in own:
        for key in changes.get("training", {}):
            training.pop(key, None)


def _set(place: dict[str, Any], dataset: str, values: Mapping[str, Any]) -> None:
    """For one data set: what holds for the others stays."""
    for key, value in values.items():
        old = place.get(key)
        others = old if isinstance(old, dict) else {} if old is None else {DEFAULT: old}
        place[key] = {**others, dataset: value}


def read(path: Path, dataset: str) -> Search:
    """Raises ParamsError for a data set without trials or a file that is no such list, and OSError."""
    content = plain_yaml.read(path)
    if not isinstance(content, dict) or not isinstance(content.get("datasets"), dict):
        raise ParamsError(f"{path}: found {shown(content)}, expected the mapping `datasets`")
    check_keys(str(path), content, ["budget", "datasets"])
    if dataset not in content["datasets"]:
        raise ParamsError(f"{path}: found no trials of {dataset}, expected one of {', '.join(content['datasets'])}")
    where, entry = f"{path}: {dataset}", content["datasets"][dataset]
    if not isinstance(entry, dict) or not isinstance(entry.get("trials"), dict):
        raise ParamsError(f"{where}: found {shown(entry)}, expected the mapping `trials`")
    check_keys(where, entry, ["always", "trials"])
    always = _changes(f"{where}.always", entry.get("always", {}))
    trials = {str(name): _changes(f"{where}.{name}", trial) for name, trial in entry["trials"].items()}
    return Search(dataset, content["budget"], always, trials)


def _changes(where: str, value: Any) -> Changes:
    if not isinstance(value, dict):
        raise ParamsError(f"{where}: found {shown(value)}, expected a mapping")
    check_keys(where, value, CHANGED)
    for section in [name for name in MAPPINGS if name in value]:
        if not isinstance(value[section], dict):
            raise ParamsError(f"{where}.{section}: found {shown(value[section])}, expected a mapping")
    return value


def as_text(changes: Sequence[Changes]) -> str:
    """What was changed, as results name parameters: "training.weight_decay=0.05"."""
    flat = {key: value for change in changes for key, value in _flat("", change)}
    return " ".join(f"{key}={value}" for key, value in sorted(flat.items()))


def _flat(before: str, values: Mapping[str, Any]) -> list[tuple[str, Any]]:
    found = []
    for key, value in values.items():
        found += _flat(f"{before}{key}.", value) if isinstance(value, Mapping) else [(f"{before}{key}", value)]
    return found
