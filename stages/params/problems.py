"""What is wrong in params.yaml, in words: the key, what was found, what was expected."""

import difflib
from collections.abc import Iterable
from typing import Any

from pydantic import ValidationError

ONE_VALUE = (("float",), ("str",), ("list[int]",))  # in pydantic's words, the types of which a mapping has several
FOUND_CHARACTERS = 100  # of a wrong value that a message shows at most


class ParamsError(ValueError):
    """Something in params.yaml is wrong; the message names the key, what was found and what was expected."""


def check_keys(where: str, found: Iterable[str], known: Iterable[str]) -> None:
    known = sorted(known)
    for key in found:
        if key not in known:
            close = difflib.get_close_matches(str(key), known, n=1)
            hint = f"did you mean {close[0]!r}?" if close else f"expected one of {', '.join(known)}"
            raise ParamsError(f"{where}{'.' if where else ''}{key}: unknown key; {hint}")


def messages(where: str, error: ValidationError) -> str:
    """pydantic's findings, a line each: key, what was expected, what was found."""
    lines = []
    for problem in error.errors():
        # Of a value that may be one number or a mapping, and is a mapping, pydantic says also that it is no number.
        if isinstance(problem["input"], dict) and problem["loc"][-1:] in ONE_VALUE:
            continue
        # Without the names of union members, which pydantic appends: "kappa.float", "kappa.dict[str,float]".
        parts = [str(part) for part in problem["loc"] if (part,) not in ONE_VALUE and "[" not in str(part)]
        key = ".".join([where, *parts]).strip(".")
        text = problem["msg"].removeprefix("Value error, ")
        found = "" if problem["type"] in ("value_error", "missing") else f" (found {shown(problem['input'])})"
        lines.append(f"{key}: {text}{found}")
    return "\n".join(lines)


def shown(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= FOUND_CHARACTERS else f"{text[:FOUND_CHARACTERS]}..."
