"""Pack the trained models of the table: weights/<budget>.tar, with a card for each model and checksums.

    <budget>/<run>/model.safetensors    as the train stage wrote it: vhp.load takes the folder
    <budget>/<run>/README.md            the model's card
    <budget>/README.md                  the table of models
    <budget>/SHA256SUMS                 for `sha256sum --check`

Equal models make equal bytes. Every model is loaded before it is packed.
"""

import argparse
import hashlib
import io
import logging
import tarfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from stages.command import command
from stages.files import replacing
from stages.release.card import card
from stages.reports.table import Table, markdown, with_error
from stages.runs.configs import read_matrix
from stages.runs.outputs.unaltered import unaltered
from stages.runs.outputs.values import read_values
from vhp.datasets.sources import load_source
from vhp.model import files, loading
from vhp.names import dataset_name, method_name

logger = logging.getLogger(__name__)

SUMS = "SHA256SUMS"
OUTPUTS = ("training", "training_time", "likelihood")  # of a run: what its card says


def contents(runs: Sequence[str]) -> dict[str, bytes]:
    """Path in the archive -> content. Raises ValueError for a model that cannot be loaded, and FileNotFoundError."""
    packed, rows = {}, []
    for run in runs:
        path = unaltered(run, files.NAME)
        _, about = loading.read(path)
        if missing := {"run", "method", "training", "code"} - about.keys():
            raise ValueError(f"{path}: found no {', '.join(sorted(missing))} in its metadata; `dvc repro train@{run}`")
        outputs = {name: read_values(run, f"{name}.json") for name in OUTPUTS}
        weights = path.read_bytes()
        source = load_source(about["run"]["dataset"])
        sha256 = hashlib.sha256(weights).hexdigest()
        packed[f"{run}/{files.NAME}"] = weights
        packed[f"{run}/README.md"] = card(run, about, outputs, source, sha256).encode()
        rows.append(_row(run, about, outputs, len(weights)))
    columns = ("model", "data set", "method", "NLL (nats)", "KB")
    notes = ("Each folder is a model: `vhp.load(folder)`. NLL: mean over the test examples ± its standard error.",)
    table = Table("Trained models", columns, tuple(rows), notes=notes, n_text=3)
    packed["README.md"] = markdown([table]).encode()
    lines = [f"{hashlib.sha256(content).hexdigest()}  {name}\n" for name, content in sorted(packed.items())]
    return packed | {SUMS: "".join(lines).encode()}


def _row(run: str, about: Mapping[str, Any], outputs: Mapping[str, Any], size: int) -> tuple[str, ...]:
    made, likelihood = about["run"], outputs["likelihood"]
    names = dataset_name(made["dataset"]), method_name(made["method"])
    return (run, *names, with_error(likelihood["nll"], likelihood["nll_se"]), f"{size / 1000:,.0f}")


def write(archive: Path, packed: Mapping[str, bytes]) -> None:
    """A tar whose bytes depend on the contents alone, in a folder of the archive's name."""
    with replacing(archive) as temporary, tarfile.open(temporary, "w") as tar:
        for name, content in sorted(packed.items()):
            member = tarfile.TarInfo(f"{archive.stem}/{name}")
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))


def main() -> None:
    argparse.ArgumentParser(description=__doc__.splitlines()[0]).parse_args()
    with command("weights"):
        matrix = read_matrix()
        runs = [run for section in matrix["sections"].values() for run in section["runs"]]
        archive = Path("weights", f"{matrix['budget']}.tar")
        write(archive, contents(sorted(runs)))
        logger.info("%d models in %s, %.1f MB", len(runs), archive, archive.stat().st_size / 1e6)


if __name__ == "__main__":
    main()
