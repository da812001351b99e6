"""Where the workers come from: a running Dask scheduler, or jobs of a batch system through dask-jobqueue."""

import argparse
import shlex
import signal
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType

import dask
from distributed import Client
from distributed.deploy import SpecCluster
from distributed.security import Security

from stages.parallel import certificates
from stages.parallel.arguments import BATCH_SYSTEMS

SIZES = ("cores", "memory")  # of a job, without which dask-jobqueue starts none
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
    system = getattr(jobqueue(), BATCH_SYSTEMS[name])
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


def check(arguments: argparse.Namespace) -> None:
    """Raises ValueError for what workers() would find wrong after the stages on this machine.

    That is a protected scheduler without certificates, certificates that cannot be used, and a batch system of which
    Dask's configuration does not say how large a job is.
    """
    secure = security(arguments.tls)
    if (arguments.scheduler or "").startswith("tls://") and secure is None:
        raise ValueError(
            f"found no certificates for {arguments.scheduler}, expected --tls DIR: it takes nobody without"
        )
    if arguments.batch:
        jobqueue()  # brings its settings into Dask's configuration
        system = f"jobqueue.{arguments.batch}"
        if missing := [size for size in SIZES if dask.config.get(f"{system}.{size}", None) is None]:
            raise ValueError(
                f"found no {' and '.join(missing)} of {system} in Dask's configuration, expected those of a job in "
                "~/.config/dask/jobqueue.yaml: docs/machines.md, on a batch system"
            )


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

    arguments: as check() takes them. Raises ValueError for certificates that cannot be used any more.
    """
    secure = security(arguments.tls)
    if arguments.scheduler:
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
    temporary = folder / ".dvc" / "tmp"
    temporary.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="tls-", dir=temporary) as place:
        certificates.make(Path(place), days=90)
        yield security(Path(place))
