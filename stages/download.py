"""Fetch a data set's files, check their content and write it as arrays: data/raw/<dataset>.npz.

A directory named by VHP_DATA is used first, read-only. Otherwise the files come from the addresses in
vhp/datasets/registry.toml, in their order, into data/downloads/<dataset>/. What counts is the decoded content, so that
a re-packed container is accepted and a corrupted one is not; what fails the check is deleted, and the next address
tried.
"""

import argparse
import logging
import os
import sys
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

import numpy as np
import pooch
from tqdm import tqdm

from stages.command import command
from stages.files import write_npz
from stages.runs.configs import require_own_data
from stages.runs.places import raw_file
from vhp import datasets
from vhp.datasets.containers import decompressed
from vhp.datasets.sources import Item, load_source

logger = logging.getLogger(__name__)

DOWNLOADS = Path("data", "downloads")
TIMEOUT = 30.0  # seconds without an answer, after which the next address is tried
RETRIES = 2  # of each address
CHUNK_BYTES = 2**18

Arrays = dict[str, np.ndarray]
Decode = Callable[[str, Mapping[str, bytes]], Arrays]


def read_from_mirror(path: Path) -> bytes | None:
    """The content of path, of path.gz, or of the pieces path.part0, path.part1, ... put together; None: not there.

    Of a file in pieces both the plain and the compressed form may be cut up.
    """
    for candidate in (path, path.with_name(f"{path.name}.gz")):
        pieces = [candidate.read_bytes()] if candidate.is_file() else []
        while not candidate.is_file() and (piece := _piece(candidate, len(pieces))).is_file():
            pieces.append(piece.read_bytes())
        if pieces:
            return decompressed(candidate.name, b"".join(pieces))
    return None


def _piece(path: Path, number: int) -> Path:
    return path.with_name(f"{path.name}.part{number}")


def from_mirror(mirror: Path, item: Item, decode: Decode) -> Arrays:
    """The item's arrays from the VHP_DATA directory.

    Raises FileNotFoundError with the paths tried, ValueError with the path for wrong content.
    """
    if not mirror.is_dir():
        raise FileNotFoundError(
            f"VHP_DATA={mirror} is no directory; name one that has the files, or unset it to download"
        )
    places = [[mirror / item.packed]] if item.packed else []
    places += [[mirror / _filled(place, file) for file in item.files] for place in item.mirror]
    for paths in places:
        try:
            contents = {path.name: read_from_mirror(path) for path in paths}
            files = {name: content for name, content in contents.items() if content is not None}
            if len(files) < len(contents):
                continue
            return _verified(item, files, decode)
        except ValueError as error:
            raise ValueError(
                f"{_listed(paths)}: {error}; replace the file in VHP_DATA, or unset it to download"
            ) from error
    tried = " and ".join(_listed(paths) for paths in places)
    raise FileNotFoundError(
        f"VHP_DATA has no {item.name}: looked for {tried}, also with .gz and in pieces .part0, .part1, ...; "
        "unset VHP_DATA to download it"
    )


def from_internet(folder: Path, item: Item, decode: Decode) -> Arrays:
    """The item's arrays from the first address whose content is right, or from what an earlier call left in folder.

    Raises ConnectionError with every address and its reason when none serves it.
    """
    failures = []
    for place in (None, *item.urls):  # None: what an earlier call left there
        paths = {file: folder / file for file in item.files}
        if place is None and not all(path.exists() for path in paths.values()):
            _delete(paths.values())
            continue
        origin = _listed(list(paths.values())) if place is None else _filled(place, item.files[0])
        try:
            if place is not None:
                for file in item.files:
                    _fetch(_filled(place, file), file, folder)
            return _verified(item, {Path(file).name: path.read_bytes() for file, path in paths.items()}, decode)
        except OSError as error:
            failures.append(f"  {origin}: {error}")
            # An item's files are those of one address: another may have other versions of them.
            _delete(paths.values())
        except ValueError as error:
            # Nothing wrong stays: the next call would take it for a finished download.
            _delete(paths.values())
            failures.append(f"  {origin}: {error}")
    raise ConnectionError(
        f"{item.name} could not be downloaded:\n"
        + "\n".join(failures)
        + "\nTry again later, or put the file into a directory <dir> as "
        + " or ".join([_filled(place, item.files[0]) for place in item.mirror])
        + " and set VHP_DATA=<dir>"
    )


def _fetch(url: str, file: str, folder: Path) -> None:
    """Download to folder/file unless it is there. An interrupted download leaves nothing, and starts anew."""
    fetcher = pooch.create(folder, base_url="", registry={file: None}, urls={file: url}, retry_if_failed=RETRIES)
    terminal = sys.stderr.isatty()
    downloader = pooch.HTTPDownloader(timeout=TIMEOUT, progressbar=terminal, chunk_size=CHUNK_BYTES)
    fetcher.fetch(file, downloader=downloader)


def _delete(paths: Iterable[Path]) -> None:
    for path in paths:
        path.unlink(missing_ok=True)


def _verified(item: Item, files: Mapping[str, bytes], decode: Decode) -> Arrays:
    """The decoded arrays. Raises ValueError when they cannot be decoded or are not what the publishers gave."""
    arrays = decode(item.name, files)
    item.check(files, arrays)
    return arrays


def _filled(place: str, file: str) -> str:
    return place.format(file=file, name=Path(file).name)


def _listed(paths: list[Path]) -> str:
    more = f" and {len(paths) - 1} more" if len(paths) > 1 else ""
    return f"{paths[0]}{more}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("dataset")
    name = parser.parse_args().dataset
    mirror = os.environ.get("VHP_DATA")
    arrays: Arrays = {}
    origin = "embedded"
    with command(f"download {name}"):
        require_own_data("download", name)
        decode = datasets.preparation(name).decode
        for item in tqdm(load_source(name).items, desc=name, unit="file", disable=None, leave=False):
            if not item.files:
                arrays |= _verified(item, {}, decode)
            elif mirror:
                arrays |= from_mirror(Path(mirror), item, decode)
                origin = f"from {mirror}"
            else:
                arrays |= from_internet(DOWNLOADS / name, item, decode)
                origin = "downloaded"
        write_npz(raw_file(name), arrays)
        logger.info("%s: content verified (%s)", name, origin)


if __name__ == "__main__":
    main()
