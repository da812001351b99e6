"""Where an interrupted stage goes on: a checkpoint that belongs to its inputs.

In runs/checkpoints/, or in the folder that VHP_CHECKPOINTS names, which several machines may share.
"""

import hashlib
import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from stages.runs.run import Run
from vhp.resumable import Checkpoint

CHECKPOINTS = Path("runs", "checkpoints")
CHECKPOINT_SECONDS = 30.0  # what a killed stage loses at most, beside the epoch or batch in which it died


def checkpoint(run: Run, sections: Sequence[str], contents: str) -> Checkpoint:
    """The checkpoint of these sections of the configuration, contents, code and kind of device, and of nothing else.

    contents: a hash of what else the stage reads.
    """
    digest = hashlib.sha256(json.dumps([run.config[s] for s in sections], sort_keys=True).encode())
    # The same noise is other numbers on another kind of device.
    digest.update(f"{contents} {run.device.type}".encode())
    for name in sorted(sys.modules):
        if name.split(".")[0] in ("vhp", "stages", "__main__") and getattr(sys.modules[name], "__file__", None):
            digest.update(Path(sys.modules[name].__file__).read_bytes())
    return Checkpoint(Path(os.environ.get("VHP_CHECKPOINTS", CHECKPOINTS)) / digest.hexdigest()[:16])
