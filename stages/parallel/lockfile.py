"""dvc.lock as data: a stage's entry in it is all that another clone needs to fetch the stage's outputs."""

import contextlib
import io
import json
import re
from collections import OrderedDict
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.representer import SafeRepresenter

from stages.files import replacing

FILE = Path("dvc.lock")
JOURNAL = Path(".dvc", "tmp", "vhp-made.jsonl")  # entries that are not in dvc.lock yet, a line each
SCHEMA = "2.0"

Entry = dict[str, Any]  # of one stage: its command, dependencies, parameters and outputs with their hashes


# DVC's own reader, imported late because that takes a while: PyYAML takes ruamel's 1e-05 for text, and the stages with
# such a parameter would run again.
def read(file: Path = FILE) -> dict[str, Entry]:
    """Stage -> entry; empty if the file does not exist yet. Raises ValueError, and DVC's errors for what is no YAML."""
    from dvc.utils.serialize import load_yaml

    content = _mapping(file, load_yaml(file) or {} if file.exists() else {})
    stages = _mapping(f"{file}: stages", content.get("stages") or {})
    return {stage: _mapping(f"{file}: {stage}", entry) for stage, entry in stages.items()}


def _mapping(where: Path | str, found: Any) -> dict[str, Any]:
    """What was found there. Raises ValueError if it is no mapping."""
    if not isinstance(found, dict):
        raise ValueError(f"{where}: found {type(found).__name__}, expected a mapping, as DVC writes it")
    return found


def broken_chains(entries: Mapping[str, Any]) -> list[tuple[str, str, str]]:
    """Inputs whose hash differs from their output's in dvc.lock: a stage was renewed, and one after it was not.

    `dvc status` compares dvc.lock with files, and a clone has neither prepared data nor models.
    """
    made = {out["path"]: (stage, out["md5"]) for stage, entry in entries.items() for out in entry.get("outs", [])}
    return [
        (stage, need["path"], f"is not what {made[need['path']][0].partition('@')[0]} made")
        for stage, entry in entries.items()
        for need in entry.get("deps", [])
        if need["path"] in made and need["md5"] != made[need["path"]][1]
    ]


def write(entries: dict[str, Entry], file: Path = FILE) -> None:
    dump({"schema": SCHEMA, "stages": entries}, file)


class Representer(SafeRepresenter):
    """As in DVC's files, None is empty, an ordered mapping is a mapping, and any mapping keeps its order."""

    def __init__(self, *arguments: Any, **options: Any):
        super().__init__(*arguments, **options)
        self.sort_base_mapping_type_on_output = False


Representer.add_representer(type(None), lambda self, _: self.represent_scalar("tag:yaml.org,2002:null", ""))
Representer.add_representer(OrderedDict, Representer.represent_dict)


def dump(content: Any, file: Path) -> None:
    """In DVC's own form, byte for byte unless a parameter is a text of several lines, but by C code."""
    yaml = YAML(typ="safe")
    yaml.Representer = Representer
    yaml.default_flow_style = False
    text = io.StringIO()
    yaml.dump(content, text)
    with replacing(file) as temporary:
        # The C emitter writes a space after a key without a value.
        temporary.write_text(re.sub("(?m)(?<=:) $", "", text.getvalue()), encoding="utf-8")


def note(stage: str, entry: Entry, replaced: Entry | None) -> None:
    """Keep an entry for merge(), and the one in dvc.lock that it is to replace.

    To write dvc.lock each time would take minutes for thousands of entries.
    """
    with JOURNAL.open("a") as file:
        file.write(json.dumps([stage, entry, replaced]) + "\n")


def merge() -> list[str]:
    """Put the entries of the journal into dvc.lock, while no process of DVC works on it; gives their stages.

    They are kept until forget(), since their outputs are yet to be fetched. A stage that was run in this repository
    since then keeps its newer entry.
    """
    from dvc.repo import Repo

    if not JOURNAL.exists():
        return []
    noted = {}
    for line in JOURNAL.read_text().splitlines():
        with contextlib.suppress(ValueError):  # the last line of a process that was killed may be half a line
            stage, entry, replaced = json.loads(line)
            noted[stage] = entry, replaced
    with Repo(_wait_for_lock=True) as repo, repo.lock:
        present = read()
        made = {stage: entries[0] for stage, entries in noted.items() if present.get(stage) in entries}
        write(present | made)
    return list(made)


def forget() -> None:
    JOURNAL.unlink(missing_ok=True)
