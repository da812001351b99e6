"""What ran and for how long: a small output of its own, so that nothing but the report depends on it."""

import platform
import subprocess
from pathlib import Path

import torch

REVISION = Path("REVISION")  # the code's revision, where it came in an archive and there is no git


def description(device: torch.device, seconds: float) -> dict[str, str | int | float | None]:
    """seconds, device (with the processor's name), torch version, thread count and the code's git revision."""
    threads = torch.get_num_threads()
    name = torch.cuda.get_device_name(device) if device.type == "cuda" else f"{threads} threads, {processor()}"
    return {
        "seconds": round(seconds, 2),
        "device": f"{device.type}: {name}",
        "torch": torch.__version__,
        "threads": threads,
        "revision": revision(),
    }


def revision() -> str | None:
    """The git revision of the code, with -dirty if files differ from it; None where it is not known."""
    if REVISION.exists():
        return REVISION.read_text().strip()
    command = ["git", "describe", "--always", "--dirty", "--abbrev=12", "--exclude=*"]
    try:
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return None


def processor() -> str:
    """The processor's marketing name where the system tells it, else its architecture."""
    info = Path("/proc/cpuinfo")
    lines = info.read_text().splitlines() if info.exists() else []
    names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()
