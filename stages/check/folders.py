"""Did a stage that reads a folder read the files that dvc.lock has in it?"""

import json
from collections.abc import Mapping
from typing import Any

from stages.files import md5_of


def other_folders(entries: Mapping[str, Any], also: Mapping[str, Any]) -> list[tuple[str, str, str]]:
    """Folders that a stage read, and that held other files than are the outputs in them.

    A folder's hash is that of a list of its files: so no model can be exchanged in the entries of the stages that make
    and read it alone. also: entries of stages that are no more, whose outputs may have been in the folder.
    """
    made, all_made = ({o["path"]: o["md5"] for e in es.values() for o in e.get("outs", [])} for es in (entries, also))
    found = []
    for stage, entry in entries.items():
        for need in entry.get("deps", []):
            path, within = need["path"], _within(need["path"], made)
            # The files of an output that is a folder itself are not in dvc.lock.
            if path in made or not within or any(md5.endswith(".dir") for md5 in within.values()):
                continue
            if need["md5"] not in (md5_of_list(within), md5_of_list(_within(path, all_made | made))):
                found.append((stage, path, "held other files than those that its stages made"))
    return found


def _within(folder: str, files: Mapping[str, str]) -> dict[str, str]:
    return {path.removeprefix(f"{folder}/"): md5 for path, md5 in files.items() if path.startswith(f"{folder}/")}


def md5_of_list(files: Mapping[str, str]) -> str:
    """The hash of a folder, as dvc.lock has it. files: path in the folder -> MD5."""
    entries = [{"md5": md5, "relpath": path} for path, md5 in sorted(files.items())]
    return f"{md5_of(json.dumps(entries, sort_keys=True).encode())}.dir"
