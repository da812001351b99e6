"""The arguments of `python -m stages.parallel.repro`, and which of them exclude each other."""

import argparse
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from stages.runs.run_stages import RUN_STAGES

# Batch system -> dask-jobqueue's class. Queue, cores, memory and walltime are read from Dask's own configuration.
BATCH_SYSTEMS = {"slurm": "SLURMCluster", "sge": "SGECluster", "pbs": "PBSCluster", "lsf": "LSFCluster"}
ONLY = "these and what they need, for instance evaluate, train@digits-vhp_rewo-0 or '*@digits-*'"
# Defaults of what only a cluster has. Not the parser's own, so that it can tell that one was given: without a cluster
# they would be ignored, and everything computed on this machine.
OF_A_BATCH_SYSTEM: dict[str, Any] = {"workers": 1}
OF_A_CLUSTER = OF_A_BATCH_SYSTEM | {"tls": None, "remote": False, "gpu": [], "min_free": 256, "patience": 60.0}


def parse(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    """Ends the program, before anything runs, for what cannot be meant. arguments: by default the program's."""
    parser = argparse.ArgumentParser(
        prog="repro", description="dvc repro with several stages at once and a display of their progress"
    )
    parser.add_argument("--jobs", type=at_least_one, default=1, help="stages at once; they share the cores")
    parser.add_argument("--only", nargs="+", metavar="STAGE", help=ONLY)
    parser.add_argument(
        "--allow-missing", action="store_true", help="take stages as done whose files are missing but in dvc.lock"
    )
    cluster = parser.add_argument_group("cluster", "the runs' stages go to the workers of a Dask cluster")
    where = cluster.add_mutually_exclusive_group()
    where.add_argument("--scheduler", metavar="ADDRESS", help="of a running cluster, for instance tcp://10.0.0.1:8786")
    for system in BATCH_SYSTEMS:
        where.add_argument(f"--{system}", dest="batch", action="store_const", const=system, help="start workers by it")
    cluster.add_argument(
        "--tls", type=Path, metavar="DIR", help="with certificates, which stages/parallel/certificates.py makes"
    )
    cluster.add_argument("--workers", type=at_least_one, metavar="N", help="jobs to start in the batch system")
    cluster.add_argument(
        "--remote", action="store_const", const=True, help="files go through the DVC remote, not a shared cache"
    )
    cluster.add_argument(
        "--gpu", nargs="+", choices=sorted(RUN_STAGES), metavar="STAGE", help="stages that need the resource GPU"
    )
    cluster.add_argument("--min-free", type=int, metavar="MIB", help="disk that a worker must have")
    cluster.add_argument("--patience", type=float, metavar="SECONDS", help="how long a worker tries to get its files")
    found = parser.parse_args(arguments)
    if found.allow_missing and (found.scheduler or found.batch):
        parser.error("--allow-missing is for one machine: a cluster's stages get their files from cache or remote")
    if not (found.scheduler or found.batch):
        refuse(parser, found, OF_A_CLUSTER, f"--scheduler ADDRESS or {batch_options()}")
    if not found.batch:
        refuse(parser, found, OF_A_BATCH_SYSTEM, batch_options())
    for name, default in OF_A_CLUSTER.items():
        if getattr(found, name) is None:
            setattr(found, name, default)
    return found


def at_least_one(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"found {text}, expected a whole number from 1")
    return int(text)


def batch_options() -> str:
    return f"one of {', '.join(f'--{system}' for system in BATCH_SYSTEMS)}"


def refuse(parser: argparse.ArgumentParser, found: argparse.Namespace, names: Iterable[str], expected: str) -> None:
    if given := [f"--{name.replace('_', '-')}" for name in names if getattr(found, name) is not None]:
        parser.error(f"found {', '.join(given)} alone, expected with {expected}")
