"""One run = data set x method x seed: its resolved configuration, its data and its (possibly trained) model."""

from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import torch
from safetensors.torch import load_file

from stages.files import read_json, read_npz
from stages.runs.configs import own_config
from stages.runs.places import config_file, data_file, run_folder
from vhp import datasets, methods
from vhp.datasets.batches import as_means
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
    config = own_config(stage, name) if stage else read_json(config_file(name))
    dataset = datasets.load(config["run"]["dataset"])
    where = device()
    arrays = read_npz(data_file(config["run"]["dataset"]))
    splits = {key: torch.from_numpy(array).to(where) for key, array in arrays.items()}

    torch.manual_seed(config["run"]["seed"])
    train = splits["train"]
    model = VAE(train.shape[1], observation=dataset.OBSERVATION, **config["model"]).to(where)
    module = methods.load(config["run"]["method"])
    settings = {k: tuple(v) if isinstance(v, list) else v for k, v in config["method"].items()}
    method = module.build(model, module.Settings(**settings), as_means(train))
    model.to(where)
    method.schedule.to(where)
    return Run(name, config, dataset, splits, method, where)


def load_model(run: Run) -> VAE:
    """The run's trained model, in evaluation mode."""
    run.method.model.load_state_dict(load_file(run.folder / "model.safetensors", device=str(run.device)))
    return run.method.model.eval()
