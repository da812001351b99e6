"""Seeds are in one place: no module but vhp.seeds and the data sets names one, and no two streams coincide."""

import ast
from pathlib import Path

import pytest
import torch

from vhp import seeds

ROOT = Path(__file__).parents[1]
GENERATORS = ("manual_seed", "default_rng", "PCG64", "Random")


def test_no_other_module_has_a_seed_of_its_own():
    files = [file for folder in ("vhp", "stages") for file in (ROOT / folder).rglob("*.py")]
    for file in files:
        if file == ROOT / "vhp" / "seeds.py" or ROOT / "vhp" / "datasets" in file.parents:
            continue
        nodes = list(ast.walk(ast.parse(file.read_text())))
        assigned = {
            name.id
            for node in nodes
            if isinstance(node, ast.Assign)
            for target in node.targets
            for name in ast.walk(target)
            if isinstance(name, ast.Name)
        }
        assert not {name for name in assigned if name.endswith("SEED")}, file
        calls = [node for node in nodes if isinstance(node, ast.Call) and ast.unparse(node.func).endswith(GENERATORS)]
        assert not [ast.unparse(c) for c in calls if any(isinstance(a, ast.Constant) for a in c.args)], file


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
