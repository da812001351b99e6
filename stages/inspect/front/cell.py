"""One network trained for one time: its training can be resumed, and its row has all that is measured."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import partial
from typing import Any

from torch import Tensor
from tqdm import tqdm

from stages.files import read_json, write_json
from stages.inspect.front import fitting, measuring
from stages.inspect.front.table import Network
from stages.runs import machine
from stages.runs.fingerprint import this_program
from stages.runs.places import RUNS
from stages.runs.sitting import CHECKPOINT_SECONDS, late
from vhp import datasets
from vhp.likelihood.estimate import LikelihoodSettings
from vhp.resumable import Checkpoint, Resumable

BEGUN = RUNS / "front"  # plans and checkpoints of trainings without a row


@dataclass(frozen=True)
class Cell:
    """What a row is of."""

    network: Network
    dataset: str
    minutes: float  # of the processor
    seed: int

    @property
    def key(self) -> dict[str, Any]:
        """The columns that name the row."""
        return {"dataset": self.dataset, "network": self.network.name, "minutes": self.minutes, "seed": self.seed}

    @property
    def settings(self) -> str:
        return self.network.digest

    @property
    def code(self) -> str:
        """Fingerprint of what trains."""
        return this_program().fingerprint(fitting.__name__)

    @property
    def begun(self) -> str:
        """A name for its files, other for other settings or code."""
        content = json.dumps([self.key, self.settings, self.code], sort_keys=True)
        return hashlib.sha256(content.encode()).hexdigest()[:16]

    @property
    def checkpoint(self) -> Checkpoint:
        return Checkpoint(BEGUN / self.begun)

    def plan(self, data: Mapping[str, Tensor], observation: str) -> fitting.Plan:
        """Made once, and kept until there is a row: a resumed training ends as it was planned."""
        file = BEGUN / f"{self.begun}.json"
        if not file.exists():
            method = fitting.build(self.network, observation, data["train"], self.seed)
            plan = fitting.planned(method, self.network, data["train"], data["val"], 60 * self.minutes)
            write_json(file, asdict(plan))
        return fitting.Plan(**read_json(file))

    def row(self, data: Mapping[str, Tensor], n_images: int, n_samples: int, until: float) -> dict[str, Any]:
        """Train and measure. Raises as vhp.training.fit.fit does; UnfinishedError at the time `until`."""
        train, val = data["train"], data["val"]
        observation = datasets.load(self.dataset).OBSERVATION
        plan = self.plan(data, observation)
        method = fitting.build(self.network, observation, train, self.seed)
        bar = partial(tqdm, desc=f"{self.network.name}, {self.minutes:g} min", unit="epoch", disable=None)
        resumable = Resumable(self.checkpoint, CHECKPOINT_SECONDS, bar, late(until))
        result = fitting.trained(method, self.network, train, val, plan, self.seed, resumable)
        model = method.model.eval()
        settings = LikelihoodSettings(n_samples, self.network.training["precision"], compile=True)
        return {
            **self.key,
            "family": self.network.model["network"],
            "settings": self.settings,
            "parameters": sum(p.numel() for p in model.parameters()),
            **measuring.operations(self.network, self.dataset, model.n_dims, n_samples),
            "epochs": plan.epochs,
            **asdict(result),
            **measuring.likelihood(model, val, settings, n_images),
            "device": machine.processor(),
            "revision": machine.REVISION,
            "code": self.code,
        }

    def discard(self) -> None:
        """Remove plan and checkpoint: the row is written."""
        self.checkpoint.discard()
        (BEGUN / f"{self.begun}.json").unlink(missing_ok=True)
