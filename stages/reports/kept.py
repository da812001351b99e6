"""What the report keeps of a data set in git, so that it can be compiled again where the data set's runs are not.

reports/<budget>/kept/<data set>.json has the small outputs of its runs, the checksums of all that the report read, and
the captions of its figures, which stay beside it. So a benchmark can be made in parts, on machines that share no cache:
each part is committed, and the next machine adds its own.
"""

from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from stages.files import md5, read_json, write_json

OPTIMISATION = "optimisation"  # the part of no data set: the figure of the beta-update schemes


def path_of(budget: str, part: str) -> Path:
    return Path("reports", budget, "kept", f"{part}.json")


class UnusableError(ValueError):
    """Nothing was kept of a data set, or not of the runs in question; the message says which."""


def write(
    budget: str, part: str, inputs: Mapping[str, str], runs: Mapping[str, Any], figures: Sequence[Mapping[str, str]]
) -> None:
    """inputs: path -> md5; runs: name -> what to keep of it, "config" among it; figures: each one's "file" and more."""
    drawn = [{**figure, "md5": md5(_figure(budget, figure["file"]))} for figure in figures]
    write_json(path_of(budget, part), {"inputs": dict(inputs), "runs": dict(runs), "figures": drawn})


def read(
    budget: str, part: str, configs: Mapping[str, Any], files: Sequence[Path], outputs: Collection[str]
) -> dict[str, Any]:
    """What was kept, if it is of these runs. Raises UnusableError if it is not.

    configs: run -> its resolved configuration. files: all that the report reads of the part; those that are here must
    be what they were. outputs: what is kept of every run.
    """
    path = path_of(budget, part)
    if not path.exists():
        raise UnusableError(f"{path} was not kept either")
    try:
        content = read_json(path)
    except ValueError as error:
        how = "`git checkout` brings back the committed one"
        raise UnusableError(f"{path} cannot be read ({error}); {how}") from error
    try:
        inputs = dict(content["inputs"])
        found = {name: run["config"] for name, run in content["runs"].items()}
        complete = all(set(outputs) <= set(run) for run in content["runs"].values())
        figures = {_figure(budget, figure["file"]): figure["md5"] for figure in content["figures"]}
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise UnusableError(f"{path} is of another version of the report's code ({error!r})") from error
    if found != dict(configs):
        raise UnusableError(f"{path} is of other runs or other settings")
    if set(inputs) != {file.as_posix() for file in files} or not complete:
        raise UnusableError(f"{path} is of another version of the report's code, which read other files")
    if changed := [file.as_posix() for file in files if file.exists() and md5(file) != inputs[file.as_posix()]]:
        raise UnusableError(f"{path} is older than {', '.join(changed)}")
    if other := [figure.name for figure, drawn in figures.items() if not figure.exists() or md5(figure) != drawn]:
        raise UnusableError(f"{path} is here, but not its figures {', '.join(other)}, or not as they were drawn")
    return content


def _figure(budget: str, name: str) -> Path:
    return Path("reports", budget, "figures", name)


def disagreeing(budget: str, made: Mapping[str, str]) -> list[str]:
    """Files that are not here and were others when they were kept than those made since; made: path -> md5.

    Of what cannot be read read() will tell.
    """
    found = []
    for path in sorted(path_of(budget, "").parent.glob("*.json")):
        with suppress(ValueError, KeyError, AttributeError):
            inputs = read_json(path)["inputs"].items()
            found += [name for name, digest in inputs if made.get(name, digest) != digest and not Path(name).exists()]
    return found


def remove_others(budget: str, parts: Sequence[str]) -> None:
    """What was kept of an earlier matrix."""
    for path in sorted(path_of(budget, "").parent.glob("*.json")):
        if path not in {path_of(budget, part) for part in parts}:
            path.unlink()
