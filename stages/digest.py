"""Files by their content, as dvc.lock names them."""

import hashlib
from pathlib import Path


def md5(path: Path) -> str:
    """Of the file's bytes, 32 hexadecimal digits. Raises OSError if it cannot be read."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, lambda: hashlib.md5(usedforsecurity=False)).hexdigest()
