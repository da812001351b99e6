"""The pendulum's angles, and their images with noise."""

import math
from collections.abc import Mapping

import numpy as np

from vhp.datasets.pendulum import IMAGE_SHAPE, NOISE, render

SPLIT = {"train": 12_000, "val": 1_500, "test": 1_500}
SEED = 20190610


def decode(item: str, files: Mapping[str, bytes]) -> dict[str, np.ndarray]:
    """The pendulum's state: angle (15000,) float64, radians, uniform in [-pi, pi)."""
    rng = np.random.Generator(np.random.PCG64(SEED))
    return {"angle": rng.uniform(-math.pi, math.pi, sum(SPLIT.values()))}


def preprocess(raw: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """train, val, test (N, 256) float32 with noise, and the true train_angle, val_angle, test_angle (N,) in radians."""
    angle = raw["angle"]
    noise = np.random.Generator(np.random.PCG64(SEED + 1)).normal(0, NOISE, (len(angle), math.prod(IMAGE_SHAPE)))
    images = (render(angle) + noise).astype(np.float32)
    arrays, start = {}, 0
    for split, n in SPLIT.items():
        arrays[split] = images[start : start + n]
        arrays[f"{split}_angle"] = angle[start : start + n]
        start += n
    return arrays
