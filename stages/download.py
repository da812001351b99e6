"""Fetch a data set's files, check their content and write it as arrays: data/raw/<dataset>.npz.

A directory named by VHP_DATA is used first, read-only. Otherwise the files come from the addresses in
vhp/datasets/registry.toml, in their order, into data/downloads/<dataset>/. What counts is the decoded content, so that
a re-packed container is accepted and a corrupted one is not; what fails the check is deleted, and the next address
is tried.
"""

import argparse
import logging
import math
import os
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path

import pooch
from tqdm import tqdm

from stages.command import command
from stages.files import write_npz
from stages.quarantine import Arrays, Decode, decoded
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


def read(path: Path, max_bytes: int) -> bytes:
    """Raises ValueError for a larger file."""
    with path.open("rb") as file:
        content = file.read(max_bytes + 1)
    if len(content) > max_bytes:
        raise ValueError(f"{path.name}: found more than {max_bytes:,} bytes, expected fewer")
    return content


def read_from_mirror(path: Path, max_bytes: int) -> bytes | None:
    """The content of path, of path.gz, or of the joined pieces path.part0, path.part1, ...; None if there is none.

    The pieces may be of the plain or of the compressed form. Raises ValueError for more than max_bytes.
    """
    for candidate in (path, path.with_name(f"{path.name}.gz")):
        pieces = [read(candidate, max_bytes)] if candidate.is_file() else []
        while not candidate.is_file() and (piece := _piece(candidate, len(pieces))).is_file():
            pieces.append(read(piece, max_bytes - sum(map(len, pieces))))
        if pieces:
            return decompressed(candidate.name, b"".join(pieces), max_bytes)
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
            contents = {path.name: read_from_mirror(path, item.max_bytes) for path in paths}
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
    for place in (None, *item.urls):  # None: what an earlier call downloaded
        paths = {file: folder / file for file in item.files}
        if place is None and not all(path.exists() for path in paths.values()):
            _delete(paths.values())
            continue
        origin = _listed(list(paths.values())) if place is None else _filled(place, item.files[0])
        try:
            if place is not None:
                for file in item.files:
                    _fetch(_filled(place, file), file, folder, item.max_bytes)
            files = {Path(file).name: read(path, item.max_bytes) for file, path in paths.items()}
            return _verified(item, files, decode)
        except OSError as error:
            failures.append(f"  {origin}: {error}")
            # An item's files are those of one address: another may have other versions of them.
            _delete(paths.values())
        except ValueError as error:
            # No wrong file is left: the next call would take it for a finished download.
            _delete(paths.values())
            failures.append(f"  {origin}: {error}")
    raise ConnectionError(
        f"{item.name} could not be downloaded:\n"
        + "\n".join(failures)
        + "\nTry again later, or put the file into a directory <dir> as "
        + " or ".join([_filled(place, item.files[0]) for place in item.mirror])
        + " and set VHP_DATA=<dir>"
    )


class Meter(tqdm):
    """The progress bar of a download, which ends one that is too large."""

    def __init__(self, max_bytes: int):
        super().__init__(unit="B", unit_scale=True, disable=not sys.stderr.isatty())
        self.left: float = max_bytes

    def __bool__(self) -> bool:
        return True  # pooch asks whether it has a bar

    def update(self, n_bytes: float = 1) -> None:
        """Called after each chunk, of which the last is shorter. Raises OSError, so that pooch does not try again."""
        self.left -= n_bytes
        if self.left <= -CHUNK_BYTES:
            raise OSError("the answer is larger than the registry says; its end was not read")
        super().update(n_bytes)

    def reset(self, total: float | None = None) -> None:
        """Called at the end, before the bar is filled."""
        self.left = math.inf
        super().reset(total)


def _fetch(url: str, file: str, folder: Path, max_bytes: int) -> None:
    """Download to folder/file unless that exists. An interrupted download leaves nothing and starts again."""

    def attempt(*arguments) -> None:
        meter = Meter(max_bytes)
        pooch.HTTPDownloader(timeout=TIMEOUT, progressbar=meter, chunk_size=CHUNK_BYTES)(*arguments)

    fetcher = pooch.create(folder, base_url="", registry={file: None}, urls={file: url}, retry_if_failed=RETRIES)
    fetcher.fetch(file, downloader=attempt)


def _delete(paths: Iterable[Path]) -> None:
    for path in paths:
        path.unlink(missing_ok=True)


def _verified(item: Item, files: Mapping[str, bytes], decode: Decode) -> Arrays:
    """The decoded arrays. Raises ValueError when they cannot be decoded or are not what the publishers gave."""
    item.check_files(files)
    plain = {name: decompressed(name, content, item.max_bytes) for name, content in files.items()}
    arrays = decoded(decode, item.name, plain) if files else decode(item.name, plain)
    item.check_arrays(arrays)
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
