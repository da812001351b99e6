"""Whether an estimate's stated errors are right, where log p(x) is known exactly. NumPy only."""

from dataclasses import dataclass

import numpy as np

EDGES = (10.0, 100.0, 1000.0)  # of the classes of effective samples


@dataclass(frozen=True)
class Calibration:
    """Of an estimate of log p(x), less the exact value: nats."""

    mean: float
    worst: float  # of the image that is farthest off, with its sign
    # For each class of effective samples, the lowest first: how many images it has, and the root mean square of their
    # errors in units of the stated ones. 1 where these are right; None of no images.
    n: tuple[int, ...]
    z: tuple[float | None, ...]


def calibration(estimated: np.ndarray, exact: np.ndarray, stated: np.ndarray, effective: np.ndarray) -> Calibration:
    """Four arrays (N,): log p(x) twice, the estimate's standard errors, above 0, and its effective samples."""
    error = estimated - exact
    score, of = error / stated, np.digitize(effective, EDGES)
    classes = [score[of == i] for i in range(len(EDGES) + 1)]
    return Calibration(
        error.mean().item(),
        error[np.abs(error).argmax()].item(),
        tuple(len(scores) for scores in classes),
        tuple(np.sqrt(np.square(scores).mean()).item() if len(scores) else None for scores in classes),
    )
