"""What both columns of the likelihood cost: milliseconds per image, against the floor, and peak memory.

PYTHONPATH=tests:. OMP_NUM_THREADS=1 python -m bench.columns [RUN]

Of a trained run's model and random images of its test set. Without RUN: the networks of the 28 x 28 images at the
laptop budget, untrained, for which nearly each image gets a proposal of its own: what the refined column costs at most.
One process per call, since its peak is the memory of all that was measured in it. Eager mode; in the precision of the
run's evaluation, untrained networks in bf16 where this machine has it.
"""

import sys
from collections.abc import Callable

import torch
from torch import Tensor

from bench import setting
from bench.floor import Floor, mixture_shapes, shapes_of
from bench.timing import peak_mib, seconds_of
from stages.inspect.sandwich import REFINEMENT
from stages.runs.run import load_model, open_run
from stages.runs.subsets import random_subset
from vhp import methods
from vhp.device.precision import usable
from vhp.likelihood.estimate import LikelihoodSettings, estimate
from vhp.likelihood.refined.estimate import refine
from vhp.methods import Method
from vhp.model.vae import VAE
from vhp.seeds import EVALUATION_SEED

IMAGES, S = 100, 5000
D_Z = 32


def untrained() -> tuple[Method, Tensor, str]:
    _, train, test = setting.images()
    torch.manual_seed(0)
    module = methods.load("vhp_rewo")
    settings = module.Settings(**setting.SETTINGS["vhp_rewo"] | {"d_zeta": D_Z})
    return module.build(VAE(setting.D, D_Z, setting.HIDDEN, "bernoulli"), settings, train.float() / 255), test, "bf16"


def trained(name: str) -> tuple[Method, Tensor, str]:
    run = open_run(name)
    load_model(run)
    return run.method, run.splits["test"], run.config["evaluation"]["precision"]


def measure(method: Method, images: Tensor, precision: str) -> dict[str, float]:
    """The two columns in the order in which an evaluation computes them."""
    settings, model = LikelihoodSettings(S, usable(precision, images.device), compile=False), method.model
    loaded = peak_mib()
    estimate(model, images[:2], settings, EVALUATION_SEED)  # the first call of all is slower
    found = {}

    def timed(run: Callable[[], object]) -> float:
        return 1e3 * seconds_of(lambda: found.update(result=run())) / len(images)

    encoder_ms = timed(lambda: estimate(model, images, settings, EVALUATION_SEED))
    encoder, encoder_mib = found["result"], peak_mib()
    refined_ms = timed(lambda: refine(model, images, encoder, settings, REFINEMENT, EVALUATION_SEED))
    refined_mib, own = peak_mib(), found["result"].own_proposal.mean().item()
    with shapes_of(model, backward=False) as shapes:
        estimate(model, images, settings, EVALUATION_SEED)
    for shape, count in mixture_shapes(method, S, backward=False).items():
        shapes[shape] += count * len(images)
    floor_ms = 1e3 * Floor().floor(shapes) / len(images)
    return {
        "encoder_ms": encoder_ms,
        "refined_ms": refined_ms,
        "refined/encoder": refined_ms / encoder_ms,
        "floor_ms": floor_ms,
        "encoder/floor": encoder_ms / floor_ms,
        "refined/floor": refined_ms / floor_ms,
        "own_proposals": own,
        "loaded_mib": loaded,
        "encoder_mib": encoder_mib,
        "refined_mib": refined_mib,
    }


def main() -> None:
    if len(sys.argv) > 2:
        raise SystemExit(f"columns: found {len(sys.argv) - 1} arguments, expected the name of one run, or none")
    method, test, precision = trained(sys.argv[1]) if len(sys.argv) == 2 else untrained()
    index = random_subset(len(test), IMAGES, EVALUATION_SEED)
    for name, value in measure(method, test[index], precision).items():
        print(f"{name:<16}{value:10.2f}")


if __name__ == "__main__":
    main()
