"""The real pipeline, with workers killed at random moments: the results are those of an undisturbed run."""

import os
import random
import re
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest
import sandbox
from dask_cluster import Cluster, ran
from same_outputs import contents, differences

pytestmark = pytest.mark.cluster

KILLS = int(os.environ.get("VHP_KILLS", "3"))
SECONDS_BETWEEN = (4.0, 16.0)  # a stage of this matrix takes about ten
SEEDS = list(range(max(1, KILLS // 4)))  # so that there is enough to be disturbed
MATRIX = {"budget": "smoke", "datasets": "[digits]", "methods": "[vhp_rewo, iwae_l1]", "seeds": str(SEEDS)}


def clone(folder: Path) -> Path:
    sandbox.call(sandbox.ROOT, "git", "clone", "--quiet", str(sandbox.ROOT), str(folder))
    params = (folder / "params.yaml").read_text()
    for name, value in MATRIX.items():
        params = re.sub(f"(?m)^{name}:.*", f"{name}: {value}", params)
    (folder / "params.yaml").write_text(params)
    return folder


def start_nannies(cluster: Cluster, head: Path, folder: Path) -> list[subprocess.Popen]:
    """Two workers in the head's folder, whose nannies replace them."""
    options = ("--nthreads", "1", "--no-dashboard")
    where = [("--local-directory", str(folder / f"scratch-{i}")) for i in range(2)]
    module = "distributed.cli.dask_worker"
    return [cluster.start(f"nanny-{i}", module, cluster.address, *options, *where[i], cwd=head) for i in range(2)]


def command_line(process: psutil.Process) -> str:
    """None of one that has ended meanwhile."""
    try:
        return " ".join(process.cmdline())
    except psutil.NoSuchProcess:
        return ""


def children_of(process: psutil.Process) -> list[psutil.Process]:
    try:
        return process.children()
    except psutil.NoSuchProcess:
        return []


def kill_a_worker(nannies: list[subprocess.Popen], moments: random.Random) -> bool:
    """One that is working if there is any; with SIGKILL, so that it cannot clean up."""
    children = [child for nanny in nannies for child in psutil.Process(nanny.pid).children()]
    workers = [child for child in children if "multiprocessing.spawn" in command_line(child)]
    working = [child for child in workers if any("leash" in command_line(c) for c in children_of(child))]
    if not working:
        return False
    moments.choice(working).kill()
    return True


def test_workers_killed_at_random_change_nothing(tmp_path):
    undisturbed, head = clone(tmp_path / "undisturbed"), clone(tmp_path / "head")
    sandbox.call(undisturbed, sys.executable, "-m", "stages.parallel.repro")
    moments, kills = random.Random(0), 0
    with Cluster(tmp_path) as cluster:
        nannies = start_nannies(cluster, head, tmp_path)
        with (tmp_path / "head.log").open("w") as log:
            command = [sys.executable, "-m", "stages.parallel.repro", "--scheduler", cluster.address]
            process = subprocess.Popen(
                command, cwd=head, env=sandbox.environment(), stdout=log, stderr=subprocess.STDOUT
            )
        while kills < KILLS and process.poll() is None:
            time.sleep(moments.uniform(*SECONDS_BETWEEN))
            kills += kill_a_worker(nannies, moments)
        process.wait()
    assert process.returncode == 0, (tmp_path / "head.log").read_text()
    print(f"{kills} workers killed, {len(contents(head))} outputs compared")
    assert kills == KILLS
    assert differences(undisturbed, head) == []
    assert ran(sandbox.call(head, "dvc", "repro")) == []
