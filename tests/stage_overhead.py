"""What DVC costs a worker for each stage: `python tests/stage_overhead.py`.

Runs stages that do nothing, of a pipeline with the real one's shape, as a worker does: once with a shared cache, once
through a remote. Prints processor seconds, which a busy machine does not change much, and seconds.
"""

import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import sandbox
import yaml
from dask_cluster import clone, share_cache, use_remote

from stages.parallel import lockfile

REPEATS = 3
INPUTS = {"train": ["data/a.txt", "runs/configs"], "evaluate": ["data/a.txt", "runs/a-m-0/model.txt"]}


def measured(workspace: Path, head: Path, remote: bool) -> None:
    """Both stages, as if the head had just done what comes before."""
    entries = lockfile.read(head / "dvc.lock")
    folder = workspace / ".dvc" / "tmp" / "vhp-step"
    folder.mkdir(parents=True, exist_ok=True)
    for name, inputs in INPUTS.items():
        stage = f"{name}@a-m-0"
        before = {key: entry for key, entry in entries.items() if key != stage and not key.startswith("report")}
        params = yaml.safe_load((head / "params.yaml").read_text())
        job = {"stage": stage, "inputs": inputs, "remote": remote, "lock": before, "params": params}
        (folder / "job.json").write_text(json.dumps(job))
        command = [sys.executable, "-m", "stages.parallel.step", str(folder)]
        started, before = time.monotonic(), resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run(command, cwd=workspace, env=sandbox.environment(), check=True, stdout=subprocess.DEVNULL)
        after, seconds = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic() - started
        processor = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        print(
            f"{'remote' if remote else 'cache ':6} {name:8} {processor:5.2f} processor s {seconds:6.2f} s", flush=True
        )


def main() -> None:
    for remote in (False, True):
        with tempfile.TemporaryDirectory(prefix="vhp-overhead-") as name:
            head = Path(name, "head")
            sandbox.write(head, "echo model of $1 > runs/$1/model.txt", ("a",))
            if remote:
                use_remote(head, Path(name, "store"))
            else:
                share_cache(head, Path(name, "cache"))
            sandbox.call(head, "dvc", "repro")
            if remote:
                sandbox.call(head, "dvc", "push", "configure", "preprocess@a")
            for i in range(REPEATS):
                measured(clone(head, f"worker-{i}"), head, remote)


if __name__ == "__main__":
    main()
