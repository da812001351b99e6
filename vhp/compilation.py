"""torch.compile where there is a C++ compiler, the same code in eager mode where there is none."""

import logging
import os
import shutil
import sysconfig
from collections.abc import Callable
from pathlib import Path

import torch

logger = logging.getLogger(__name__)


def missing_for_compile() -> str | None:
    """What torch.compile would lack on this machine's CPU, or None."""
    if not any(shutil.which(name) for name in (os.environ.get("CXX", ""), "g++", "clang++")):
        return "no C++ compiler"
    if not (Path(sysconfig.get_paths()["include"]) / "Python.h").exists():
        return "no Python headers"
    return None


def compiled(function: Callable, enabled: bool, **options) -> Callable:
    """function, compiled if enabled and possible; otherwise function itself, and the log says why."""
    if not enabled:
        return function
    missing = missing_for_compile()
    if missing:
        logger.warning("torch.compile is not used: %s; running in eager mode, which is slower", missing)
        return function
    # A graph that the compiler refuses runs in eager mode instead of ending the run.
    torch._dynamo.config.suppress_errors = True
    return torch.compile(function, **options)
