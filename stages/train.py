"""Train one run: it gets model.safetensors, history.csv, snapshots.npz, training.json, training_time.json.

Interrupted and started again, it resumes from its last checkpoint, in runs/checkpoints/<hash of its inputs> or in the
folder that VHP_CHECKPOINTS names, which several machines may share.
"""

import argparse
from typing import Any

import numpy as np
import torch

from stages.command import at_end, command
from stages.files import write_bytes, write_csv, write_json, write_npz
from stages.runs import machine, sitting
from stages.runs.run import Run, open_run
from stages.runs.run_stages import RUN_STAGES
from stages.runs.subsets import SNAPSHOT_POINTS, snapshot_examples
from vhp.datasets import content_sha256
from vhp.datasets.batches import as_means
from vhp.device.memory import keep_freed_memory
from vhp.model.files import description, to_bytes
from vhp.training.divergence import TrainingDivergedError
from vhp.training.fit import fit
from vhp.training.record import Fit
from vhp.training.settings import TrainingSettings
from vhp.training.snapshots import is_power_of_two, snapshot, to_show

# Of the latent space, after about these shares of the training.
SNAPSHOT_SHARES = (1 / 64, 1 / 16, 1 / 8, 1 / 4, 1 / 2, 1)


def write_snapshots(run: Run, result: Fit) -> None:
    """Arrays: step (T,), example (n,) and those of vhp.training.snapshots, (T, n, d_z) each."""
    last = int(result.history[-1]["epoch"])
    steps_per_epoch = result.history[-1]["step"] // last
    observed = [epoch for epoch in range(1, last + 1) if is_power_of_two(epoch) or epoch == last]
    shown = to_show(observed, SNAPSHOT_SHARES)
    arrays = {
        name: torch.stack([result.observations[i][name].cpu() for i in shown]).numpy()
        for name in result.observations[0]
    }
    arrays["step"] = np.array([observed[i] for i in shown]) * steps_per_epoch
    arrays["example"] = snapshot_examples(len(run.splits["test"])).numpy()
    write_npz(run.folder / "snapshots.npz", arrays)


def about(run: Run, data_sha256: str) -> dict[str, Any]:
    """What travels with the weights, beside how to build the model: of what, how and by which code it was made."""
    made = {section: run.config[section] for section in RUN_STAGES["train"].sections if section != "model"}
    code = run.config["code"]["train"]
    return made | {"code": code, "data_sha256": data_sha256, "image_shape": list(run.dataset.IMAGE_SHAPE)}


def write(run: Run, result: Fit, data_sha256: str) -> None:
    run.folder.mkdir(parents=True, exist_ok=True)
    write_bytes(run.folder / "model.safetensors", to_bytes(run.method.model, about(run, data_sha256)))
    kappa = run.config["method"].get("kappa")
    rows = [row | {"kappa_squared": None if kappa is None else kappa**2} for row in result.history]
    write_csv(run.folder / "history.csv", rows, list(rows[0]))
    write_snapshots(run, result)
    last = result.history[-1]
    best = next(row for row in result.history if row["epoch"] == result.best_epoch)
    summary = {
        "epochs": last["epoch"],
        "best_epoch": result.best_epoch,
        "best_validation_bound": result.best_bound,
        "beta_best": best["beta"],
        "beta_final": last["beta"],
        "constraint_best": best["constraint"],
        "constraint_final": last["constraint"],
        "main_phase_step": result.main_phase_step,
        "falls_from": result.falls_from,
        "converged": result.converged,
        "gain_last_tenth": result.gain_last_tenth,
        "skipped_steps": result.skipped_steps,
        "n_parameters": sum(p.numel() for p in run.method.model.parameters()),
        "data_sha256": data_sha256,
    }
    write_json(run.folder / "training.json", summary)
    write_json(run.folder / "training_time.json", machine.description(run.device, result.seconds))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("run", help="<dataset>-<method>-<seed>")
    sitting.add_until(parser)
    arguments = parser.parse_args()
    with command("train", TrainingDivergedError):
        keep_freed_memory()
        run = open_run(arguments.run, "train")
        description(run.method.model)  # a model whose file could not be loaded is refused before it is trained
        data_sha256 = content_sha256({key: tensor.cpu().numpy() for key, tensor in run.splits.items()})
        checkpoint = sitting.checkpoint(run, "train", data_sha256)
        settings = dict(run.config["training"])
        if threads := settings.pop("threads"):
            torch.set_num_threads(threads)
        test = run.splits["test"]
        examples = as_means(test[snapshot_examples(len(test)).to(run.device)])
        result = fit(
            run.method,
            run.splits["train"],
            run.splits["val"],
            TrainingSettings(**settings),
            seed=run.config["run"]["seed"],
            noise=run.splits.get("noise"),
            resumable=sitting.resumable(checkpoint, run.name, "epoch", arguments.until, settings["epochs"]),
            observe=lambda epoch, last: (
                snapshot(run.method.model, examples, SNAPSHOT_POINTS) if last or is_power_of_two(epoch) else None
            ),
        )
        write(run, result, data_sha256)
        at_end(checkpoint.discard)  # once the command cannot fail any more: what was computed is not lost


if __name__ == "__main__":
    main()
