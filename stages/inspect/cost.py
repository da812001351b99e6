"""What training and the encoder's likelihood of runs cost: operations, bytes, and least time on a GPU.

    python -m stages.inspect.cost RUN RUN ...

Counted from the shapes alone (fake tensors), so it needs no GPU and hardly any time. Operations are those of matrix
products and convolutions. Bytes are those that products read and write, as if all between them was fused into them,
and Adam's.
"""

import argparse
from dataclasses import dataclass
from typing import Any

import torch
from torch._subclasses.fake_tensor import FakeTensorMode
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils.flop_counter import FlopCounterMode, flop_registry

from stages.command import command
from stages.reports.table import Table, markdown
from stages.runs import configs
from stages.runs.outputs.data import open_data
from vhp import datasets, methods
from vhp.model.vae import VAE
from vhp.objective.terms import sample_terms, terms

# Assumptions, not measurements: NVIDIA's data sheet of the H100 SXM5 80 GB, dense bf16 products and HBM3.
PEAK_FLOPS = {"bf16": 989e12, "float32": 67e12}
PEAK_BYTES = 3.35e12
ADAM_BYTES = 4 * 7  # per parameter: reads it, its gradient and two moments, writes it and the moments


@dataclass(frozen=True)
class Cost:
    """Operations of matrix products and convolutions, and bytes that these and Adam read and write."""

    flops: float
    bytes: float

    def seconds(self, precision: str) -> float:
        """The floor: no less time can do both, at the peaks assumed."""
        return max(self.flops / PEAK_FLOPS[precision], self.bytes / PEAK_BYTES)


class Traffic(TorchDispatchMode):
    """Counts the numbers in the operands and results of products and convolutions."""

    def __init__(self):
        super().__init__()
        self.numbers = 0

    def __torch_dispatch__(self, function, types, args=(), kwargs=None):
        out = function(*args, **(kwargs or {}))
        if function._overloadpacket in flop_registry:
            results = out if isinstance(out, tuple) else (out,)
            self.numbers += sum(t.numel() for t in (*args, *results) if isinstance(t, torch.Tensor))
        return out


def counted(run, itemsize: int, extra_bytes: float = 0.0) -> Cost:
    """The cost of calling run()."""
    with FlopCounterMode(display=False) as flops, Traffic() as traffic:
        run()
    return Cost(flops.get_total_flops(), traffic.numbers * itemsize + extra_bytes)


def build(config: dict[str, Any], n_dims: int) -> methods.Method:
    """The run's method."""
    dataset, module = datasets.load(config["run"]["dataset"]), methods.load(config["run"]["method"])
    settings = {k: tuple(v) if isinstance(v, list) else v for k, v in config["method"].items()}
    model = VAE(n_dims, observation=dataset.OBSERVATION, **config["model"])
    return module.build(model, module.Settings(**settings), torch.empty(10_000, n_dims))


def step_cost(config: dict[str, Any], n_dims: int) -> Cost:
    """Of one training step: the loss, its gradient, Adam."""
    method, size = build(config, n_dims), config["training"]["batch_size"]
    parameters = sum(p.numel() for p in method.model.parameters())

    def step() -> None:
        x = torch.empty(size, n_dims)
        method.bound(sample_terms(method.model, x, method.n_z, method.n_zeta), 1.0).mean().backward()

    itemsize = 2 if config["training"]["precision"] == "bf16" else 4
    return counted(step, itemsize, ADAM_BYTES * parameters)


def image_cost(config: dict[str, Any], n_dims: int) -> Cost:
    """Of the encoder's likelihood of one image: all its samples decoded, their prior and posterior densities."""
    model, n = build(config, n_dims).model, config["evaluation"]["n_samples"]
    prior = model.prior.frozen()

    @torch.no_grad()
    def estimate() -> None:
        x, z = torch.empty(1, n_dims), torch.empty(1, model.d_z)
        eps, eps_zeta = torch.empty(n, 1, model.d_z), torch.empty(1, n, 1, model.prior.d_zeta)
        terms(model, x, z, z, eps, eps_zeta, prior)

    return counted(estimate, 2 if config["evaluation"]["precision"] == "bf16" else 4)


def row(name: str) -> tuple[str, ...]:
    config = configs.read_config(name, ("model", "method", "training", "evaluation"))
    dataset, training, evaluation = config["run"]["dataset"], config["training"], config["evaluation"]
    with open_data(dataset) as arrays:
        n_train, n_dims = arrays["train"].shape
        n_test = min(len(arrays["test"]), evaluation["n_test"] or len(arrays["test"]))
    with FakeTensorMode():  # shapes, and no numbers
        step, image = step_cost(config, n_dims), image_cost(config, n_dims)
        parameters = sum(p.numel() for p in build(config, n_dims).model.parameters())
    n_steps = training["epochs"] * (n_train // training["batch_size"])
    least = step.seconds(training["precision"])
    return (
        name,
        f"{parameters / 1e6:.2f}",
        f"{step.flops / 1e9:.1f}",
        f"{step.bytes / 1e6:.0f}",
        f"{least * 1e6:.0f}",
        f"{n_steps:,}",
        f"{n_steps * least / 60:.1f}",
        f"{n_test * image.flops / 1e15:.2f}",
        f"{n_test * image.seconds(evaluation['precision']):.0f}",
    )


COLUMNS = (
    *("run", "parameters (millions)", "GFLOP / step", "MB / step", "least µs / step", "steps", "least minutes"),
    *("PFLOP of the NLL", "least seconds"),
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("runs", nargs="+", metavar="RUN", help="<dataset>-<method>-<seed>, of runs/configs")
    runs = parser.parse_args().runs
    with command("cost"):
        configs.check(runs)
        rows = tuple(row(name) for name in runs)
    rates = " or ".join(f"{flops / 1e12:.0f} TFLOP/s ({precision})" for precision, flops in PEAK_FLOPS.items())
    peak = f"{rates} and {PEAK_BYTES / 1e12:.2f} TB/s"
    note = f"Least: at {peak}, the data sheet's numbers for an H100 SXM5, whichever of the two takes longer."
    nll = "The NLL is the encoder's estimate; the refined one, where a run has it, is not counted."
    print(markdown([Table("Cost of runs", COLUMNS, rows, notes=(note, nll))]), end="")


if __name__ == "__main__":
    main()
