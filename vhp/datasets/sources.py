"""Where the data sets come from: registry.toml, read and checked.

An item is what is fetched and verified as one: usually a file, for the faces a hundred.
"""

import hashlib
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np

from vhp.datasets import content_sha256

REGISTRY = Path(__file__).with_name("registry.toml")


# Defaults that an entry has for all its items.
SHARED: dict[str, Any] = {"urls": (), "mirror": (), "max_mib": 256}


class WrongContentError(ValueError):
    """An item's content is not what its publishers gave."""


@dataclass(frozen=True)
class Item:
    """One thing to fetch, in one file or several, and how to verify it."""

    name: str
    # One of the two. Of the arrays that decode() gives, so that a re-packed container is accepted; MD5 of the file as
    # published where its content was not available.
    sha256: str | None = None
    md5: str | None = None
    files: tuple[str, ...] = ()  # as upstream names them; none: embedded
    urls: tuple[str, ...] = ()  # addresses of the files in the order to try them; {file} stands for a file's name
    mirror: tuple[str, ...] = ()  # paths below VHP_DATA, likewise; {name} stands for the last part of a file's name
    packed: str | None = None  # path below VHP_DATA of one file that holds the content of all
    max_mib: int = SHARED["max_mib"]  # no file is larger, as served or without its compression

    def __post_init__(self):
        if not isinstance(self.max_mib, int) or self.max_mib < 1:
            raise ValueError(f"max_mib: found {self.max_mib!r}, expected a positive number")

    @property
    def max_bytes(self) -> int:
        return self.max_mib * 2**20

    def check_files(self, files: Mapping[str, bytes]) -> None:
        """Before they are decoded. Raises WrongContentError if the files' checksum is registered and they have another.

        files: as published, compressed or not.
        """
        if self.md5 is not None:
            content = b"".join(files.values())
            self._compare("MD5", self.md5, hashlib.md5(content, usedforsecurity=False).hexdigest())

    def check_arrays(self, arrays: Mapping[str, np.ndarray]) -> None:
        """Raises WrongContentError if the arrays' checksum is registered and the decoded ones have another."""
        if self.sha256 is not None:
            self._compare("SHA-256", self.sha256, content_sha256(arrays))

    def _compare(self, kind: str, expected: str, found: str) -> None:
        if found != expected:
            raise WrongContentError(f"wrong content: expected {kind} {expected}, found {found}")


@dataclass(frozen=True)
class Source:
    """What registry.toml says of a data set."""

    title: str
    about: str  # what the data are, in a sentence or two
    split: str  # how train, val and test were made
    values: str  # what the numbers mean; binarisation
    licence: str
    citation: str
    home: str
    items: tuple[Item, ...]


def load_entry(name: str, registry: Path = REGISTRY) -> dict[str, Any]:
    """What the registry says of a data set, with all that it has from another (items_of: its files, licence, home).

    Raises ValueError, which names the registry, for one that is missing.
    """
    try:
        entries = tomllib.loads(registry.read_text(encoding="utf-8"))
    except tomllib.TOMLDecodeError as error:
        raise ValueError(f"{registry.name}: not TOML ({error})") from error
    if name not in entries:
        raise ValueError(f"{registry.name}: found no entry [{name}]; the data set needs one")
    entry = dict(entries[name])
    if (other := entry.pop("items_of", None)) is None:
        return entry
    if other not in entries or "items_of" in entries[other]:
        raise ValueError(f"{registry.name}: [{name}]: items_of: found {other!r}, expected an entry with items")
    return {**entries[other], **entry}


def load_source(name: str, registry: Path = REGISTRY) -> Source:
    """A data set's entry. Raises ValueError, which names the registry, for one that is missing or malformed."""
    entry = load_entry(name, registry)
    try:
        return _source(entry)
    except (KeyError, TypeError, ValueError) as error:
        raise ValueError(f"{registry.name}: [{name}]: {error}") from error


def _source(entry: dict[str, Any]) -> Source:
    entry = dict(entry)
    shared = {key: entry.pop(key, default) for key, default in SHARED.items()}
    embedded = entry.pop("embedded", False)
    items = []
    for name, value in entry.pop("items", {}).items():
        given = {"sha256": value} if isinstance(value, str) else dict(value)
        more = tuple(given.pop("more_urls", ()))
        unknown = set(given) - {field.name for field in fields(Item)}
        if unknown:
            raise ValueError(f"item {name!r}: unknown key {', '.join(sorted(unknown))}")
        if ("sha256" in given) == ("md5" in given):
            raise ValueError(f"item {name!r}: found {', '.join(given)}, expected one of sha256 and md5")
        given = {**shared, "files": () if embedded else (name,), **given}
        lists = {key: tuple(given.pop(key)) for key in ("files", "urls", "mirror")}
        lists["urls"] += more
        items.append(Item(name=name, **lists, **given))  # type: ignore[arg-type]
    if not items:
        raise ValueError("found no items, expected at least one")
    return Source(items=tuple(items), **entry)
