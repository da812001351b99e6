"""Where the workers come from: a running Dask scheduler, or jobs of a batch system through dask-jobqueue."""

import argparse
import os
import shlex
import shutil
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType

import dask
from distributed import Client
from distributed.deploy import SpecCluster
from distributed.security import Security

from stages.parallel import certificates

# Batch system -> dask-jobqueue's class. Queue, cores, memory and walltime are read from Dask's own configuration.
SYSTEMS = {"slurm": "SLURMCluster", "sge": "SGECluster", "pbs": "PBSCluster", "lsf": "LSFCluster"}
LOOPBACK = "127.0.0.1:0"  # of pages about scheduler and workers, which have no TLS
CONNECT_SECONDS = 300.0  # for a scheduler to start, or to restart


def jobqueue() -> ModuleType:
    """dask_jobqueue, without its signal handler, by which Ctrl-C ends the program silently and with exit code 0."""
    handler = signal.getsignal(signal.SIGINT)
    import dask_jobqueue

    signal.signal(signal.SIGINT, handler)
    return dask_jobqueue


def batch_system(name: str, folder: Path | None, security: Security | None) -> SpecCluster:
    """No worker runs yet. folder: where jobs start their workers; None: where the configuration's prologue leads.

    Neither scheduler nor workers have a dashboard, which would be open to everybody; security: None leaves all open.
    """
    system = getattr(jobqueue(), SYSTEMS[name])
    prologue = dask.config.get(f"jobqueue.{name}.job-script-prologue") or []
    extra = dask.config.get(f"jobqueue.{name}.worker-extra-args") or []
    there = [f"cd {shlex.quote(str(folder))}"] if folder else []
    return system(
        job_script_prologue=[*prologue, *there],
        worker_extra_args=[*extra, "--no-dashboard", "--dashboard-address", LOOPBACK],
        scheduler_options={"dashboard": False, "dashboard_address": LOOPBACK},
        security=security,
    )


def security(tls: Path | None) -> Security | None:
    """The folder's certificates, else what Dask's own configuration names; None: neither. Raises ValueError."""
    if tls is not None:
        certificates.check(tls)
        folder = tls.resolve()
        files = {"cert": str(folder / certificates.CERTIFICATE), "key": str(folder / certificates.KEY)}
        of_roles = {f"tls_{role}_{what}": f for role in ("client", "scheduler", "worker") for what, f in files.items()}
        return Security(require_encryption=True, tls_ca_file=files["cert"], **of_roles)
    return Security() if dask.config.get("distributed.comm.tls.client.cert", None) else None


def unprotected(arguments: argparse.Namespace) -> str | None:
    """What to tell of a cluster that others can reach; a batch system's jobs get certificates through the folder."""
    host = (arguments.scheduler or "").partition("://")[2].rpartition(":")[0].strip("[]")
    own = arguments.batch and not arguments.remote
    if own or host in ("localhost", "127.0.0.1", "::1") or security(arguments.tls) is not None:
        return None
    return "without --tls whoever reaches the cluster's ports runs code as you: docs/machines.md, who may reach this"


@contextmanager
def workers(arguments: argparse.Namespace) -> Iterator[Callable[[], Client]]:
    """A function that connects to the scheduler, also after it was lost. Jobs are ended with the block.

    Raises ValueError for a protected scheduler without certificates, and for certificates that cannot be used.
    """
    secure = security(arguments.tls)
    if arguments.scheduler:
        if arguments.scheduler.startswith("tls://") and secure is None:
            raise ValueError(
                f"{arguments.scheduler} takes only who has its certificates, found none; expected --tls DIR"
            )
        yield lambda: Client(arguments.scheduler, timeout=CONNECT_SECONDS, name="vhp", security=secure)
        return
    # Through a remote a worker's clone may be anywhere; else it is this clone, which the machines must share.
    folder = None if arguments.remote else Path.cwd()
    with own_certificates(secure, folder) as secure, batch_system(arguments.batch, folder, secure) as cluster:
        # Not scale(): a job that has ended, also by its walltime, is replaced.
        cluster.adapt(minimum_jobs=arguments.workers, maximum_jobs=arguments.workers)
        yield lambda: Client(cluster, name="vhp")


@contextmanager
def own_certificates(secure: Security | None, folder: Path | None) -> Iterator[Security | None]:
    """Of a cluster that is started here for a while, in a folder that its machines share."""
    if secure is not None or folder is None:
        yield secure
        return
    place = folder / ".dvc" / "tmp" / f"tls-{os.getpid()}"
    certificates.make(place, days=90)
    try:
        yield security(place)
    finally:
        shutil.rmtree(place)
