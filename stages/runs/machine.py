"""What ran, where and for how long: a small output of its own, so that nothing but the report depends on it."""

import platform
import subprocess
from pathlib import Path

import torch

REVISION_FILE = Path("REVISION")  # of code that came in an archive, without git: stages/elsewhere/pack.py
CODE = ("stages", "vhp")  # parameters are in each run's configuration, and dvc.lock changes with every stage


def revision() -> str | None:
    """The git revision, with -dirty if the code differs from it; None where it is not known."""
    if REVISION_FILE.exists():
        return REVISION_FILE.read_text().strip()
    try:
        commit = _git("rev-parse", "--short=12", "HEAD")
        return commit + ("-dirty" if _git("status", "--porcelain", "--", *CODE) else "")
    except (OSError, subprocess.CalledProcessError):
        return None


def _git(*arguments: str) -> str:
    return subprocess.run(["git", *arguments], capture_output=True, text=True, check=True).stdout.strip()


REVISION = revision()  # when the stage starts: the files may change while it runs


def description(device: torch.device, seconds: float) -> dict[str, str | int | float | None]:
    """seconds, device (with the processor's name), torch version, thread count and the code's git revision."""
    threads = torch.get_num_threads()
    name = torch.cuda.get_device_name(device) if device.type == "cuda" else f"{threads} threads, {processor()}"
    return {
        "seconds": round(seconds, 2),
        "device": f"{device.type}: {name}",
        "torch": torch.__version__,
        "threads": threads,
        "revision": REVISION,
    }


def processor() -> str:
    """The processor's marketing name where the system reports it, else its architecture."""
    info = Path("/proc/cpuinfo")
    lines = info.read_text().splitlines() if info.exists() else []
    names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()
