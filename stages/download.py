"""Fetch a data set's source files, check their content and write it as arrays: data/raw/<dataset>.npz.

A directory named by VHP_DATA is used first, read-only: <VHP_DATA>/<dataset>/<file>, also with .gz. Otherwise the files
come from their official addresses. What counts is the decoded content, so that a re-packed container is accepted and a
corrupted one is not.
"""

import argparse
import logging
import os
import sys
from collections.abc import Mapping
from pathlib import Path

import pooch

from stages import logs
from stages.files import write_npz
from vhp import datasets
from vhp.datasets import RemoteFile, Source

logger = logging.getLogger(__name__)

DOWNLOADS = Path("data", "downloads")


def from_mirror(mirror: Path, dataset: str, file: RemoteFile) -> Path:
    """The file's path in the VHP_DATA directory. Raises FileNotFoundError with the paths tried."""
    tried = [mirror / dataset / name for name in (file.name, f"{file.name}.gz")]
    for path in tried:
        if path.is_file():
            return path
    places = " and ".join(map(str, tried))
    raise FileNotFoundError(f"VHP_DATA has no {file.name}: looked for {places}; unset VHP_DATA to download it")


def from_internet(dataset: str, file: RemoteFile) -> Path:
    """Download the file, or reuse what an earlier call downloaded. Raises ConnectionError when no address serves it."""
    failures = []
    for url in file.urls:
        try:
            return Path(
                pooch.retrieve(
                    url,
                    known_hash=f"md5:{file.md5}",
                    fname=file.name,
                    path=DOWNLOADS / dataset,
                    progressbar=sys.stderr.isatty(),
                )
            )
        # pooch raises OSError's subclasses for the network and ValueError for a wrong checksum.
        except (OSError, ValueError) as error:
            failures.append(f"  {url}: {error}")
    raise ConnectionError(
        f"{file.name} could not be downloaded:\n"
        + "\n".join(failures)
        + "\nTry again later, or put the file into a directory <dir>/"
        + f"{dataset}/ and set VHP_DATA=<dir>"
    )


def content(source: Source, paths: Mapping[str, Path], decode) -> dict:
    """The decoded arrays. Raises ValueError when they are not what the publishers gave."""
    arrays = decode({name: path.read_bytes() for name, path in paths.items()})
    found = datasets.content_sha256(arrays)
    if found != source.content_sha256:
        origin = ", ".join(map(str, paths.values())) or "what decode() made"
        fix = "replace the files" if paths else "if this content is right, it is the data set's content_sha256"
        raise ValueError(f"wrong content in {origin}: expected SHA-256 {source.content_sha256}, found {found}; {fix}")
    return arrays


def main() -> None:
    logs.configure()
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("dataset")
    name = parser.parse_args().dataset
    try:
        dataset = datasets.load(name)
        mirror = os.environ.get("VHP_DATA")
        paths = {
            file.name: from_mirror(Path(mirror), name, file) if mirror else from_internet(name, file)
            for file in dataset.SOURCE.files
        }
        arrays = content(dataset.SOURCE, paths, dataset.decode)
    except (ValueError, NotImplementedError, OSError) as error:
        raise SystemExit(f"download {name}: {error}") from error
    write_npz(Path("data", "raw", f"{name}.npz"), arrays)
    origin = "embedded" if not paths else f"from {mirror}" if mirror else "downloaded"
    logger.info("%s: content verified (%s)", name, origin)


if __name__ == "__main__":
    main()
