"""Containers of the files: gzip and MATLAB. Every error names the file."""

import gzip
import io
import zlib
from collections.abc import Sequence

import numpy as np
from scipy.io import loadmat

MAX_BYTES = 2**28  # three times the largest text


def decompressed(name: str, content: bytes, max_bytes: int = MAX_BYTES) -> bytes:
    """The content, without gzip if it is compressed. Raises ValueError if that is damaged or has more bytes."""
    if content[:2] != b"\x1f\x8b":
        return content
    try:
        with gzip.GzipFile(fileobj=io.BytesIO(content)) as stream:
            found = stream.read(max_bytes + 1)
    except (OSError, EOFError, zlib.error) as error:
        raise ValueError(f"{name}: the gzip stream is damaged ({error})") from error
    if len(found) > max_bytes:
        raise ValueError(f"{name}: found more than {max_bytes:,} bytes in the gzip stream, expected fewer")
    return found


def matlab_variables(name: str, content: bytes, wanted: Sequence[str]) -> dict[str, np.ndarray]:
    """The wanted numeric variables of a MATLAB v5 file. Raises ValueError if it is damaged or lacks one."""
    if not content.startswith(b"MATLAB"):
        raise ValueError(f"{name}: found no MATLAB file, which starts with that word")
    try:
        variables = loadmat(io.BytesIO(content), variable_names=list(wanted))
    # What scipy raises for a damaged file depends on where the damage is: UnboundLocalError, ZeroDivisionError, ...
    except Exception as error:
        raise ValueError(f"{name}: the MATLAB file cannot be read ({error})") from error
    for key in wanted:
        if key not in variables or variables[key].dtype.kind not in "buif":
            raise ValueError(f"{name}: found no numeric variable {key} in the MATLAB file")
    return {key: variables[key] for key in wanted}
