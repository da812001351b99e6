"""The methods of the table, one file each.

A method's module has a frozen dataclass `Settings` (its parameters) and a function
`build(model, settings, train) -> Method`. What it adds to the model is on the processor: for a GPU move the method's
`model` and `schedule` there afterwards. The training engine and the likelihood know no method by name.
"""

import importlib
import pkgutil
from collections.abc import Callable
from dataclasses import dataclass
from types import ModuleType

from torch import Tensor

from vhp.model.vae import VAE
from vhp.objective.schedules import Schedule
from vhp.objective.terms import Terms


@dataclass(frozen=True)
class Method:
    """How a model is trained: maximise the mean of bound(sample_terms(model, x, n_z, n_zeta), beta)."""

    model: VAE  # with its prior attached
    bound: Callable[[Terms, Tensor | float], Tensor]
    schedule: Schedule
    n_z: int  # samples of z per example
    n_zeta: int  # samples of zeta per z


def names() -> list[str]:
    """Every method: the modules of this package."""
    return sorted(module.name for module in pkgutil.iter_modules(__path__))


def load(name: str) -> ModuleType:
    """The module of a method. Raises ValueError for an unknown name."""
    if name not in names():
        raise ValueError(f"unknown method {name!r}; expected one of {', '.join(names())}")
    return importlib.import_module(f"vhp.methods.{name}")
