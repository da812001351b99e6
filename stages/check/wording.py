"""How a line names several stages or files that have the same to be said of them."""

from collections.abc import Collection


def first_of(names: Collection[str]) -> str:
    """The first, and how many more; names: at least one."""
    return f"{next(iter(names))}{f' and {len(names) - 1} more' if len(names) > 1 else ''}"
