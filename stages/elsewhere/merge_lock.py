"""Merge two versions of dvc.lock stage by stage: git's merge driver, which `make install` sets up.

Branches that trained different data sets have changed different stages, in lines that git takes for one block. A
stage that both changed is a conflict; of those that sum up all others, and take seconds, none is kept: `dvc repro`
makes them anew.
"""

import argparse
import sys
from collections.abc import Mapping
from pathlib import Path

from stages.command import command
from stages.parallel.lockfile import Entry, read, write

SUMMING_UP = ("configure", "report")


def merged(
    base: Mapping[str, Entry], ours: Mapping[str, Entry], theirs: Mapping[str, Entry]
) -> tuple[dict[str, Entry], list[str]]:
    """Stage -> entry, in our order and then in theirs, and the stages that both changed.

    Of these our entries are kept, and none where we have deleted it.
    """
    entries, both = {}, []
    for stage in dict.fromkeys((*ours, *theirs)):
        before, own, other = (entries_of.get(stage) for entries_of in (base, ours, theirs))
        chosen = other if own == before else own
        if own != other and before not in (own, other):
            if stage in SUMMING_UP:
                continue
            both.append(stage)
        if chosen is not None:
            entries[stage] = chosen
    return entries, both


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    for name, text in (("base", "the common ancestor"), ("ours", "this branch's; gets the result"), ("theirs", "")):
        parser.add_argument(name, type=Path, help=text or "the other branch's")
    files = parser.parse_args()
    # A late import: DVC takes a while.
    from dvc.exceptions import DvcException

    with command("dvc.lock", DvcException):
        entries, both = merged(*(read(file) for file in (files.base, files.ours, files.theirs)))
        write(entries, files.ours)
    if both:
        print(f"dvc.lock: both branches changed {', '.join(both)}; ours are kept, choose and commit", file=sys.stderr)
        raise SystemExit(1)


if __name__ == "__main__":
    main()
