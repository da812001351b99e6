"""Another matrix in a clone's params.yaml, of which nothing else changes, however the file is laid out."""

from collections.abc import Sequence
from pathlib import Path

from ruamel.yaml import YAML, YAMLError
from ruamel.yaml.nodes import MappingNode, Node, SequenceNode

from stages.clones.git import CloneError
from stages.files import write_text

AXES = ("budget", "datasets", "methods", "seeds")


def set_matrix(params: Path, **axes: Sequence[str] | None) -> None:
    """Write other values for some of AXES into params.yaml, whose comments stay. Raises CloneError.

    A list has its values in the line of its name afterwards. `dvc exp run -S` leaves it with a line for each value.
    """
    text = params.read_text(encoding="utf-8")
    for axis, values in axes.items():
        if values:
            new = values[0] if axis == "budget" else f"[{', '.join(values)}]"
            begin, end = place(params, text, axis)
            text = f"{text[:begin]}: {new}{text[end:]}"
    write_text(params, text)


def place(params: Path, text: str, axis: str) -> tuple[int, int]:
    """From where to where, in characters, the text has the axis' colon and value. Raises CloneError."""
    try:
        root = YAML(pure=True).compose(text)
    except YAMLError as error:
        raise CloneError(f"{params}: found no YAML, expected the parameters: {error}") from error
    pairs = root.value if isinstance(root, MappingNode) else []
    found = [(key, value) for key, value in pairs if key.value == axis]
    if len(found) != 1:
        raise CloneError(f"{params}: found {len(found)} lines {axis}: ..., expected one")
    [(key, value)] = found
    if value.value == "" and not value.style:  # no value at all: to the parser it ends where the next key begins
        return key.end_mark.index, key.end_mark.index + 1
    return key.end_mark.index, last(value).end_mark.index


def last(node: Node) -> Node:
    """The node, or its last value: a list with a line for each ends, to the parser, where the next key begins."""
    return node.value[-1] if isinstance(node, SequenceNode) and node.value and not node.flow_style else node
