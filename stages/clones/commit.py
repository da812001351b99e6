"""Commit a clone's matrix and results in the clone: `python -m stages.clones.commit demo`.

Then HEAD is what was run there, and `dvc exp run`, `dvc metrics diff`, `dvc exp diff` and `dvc plots diff` compare with
it. Only when the pipeline has ended: the results name the revision of the code that made them, which is this
repository's.
"""

import argparse
from pathlib import Path

from stages.clones.git import check_other, commit
from stages.clones.lock import check_idle
from stages.command import command


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("clone", type=Path, help="the folder that stages.clones made")
    clone = parser.parse_args().clone
    with command("commit"):
        check_other(clone)
        check_idle(clone)
        commit(clone, f"Results of make {clone.name}")


if __name__ == "__main__":
    main()
