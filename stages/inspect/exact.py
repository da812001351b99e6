"""How far the likelihoods of evaluated runs are from the exact ones, as a table:

python -m stages.inspect.exact RUN RUN ...

For runs whose latent space is a plane, d_z = 2, and that of the prior's own latent too, if it has one. Both estimates
are those of the run's evaluation, of the same test images.
"""

import argparse
from itertools import pairwise

import numpy as np
import torch

from stages.command import command
from stages.files import md5, unreadable
from stages.reports.table import NONE, Table, markdown, number
from stages.runs import configs, recorded
from stages.runs.outputs.arrays import read_arrays
from stages.runs.run import Run, load_model, open_run
from vhp.likelihood.exact.calibration import EDGES, Calibration, calibration
from vhp.likelihood.exact.plane import exact_log_likelihood

ESTIMATES = {"encoder": "", "refined": "refined_"}  # and what the names of its arrays begin with
ARRAYS = ("log_likelihood", "monte_carlo_se", "effective_samples")
BETWEEN = (f"{low:,.0f} – {high:,.0f}" for low, high in pairwise(EDGES))
CLASSES = (f"< {EDGES[0]:,.0f}", *BETWEEN, f"≥ {EDGES[-1]:,.0f}")
COLUMNS = ("run", "estimate", "images", "−log p(x)", "mean", "worst", *(f"z, ESS {name}" for name in CLASSES))


def row(name: str, estimate: str, exact: np.ndarray, found: Calibration) -> tuple[str, ...]:
    z = (NONE if value is None else f"{number(value)} ({n})" for value, n in zip(found.z, found.n, strict=True))
    nll = number(-exact.mean().item(), ".4f")
    return (name, estimate, str(len(exact)), nll, number(found.mean, "+.4f"), number(found.worst, "+.3f"), *z)


def rows(name: str, n_images: int | None, tolerance: float) -> list[tuple[str, ...]]:
    """Raises ValueError for a run that was not evaluated with both estimates, or has no latent plane."""
    run = open_run(name)
    test = run.splits["test"]
    arrays = read_arrays(run.config, name, "likelihood.npz", n_test=len(test))
    of = {estimate: [f"{prefix}{array}" for array in ARRAYS] for estimate, prefix in ESTIMATES.items()}
    if not arrays.keys() & set(of["refined"]):
        raise ValueError(f"found no refined estimate of {name}, expected both: its budget has `refined: null`, or had")
    if missing := sorted({key for keys in of.values() for key in keys} - arrays.keys()):
        raise unreadable(run.folder / "likelihood.npz", f"found no {', '.join(missing)}")
    require_measured(run)
    index = arrays["index"][:n_images]
    images = test[torch.from_numpy(index).to(test.device)]
    exact = exact_log_likelihood(load_model(run), images, tolerance).numpy()
    found = []
    for estimate, keys in of.items():
        log_likelihood, error, effective = (arrays[key][: len(index)] for key in keys)
        found.append(row(name, estimate, exact, calibration(log_likelihood, exact, error, effective)))
    return found


def require_measured(run: Run) -> None:
    """Raises RecordError if dvc.lock says that the run's likelihoods are of another model than is there now."""
    stage, model = f"evaluate@{run.name}", run.folder / "model.safetensors"
    of = {dep["path"]: dep.get("md5") for dep in (recorded.entry(stage) or {}).get("deps", [])}
    expected = of.get(model.as_posix())
    if expected is not None and model.exists() and (found := md5(model)) != expected:
        raise recorded.RecordError(
            f"{model}: found the MD5 {found}, expected {expected}, of the model that was evaluated; `dvc repro {stage}`"
        )


def table(found: list[tuple[str, ...]], tolerance: float) -> Table:
    notes = (
        f"−log p(x): exact, by integration over the latent plane to {tolerance:g} nats, the mean over the images.",
        "Mean, worst: estimate less exact value of log p(x), nats: over the images, of the one farthest off.",
        "z: root mean square of these differences in units of their stated Monte Carlo errors, of images with so many "
        "effective samples, and how many images these are. 1 where the stated errors are right.",
    )
    return Table("Estimates beside exact likelihoods", COLUMNS, tuple(found), notes=notes, n_text=2)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("runs", nargs="+", metavar="RUN", help="<dataset>-<method>-<seed>, evaluated")
    parser.add_argument("--images", type=int, help="the first of those evaluated (default: all)")
    parser.add_argument("--tolerance", type=float, default=1e-4, help="nats (default: %(default)g)")
    arguments = parser.parse_args()
    if arguments.images is not None and arguments.images < 1:
        parser.error(f"--images {arguments.images}: expected at least 1")
    if not 0 < arguments.tolerance <= 1:
        parser.error(f"--tolerance {arguments.tolerance}: expected more than 0 nats and at most 1")
    with command("exact"):
        configs.check(arguments.runs)
        found = [cells for name in arguments.runs for cells in rows(name, arguments.images, arguments.tolerance)]
        print(markdown([table(found, arguments.tolerance)]), end="")


if __name__ == "__main__":
    main()
