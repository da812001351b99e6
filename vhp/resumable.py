"""Work that may take several sittings: its state is saved from time to time, and resumed after a stop or a kill."""

import contextlib
import hashlib
import io
import logging
import os
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:  # code that only handles UnfinishedError needs no PyTorch
    import torch

logger = logging.getLogger(__name__)


class UnfinishedError(RuntimeError):
    """Stopped before the end because it was asked to; its state is in the checkpoint."""


class DamagedError(ValueError):
    """A file is no checkpoint, or not all of one; the message names it."""


def read_state(path: Path, device: "torch.device") -> dict[str, Any]:
    """What Checkpoint.save wrote, its tensors on the device. Raises DamagedError, and OSError."""
    import torch

    content, size = path.read_bytes(), hashlib.sha256().digest_size
    if hashlib.sha256(content[size:]).digest() != content[:size]:
        raise DamagedError(f"{path}: found a checksum that is not the content's: no checkpoint, or a damaged one")
    return torch.load(io.BytesIO(content[size:]), map_location=device, weights_only=True)


class Checkpoint:
    """One file, replaced atomically. No pickle is loaded: tensors, numbers, strings, lists and dicts only.

    It begins with the SHA-256 of what follows, because a flipped bit in a weight would go unnoticed.
    """

    def __init__(self, folder: Path):
        """folder: belongs to one configuration of one version of the code, and to nothing else."""
        self.file = folder / "state.pt"

    def save(self, state: dict[str, Any]) -> None:
        """Raises OSError, with the file's name, where it cannot be written; the one before is then still there."""
        import torch

        content = io.BytesIO()
        torch.save(state, content)
        temporary = self.file.with_suffix(f".{os.getpid()}.tmp")
        try:
            self.file.parent.mkdir(parents=True, exist_ok=True)
            with temporary.open("wb") as file:
                file.write(hashlib.sha256(content.getbuffer()).digest())
                file.write(content.getbuffer())
                file.flush()
                os.fsync(file.fileno())
            os.replace(temporary, self.file)
        except OSError as error:
            with contextlib.suppress(OSError):
                temporary.unlink()
            raise OSError(error.errno, f"the checkpoint cannot be saved: {error.strerror}", str(self.file)) from error

    def load(self, device: "torch.device") -> dict[str, Any] | None:
        """The last saved state; None if there is none, or if it is damaged, which is said, and the file set aside."""
        if not self.file.exists():
            return None
        try:
            return read_state(self.file, device)
        except DamagedError as error:
            aside = self.file.with_suffix(".damaged")
            os.replace(self.file, aside)
            logger.warning("%s; moved to %s, beginning anew", error, aside)
            return None

    def discard(self) -> None:
        """Remove it: the run is finished and its outputs are written."""
        if self.file.parent.exists():
            for leftover in self.file.parent.glob("state*"):
                leftover.unlink()
            self.file.parent.rmdir()


def never() -> bool:
    """The stop of work that is not to be stopped."""
    return False


@dataclass(frozen=True)
class Resumable:
    """How work that is done in steps (epochs, batches) is saved, shown and stopped; by default none of it.

    checkpoint          where to resume from and to save to; None: nowhere
    checkpoint_seconds  the state is saved at most so often, and after a step
    progress            wraps the iterable of the steps left, for instance tqdm
    stop                asked after each step but the last; if true, the state is saved and UnfinishedError raised
    """

    checkpoint: Checkpoint | None = None
    checkpoint_seconds: float = 30.0
    progress: Callable[[Iterable], Iterable] = iter
    stop: Callable[[], bool] = never

    def begin(self, device: "torch.device") -> "Sitting":
        """Start, or resume with the last saved state, whose tensors are put on the device."""
        return Sitting(self, self.checkpoint.load(device) if self.checkpoint else None)


class Sitting:
    """The work from its start or its last checkpoint on.

    state: what was saved last, None at the work's start.
    """

    def __init__(self, resumable: Resumable, state: dict[str, Any] | None):
        self.resumable, self.state = resumable, state
        self.seconds_before = state["seconds"] if state else 0.0
        self.begun = self.saved = time.monotonic()

    @property
    def seconds(self) -> float:
        """How long the work has taken, with the sittings before this one."""
        return self.seconds_before + time.monotonic() - self.begun

    def save(self, state: dict[str, Any]) -> None:
        """Save the state, with the time that it took, if a checkpoint is given."""
        if self.resumable.checkpoint:
            self.resumable.checkpoint.save(state | {"seconds": self.seconds})
            self.saved = time.monotonic()

    def done(self, step: str, last: bool, state: Callable[[], dict[str, Any]]) -> None:
        """To be called after each step, for instance "epoch 3 of 60": saves and stops as asked.

        last: whether it is the last step. state: gives all that later steps depend on. Raises
        UnfinishedError.
        """
        if last:
            return
        stopped = self.resumable.stop()
        if stopped or time.monotonic() - self.saved > self.resumable.checkpoint_seconds:
            self.save(state())
        if stopped:
            raise UnfinishedError(f"stopped after {step}")


ONE_SITTING = Resumable()
