"""Acclaim text files as numbered lines of words, and their errors: file, line, found, expected."""

import math
import re
from collections.abc import Sequence
from typing import NamedTuple

TOO_LARGE = 1e9
COMMENT = re.compile(rb"(^|\s)#.*")


class Line(NamedTuple):
    """A line of an .asf or .amc file, by which errors name the place."""

    file: str
    number: int  # from 1
    words: list[str]  # none empty

    def wrong(self, found: str, expected: str) -> ValueError:
        return ValueError(f"{self.file}, line {self.number}: found {found}, expected {expected}")

    def expect(self, n: int, what: str) -> list[str]:
        """The words after the first, if there are n of them."""
        if len(self.words) != n + 1:
            raise self.wrong(f"{len(self.words) - 1} values after {self.words[0]!r}", f"{n}: {what}")
        return self.words[1:]

    def numbers(self, words: Sequence[str]) -> list[float]:
        """Decimal numbers, none so large that it might be an error or overflow later on."""
        try:
            values = [float(word) for word in words]
        except ValueError:
            values = [math.nan]
        # float() also takes 1_000, nan and inf, none of which the format has.
        if not sum(map(abs, values)) < TOO_LARGE or "_" in "".join(words):
            raise self.wrong(repr(" ".join(words)), f"decimal numbers below {TOO_LARGE:g}")
        return values


def numbered(file: str, content: bytes) -> list[Line]:
    """Lines with something on them; any line ends. The last one is empty and marks the end.

    # starts a comment where a word could start: within one it does not, as -1.#IND is how some programs write NaN.
    """
    lines = []
    texts = content.splitlines()
    for number, text in enumerate(texts, 1):
        if b"#" in text:
            text = COMMENT.sub(b"", text)
        if not text.isascii():
            byte = next(byte for byte in text if byte > 127)
            raise ValueError(f"{file}, line {number}: found the byte {byte:#04x}, expected plain ASCII text")
        if words := text.decode("ascii").split():
            lines.append(Line(file, number, words))
    lines.append(Line(file, len(texts) + 1, []))
    return lines
