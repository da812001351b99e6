"""What ran and for how long: a small output of its own, so that nothing but the report depends on it."""

import platform
from pathlib import Path

import torch

from stages.runs.revision import revision

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
    """The processor's marketing name where the system tells it, else its architecture."""
    info = Path("/proc/cpuinfo")
    lines = info.read_text().splitlines() if info.exists() else []
    names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()
