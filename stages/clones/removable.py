"""May clones be deleted? `python -m stages.clones.removable demo smoke` fails where one is in use or holds one's work.

Nothing here needs more than Python and git: `make clean` asks it without the environment, too.
"""

import argparse
import re
from pathlib import Path

from stages.clones.git import FINISHED, CloneError, git, tip, try_git
from stages.clones.lock import check_idle, check_unclaimed

EXPERIMENTS = re.compile(r"refs/exps/([0-9a-f]{2}|celery)/")  # not the references that DVC itself uses


def check_content(folder: Path, force: bool) -> None:
    """Raises CloneError if the folder holds what must not be deleted, and BusyError if it is in use.

    force: also where it holds experiments, a stash or commits that this repository lacks.
    """
    if not folder.exists():
        return
    if any(folder.iterdir()) and not (folder / ".git").is_dir():
        raise CloneError(f"found {folder}, which is no clone; delete or move it")
    check_idle(folder)
    if force:
        return
    references = git("for-each-ref", "--format=%(refname)", folder=folder).splitlines()
    if any(EXPERIMENTS.match(name) for name in references):
        raise CloneError(f"found experiments in {folder} (`dvc exp show` in it); take what you need, then FORCE=1")
    if "refs/stash" in references:
        raise CloneError(f"found a stash in {folder} (`git stash list` in it); take what you need, then FORCE=1")
    tips = git("for-each-ref", "--format=%(objectname)", "refs/heads", "refs/tags", folder=folder).split()
    tips += [head] if (head := tip("HEAD", folder)) else []
    if any(try_git("cat-file", "-e", name) is None for name in set(tips) - {tip(FINISHED, folder)}):
        raise CloneError(
            f"found commits in {folder} that this repository lacks (`git fetch {folder}`); take them, then FORCE=1"
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folders", nargs="+", type=Path)
    parser.add_argument("--force", action="store_true", help="whatever they hold, if no one is at work in them")
    arguments = parser.parse_args()
    try:
        for folder in arguments.folders:
            check_unclaimed(folder)
            check_content(folder, arguments.force)
    except (ValueError, OSError) as error:
        raise SystemExit(str(error)) from error


if __name__ == "__main__":
    main()
