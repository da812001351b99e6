"""What the report keeps of a data set in git, so that it can be compiled again where the data set's runs are not.

reports/<budget>/kept/<data set>.json has the small outputs of its runs, the checksums of all that the report read, and
the captions of its figures, which stay beside it. So a benchmark can be made in parts, on machines that share no cache:
each part is committed, and the next machine adds its own.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from stages.files import read_json, write_json

OPTIMISATION = "optimisation"  # the part of no data set: the figure of the beta-update schemes


def path_of(budget: str, part: str) -> Path:
    return Path("reports", budget, "kept", f"{part}.json")


def write(
    budget: str, part: str, inputs: Mapping[str, str], runs: Mapping[str, Any], figures: Sequence[Mapping[str, str]]
) -> None:
    """inputs: path -> md5; runs: name -> what to keep of it, its "config" among it; figures: see stages/gallery.py."""
    write_json(path_of(budget, part), {"inputs": dict(inputs), "runs": dict(runs), "figures": list(figures)})


def usable(
    budget: str, part: str, configs: Mapping[str, Any], here: Mapping[str, str]
) -> tuple[dict[str, Any] | None, str]:
    """What was kept, if it is of these runs; else None and why not.

    configs: run -> its resolved configuration. here: path -> md5 of those of its files that are here.
    """
    path = path_of(budget, part)
    if not path.exists():
        return None, f"{path} was not kept either"
    try:
        content = read_json(path)
        found = {name: run["config"] for name, run in content["runs"].items()}
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        return None, f"{path} cannot be read ({error!r}); `git checkout` brings back the committed one"
    if found != dict(configs):
        return None, f"{path} is of other runs or other settings"
    if changed := sorted(name for name, md5 in here.items() if content["inputs"].get(name) != md5):
        return None, f"{path} is older than {', '.join(changed)}"
    if lost := [f["file"] for f in content["figures"] if not Path("reports", budget, "figures", f["file"]).exists()]:
        return None, f"{path} is here, but not its figures {', '.join(lost)}"
    return content, ""


def remove_others(budget: str, parts: Sequence[str]) -> None:
    """What was kept of an earlier matrix."""
    for path in sorted(path_of(budget, "").parent.glob("*.json")):
        if path not in {path_of(budget, part) for part in parts}:
            path.unlink()
