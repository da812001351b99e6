"""In a worker's workspace: fetch what a stage reads, reproduce the stage, publish what it made.

`python -m stages.parallel.step <folder>` reads job.json in it and writes result.json: the stage's entry in dvc.lock,
or why this worker is unfit for it. Exits with 1 when the stage itself failed. One process for all of DVC's work, since
starting DVC takes longer than most of it.
"""

import sys
import time
from pathlib import Path
from typing import Any

import yaml
from dvc.cli import main as dvc

from stages.files import read_json, write_json, write_text
from stages.parallel import lockfile

PARAMS = Path("params.yaml")
PAUSE = 5.0  # seconds


def prepare(job: dict[str, Any]) -> None:
    """params.yaml and dvc.lock with the one run of this job: DVC reads both, and 1,000 runs would take it long."""
    write_text(PARAMS, yaml.safe_dump(job["params"], sort_keys=False))
    lockfile.write(job["lock"])


def run(job: dict[str, Any]) -> dict[str, Any]:
    """The content of result.json; an empty one if the stage failed."""
    stage, inputs = job["stage"], job["inputs"]
    prepare(job)
    fetch = "pull" if job["remote"] else "checkout"
    if inputs and not patiently([fetch, "--force", *inputs], job["patience"]):
        return {"unfit": f"found no {', '.join(inputs)}: `dvc {fetch}` failed; is the {place(job)} the head's?"}
    if dvc(["repro", "--single-item", stage]):
        return {}
    if job["remote"] and not patiently(["push", stage], job["patience"]):
        return {"unfit": f"{stage} is made, but `dvc push` failed; can this machine write to the {place(job)}?"}
    return {"entry": lockfile.read()[stage]}


def patiently(command: list[str], seconds: float) -> bool:
    """Whether it succeeded, tried for so long: new files may appear late, and a connection be lost for a moment."""
    end = time.monotonic() + seconds
    while dvc(command):
        if time.monotonic() + PAUSE > end:
            return False
        time.sleep(PAUSE)
    return True


def place(job: dict[str, Any]) -> str:
    return "DVC remote" if job["remote"] else "cache directory"


def main() -> None:
    folder = Path(sys.argv[1])
    result = run(read_json(folder / "job.json"))
    write_json(folder / "result.json", result)
    raise SystemExit(0 if result else 1)


if __name__ == "__main__":
    main()
