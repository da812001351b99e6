"""YAML as DVC reads it, and its bounds: each refusal comes at once, and says where and why."""

import time

import pytest
import yaml
from dvc.utils.serialize import dumps_yaml, loads_yaml

from stages.params import plain_yaml

BILLION = "".join(f"l{i + 1}: &l{i + 1} [{', '.join([f'*l{i}'] * 10)}]\n" for i in range(9))
MERGED = "".join(f"l{i + 1}: &l{i + 1}\n  <<: [{', '.join([f'*l{i}'] * 10)}]\n" for i in range(9))


def test_the_values_are_those_that_dvc_reads():
    text = "a: {x: 5e-05, y: 010, z: on, '1': 1_0}\nb: &b [1, ~, true]\nc: *b\n"
    assert plain_yaml.parse(text) == loads_yaml(text)
    assert plain_yaml.parse(dumps_yaml({"rate": 0.00005})) == {"rate": 0.00005}
    assert yaml.safe_load(dumps_yaml({"rate": 0.00005})) != {"rate": 0.00005}  # why it is not PyYAML


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (f"l0: &l0 [lol]\n{BILLION}", "line 5: found more than 20,000 values"),
        (f"l0: &l0 {{a: 1}}\n{MERGED}", r"line \d+: found more than 20,000 values"),
        ("- 1\n" * 30_000, r"line \d+: found more than 20,000 values"),
        ("[" * 100_000, "line 1: found more than 20 levels"),
        ("a: &a [*a]", r"line 1: found \*a, expected an alias of a complete value before"),
        ("a: &a [1]\nb: &a [*a]", r"line 2: found \*a, expected"),
        ("a: *nobody", r"line 1: found \*nobody, expected"),
        ("a: 1\na: 2", "not YAML: .*duplicate"),
        ("a: 2001-99-99", "month"),
        (f"a: {'1' * 5000}", "4300 digits"),
        ("a: !!python/object:os.system x", "not YAML: .*constructor"),
        ("a: \x00", "not YAML: .*control characters"),
        ("1\n---\n2", "not YAML: .*single document"),
    ],
)
def test_what_is_too_large_too_deep_or_no_yaml_is_refused_at_once(text, message):
    begun = time.monotonic()
    with pytest.raises(ValueError, match=f"(?s){message}"):
        plain_yaml.parse(text)
    assert time.monotonic() - begun < 5


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a: [1\nb: 2", "line 2, column 2: not YAML: while parsing a flow sequence, did not find expected ',' or ']'"),
        (
            "a: 1\na: 2",  # without advice on how to allow it
            'line 2, column 1: not YAML: while constructing a mapping, found duplicate key "a" with value "2" '
            '(original value: "1")',
        ),
        ("a: \x00", "not YAML: unacceptable character #x0000: control characters are not allowed"),
    ],
)
def test_what_is_no_yaml_is_named_in_one_line_with_its_place(text, message):
    with pytest.raises(ValueError) as refused:
        plain_yaml.parse(text)
    assert str(refused.value) == message


def test_aliases_within_the_bounds_stand_for_their_values():
    assert plain_yaml.parse("a: &a {x: [1, 2]}\nb: [*a, *a]")["b"] == [{"x": [1, 2]}] * 2


def test_a_file_is_read_up_to_its_bound(tmp_path):
    path = tmp_path / "params.yaml"
    path.write_bytes(b"# " + b"x" * plain_yaml.MAX_BYTES)
    with pytest.raises(ValueError, match=r"params\.yaml: found more than 262,144 bytes"):
        plain_yaml.read(path)
    with pytest.raises(ValueError, match=f"^{tmp_path}: found a folder, expected a file; "):
        plain_yaml.read(tmp_path)
    path.write_bytes(b"a: 1\nb: \xff\n")
    with pytest.raises(ValueError, match=r"params\.yaml: line 2: found the byte 0xff, expected UTF-8"):
        plain_yaml.read(path)
