"""Train VHP + REWO with networks for a given processor time and measure what they reach:

    python -m stages.inspect.front [NETWORK ...] [--dataset dynamic_mnist] [--minutes 5 20 60]

The networks are those of networks.yaml, by default all. Each network and time adds a row to docs/networks.csv, and
docs/networks.md with its figures is made anew; what has a row is skipped. Interrupted and started again, it resumes
from its last checkpoint. It computes on one thread: start it once per idle core, each with networks of its own.
"""

import argparse
from collections.abc import Mapping, Sequence
from pathlib import Path

import pandas as pd
import torch

from stages.command import command
from stages.inspect.front import page, rows, table
from stages.inspect.front.cell import Cell
from stages.inspect.front.table import Network
from stages.params.resolution import check_images
from stages.reports.rows import to_train
from stages.runs.outputs.data import SPLITS, read_data
from stages.runs.sitting import add_until
from vhp import datasets
from vhp.device.memory import keep_freed_memory
from vhp.training.divergence import TrainingDivergedError


def chosen(networks: Mapping[str, Network], names: Sequence[str], dataset: str) -> list[Network]:
    """The networks of these names, by default all. Raises ValueError for a name that is not there or does not fit."""
    if unknown := [name for name in names if name not in networks]:
        raise ValueError(f"found no network {', '.join(unknown)}, expected some of {', '.join(networks)}")
    wanted = [networks[name] for name in names or networks]
    for network in wanted:
        check_images(network.name, network.model, dataset)
    return wanted


def write_page(frame: pd.DataFrame, networks: Path, folder: Path) -> None:
    known = {dataset: table.read(networks, dataset) for dataset in frame["dataset"].unique()}
    page.write(frame, known, folder / "networks.md")


def run(arguments: argparse.Namespace) -> None:
    """A row for each network and time that has none. Raises ValueError at the end if some of them diverged."""
    csv = arguments.into / "networks.csv"
    networks = chosen(table.read(arguments.table, arguments.dataset), arguments.networks, arguments.dataset)
    cells = [Cell(n, arguments.dataset, minutes, arguments.seed) for minutes in arguments.minutes for n in networks]
    if not (left := to_train(rows.read(csv), cells)):
        return
    arrays = read_data(arguments.dataset, datasets.load(arguments.dataset).OBSERVATION)
    data = {split: torch.from_numpy(arrays[split]) for split in SPLITS}
    diverged = []
    for cell in left:
        try:
            row = cell.row(data, arguments.images, arguments.samples, arguments.until)
        except TrainingDivergedError as error:
            diverged.append(f"{cell.network.name}, {cell.minutes:g} minutes: {error}")
            continue
        rows.append(csv, row, lambda frame: write_page(frame, arguments.table, arguments.into))
        cell.discard()
    if diverged:
        raise ValueError("\n  ".join(diverged))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("networks", nargs="*", metavar="NETWORK", help="of networks.yaml (default: all)")
    parser.add_argument("--dataset", default="dynamic_mnist", help="(default: %(default)s)")
    parser.add_argument(
        "--minutes", nargs="+", type=float, default=[5.0, 20.0, 60.0], help="of the processor (default: 5 20 60)"
    )
    parser.add_argument("--images", type=int, default=300, help="of the validation set (default: %(default)s)")
    parser.add_argument("--samples", type=int, default=5_000, help="importance samples (default: %(default)s)")
    parser.add_argument("--seed", type=int, default=0, help="(default: %(default)s)")
    parser.add_argument("--table", type=Path, default=table.NETWORKS, metavar="FILE", help="other networks")
    parser.add_argument("--into", type=Path, default=Path("docs"), metavar="FOLDER", help="(default: %(default)s)")
    parser.add_argument("--page", action="store_true", help="train nothing: make networks.md from networks.csv")
    add_until(parser)
    arguments = parser.parse_args()
    if min(arguments.images, arguments.samples) < 2 or not min(arguments.minutes) > 0 or arguments.seed < 0:
        parser.error("--images, --samples: expected at least 2; --minutes: more than 0; --seed: a number from 0")
    with command("front"):
        torch.set_num_threads(1)
        keep_freed_memory()
        if arguments.page:
            write_page(rows.read(arguments.into / "networks.csv"), arguments.table, arguments.into)
        else:
            run(arguments)


if __name__ == "__main__":
    main()
