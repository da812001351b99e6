"""How time grows with images, samples, pseudo-inputs and K: straight lines, and how well they fit; in eager mode."""

from collections.abc import Callable

from torch import Tensor

from bench import setting, steps
from bench.evaluation import settings
from bench.timing import line, medians
from vhp.likelihood.estimate import estimate

TURNS = 3


def fitted(unit: str, runs: dict[int, Callable[[], object]]) -> dict:
    seconds = medians({str(x): run for x, run in runs.items()}, TURNS)
    return {"unit": unit, "seconds": seconds} | line(list(runs), list(seconds.values()))


def measure(train: Tensor, test: Tensor) -> dict[str, dict]:
    """Each: seconds by size, and the line seconds = fixed + slope * size."""

    def evaluation(name: str, images: int = 2, n_samples: int = 5000, **changed) -> Callable[[], object]:
        model = setting.build(name, train, **changed).model
        return lambda: estimate(model, test[:images], settings(compile=False, n_samples=n_samples), 0)

    def training(name: str, **changed) -> Callable[[], object]:
        run = steps.trainer(setting.build(name, train, **changed), train, compile=False)
        return lambda: steps.steps(run)

    pseudo_inputs = (250, 500, 750, 1000)
    return {
        "evaluation_images": fitted("image", {n: evaluation("vae", n) for n in (2, 4, 6, 8)}),
        "evaluation_samples": fitted(
            "sample of 2 images", {n: evaluation("vae", n_samples=n) for n in (2500, 5000, 7500, 10000)}
        ),
        "evaluation_pseudo_inputs": fitted(
            "pseudo-input, 2 images", {m: evaluation("vampprior", n_pseudo_inputs=m) for m in pseudo_inputs}
        ),
        "training_pseudo_inputs": fitted(
            f"pseudo-input, {steps.STEPS} steps", {m: training("vampprior", n_pseudo_inputs=m) for m in pseudo_inputs}
        ),
        "training_K": fitted(f"K, {steps.STEPS} steps", {k: training("vhp_rewo", K=k) for k in (4, 8, 16, 32)}),
    }
