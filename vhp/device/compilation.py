"""torch.compile with a C++ compiler, else the same code in eager mode."""

import atexit
import logging
import os
import shutil
import sysconfig
import tempfile
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any

import torch

logger = logging.getLogger(__name__)


def missing_for_compile() -> str | None:
    """What torch.compile would lack on this machine's CPU, or None."""
    if not any(shutil.which(name) for name in (os.environ.get("CXX", ""), "g++", "clang++")):
        return "no C++ compiler"
    if not (Path(sysconfig.get_paths()["include"]) / "Python.h").exists():
        return "no Python headers"
    return None


def cache_folder() -> Path:
    """Where compiled code is cached for later processes: not in /tmp, torch's choice, which a restart empties.

    Raises RuntimeError for a user without a home.
    """
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "vhp" / "compiled"


def find_cache() -> bool:
    """Use cache_folder(), unless TORCHINDUCTOR_CACHE_DIR names another one; torch itself sets that to its default.

    Sets TORCHINDUCTOR_CACHE_DIR in os.environ: all that this process compiles from then on is cached there. If the
    folder cannot be written to, it is a temporary one for this process alone. False if that cannot be made either.
    """
    from torch._inductor.runtime.cache_dir_utils import default_cache_dir

    named = os.environ.get("TORCHINDUCTOR_CACHE_DIR")
    try:
        folder = cache_folder() if named in (None, default_cache_dir()) else Path(named)
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except (OSError, RuntimeError) as error:
        logger.warning("compiled code is not cached for later processes: %s; XDG_CACHE_HOME names another place", error)
        try:
            folder = Path(tempfile.mkdtemp(prefix="vhp-compiled-"))
        except OSError as no_temporary:
            logger.warning("torch.compile is not used: %s; running in eager mode, which is slower", no_temporary)
            return False
        atexit.register(shutil.rmtree, folder, ignore_errors=True)
    os.environ["TORCHINDUCTOR_CACHE_DIR"] = str(folder)
    return True


def compiled(function: Callable, enabled: bool, device: torch.device | None = None) -> Callable:
    """function, compiled if enabled and possible; otherwise function itself, with the reason in the log.

    A graph that the compiler refuses runs in eager mode, and does not end the run. The compiled code is cached in
    cache_folder(), or in the folder that TORCHINDUCTOR_CACHE_DIR names; see find_cache, which sets it for the whole
    process. On a GPU it is a captured graph: a step is hundreds of small kernels, and to launch them would take longer
    than to run them.
    """
    if not enabled:
        return function
    missing = missing_for_compile()
    if missing:
        logger.warning("torch.compile is not used: %s; running in eager mode, which is slower", missing)
        return function
    if not find_cache():
        return function
    on_gpu = device is not None and device.type == "cuda"
    fast = torch.compile(function, mode="reduce-overhead" if on_gpu else None)

    @wraps(function)
    def or_eager(*args: Any, **kwargs: Any) -> Any:
        # At each call, as it compiles then, and for it alone: the setting is the whole process's.
        with torch._dynamo.config.patch(suppress_errors=True):
            return fast(*args, **kwargs)

    return or_eager


def worth_compiling(enabled: bool, work: float, least: float, unit: str) -> bool:
    """Whether to compile for so much work; that depends on the settings alone, as the result's last bits do on it."""
    if enabled and work < least:
        logger.info("not compiled: %.3g %s take less time than compiling; worth it from %.3g", work, unit, least)
    return enabled and work >= least
