"""Where the workers come from: a running Dask scheduler, or jobs of a batch system through dask-jobqueue."""

import argparse
import shlex
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType

import dask
from distributed import Client
from distributed.deploy import SpecCluster

# Batch system -> dask-jobqueue's class. Queue, cores, memory and walltime are read from Dask's own configuration.
SYSTEMS = {"slurm": "SLURMCluster", "sge": "SGECluster", "pbs": "PBSCluster", "lsf": "LSFCluster"}
CONNECT_SECONDS = 300.0  # for a scheduler to start, or to restart


def jobqueue() -> ModuleType:
    """dask_jobqueue, without its signal handler, by which Ctrl-C ends the program silently and with exit code 0."""
    handler = signal.getsignal(signal.SIGINT)
    import dask_jobqueue

    signal.signal(signal.SIGINT, handler)
    return dask_jobqueue


def batch_system(name: str, folder: Path | None) -> SpecCluster:
    """No worker runs yet. folder: where jobs start their workers; None: where the configuration's prologue leads."""
    system = getattr(jobqueue(), SYSTEMS[name])
    prologue = dask.config.get(f"jobqueue.{name}.job-script-prologue") or []
    there = [f"cd {shlex.quote(str(folder))}"] if folder else []
    return system(job_script_prologue=[*prologue, *there])


@contextmanager
def workers(arguments: argparse.Namespace) -> Iterator[Callable[[], Client]]:
    """A function that connects to the scheduler, also after it was lost. Jobs are ended with the block."""
    if arguments.scheduler:
        yield lambda: Client(arguments.scheduler, timeout=CONNECT_SECONDS, name="vhp")
        return
    # Through a remote a worker's clone may be anywhere; else it is this clone, which the machines must share.
    with batch_system(arguments.batch, None if arguments.remote else Path.cwd()) as cluster:
        # Not scale(): a job that has ended, also by its walltime, is replaced.
        cluster.adapt(minimum_jobs=arguments.workers, maximum_jobs=arguments.workers)
        yield lambda: Client(cluster, name="vhp")
