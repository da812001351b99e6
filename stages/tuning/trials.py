"""The trials of a data set, from trials.yaml, and params.yaml with one of them in it."""

import copy
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_args

from pydantic import ValidationError

from stages.params import plain_yaml
from stages.params.problems import ParamsError, check_keys, messages, shown
from stages.params.reading import check_settings
from stages.params.resolution import resolve
from stages.params.schema import DEFAULT, Budget, Params
from stages.runs.resolved import digest
from stages.runs.run_stages import RUN_STAGES
from stages.study import setting

TRIALS = Path(__file__).with_name("trials.yaml")
MAPPINGS = ("training", "model", "settings", "patch")
CHANGED = (*MAPPINGS, "kappa", "network", "hidden")  # what a trial may have values of

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
        if self.budget not in params["budgets"]:
            expected = ", ".join(params["budgets"])
            raise ParamsError(f"{TRIALS.name}.budget: found {self.budget}, expected one of params.yaml, {expected}")
        changed = copy.deepcopy(dict(params)) | {"datasets": [self.dataset], "budget": self.budget}
        for changes in (self.always, trial):
            _put(changed, self, changes)
        return changed

    def configs(self, params: Mapping[str, Any], trial: Changes) -> dict[str, dict[str, Any]]:
        """The configuration of each run, by the run's name. Raises ParamsError for what the trial has wrong.

        Not for what params has wrong elsewhere, in other budgets and data sets: that is stages.params.reading's.
        """
        try:
            checked = Params.model_validate(self.params(params, trial))
        except ValidationError as error:
            raise ParamsError(messages("", error)) from error
        check_settings(checked)
        return resolve(checked)

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
                cell = Cell(name, run, config)
                found.setdefault((run, cell.settings), cell)
        return list(found.values())


@dataclass(frozen=True)
class Cell:
    """One trial of one run."""

    trial: str
    run: str  # its name
    config: Mapping[str, Any]

    @property
    def method(self) -> str:
        return self.config["run"]["method"]

    @property
    def seed(self) -> int:
        return self.config["run"]["seed"]

    @property
    def key(self) -> dict[str, Any]:
        """The columns that name its row."""
        return {"dataset": self.config["run"]["dataset"], "method": self.method, "trial": self.trial, "seed": self.seed}

    @property
    def settings(self) -> str:
        return training_settings(self.config)


def training_settings(config: Mapping[str, Any]) -> str:
    """A digest of all in a run's configuration that decides its training."""
    return digest({section: config[section] for section in RUN_STAGES["train"].sections})


def _put(params: dict[str, Any], search: Search, changes: Changes) -> None:
    """The trial's values, for its data set, in place of those of all methods and of single ones."""
    sections, dataset = params["budgets"][search.budget], search.dataset
    settings, shared = sections.setdefault("settings", {}), changes.get("settings", {}).get("shared", {})
    places = [
        (params["model"], "model"),
        (sections["training"], "training"),
        (sections.setdefault("patch", {}), "patch"),
    ]
    for place, section in places:
        _set(place, dataset, changes.get(section, {}))
    for training in sections.get("training_of", {}).values():
        _drop(training, changes.get("training", {}))
    own_kappa = changes.keys() & {"kappa"}
    for owner, values in settings.items():
        _drop(values, own_kappa if owner == "shared" else [*shared, *own_kappa])
    for owner, values in changes.get("settings", {}).items():
        _set(settings.setdefault(owner, {}), dataset, values)
    _set(sections, dataset, {key: value for key, value in changes.items() if key not in MAPPINGS})


def _drop(values: dict[str, Any], keys: Iterable[str]) -> None:
    for key in keys:
        values.pop(key, None)


def _set(place: dict[str, Any], dataset: str, values: Mapping[str, Any]) -> None:
    """For one data set: what holds for the others stays."""
    for key, value in values.items():
        old = place.get(key)
        # A budget has `kappa: null` for none of its own.
        none = key not in place or (key == "kappa" and old is None)
        others = old if isinstance(old, dict) else {} if none else {DEFAULT: old}
        place[key] = {**others, dataset: value}


def read(path: Path, dataset: str) -> Search:
    """Raises ParamsError for a data set without trials or a file that is no such list, and OSError."""
    content = plain_yaml.read(path)
    if not isinstance(content, dict) or not isinstance(content.get("datasets"), dict):
        raise ParamsError(f"{path}: found {shown(content)}, expected the mapping `datasets`")
    check_keys(str(path), content, ["budget", "datasets"])
    budget = str(content.get("budget"))
    if budget not in get_args(Budget):
        raise ParamsError(f"{path}.budget: found {budget}, expected one of {', '.join(get_args(Budget))}")
    if dataset not in content["datasets"]:
        known = ", ".join(map(str, content["datasets"]))
        raise ParamsError(f"{path}: found no trials of {dataset}, expected one of {known}")
    where, entry = f"{path}: {dataset}", content["datasets"][dataset]
    if not isinstance(entry, dict) or not isinstance(entry.get("trials"), dict):
        raise ParamsError(f"{where}: found {shown(entry)}, expected the mapping `trials`")
    check_keys(where, entry, ["always", "trials"])
    always = _changes(f"{where}.always", entry.get("always", {}))
    trials = {str(name): _changes(f"{where}.{name}", trial) for name, trial in entry["trials"].items()}
    check_same_names(where, trials)
    return Search(dataset, budget, always, trials)


def check_same_names(where: str, trials: Mapping[str, Changes]) -> None:
    """Every trial names all that any of them changes: what it left to params.yaml would change with that.

    But for what is one method's, or one network's. Raises ParamsError.
    """
    named = {name: {key for key, _ in _flat("", trial) if _is_everyones(key)} for name, trial in trials.items()}
    every = set().union(*named.values())
    for name, keys in named.items():
        if missing := sorted(every - keys):
            raise ParamsError(f"{where}.{name}: found no {', '.join(missing)}, expected it, since another trial has it")


def _is_everyones(key: str) -> bool:
    return not key.startswith("patch.") and not _is_a_methods(key)


def _is_a_methods(key: str) -> bool:
    return key.startswith("settings.") and not key.startswith("settings.shared.")


def _changes(where: str, value: Any) -> Changes:
    if not isinstance(value, dict):
        raise ParamsError(f"{where}: found {shown(value)}, expected a mapping")
    check_keys(where, value, CHANGED)
    for section in [name for name in MAPPINGS if name in value]:
        if not isinstance(value[section], dict):
            raise ParamsError(f"{where}.{section}: found {shown(value[section])}, expected a mapping")
    for owner, values in value.get("settings", {}).items():
        if not isinstance(values, dict):
            raise ParamsError(f"{where}.settings.{owner}: found {shown(values)}, expected a mapping")
    return value


def as_text(changes: Sequence[Changes], method: str | None = None) -> str:
    """What was changed, as studies name parameters: "training.weight_decay=0.05"; for one method, if it is given."""
    flat = {key: value for change in changes for key, value in _flat("", change)}
    others = {key for key in flat if method and _is_a_methods(key) and not key.startswith(f"settings.{method}.")}
    return setting.as_text({key: value for key, value in flat.items() if key not in others})


def _flat(before: str, values: Mapping[str, Any]) -> list[tuple[str, Any]]:
    found = []
    for key, value in values.items():
        found += _flat(f"{before}{key}.", value) if isinstance(value, Mapping) else [(f"{before}{key}", value)]
    return found
