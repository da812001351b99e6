"""Reader of Acclaim motion files (.amc). What does not fit the format is refused with a ValueError naming the line."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from vhp.datasets.motion.lines import Line, numbered

KEYWORDS = (":fully-specified", ":degrees", ":radians")


@dataclass(frozen=True, eq=False)
class Motion:
    """The frames of one recorded trial."""

    first_frame: int  # the number of values[0] in the file; the others follow without gaps
    values: np.ndarray  # (frames, channels): translations in the file's unit, rotations in degrees


def read(file: str, content: bytes, dof: Mapping[str, Sequence[str]]) -> Motion:
    """The motion in an .amc file. file: its name, for errors.

    dof: the channels of each bone (the file holds numbers only). Its order is that of the result's columns, whatever
    the order in the file. Every frame must have every bone.
    """
    *lines, end = numbered(file, content)
    n_header = next((i for i, line in enumerate(lines) if line.words[0][0] != ":"), len(lines))
    degrees = _degrees(lines[:n_header], end if n_header == len(lines) else lines[n_header])

    columns, n_channels = {}, 0
    for bone, names in dof.items():
        columns[bone] = slice(n_channels, n_channels + len(names))
        n_channels += len(names)
    scale = np.array([1.0 if name[0] == "t" else degrees for names in dof.values() for name in names])

    frames: list[list[float]] = []
    seen: set[str] = set()
    number = first = 0
    for line in lines[n_header:]:
        word, *words = line.words
        if not words and word.isdecimal():
            if frames:
                _complete(line, number, seen, dof)
            expected = number + 1 if frames else int(word[:18])
            if int(word[:18]) != expected or len(word) > 18:
                raise line.wrong(f"frame {word[:18]}", f"frame {expected}, the next")
            number, seen = expected, set()
            first = first if frames else number
            frames.append([math.nan] * n_channels)
            continue
        if not frames:
            raise line.wrong(repr(word), "the number of the first frame")
        if word not in columns or word in seen:
            raise line.wrong(f"the bone {word!r}", f"each of the skeleton's bones once in frame {number}")
        frames[-1][columns[word]] = line.numbers(line.expect(len(dof[word]), " ".join(dof[word])))
        seen.add(word)
    if not frames:
        raise end.wrong("the end of the file", "the number of the first frame")
    _complete(end, number, seen, dof)
    return Motion(first, np.array(frames) * scale)


def _degrees(header: Sequence[Line], end: Line) -> float:
    """Degrees per unit of angle."""
    units = []
    for line in header:
        word = line.words[0].lower()
        if word not in KEYWORDS or len(line.words) > 1:
            raise line.wrong(repr(" ".join(line.words)), f"one of {', '.join(KEYWORDS)}")
        units += [word] if word != KEYWORDS[0] else []
        if len(set(units)) > 1:
            raise line.wrong(repr(word), f"one unit of angle, {units[0]}")
    if not units:
        raise end.wrong("frames without a unit of angle", "a line :DEGREES or :RADIANS before them")
    return 1.0 if units[0] == ":degrees" else math.degrees(1)


def _complete(line: Line, number: int, seen: set[str], dof: Mapping[str, Sequence[str]]) -> None:
    missing = [bone for bone in dof if bone not in seen]
    if missing:
        raise line.wrong(f"the end of frame {number}", f"{missing[0]!r} and all other bones of the skeleton before it")
