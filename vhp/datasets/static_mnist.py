"""Static MNIST: the fixed binarisation of Larochelle & Murray (2011), 50,000 / 10,000 / 10,000 images, 28 x 28.

The test set is sorted by digit: a subset of it must be drawn at random.
"""

import gzip
from collections.abc import Mapping

import numpy as np

from vhp.datasets import RemoteFile, Source

OBSERVATION = "bernoulli"
IMAGE_SHAPE = (28, 28)
N_PIXELS = 784
COUNTS = {"train": 50_000, "valid": 10_000, "test": 10_000}

_ADDRESS = "http://www.cs.toronto.edu/~larocheh/public/datasets/binarized_mnist/"
_MD5 = {
    "train": "db28b1a6ae0fe70cbd3da91acf46e477",
    "valid": "bf37822a04e94123630de6a7dfd9c9ef",
    "test": "14e41ae11040adba6ab8cb291eda0dd8",
}

SOURCE = Source(
    licence="none stated by the download site; derived from MNIST (CC BY-SA 3.0)",
    citation="Larochelle and Murray (2011), The Neural Autoregressive Distribution Estimator, AISTATS",
    content_sha256="0885c58819911139243f5f726639323cd724ba35d81675d5cf8fb8c96ab3e2b0",
    files=tuple(
        RemoteFile(f"binarized_mnist_{part}.amat", (f"{_ADDRESS}binarized_mnist_{part}.amat",), md5)
        for part, md5 in _MD5.items()
    ),
)


def decode(files: Mapping[str, bytes]) -> dict[str, np.ndarray]:
    """train, valid, test (N, 784) uint8 in {0, 1} from the .amat texts, plain or gzip-compressed.

    Raises ValueError with the file's name for anything that is not such a text.
    """
    return {part: _parse(f"binarized_mnist_{part}.amat", files[f"binarized_mnist_{part}.amat"]) for part in COUNTS}


def _parse(name: str, content: bytes) -> np.ndarray:
    if content[:2] == b"\x1f\x8b":
        try:
            content = gzip.decompress(content)
        except (OSError, EOFError) as error:
            raise ValueError(f"{name}: the gzip stream is damaged ({error})") from error
    # A line is 784 digits, each followed by a space or, the last, by a newline.
    if not content or len(content) % (2 * N_PIXELS):
        raise ValueError(
            f"{name}: found {len(content)} bytes, expected a multiple of {2 * N_PIXELS}, 784 values a line"
        )
    pixels = np.frombuffer(content, np.uint8).reshape(-1, 2 * N_PIXELS)[:, ::2] - ord("0")
    if pixels.max() > 1:
        raise ValueError(f"{name}: found characters other than 0 and 1")
    return pixels


def preprocess(raw: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """train, val, test (N, 784) uint8 in {0, 255}."""
    parts = {"train": "train", "val": "valid", "test": "test"}
    return {split: raw[part] * np.uint8(255) for split, part in parts.items()}
