"""The outer form of an .asf file: sections, blocks from begin to end, lines of a keyword and its values."""

from collections.abc import Sequence
from itertools import pairwise

from vhp.datasets.motion.lines import Line

IGNORED = (":version", ":name", ":documentation", ":skin")
SECTIONS = (":units", ":root", ":bonedata", ":hierarchy")

Keys = dict[str, tuple[Line, list[str]]]  # keyword -> its line, and its words


def sections_of(lines: list[Line]) -> dict[str, list[Line]]:
    """Lines of each section, its header first; the line where the next one begins, or the file ends, last."""
    starts = [i for i, line in enumerate(lines) if not line.words or line.words[0][0] == ":"]
    if starts[0] > 0:
        raise lines[0].wrong(repr(lines[0].words[0]), "a section such as :units")
    sections: dict[str, list[Line]] = {}
    for start, stop in pairwise(starts):
        name = lines[start].words[0].lower()
        if name not in SECTIONS + IGNORED or name in sections:
            raise lines[start].wrong(repr(name), f"each of {', '.join(SECTIONS + IGNORED)} at most once")
        sections[name] = lines[start : stop + 1]
    missing = [name for name in SECTIONS if name not in sections]
    if missing:
        raise lines[-1].wrong("the end of the file", f"the section {missing[0]}")
    return sections


def keys_of(lines: Sequence[Line], end: Line, required: Sequence[str], optional: Sequence[str] = ()) -> Keys:
    """Lines of the form `keyword words...`. end: where a keyword that is missing should have been at the latest."""
    keys: Keys = {}
    for line in lines:
        word = line.words[0].lower()
        if word[0] == "(" and "limits" in keys:  # limits continue over several lines
            keys["limits"][1].extend(line.words)
            continue
        if word not in (*required, *optional) or word in keys:
            raise line.wrong(repr(word), f"each of {', '.join([*required, *optional])} at most once")
        keys[word] = (line, line.words[1:])
    for word in required:
        if word not in keys:
            raise end.wrong("the end of the block", f"{word!r} before it")
    return keys


def blocks_of(section: list[Line]) -> list[list[Line]]:
    """The blocks from begin to end, these lines included."""
    blocks: list[list[Line]] = []
    inside = False
    for line in section[1:-1]:
        word = line.words[0].lower()
        if (word == "begin") if inside else (word != "begin"):
            raise line.wrong(repr(word), "the block's end" if inside else "begin")
        if not inside:
            blocks.append([])
        blocks[-1].append(line)
        inside = word != "end"
    if inside or not blocks:
        raise section[-1].wrong("the end of the section", "end" if inside else "begin")
    return blocks
