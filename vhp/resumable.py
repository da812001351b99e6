"""The state of unfinished work, so that what was killed or stopped goes on where it was."""

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import torch


class UnfinishedError(RuntimeError):
    """Stopped before the end because it was asked to; what is done is in the checkpoint."""


class Checkpoint:
    """One file, replaced atomically. No pickle is loaded: tensors, numbers, strings, lists and dicts only."""

    def __init__(self, folder: Path):
        """folder: belongs to one configuration of one version of the code, and to nothing else."""
        self.file = folder / "state.pt"

    def save(self, state: dict[str, Any]) -> None:
        self.file.parent.mkdir(parents=True, exist_ok=True)
        import torch  # here: whoever only asks whether work is unfinished needs no torch

        temporary = self.file.with_suffix(f".{os.getpid()}.tmp")
        torch.save(state, temporary)
        os.replace(temporary, self.file)

    def load(self, device: "torch.device") -> dict[str, Any] | None:
        """The last saved state, or None if there is none."""
        if not self.file.exists():
            return None
        import torch

        return torch.load(self.file, map_location=device, weights_only=True)

    def discard(self) -> None:
        """Remove it: the run is finished and its outputs are written."""
        if self.file.parent.exists():
            for leftover in self.file.parent.glob("state*"):
                leftover.unlink()
            self.file.parent.rmdir()
