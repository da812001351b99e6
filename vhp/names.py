"""The titles of methods and data sets in tables and figures, and their order in the paper.

A method's title is TITLE in its module, a data set's is in registry.toml. Needs neither torch nor matplotlib.
"""

import ast
import tomllib
from collections.abc import Sequence
from functools import cache
from pathlib import Path

# In the order of the paper's table; others come after these, by name.
METHODS = ("vhp_rewo", "vhp_geco", "vampprior", "iwae_l1", "iwae_l2")
DATASETS = (
    *("dynamic_mnist", "static_mnist", "fashion_mnist", "omniglot", "omniglot_chardata", "pendulum", "digits"),
    *("faces", "motion", "motion_blocks"),
)

FOLDER = Path(__file__).parent


@cache
def method_name(method: str) -> str:
    """A method's title; its own name if it has none."""
    # Read and not imported: a method imports torch, which tables and figures do not need.
    file = FOLDER / "methods" / f"{method}.py"
    body = ast.parse(file.read_text(encoding="utf-8")).body if file.exists() else []
    titles = (node.value for node in body if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "TITLE")
    return next(map(ast.literal_eval, titles), method)


@cache
def dataset_name(dataset: str) -> str:
    """A data set's title; its own name if the registry has no such entry."""
    registry = tomllib.loads((FOLDER / "datasets" / "registry.toml").read_text(encoding="utf-8"))
    return registry.get(dataset, {}).get("title", dataset)


def position(name: str, known: Sequence[str]) -> tuple[int, str]:
    """Sort key: names in known in its order, then the others alphabetically."""
    return (known.index(name) if name in known else len(known), name)
