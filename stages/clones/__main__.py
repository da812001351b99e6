"""A clone of this repository in a folder of its own, for the pipeline with another matrix: `make demo`, `make study`.

    python -m stages.clones demo --budget demo --datasets pendulum digits -- python -m stages.parallel.repro

The uncommitted changes are laid over it, and it shares this repository's cache: nothing is computed twice, and neither
params.yaml nor dvc.lock nor the committed reports change. A clone of an earlier call is replaced, but for the
checkpoints of interrupted runs. A folder that is no such clone, or in which a pipeline is running, is refused before
anything is removed, and so is one with experiments, a stash or commits, other than that of its results, unless --force
is given.
"""

import argparse
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from configobj import ConfigObj

from stages.clones.git import CloneError, git, tip
from stages.clones.lock import WORK, Lock, claim, key
from stages.clones.matrix import AXES, set_matrix
from stages.clones.removable import check_content
from stages.command import command

CHECKPOINTS = Path("runs", "checkpoints")


def make(folder: Path, force: bool = False) -> Lock:
    """Make or replace the clone. It belongs to this process until the lock is closed.

    folder: relative to the repository's root, which is the working directory. force: also delete commits,
    experiments and stashes that were made in it. Raises CloneError, BusyError or OSError.
    """
    check_place(folder)
    held = Lock(claim(folder))
    try:
        check_content(folder, force)
        kept, new, old = (WORK / f"{what}-{key(folder)}" for what in ("kept", "new", "old"))
        for left in (new, old):
            shutil.rmtree(left, ignore_errors=True)
        copy_repository(new)
        share_cache(new)
        if (folder / CHECKPOINTS).exists():
            shutil.rmtree(kept, ignore_errors=True)
            (folder / CHECKPOINTS).rename(kept)
        folder.parent.mkdir(parents=True, exist_ok=True)
        if folder.exists():
            folder.rename(old)
        new.rename(folder)
        if kept.exists():
            (folder / CHECKPOINTS).parent.mkdir(exist_ok=True)
            kept.rename(folder / CHECKPOINTS)
        shutil.rmtree(old, ignore_errors=True)
    except BaseException:
        held.close()
        raise
    return held


def check_place(folder: Path) -> None:
    """Raises CloneError for a folder that is not below this one, or in which this repository has files."""
    if not (Path(".git").exists() and Path(".dvc").is_dir()):
        raise CloneError("found no git repository with DVC in this folder; run this in a clone of the project")
    root = Path.cwd()
    if folder.is_absolute() or ".." in folder.parts or (root / folder).resolve() != root / folder or folder == Path():
        raise CloneError(f"found the folder {str(folder)!r}, expected the name of one in this folder")
    if git("--literal-pathspecs", "ls-files", "-z", "--", str(folder)):
        raise CloneError(f"found files of this repository in {folder}, expected a folder without any")


def copy_repository(new: Path) -> None:
    """The last commit, with the uncommitted changes laid over it."""
    git("clone", "--quiet", ".", str(new))
    # Of no commit nothing was deleted. `ls-files --deleted` would not do: it lacks what `git rm` has staged.
    if tip("HEAD"):
        for path in _paths("diff", "--name-only", "--no-renames", "--diff-filter=D", "-z", "HEAD"):
            (new / path).unlink(missing_ok=True)
            # An empty folder is in the way of a file that has taken its place.
            while not any((new / path).parent.iterdir()):
                path = path.parent
                (new / path).rmdir()
    for path in _paths("ls-files", "--cached", "--others", "--exclude-standard", "--deduplicate", "-z"):
        # A folder is another repository, and a missing file was deleted.
        if path.is_symlink() or path.is_file():
            (new / path).parent.mkdir(parents=True, exist_ok=True)
            (new / path).unlink(missing_ok=True)
            shutil.copy2(path, new / path, follow_symlinks=False)


def share_cache(folder: Path) -> None:
    """Give the clone this repository's cache. Not by `dvc cache dir`, which writes ASCII only."""
    asking = [sys.executable, "-X", "utf8", "-m", "dvc", "cache", "dir"]
    cache = subprocess.run(asking, capture_output=True, encoding="utf-8")
    if cache.returncode:
        raise CloneError(f"dvc cache dir: {cache.stderr.strip()}")
    place = Path(cache.stdout.strip())
    place.mkdir(parents=True, exist_ok=True)
    settings = ConfigObj(str(folder / ".dvc" / "config.local"), encoding="utf-8")
    settings.setdefault("cache", {})["dir"] = str(place.resolve())
    settings.write()


def _paths(*command: str) -> Iterator[Path]:
    return (Path(name) for name in git(*command).split("\0") if name)


def main() -> None:
    usage = "%(prog)s [options] FOLDER [-- COMMAND ...]; the clone is the command's own until that ends"
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0], usage=usage)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--force", action="store_true", help="also delete experiments, stashes and commits made in it")
    for axis in AXES:
        parser.add_argument(f"--{axis}", nargs=1 if axis == "budget" else "+", help="default: that of params.yaml")
    split = sys.argv.index("--") if "--" in sys.argv else len(sys.argv)
    arguments, to_run = parser.parse_args(sys.argv[1:split]), sys.argv[split + 1 :]
    with command("clone"):
        held = make(arguments.folder, arguments.force)
        set_matrix(arguments.folder / "params.yaml", **{axis: getattr(arguments, axis) for axis in AXES})
        if to_run:
            # It replaces this process and inherits its open file, and so the lock, which ends with it.
            held.outlast_exec()
            os.chdir(arguments.folder)
            os.execvp(to_run[0], to_run)


if __name__ == "__main__":
    main()
