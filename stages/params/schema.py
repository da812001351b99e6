"""What params.yaml may contain.

The settings' types and ranges are those of the dataclasses in vhp; what only the stages need is added here.
"""

from dataclasses import dataclass
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

from vhp.checks import at_least_one, one_of
from vhp.likelihood.estimate import LikelihoodSettings
from vhp.model.vae import NETWORKS
from vhp.training.settings import TrainingSettings

Budget = Literal["smoke", "demo", "laptop", "workstation", "paper"]
DEFAULT = "default"  # the key of a per-data-set mapping for all data sets not named


@dataclass(frozen=True, kw_only=True)
class Training(TrainingSettings):
    """`budgets.<budget>.training`: the settings of vhp.training.fit, and what else the stage needs."""

    threads: int | None  # of the processor; None: torch's choice

    def __post_init__(self):
        super().__post_init__()
        if self.threads is not None:
            at_least_one(threads=self.threads)


@dataclass(frozen=True, kw_only=True)
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
        at_least_one(hidden=self.hidden)
        if self.d_z < 2:
            raise ValueError(f"d_z: found {self.d_z}, expected at least 2: the figures show planes")
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
    training_of: dict[str, dict[str, Any]] = {}  # by method, in place of `training`: what a search for it has found


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
