"""Seeds are in one place: no module but vhp.seeds and the data sets names one, and no two streams coincide."""

import ast
from pathlib import Path

import pytest
import torch

from vhp import seeds

ROOT = Path(__file__).parents[1]
GENERATORS = {"manual_seed", "manual_seed_all", "seed", "default_rng", "PCG64", "Random", "RandomState", "SeedSequence"}
# vhp.seeds itself, and a simulation of a plan, which draws times of stages: no result depends on it.
EXCEPT = {ROOT / "vhp" / "seeds.py", ROOT / "stages" / "parallel" / "simulation.py"}


def fixed(value: ast.AST) -> bool:
    """Whether an expression is of literals alone."""
    return not any(isinstance(node, ast.Name) for node in ast.walk(value))


def own_seeds(module: str) -> list[str]:
    """What gives a seed a name, or a number where it is used."""
    found: list[ast.AST] = []
    for node in ast.walk(ast.parse(module)):
        if isinstance(node, ast.Assign | ast.AnnAssign | ast.NamedExpr):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            names = [name for target in targets for name in ast.walk(target) if isinstance(name, ast.Name)]
            found += [name for name in names if name.id.endswith("SEED")]
        if isinstance(node, ast.keyword) and node.arg in ("seed", "random_state") and fixed(node.value):
            found.append(node.value)
        if isinstance(node, ast.Call) and ast.unparse(node.func).rpartition(".")[2] in GENERATORS:
            found += [value for value in [*node.args, *(k.value for k in node.keywords)] if fixed(value)]
    return [ast.unparse(node) for node in found]


def test_no_other_module_has_a_seed_of_its_own():
    files = {file for folder in ("vhp", "stages") for file in (ROOT / folder).rglob("*.py")}
    assert files >= EXCEPT
    for file in sorted(files - EXCEPT):
        if ROOT / "vhp" / "datasets" not in file.parents:
            assert not own_seeds(file.read_text()), file


@pytest.mark.parametrize(
    "module",
    [
        "A_SEED = 3",
        "A_SEED: int = 3",
        "A_SEED, other = 3, 4",
        "torch.manual_seed(3)",
        "torch.Generator().manual_seed(3)",
        "torch.cuda.manual_seed_all(3)",
        "np.random.default_rng(3)",
        "np.random.default_rng(seed=3)",
        "np.random.Generator(np.random.PCG64([3, 4]))",
        "np.random.RandomState(3)",
        "np.random.seed(3)",
        "random.seed(3)",
        "random.Random(3)",
        "table.sample(10, random_state=3)",
        "train(model, seed=3)",
    ],
)
def test_a_seed_of_its_own_is_seen(module):
    """Or the test above would show nothing."""
    assert own_seeds(module)
    assert not own_seeds(module.replace("A_SEED", "A").replace("3", "run.seed"))


def test_two_draws_share_a_seed_only_where_they_share_no_numbers():
    named = {name: value for name, value in vars(seeds).items() if name.endswith("_SEED")}
    # One draws PyTorch's normal noise, the other rows of a data set with NumPy's generator.
    assert named.pop("CONTACT_SHEET_SEED") == named["SNAPSHOT_NOISE_SEED"]
    assert len(set(named.values())) == len(named)


def test_streams_of_a_seed_do_not_meet_those_of_the_next():
    streams = {seeds.numbered(seed, number) for seed in range(3) for number in (0, 1, 999_999)}
    assert len(streams) == 9


def test_a_stream_beyond_the_last_that_torch_takes_is_refused():
    largest = (2**64 - 1) // seeds.STRIDE
    torch.manual_seed(seeds.numbered(largest, (2**64 - 1) % seeds.STRIDE))
    with pytest.raises(ValueError, match=f"seed: found {largest}, expected a number from 0 to {largest - 1}"):
        seeds.numbered(largest, seeds.STRIDE)
    with pytest.raises(ValueError, match="seed: found -1, expected a number from 0"):
        seeds.numbered(-1, 0)
