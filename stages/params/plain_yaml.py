"""YAML as DVC reads it, version 1.2, but bounded: aliases give a small file very many values, and so do levels.

Version 1.2, because DVC writes 0.00005 as `5e-05`, which version 1.1 takes for text.
"""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML, YAMLError
from ruamel.yaml.error import MarkedYAMLError
from ruamel.yaml.events import AliasEvent, CollectionEndEvent, CollectionStartEvent, Event, ScalarEvent

# Many times what params.yaml has.
MAX_BYTES = 2**18
MAX_VALUES = 20_000
MAX_DEPTH = 20


def read(path: Path) -> Any:
    """The values of the file. Raises ValueError, which names the file and the place in it, and OSError."""
    if path.is_dir():
        raise ValueError(f"{path}: found a folder, expected a file; move it, and `git checkout {path}`")
    with path.open("rb") as file:
        content = file.read(MAX_BYTES + 1)
    try:
        if len(content) > MAX_BYTES:
            raise ValueError(f"found more than {MAX_BYTES:,} bytes, expected fewer")
        return parse(_decoded(content))
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from error


def _decoded(content: bytes) -> str:
    try:
        return content.decode()
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        found = f"{content[error.start]:#04x}"
        raise ValueError(f"line {line}: found the byte {found}, expected UTF-8; save the file as UTF-8") from error


def parse(text: str) -> Any:
    """The values of the text. Raises ValueError."""
    try:
        _check_size(YAML(typ="safe").parse(text))
        return YAML(typ="safe").load(text)
    except YAMLError as error:
        raise ValueError(_in_words(error)) from error


def _in_words(error: YAMLError) -> str:
    """In one line: without the name of the stream, which is no file's, and advice for programs that read YAML."""
    if not isinstance(error, MarkedYAMLError):
        return f"not YAML: {str(error).partition(chr(10))[0]}"
    mark = error.problem_mark or error.context_mark
    place = f"line {mark.line + 1}, column {mark.column + 1}: " if mark else ""
    return f"{place}not YAML: {', '.join(filter(None, (error.context, error.problem)))}"


def _check_size(events: Iterable[Event]) -> None:
    """Counts the values as if every alias were written out. Raises ValueError."""
    n_values = 0
    sizes: dict[str | None, int] = {}  # of what is complete, by its anchor; None for all without, which no alias names
    begun: list[tuple[str | None, int]] = []  # the open collections' anchors, and the number of values before each
    for event in events:
        if isinstance(event, AliasEvent):
            if event.anchor not in sizes:
                raise ValueError(f"{_line(event)}: found *{event.anchor}, expected an alias of a complete value before")
            n_values += sizes[event.anchor]
        elif isinstance(event, CollectionStartEvent):
            sizes.pop(event.anchor, None)
            begun.append((event.anchor, n_values))
            n_values += 1
        elif isinstance(event, CollectionEndEvent):
            anchor, before = begun.pop()
            sizes[anchor] = n_values - before
        elif isinstance(event, ScalarEvent):
            sizes[event.anchor] = 1
            n_values += 1
        if n_values > MAX_VALUES:
            raise ValueError(f"{_line(event)}: found more than {MAX_VALUES:,} values, aliases written out")
        if len(begun) > MAX_DEPTH:
            raise ValueError(f"{_line(event)}: found more than {MAX_DEPTH} levels, expected fewer")


def _line(event: Event) -> str:
    return f"line {event.start_mark.line + 1}"
