"""The README's library example, exactly as printed there, on a small array."""

import re
from pathlib import Path

import numpy as np

from vhp.methods import Method

ROOT = Path(__file__).parents[1]


def library_example() -> str:
    section = (ROOT / "README.md").read_text().split("## Use the library on your own data\n")[1].split("\n## ")[0]
    return re.search(r"```python\n(.*?)```", section, re.DOTALL).group(1)


def test_the_library_example_has_fewer_than_20_lines_and_learns_the_users_array(tmp_path, monkeypatch, capsys):
    code = library_example()
    assert len(code.splitlines()) < 20
    # One of two complementary patterns of 9 pixels, without noise: log 2 nats in truth, 9 log 2 = 6.24 by coin tosses.
    pattern = np.tile(np.array([255, 0, 255], np.uint8), 3)
    chosen = np.random.default_rng(0).integers(2, size=(160, 1)).astype(bool)
    np.save(tmp_path / "images.npy", np.where(chosen, pattern, 255 - pattern))
    monkeypatch.chdir(tmp_path)
    names = {}
    exec(code, names)
    nll = float(re.match(r"NLL (-?[\d.]+) nats, beta [\d.]+\n$", capsys.readouterr().out).group(1))
    assert isinstance(names["method"], Method) and len(names["test"]) == len(names["result"].log_likelihood) == 16
    assert 0.0 < nll < 2.0
