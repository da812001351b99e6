"""The examples of README and docs, as printed there: a model, the library on an array, a new method, a new data set."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import yaml

from stages.files import read_json
from vhp.methods import Method

ROOT = Path(__file__).parents[2]


def blocks(title: str, document: str = "README.md") -> list[str]:
    """The code printed in a section."""
    section = (ROOT / document).read_text().split(f"# {title}\n")[1].split("\n## ")[0]
    return re.findall(r"```(?:python|toml)\n(.*?)```", section, re.DOTALL)


def test_a_stranger_loads_the_committed_model_and_finds_the_number_of_its_card(monkeypatch, capsys):
    [code] = blocks("Load a trained model")
    assert len(code.splitlines()) <= 10
    monkeypatch.chdir(ROOT)
    names = {}
    exec(code, names)
    nll = re.fullmatch(r"NLL ([\d.]+) nats\n", capsys.readouterr().out).group(1)
    card = (ROOT / "reports/examples/digits-vhp_rewo-0/README.md").read_text()
    [row] = re.findall(r"\n\| VHP \+ REWO \| -[^|]*\| ([\d.]+) ± [^|]*\|\n", (ROOT / "README.md").read_text())
    assert f"test NLL (nats) | {nll} ± " in card and row == nll
    assert f"# {nll}, as its card and the demo's table say" in code
    assert names["posterior"].std.shape == (300, 8) and names["path"].x.shape == (60, 64)
    assert names["pictures"].shape == (16, 64)


def test_the_library_example_is_short_and_learns_the_users_array(tmp_path, monkeypatch, capsys):
    [code] = blocks("The library on an array of your own", "docs/library.md")
    assert len(code.splitlines()) < 24
    # What its comment says: 255 times the probability of a one. One of two complementary patterns of 9 pixels, of which
    # each is drawn the other way with probability 0.05: 2.48 nats in truth, 9 log 2 = 6.24 by coin tosses.
    pattern = np.tile(np.array([242, 13, 242], np.uint8), 3)
    chosen = np.random.default_rng(0).integers(2, size=(160, 1)).astype(bool)
    np.save(tmp_path / "images.npy", np.where(chosen, pattern, 255 - pattern))
    monkeypatch.chdir(tmp_path)
    names = {}
    exec(code, names)
    nll = float(re.match(r"NLL (-?[\d.]+) nats, beta [\d.]+\n$", capsys.readouterr().out).group(1))
    assert isinstance(names["method"], Method) and len(names["test"]) == len(names["result"].log_likelihood) == 16
    assert 1.0 < nll < 4.0


def test_the_new_method_trains_on_the_new_data_set(tmp_path):
    for folder in ("vhp", "stages"):
        shutil.copytree(ROOT / folder, tmp_path / folder, ignore=shutil.ignore_patterns("__pycache__"))
    [method] = blocks("Add a method")
    (tmp_path / "vhp/methods/vae.py").write_text(method)
    about, prepare, entry = blocks("A package", "docs/own_data.md")
    (tmp_path / "vhp/datasets/moons").mkdir()
    (tmp_path / "vhp/datasets/moons/__init__.py").write_text(about)
    (tmp_path / "vhp/datasets/moons/prepare.py").write_text(prepare)
    with (tmp_path / "vhp/datasets/registry.toml").open("a") as registry:
        registry.write(entry)
    params = yaml.safe_load((ROOT / "params.yaml").read_text())
    params |= {"budget": "smoke", "datasets": ["moons"], "methods": ["vae"]}
    params["kappa"]["moons"] = 0.1
    params["settings"]["vae"] = {"warm_up_share": 0.3}
    (tmp_path / "params.yaml").write_text(yaml.safe_dump(params))
    for command in ("configure", "download moons", "preprocess moons", "train moons-vae-0", "evaluate moons-vae-0"):
        stage, *arguments = command.split()
        done = subprocess.run(
            [sys.executable, "-m", f"stages.{stage}", *arguments],
            cwd=tmp_path,
            env=os.environ | {"PYTHONPATH": str(tmp_path), "OMP_NUM_THREADS": "1"},
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stderr
    assert np.isfinite(read_json(tmp_path / "runs/moons/moons-vae-0/likelihood.json")["nll"])
