"""Skeleton files: what is read, what is refused, and that nothing else can happen."""

import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.acclaim import person, small_skeleton, write_asf
from vhp.datasets.motion import asf

TEXT = b"""\
# a comment
:version 1.10
:name TEST
:units
  mass 1.0
  length 0.45
  angle deg
:documentation
   begin end root :no section, since it is not the first word
:root
   order TX TY TZ RX RY RZ
   axis XYZ
   position 1 2 3
   orientation 0 0 0
:bonedata
  begin
     id 1
     name arm  # another comment
     direction 1 0 0
     length 2
     axis 0 0 20 XYZ
    dof rx rz
    limits (-160.0 20.0)
           (-70.0 inf)
  end
  begin
     id 2
     name hand
     direction 0 -1 0
     length 0.5
     axis 0 0 0 ZYX
  end
:hierarchy
  begin
    root arm
    arm hand
  end
"""


def same(a, b, tolerance=0.0):
    for name, array in a.arrays().items():
        other = b.arrays()[name]
        assert array.shape == other.shape and array.dtype == other.dtype, name
        if tolerance and array.dtype.kind == "f":
            np.testing.assert_allclose(array, other, rtol=tolerance, atol=tolerance)
        else:
            np.testing.assert_array_equal(array, other)


def test_a_skeleton_is_read():
    skeleton = asf.read("x.asf", TEXT)
    assert skeleton.names.tolist() == ["root", "arm", "hand"]
    assert skeleton.parents.tolist() == [-1, 0, 1]
    assert skeleton.directions.tolist() == [[0, 0, 0], [1, 0, 0], [0, -1, 0]]
    assert skeleton.lengths.tolist() == [0, 2, 0.5]
    assert skeleton.axes.tolist() == [[0, 0, 0], [0, 0, 20], [0, 0, 0]]
    assert skeleton.orders.tolist() == ["XYZ", "XYZ", "ZYX"]
    assert skeleton.dof.tolist() == ["tx ty tz rx ry rz", "rx rz", ""]
    assert skeleton.limits.tolist() == [[-160, 20], [-70, np.inf]]
    assert skeleton.position.tolist() == [1, 2, 3] and skeleton.units.tolist() == [1, 0.45]
    assert skeleton.dof_of_bones() == {"root": ("tx", "ty", "tz", "rx", "ry", "rz"), "arm": ("rx", "rz")}


def test_line_ends_comments_and_spacing_make_no_difference():
    expected = asf.read("x.asf", TEXT)
    for text in (
        TEXT.replace(b"\n", b"\r\n"),
        TEXT.replace(b"\n", b"\r"),
        TEXT.replace(b"\n", b"  \t # more\n\n"),
        TEXT.replace(b"    limits (-160.0 20.0)\n           (-70.0 inf)", b"limits ( -160 20 ) (-70.0 Inf)"),
        TEXT.rstrip(),
    ):
        same(asf.read("x.asf", text), expected)


def test_bones_come_parents_first_whatever_the_order_in_the_file():
    swapped = TEXT.replace(b"    root arm\n    arm hand\n", b"    arm hand\n    root arm\n")
    same(asf.read("x.asf", swapped), asf.read("x.asf", TEXT))


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
@pytest.mark.parametrize("skeleton", [small_skeleton(), person()], ids=["small", "person"])
def test_a_skeleton_survives_writing_and_reading(skeleton, newline):
    same(asf.read("x.asf", write_asf(skeleton, newline)), skeleton)
    same(asf.read("x.asf", write_asf(skeleton, newline, radians=True)), skeleton, tolerance=1e-13)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("angle deg", "angle grad", "line 7: found 'grad', expected deg or rad"),
        ("length 0.45", "length -1", "line 6: found -1, expected a positive unit"),
        ("mass 1.0", "mass 1.0 2.0", "line 5: found 2 values after 'mass', expected 1"),
        ("  mass 1.0\n", "", "line 7: found the end of the block, expected 'mass' before it"),
        (":units", ":unit", "line 4: found ':unit', expected each of :units"),
        (":name TEST", ":units", "line 4: found ':units', expected each of .* at most once"),
        ("order TX TY TZ RX RY RZ", "order TX TY TZ RX RY", "line 11: found 'TX TY TZ RX RY', expected TX TY TZ RX"),
        ("axis XYZ", "axis XYY", "line 12: found 'XYY', expected an order of axes"),
        ("position 1 2 3", "position 1 2", "line 13: found 2 values after 'position', expected 3"),
        ("id 2", "id 1", "line 27: found '1', expected a whole number that no bone before has"),
        ("id 2", "id two", "line 27: found 'two'"),
        ("name hand", "name arm", "line 28: found 'arm', expected a name that no bone before has"),
        ("name hand", "name root", "line 28: found 'root', expected a name"),
        ("direction 0 -1 0", "direction 0 -1 x", "line 29: found '0 -1 x', expected decimal numbers"),
        ("direction 0 -1 0", "direction 0 nan 0", "line 29: found '0 nan 0', expected decimal numbers"),
        ("direction 0 -1 0", "direction 0 -1_0 0", "line 29: found '0 -1_0 0', expected decimal numbers"),
        ("direction 0 -1 0", "direction 0 -2 0", "line 29: found a direction of length 2, expected 1"),
        ("length 0.5", "length inf", "line 30: found 'inf', expected decimal numbers"),
        ("length 0.5", "length -0.5", "line 30: found -0.5, expected a length of at least 0"),
        ("length 0.5", "length 0.5\n length 0.5", "line 31: found 'length', expected each of .* at most once"),
        ("axis 0 0 0 ZYX", "axis 0 0 0", "line 31: found 3 values after 'axis', expected 4"),
        ("axis 0 0 0 ZYX", "", "line 32: found the end of the block, expected 'axis' before it"),
        ("dof rx rz", "dof rx l", "line 22: found 'rx l', expected rx, ry and rz"),
        ("dof rx rz", "dof rx rx", "line 22: found 'rx rx', expected rx, ry and rz"),
        ("    dof rx rz\n", "", "line 22: found 4 limits, expected 0"),
        ("(-70.0 inf)", "(-70.0)", "line 23: found 3 limits, expected 4"),
        ("           (-70.0 inf)\n", "", "line 23: found 2 limits, expected 4"),
        ("(-70.0 inf)", "(-70.0 x)", "line 23: found 'x', expected decimal numbers"),
        ("  end\n  begin", "  begin", "line 25: found 'begin', expected the block's end"),
        ("    arm hand", "    arm hand foot", "line 36: found the bone 'foot', expected one that :bonedata describes"),
        ("    arm hand", "    arm hand arm", "line 36: found 'arm' below 'arm', expected each bone once"),
        ("    arm hand", "    arm hand\n    hand root", "line 37: found 'root' below 'hand', expected each bone once"),
        (
            "    root arm\n    arm hand",
            "    arm hand\n    hand arm",
            "line 18: found the bone 'arm', expected a way to it",
        ),
        ("    arm hand\n", "", "line 28: found the bone 'hand', expected a way to it from the root"),
    ],
)
def test_what_does_not_fit_the_format_is_refused_with_its_line(old, new, message):
    assert old.encode() in TEXT
    with pytest.raises(ValueError, match=f"^x.asf, {message}"):
        asf.read("x.asf", TEXT.replace(old.encode(), new.encode(), 1))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "line 1: found the end of the file, expected the section :units"),
        (b"\n\n# nothing\n", "line 4: found the end of the file, expected the section :units"),
        (b"\x89PNG\r\n", "line 1: found the byte 0x89, expected plain ASCII text"),
        (b"<html>", "line 1: found '<html>', expected a section"),
        (TEXT[: TEXT.index(b":hierarchy")], "line 33: found the end of the file, expected the section :hierarchy"),
        (
            TEXT[: TEXT.index(b"  begin\n     id 1")] + b":hierarchy\n",
            "line 16: found the end of the section, expected begin",
        ),
        (TEXT.rstrip()[:-3], "line 38: found the end of the section, expected end"),
    ],
)
def test_what_is_not_a_whole_skeleton_file_is_refused(content, message):
    with pytest.raises(ValueError, match=f"^x.asf, {message}"):
        asf.read("x.asf", content)


def parses_or_names_the_line(read, content):
    try:
        read(content)
    except ValueError as error:
        assert re.match(r"x\.a.., line \d+: found .*, expected ", str(error), re.DOTALL), error


@given(st.binary(max_size=200))
def test_arbitrary_bytes_are_refused_with_a_line(content):
    with pytest.raises(ValueError, match=r"^x.asf, line \d+: found "):
        asf.read("x.asf", content)


@given(st.data())
def test_a_mutated_file_is_read_or_refused_with_a_line(data):
    lines = TEXT.splitlines(keepends=True)
    for _ in range(data.draw(st.integers(1, 4))):
        i, j = (data.draw(st.integers(0, len(lines) - 1)) for _ in range(2))
        word = data.draw(
            st.sampled_from([b"", b"nan", b"1e999", b"begin", b"end", b":root", b"(", b"arm", b"\xff", b"7"])
        )
        change = data.draw(st.sampled_from(["delete", "double", "swap", "cut", "word", "replace"]))
        if change == "delete" and len(lines) > 1:
            del lines[i]
        elif change == "double":
            lines.insert(i, lines[j])
        elif change == "swap":
            lines[i], lines[j] = lines[j], lines[i]
        elif change == "cut":
            lines[i] = lines[i][: data.draw(st.integers(0, len(lines[i])))]
        elif change == "word":
            lines[i] = lines[i].rstrip() + b" " + word + b"\n"
        else:
            words = lines[i].split() or [b""]
            words[data.draw(st.integers(0, len(words) - 1))] = word
            lines[i] = b" ".join(words) + b"\n"
    parses_or_names_the_line(lambda content: asf.read("x.asf", content), b"".join(lines))


@given(st.data())
def test_a_file_with_changed_bytes_is_read_or_refused_with_a_line(data):
    content = bytearray(TEXT)
    for _ in range(data.draw(st.integers(1, 5))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    parses_or_names_the_line(lambda content: asf.read("x.asf", content), bytes(content))
    cut = data.draw(st.integers(0, len(TEXT)))
    parses_or_names_the_line(lambda content: asf.read("x.asf", content), TEXT[:cut])
