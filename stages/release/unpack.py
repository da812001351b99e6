"""Put packed models back into runs/: `python -m stages.release.unpack weights/<budget>.tar`

Every file is compared with SHA256SUMS, every model loaded, and its MD5 compared with dvc.lock's; where one differs,
nothing is written. Then `dvc repro --single-item interpolate@RUN` works without a training, and vhp.load on the run's
folder.
"""

import argparse
import hashlib
import logging
import re
import tarfile
from pathlib import Path, PurePosixPath

from stages.command import command
from stages.files import md5_of, write_bytes
from stages.release.pack import SUMS
from stages.runs import recorded
from stages.runs.places import run_folder
from vhp.model import files, loading

logger = logging.getLogger(__name__)

RUN = re.compile(r"\w+-\w+-\d+")  # a name, and no way out of runs/


def read(archive: Path) -> dict[str, bytes]:
    """Path below the archive's folder -> content. Raises ValueError unless all is as SHA256SUMS says, and OSError."""
    try:
        with tarfile.open(archive) as tar:
            members = {member.name.partition("/")[2]: member for member in tar.getmembers() if member.isfile()}
            opened = {name: tar.extractfile(member) for name, member in members.items()}
            found = {name: file.read() for name, file in opened.items() if file}  # all: none is a folder
    except (tarfile.TarError, EOFError) as error:  # EOFError: compressed, and cut off
        why = str(error).partition("\n")[0].rstrip(":")  # what each kind of compression says of it follows
        raise ValueError(f"{archive}: found no tar archive, or a damaged one ({why})") from error
    lines = found.pop(SUMS, b"").decode(errors="replace").splitlines()
    expected = {name: digest for digest, _, name in (line.partition("  ") for line in lines)}
    if not expected:
        raise ValueError(f"{archive}: found no {SUMS}, expected an archive that `make weights` wrote")
    if wrong := sorted(found.keys() ^ expected.keys()):
        raise ValueError(f"{archive}: found other files than {SUMS} lists, among them {wrong[0]}")
    for name, content in found.items():
        if hashlib.sha256(content).hexdigest() != expected[name]:
            raise ValueError(f"{archive}: {name} is not what {SUMS} says: fetch the archive again")
    return found


def models(archive: Path, found: dict[str, bytes]) -> dict[Path, bytes]:
    """Where each model of the archive belongs. Raises ValueError for a file that is no run's model of this table."""
    placed = {}
    for name, content in found.items():
        run, file = PurePosixPath(name).parent.as_posix(), PurePosixPath(name).name
        if file != files.NAME:
            continue
        _, about = loading.read_bytes(f"{archive}, {name}", content)
        made = about.get("run", {})
        named = "-".join(str(made.get(key)) for key in ("dataset", "method", "seed"))
        if run != named or not RUN.fullmatch(run):
            raise ValueError(f"{archive}: {name}: found a model of {made or 'no run'}, expected one of {run}")
        path = run_folder(run) / file
        _check_recorded(run, path, content)
        placed[path] = content
    return placed


def _check_recorded(run: str, path: Path, content: bytes) -> None:
    outs = (recorded.entry(f"train@{run}") or {}).get("outs", [])
    expected = next((out["md5"] for out in outs if out["path"] == path.as_posix()), None)
    if expected is not None and md5_of(content) != expected:
        raise ValueError(
            f"{run}: the packed model has the MD5 {md5_of(content)}, dvc.lock {expected}: it is of another table than "
            "this revision's; check out the revision it was released with, or unpack it elsewhere and use vhp.load"
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("archive", type=Path)
    archive = parser.parse_args().archive
    with command("weights"):
        placed = models(archive, read(archive))
        for path, content in placed.items():
            write_bytes(path, content)
        logger.info("%d models in runs/", len(placed))


if __name__ == "__main__":
    main()
