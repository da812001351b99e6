"""Static MNIST from its three .amat texts, or from MATLAB files of the same arrays."""

from collections.abc import Mapping

import numpy as np

from vhp.datasets.containers import decompressed, matlab_variables

N_PIXELS = 784


def decode(item: str, files: Mapping[str, bytes]) -> dict[str, np.ndarray]:
    """One part, for instance {"train": (50000, 784) uint8 in {0, 1}}.

    The official text and a MATLAB file with a variable X (as one of the mirrors has it) give the same array, plain or
    gzip-compressed. Raises ValueError with the file's name for anything else.
    """
    (content,) = files.values()
    content = decompressed(item, content)
    pixels = _matlab(item, content) if content.startswith(b"MATLAB") else _text(item, content)
    if pixels.max(initial=0) > 1:
        raise ValueError(f"{item}: found characters other than 0 and 1")
    return {item.removeprefix("binarized_mnist_").removesuffix(".amat"): pixels}


def _text(name: str, content: bytes) -> np.ndarray:
    # A line is 784 digits, each followed by a space or, the last, by a newline.
    if not content or len(content) % (2 * N_PIXELS):
        raise ValueError(
            f"{name}: found {len(content)} bytes, expected a multiple of {2 * N_PIXELS}, 784 values a line"
        )
    return np.frombuffer(content, np.uint8).reshape(-1, 2 * N_PIXELS)[:, ::2] - ord("0")


def _matlab(name: str, content: bytes) -> np.ndarray:
    pixels = matlab_variables(name, content, ["X"])["X"]
    if pixels.dtype != np.uint8 or pixels.shape[1:] != (N_PIXELS,):
        raise ValueError(f"{name}: found X of {pixels.dtype} {pixels.shape}, expected uint8 (N, {N_PIXELS})")
    return pixels


def preprocess(raw: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """train, val, test (N, 784) uint8 in {0, 255}."""
    parts = {"train": "train", "val": "valid", "test": "test"}
    return {split: raw[part] * np.uint8(255) for split, part in parts.items()}
