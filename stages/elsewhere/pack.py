"""Pack what a GPU machine needs to train and evaluate runs: `python -m stages.elsewhere.pack gpu.tar RUN RUN ...`

The archive holds the program, the resolved configurations and the prepared data of the runs, and no more. How to use
it on the other machine: stages/elsewhere/work.py.
"""

import argparse
import io
import logging
import tarfile
from collections.abc import Sequence
from pathlib import Path

from stages.command import command
from stages.files import replacing
from stages.runs import configs, machine
from stages.runs.places import config_file, data_file

logger = logging.getLogger(__name__)


def datasets_of(runs: Sequence[str]) -> list[str]:
    """The runs' data sets. Raises ValueError for a run that is not configured, or whose configuration is damaged."""
    configs.check(runs)
    return sorted({configs.read_config(run)["run"]["dataset"] for run in runs})


def check_up_to_date(runs: Sequence[str]) -> None:
    """Raises ValueError if configurations or prepared data of the runs are not those of the pipeline as it is now."""
    # A late import: it takes most of a second.
    from dvc.exceptions import DvcException
    from dvc.repo import Repo

    stages = ["configure", *(f"preprocess@{dataset}" for dataset in datasets_of(runs))]
    try:
        with Repo() as repo:
            stale = sorted(repo.status(targets=stages))
    except DvcException as error:
        raise ValueError(f"`dvc status` failed: {error}") from error
    if stale:
        raise ValueError(f"not up to date: {', '.join(stale)}; run `dvc repro {' '.join(stages)}`")


def code() -> list[Path]:
    """Every file of the program, relative to the working directory."""
    files = [file for folder in ("stages", "vhp") for file in Path(folder).rglob("*") if file.is_file()]
    return sorted(file for file in files if "__pycache__" not in file.parts)


def pack(archive: Path, runs: Sequence[str]) -> None:
    files = [*code(), *(config_file(run) for run in runs)]
    files += [data_file(dataset) for dataset in datasets_of(runs)]
    with replacing(archive) as temporary, tarfile.open(temporary, "w") as tar:
        for file in files:
            # The content, where DVC made the file a link into its cache.
            tar.add(file.resolve(), arcname=file)
        # For the results' provenance: the other machine has no git repository.
        text = f"{machine.revision() or 'unknown'}\n".encode()
        member = tarfile.TarInfo(machine.REVISION_FILE.as_posix())
        member.size = len(text)
        tar.addfile(member, io.BytesIO(text))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("archive", type=Path, help="the file to write")
    parser.add_argument("runs", nargs="+", metavar="RUN", help="<dataset>-<method>-<seed>, of runs/configs")
    arguments = parser.parse_args()
    with command("pack"):
        check_up_to_date(arguments.runs)
        pack(arguments.archive, arguments.runs)
        size = arguments.archive.stat().st_size / 2**20
        logger.info("%d runs packed: %s, %.0f MiB", len(arguments.runs), arguments.archive, size)


if __name__ == "__main__":
    main()
