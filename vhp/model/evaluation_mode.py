"""Training and evaluation mode: what dropout asks for."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import Concatenate, ParamSpec, TypeVar

import torch
from torch import nn

M = TypeVar("M", bound=nn.Module)
P = ParamSpec("P")
R = TypeVar("R")


@contextmanager
def evaluating(model: nn.Module) -> Iterator[None]:
    """The model in evaluation mode, without dropout; afterwards each of its modules in the mode that it was in."""
    modes = [(module, module.training) for module in model.modules()]
    model.eval()
    try:
        yield
    finally:
        for module, training in modes:
            module.training = training


def measuring(function: Callable[Concatenate[M, P], R]) -> Callable[Concatenate[M, P], R]:
    """A function of a model, its first argument, that measures it: in evaluation mode, and without gradients."""

    @wraps(function)
    def measured(model: M, *args: P.args, **kwargs: P.kwargs) -> R:
        with torch.no_grad(), evaluating(model):
            return function(model, *args, **kwargs)

    return measured
