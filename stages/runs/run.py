"""One run = data set x method x seed: its resolved configuration, its data and its (possibly trained) model."""

from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import torch
from safetensors.torch import load_file

from stages.files import unreadable
from stages.runs.configs import own_config, read_config
from stages.runs.outputs.data import SPLITS, read_data
from stages.runs.outputs.unaltered import unaltered
from stages.runs.places import config_file, data_file, run_folder
from vhp import datasets, methods
from vhp.datasets.batches import as_means
from vhp.datasets.validation import Expected, check_examples
from vhp.model.files import NOT_SAFETENSORS, fault_of
from vhp.model.vae import VAE


@dataclass(frozen=True)
class Run:
    """What a stage of a run works with."""

    name: str  # <dataset>-<method>-<seed>
    config: dict[str, Any]  # the resolved configuration, see stages/configure.py
    dataset: ModuleType  # vhp.datasets.<dataset>
    splits: dict[str, torch.Tensor]  # train, val, test (N, D) and what else the data set recorded, on the device
    method: methods.Method  # its model is untrained until load_model
    device: torch.device

    @property
    def folder(self) -> Path:
        return run_folder(self.name)


def device() -> torch.device:
    """The GPU if there is one. Its float32 is float32: convolutions would be rounded to 10 bits otherwise."""
    torch.backends.cudnn.allow_tf32 = False
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


def open_run(name: str, stage: str | None = None) -> Run:
    """Read configuration and data, and build the model with the run's seed.

    stage: as which it is opened; a configuration made for other code of this stage is refused. Raises ValueError.
    """
    config = own_config(stage, name) if stage else read_config(name)
    dataset = datasets.load(config["run"]["dataset"])
    where = device()
    arrays = read_data(config["run"]["dataset"], dataset.OBSERVATION)
    splits = {key: torch.from_numpy(array).to(where) for key, array in arrays.items()}
    for split in SPLITS:
        expected = Expected(splits["train"].shape[1], dataset.OBSERVATION == "bernoulli", binary=split != "train")
        check_examples(f"{data_file(config['run']['dataset'])}, {split}", splits[split], expected)

    torch.manual_seed(config["run"]["seed"])
    method = build(name, config, dataset.OBSERVATION, splits["train"])
    method.model.to(where)
    method.schedule.to(where)
    return Run(name, config, dataset, splits, method, where)


def build(name: str, config: dict[str, Any], observation: str, train: torch.Tensor) -> methods.Method:
    """Raises ValueError for a configuration that is no such model's or method's."""
    try:
        model = VAE(train.shape[1], observation=observation, **config["model"]).to(train.device)
        module = methods.load(config["run"]["method"])
        settings = {k: tuple(v) if isinstance(v, list) else v for k, v in config["method"].items()}
        return module.build(model, module.Settings(**settings), as_means(train))
    except (TypeError, KeyError) as error:
        raise unreadable(config_file(name), error) from error


def load_model(run: Run) -> VAE:
    """The run's trained model, in evaluation mode. Raises ValueError for a damaged file or another model's."""
    run.method.model.load_state_dict(read_weights(run))
    return run.method.model.eval()


def read_weights(run: Run) -> dict[str, torch.Tensor]:
    """Of the run's trained model, on its device. Raises ValueError for a damaged file or another model's."""
    path, expected = unaltered(run.name, "model.safetensors"), run.method.model.state_dict()
    if not path.exists():
        raise FileNotFoundError(f"{path} is missing: `dvc repro train@{run.name}` makes it")
    try:
        weights = load_file(path, device=str(run.device))
    except NOT_SAFETENSORS as error:
        raise unreadable(path, error) from error
    if fault := fault_of(weights, expected):
        raise unreadable(path, f"{fault}, as {config_file(run.name)} says")
    return weights
