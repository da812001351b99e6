"""Where an interrupted stage goes on: a checkpoint that belongs to its inputs.

In runs/checkpoints/, or in the folder that VHP_CHECKPOINTS names, which several machines may share.
"""

import hashlib
import json
import os
from pathlib import Path

from stages.runs.run import Run
from stages.runs.run_stages import RUN_STAGES
from vhp.resumable import Checkpoint

CHECKPOINTS = Path("runs", "checkpoints")
CHECKPOINT_SECONDS = 30.0  # what a killed stage loses at most, beside the epoch or batch in which it died


def checkpoint(run: Run, stage: str, contents: str) -> Checkpoint:
    """The checkpoint of a stage's parameters, contents, code and kind of device, and of nothing else.

    contents: a hash of what else the stage reads.
    """
    parts = [stage, run.config["code"][stage], *(run.config[section] for section in RUN_STAGES[stage].sections)]
    digest = hashlib.sha256(json.dumps(parts, sort_keys=True).encode())
    # The same noise is other numbers on another kind of device.
    digest.update(f"{contents} {run.device.type}".encode())
    return Checkpoint(Path(os.environ.get("VHP_CHECKPOINTS", CHECKPOINTS)) / digest.hexdigest()[:16])
