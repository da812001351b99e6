"""Motion files: what is read, what is refused, and that nothing else can happen."""

import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from tests.acclaim import write_amc
from vhp.datasets.motion import amc

BONES = {"root": ("tx", "ty", "tz", "rx", "ry", "rz"), "arm": ("rx", "rz"), "hand": ("ry",)}
TEXT = b"""\
#!OML:ASF test.ASF
:FULLY-SPECIFIED
:DEGREES
1
root 1 2 3 4 5 6
arm 7 8
hand -9.5e-015
2
root 11 12 13 14 15 16
arm 17 18
hand 19
"""
VALUES = [[1, 2, 3, 4, 5, 6, 7, 8, -9.5e-15], [11, 12, 13, 14, 15, 16, 17, 18, 19]]


def read(content):
    return amc.read("x.amc", content, BONES)


def test_frames_are_read_in_the_order_asked_for():
    motion = read(TEXT)
    assert motion.first_frame == 1
    assert motion.values.tolist() == VALUES
    backwards = dict(reversed(BONES.items()))
    np.testing.assert_array_equal(
        amc.read("x.amc", TEXT, backwards).values, np.array(VALUES)[:, [8, 6, 7, 0, 1, 2, 3, 4, 5]]
    )


def test_line_ends_comments_spacing_and_order_of_bones_make_no_difference():
    for text in (
        TEXT.replace(b"\n", b"\r\n"),
        TEXT.replace(b"\n", b"\r"),
        TEXT.replace(b"\n", b" # more\n\n").replace(b" ", b"\t "),
        TEXT.replace(b"arm 7 8\nhand -9.5e-015\n", b"hand -9.5e-15\narm 7.0 8.00\n"),
        TEXT.rstrip(),
    ):
        assert read(text).values.tolist() == VALUES


def test_radians_become_degrees_and_lengths_stay():
    values = read(TEXT.replace(b":DEGREES", b":RADIANS")).values
    expected = np.array(VALUES)
    expected[:, 3:] *= 180 / np.pi
    np.testing.assert_allclose(values, expected, rtol=1e-15)


@given(
    arrays(float, st.tuples(st.integers(1, 4), st.just(9)), elements=st.floats(-1e6, 1e6)),
    st.sampled_from(["\n", "\r\n"]),
    st.integers(0, 10**6),
)
def test_a_motion_survives_writing_and_reading(values, newline, first):
    motion = read(write_amc(values, BONES, first, newline))
    assert motion.first_frame == first
    np.testing.assert_array_equal(motion.values, values)
    radians = read(write_amc(values, BONES, first, newline, radians=True))
    np.testing.assert_allclose(radians.values, values, rtol=1e-14, atol=1e-300)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (":DEGREES\n", "", "line 3: found frames without a unit of angle, expected a line :DEGREES or :RADIANS"),
        (":DEGREES", ":GRADS", "line 3: found ':GRADS', expected one of :fully-specified"),
        (":DEGREES", ":DEGREES 1", "line 3: found ':DEGREES 1', expected one of"),
        (":DEGREES", ":DEGREES\n:RADIANS", "line 4: found ':radians', expected one unit of angle"),
        ("\n1\n", "\n", "line 4: found 'root', expected the number of the first frame"),
        ("\n2\n", "\n3\n", "line 8: found frame 3, expected frame 2"),
        ("\n2\n", "\n1\n", "line 8: found frame 1, expected frame 2"),
        ("\n2\n", "\n", "line 8: found the bone 'root', expected each of the skeleton's bones once in frame 1"),
        ("\n2\n", "\n:DEGREES\n", "line 8: found the bone ':DEGREES'"),
        ("\n1\n", "\n" + "9" * 30 + "\n", "line 4: found frame 9"),
        ("arm 7 8", "arm 7", "line 6: found 1 values after 'arm', expected 2: rx rz"),
        ("arm 7 8", "arm 7 8 9", "line 6: found 3 values after 'arm', expected 2: rx rz"),
        ("arm 7 8", "arm 7 eight", "line 6: found '7 eight', expected decimal numbers"),
        ("arm 7 8", "arm 7 nan", "line 6: found '7 nan', expected decimal numbers"),
        ("arm 7 8", "arm inf 8", "line 6: found 'inf 8', expected decimal numbers"),
        ("arm 7 8", "arm 7 1e999", "line 6: found '7 1e999', expected decimal numbers"),
        ("arm 7 8", "foot 7 8", "line 6: found the bone 'foot', expected each of the skeleton's bones"),
        ("arm 7 8", "arm 7 8\narm 7 8", "line 7: found the bone 'arm', expected each of the skeleton's bones once"),
        ("arm 7 8\n", "", "line 7: found the end of frame 1, expected 'arm' and all other bones"),
        ("hand 19\n", "", "line 11: found the end of frame 2, expected 'hand' and all other bones"),
        ("hand 19", "hand -1.#IND", "line 11: found '-1.#IND', expected decimal numbers"),
        ("hand 19", "hand 1#QNAN", "line 11: found '1#QNAN', expected decimal numbers"),
        ("hand 19", "hand \xe9", "line 11: found the byte 0xc3, expected plain ASCII text"),
    ],
)
def test_what_does_not_fit_the_format_is_refused_with_its_line(old, new, message):
    assert old.encode() in TEXT
    with pytest.raises(ValueError, match=f"^x.amc, {message}"):
        read(TEXT.replace(old.encode(), new.encode(), 1))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "line 1: found frames without a unit of angle"),
        (b":DEGREES\n", "line 2: found the end of the file, expected the number of the first frame"),
        (b"\x89PNG\r\n", "line 1: found the byte 0x89, expected plain ASCII text"),
        (TEXT[: TEXT.index(b"15 16")], "line 9: found 4 values after 'root', expected 6"),
    ],
)
def test_what_is_not_a_whole_motion_file_is_refused(content, message):
    with pytest.raises(ValueError, match=f"^x.amc, {message}"):
        read(content)


def parses_or_names_the_line(content):
    try:
        values = read(content).values
    except ValueError as error:
        assert re.match(r"x\.amc, line \d+: found .*, expected ", str(error), re.DOTALL), error
    else:
        assert np.isfinite(values).all() and values.shape[1] == 9


@given(st.binary(max_size=200))
def test_arbitrary_bytes_are_refused_with_a_line(content):
    with pytest.raises(ValueError, match=r"^x.amc, line \d+: found "):
        read(content)


@given(st.data())
def test_a_mutated_file_is_read_or_refused_with_a_line(data):
    content = bytearray(TEXT)
    for _ in range(data.draw(st.integers(1, 5))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    parses_or_names_the_line(bytes(content))
    parses_or_names_the_line(TEXT[: data.draw(st.integers(0, len(TEXT)))])
    words = re.split(rb"(\s+)", TEXT)
    words[data.draw(st.integers(0, len(words) - 1))] = data.draw(
        st.sampled_from([b"", b"nan", b"-inf", b"1e400", b"9" * 5000, b"arm", b":RADIANS", b"\n", b"0x10", b"1_0"])
    )
    parses_or_names_the_line(b"".join(words))
