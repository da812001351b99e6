"""The idx format of MNIST (LeCun, Cortes and Burges): a header with type and shape, then the values, big-endian."""

import struct

import numpy as np

from vhp.datasets.containers import decompressed

UNSIGNED_BYTE = 0x08


def read_idx(name: str, content: bytes) -> np.ndarray:
    """The uint8 array in an idx file, plain or gzip-compressed. Raises ValueError with the file's name."""
    content = decompressed(name, content)
    if len(content) < 4 or content[:2] != b"\0\0" or content[2] != UNSIGNED_BYTE:
        raise ValueError(
            f"{name}: found the first bytes {content[:4].hex(' ')}, expected 00 00 08: an idx file of bytes"
        )
    start = 4 + 4 * content[3]
    if len(content) < start:
        raise ValueError(f"{name}: found {len(content)} bytes, expected a header of {start}: the file is truncated")
    shape = struct.unpack(f">{content[3]}I", content[4:start])
    n_values = 1
    for size in shape:
        n_values *= size
    if len(content) != start + n_values:
        raise ValueError(f"{name}: found {len(content) - start} values, expected {n_values} for the shape {shape}")
    return np.frombuffer(content, np.uint8, offset=start).reshape(shape)
