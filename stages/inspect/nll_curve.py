"""How a run's test likelihood falls while it trains:

    python -m stages.inspect.nll_curve RUN STATE.pt STATE.pt ... --into FOLDER

The states are copies of the run's checkpoint, runs/checkpoints/<hash>/state.pt, taken while it trained (for
instance between two sittings of stages.elsewhere.work). A state does not record its run, and only its shapes are
checked: keep the states of several runs in separate folders. For each state, the best weights so far are evaluated by
the negative log-likelihood of a random subset of the test set; of a finished run, its model too. Writes
nll_curve.csv and nll_curve.png.
"""

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import pandas as pd
import torch
from torch import Tensor
from tqdm import tqdm

from stages.command import command
from stages.files import replacing, write_text
from stages.reports.frames import csv
from stages.runs import configs
from stages.runs.outputs.values import read_values
from stages.runs.run import Run, open_run, read_weights
from stages.runs.subsets import evaluated_examples
from vhp.figures.likelihood.nll_curve import nll_curve
from vhp.figures.style import save
from vhp.likelihood.estimate import LikelihoodSettings, estimate
from vhp.likelihood.summary import summary
from vhp.resumable import Resumable
from vhp.resumable import read_state as checkpointed
from vhp.seeds import EVALUATION_SEED

ESTIMATED = ("nll", "nll_se", "nll_mc_se", "n_test", "n_samples")  # of vhp.likelihood.summary
TRAINED = {"model", "best", "epoch", "fit", "seconds"}  # what a training's checkpoint holds, and more


@dataclass(frozen=True)
class State:
    """A training up to an epoch."""

    epoch: int
    seconds: float  # of training so far
    best_epoch: int
    validation_bound: float  # of best_epoch, nats
    weights: dict[str, Tensor]  # of best_epoch


def read_state(path: Path, device: torch.device) -> State:
    """Raises ValueError for a file that is no checkpoint of a training, or of one that was never validated."""
    content = checkpointed(path, device)
    if not (isinstance(content, dict) and content.keys() >= TRAINED):
        raise ValueError(f"{path}: found no checkpoint of a training, expected {', '.join(sorted(TRAINED))} in it")
    fit = content["fit"]
    if not fit["best_epoch"]:
        raise ValueError(
            f"{path}: found no validation in the first {content['epoch']} epochs, expected a later state: "
            "its best weights are still untrained"
        )
    return State(content["epoch"], content["seconds"], fit["best_epoch"], fit["best_bound"], content["best"])


def last_state(run: Run) -> list[State]:
    """The model of a run that has ended. Raises ValueError for one that cannot be read."""
    if not (run.folder / "training_time.json").exists():
        return []
    training = read_values(run.name, "training.json")
    seconds = read_values(run.name, "training_time.json")["seconds"]
    best = training["best_epoch"], training["best_validation_bound"]
    return [State(training["epochs"], seconds, *best, read_weights(run))]


def curve_row(run: Run, state: State, test: Tensor, numbers: Tensor, settings: LikelihoodSettings) -> dict[str, Any]:
    """A row of the curve. Raises ValueError for weights of another model."""
    model = run.method.model
    try:
        model.load_state_dict(state.weights)
    except RuntimeError as error:
        raise ValueError(
            f"the weights after epoch {state.epoch} do not fit runs/configs/{run.name}.json: {error}"
        ) from error
    result = estimate(
        model.eval(),
        test,
        settings,
        EVALUATION_SEED,
        numbers,
        Resumable(progress=partial(tqdm, desc=f"epoch {state.epoch}", unit="batch", disable=None)),
    )
    estimated = summary(result, settings, rounding=None)
    return {
        "epoch": state.epoch,
        "minutes": state.seconds / 60,
        "best_epoch": state.best_epoch,
        "validation_bound": state.validation_bound,
    } | {key: estimated[key] for key in ESTIMATED}


def curve(run: Run, states: Sequence[State], n_test: int, n_samples: int) -> pd.DataFrame:
    """A row per state, in the order of training; the same test images with the same noise each time."""
    index = evaluated_examples(len(run.splits["test"]), n_test)
    test = run.splits["test"][index.to(run.device)]
    settings = LikelihoodSettings(n_samples=n_samples, precision="float32", compile=True)
    ordered = sorted({state.epoch: state for state in states}.values(), key=lambda state: state.epoch)
    return pd.DataFrame([curve_row(run, state, test, index, settings) for state in ordered])


def write(run: Run, rows: pd.DataFrame, folder: Path) -> None:
    write_text(folder / "nll_curve.csv", csv(rows))
    config = run.config["run"]
    with replacing(folder / "nll_curve.png") as temporary:
        save(nll_curve(rows, config["dataset"], config["method"]), temporary)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("run", metavar="RUN", help="<dataset>-<method>-<seed>, of runs/configs")
    parser.add_argument("states", nargs="*", type=Path, metavar="STATE.pt", help="copies of its checkpoint")
    parser.add_argument("--into", type=Path, required=True, metavar="FOLDER", help="for nll_curve.csv and .png")
    parser.add_argument("--images", type=int, default=200, help="of the test set (default: %(default)s)")
    parser.add_argument("--samples", type=int, default=1_000, help="importance samples (default: %(default)s)")
    arguments = parser.parse_args()
    if min(arguments.images, arguments.samples) < 2:
        parser.error(f"--images {arguments.images} --samples {arguments.samples}: expected at least 2 of each")
    with command("nll_curve"):
        configs.check([arguments.run])
        run = open_run(arguments.run)
        states = [read_state(path, run.device) for path in arguments.states] + last_state(run)
        if not states:
            raise ValueError(f"found neither a checkpoint of {run.name} nor its trained model, expected one of them")
        rows = curve(run, states, arguments.images, arguments.samples)
        write(run, rows, arguments.into)
        print(rows.to_string(index=False, float_format="{:.2f}".format))


if __name__ == "__main__":
    main()
