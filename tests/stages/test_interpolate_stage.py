import json
import subprocess
import sys
from pathlib import Path

import networkx
import numpy as np
import pytest
import torch
from configured import write_config
from safetensors.torch import save_file

from stages import interpolate, smoothness
from stages.files import write_npz
from stages.runs.places import config_file, run_folder
from stages.runs.run import load_model, open_run
from vhp.datasets import digits
from vhp.latent.smoothness import smoothness_factor
from vhp.latent.strays import without_strays

D, D_Z, N_TEST = 64, 2, 30
N, P, T = 120, 6, 9
METHODS = {
    "iwae_l1": {"n_importance": 2},
    "iwae_l2": {"n_importance": 2, "d_zeta": 2, "prior_hidden": [4]},
    "vampprior": {"n_pseudo_inputs": 5, "warm_up_share": 0.3},
}
ARRAYS = ("paths.npz", "latent_space.npz", "gallery.npz")
OUTPUT = {interpolate: "interpolation.json", smoothness: "smoothness.json"}
SHAPES = {
    "prior": (N, D_Z),
    "nodes": (N, D_Z),
    "components": (N,),
    "pairs": (P, 2),
    "pair_examples": (P, 2),
    "end_distance": (P, 2),
    "end_error": (P, 2),
    "found": (P,),
    "path_z": (P, T, D_Z),
    "path_x": (P, T, D),
    "straight_x": (P, T, D),
    "path_length": (P,),
    "straight_length": (P,),
    "posterior_mean": (N_TEST, D_Z),
    "posterior_std": (N_TEST, D_Z),
    "posterior_example": (N_TEST,),
    "samples": (64, D),
    "originals": (16, D),
    "reconstructions": (16, D),
}


@pytest.fixture(autouse=True)
def workplace(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    rng = np.random.default_rng(0)
    sizes = {"train": 40, "val": 10, "test": N_TEST}
    splits = {split: np.uint8(255) * rng.integers(0, 2, (n, D), np.uint8) for split, n in sizes.items()}
    write_npz(Path("data/processed/digits.npz"), splits)


def make_run(method: str, seed: int = 0, k: int = 8) -> str:
    """An untrained model under the name of a run."""
    name = f"digits-{method}-{seed}"
    config = {
        "run": {"dataset": "digits", "method": method, "seed": seed, "budget": "smoke"},
        "model": {"d_z": D_Z, "hidden": [8]},
        "method": METHODS[method],
        "interpolation": {"n_nodes": N, "k": k, "trim": 0.0, "n_paths": P, "n_frames": T},
    }
    write_config(config)
    run_folder(name).mkdir(parents=True, exist_ok=True)
    save_file(open_run(name).method.model.state_dict(), (run_folder(name) / "model.safetensors"))
    return name


def run_stage(stage, name: str, monkeypatch) -> tuple[dict, dict]:
    """What the stage wrote: all arrays of the run, and the stage's JSON."""
    monkeypatch.setattr(sys, "argv", ["stage", name])
    stage.main()
    arrays = {}
    for file in ARRAYS:
        with np.load(run_folder(name) / file) as content:
            assert not content.keys() & arrays.keys()
            arrays |= dict(content)
    return arrays, json.loads((run_folder(name) / OUTPUT[stage]).read_text())


@pytest.mark.parametrize("method", METHODS)
def test_artifacts(method, monkeypatch):
    name = make_run(method)
    arrays, summary = run_stage(interpolate, name, monkeypatch)
    n_edges = len(arrays["edges"])
    shapes = SHAPES | {"edges": (n_edges, 2), "edge_lengths": (n_edges,)}
    assert {key: array.shape for key, array in arrays.items()} == shapes
    integers = {"edges", "components", "pairs", "pair_examples", "posterior_example"}
    types = {key: "int32" if key in integers else "bool" if key == "found" else "float32" for key in shapes}
    assert {key: array.dtype.name for key, array in arrays.items()} == types

    found = arrays["found"]
    assert found.any()
    # Both interpolations have the same ends.
    for t in (0, -1):
        np.testing.assert_allclose(arrays["path_x"][found, t], arrays["straight_x"][found, t], atol=1e-6)
    assert (arrays["path_length"][found] >= arrays["straight_length"][found] * (1 - 1e-6)).all()
    for key in ("path_x", "samples", "reconstructions"):
        values = arrays[key][found] if key == "path_x" else arrays[key]
        assert (values >= 0).all() and (values <= 1).all()
    assert set(np.unique(arrays["originals"])) == {0, 1}

    expected = {"n_nodes": N, "k": 8, "n_paths": P, "n_frames": T}
    assert {key: summary[key] for key in expected} == expected
    assert summary["components"] == arrays["components"].max() + 1
    assert summary["unreachable"] == pytest.approx(1 - found.mean())


def test_the_frames_are_the_decoders_along_the_path(monkeypatch):
    name = make_run("iwae_l1")
    arrays, _ = run_stage(interpolate, name, monkeypatch)
    run = open_run(name)
    model = load_model(run)
    i = int(np.flatnonzero(arrays["found"])[0])
    expected = torch.sigmoid(model.decode(torch.from_numpy(arrays["path_z"][i]))).detach()
    np.testing.assert_allclose(arrays["path_x"][i], expected, rtol=1e-5)
    # The ends are the examples' posterior means; the nodes nearest to them follow.
    example = run.splits["test"][arrays["pair_examples"][i, 0]]
    mean, _ = model.encoder(example.float() / 255)
    np.testing.assert_allclose(arrays["path_z"][i, 0], mean.detach(), rtol=1e-5)
    distance = np.linalg.norm(arrays["nodes"] - mean.detach().numpy(), axis=1)
    assert distance[arrays["pairs"][i, 0]] == pytest.approx(distance.min())
    assert arrays["end_distance"][i, 0] == pytest.approx(distance.min(), rel=1e-5)
    error = arrays["path_x"][i, 0] - example.numpy() / 255
    assert arrays["end_error"][i, 0] == pytest.approx(np.sqrt(np.mean(error**2)), rel=1e-5)


def test_test_examples_are_the_same_for_methods_and_seeds_and_nodes_are_not(monkeypatch):
    runs = [make_run("iwae_l1"), make_run("iwae_l1", seed=1), make_run("iwae_l2")]
    first, *others = [run_stage(interpolate, name, monkeypatch)[0] for name in runs]
    for other in others:
        for key in ("pair_examples", "posterior_example", "originals"):
            np.testing.assert_array_equal(first[key], other[key])
        assert not np.array_equal(first["nodes"], other["nodes"])
    assert (first["pair_examples"][:, 0] != first["pair_examples"][:, 1]).all()


def test_a_repeated_run_writes_the_same_bytes(monkeypatch):
    name = make_run("iwae_l1")
    files = [(run_folder(name) / file) for file in (*ARRAYS, "interpolation.json", "graph.graphml")]
    run_stage(interpolate, name, monkeypatch)
    first = [file.read_bytes() for file in files]
    run_stage(interpolate, name, monkeypatch)
    assert [file.read_bytes() for file in files] == first


def test_the_graph_can_be_read_by_other_programs(monkeypatch):
    name = make_run("iwae_l1")
    arrays, summary = run_stage(interpolate, name, monkeypatch)
    graph = networkx.read_graphml((run_folder(name) / "graph.graphml"), node_type=int)
    assert {tuple(sorted(edge)) for edge in graph.edges} == set(map(tuple, arrays["edges"].tolist()))
    assert networkx.number_connected_components(graph) == summary["components"]
    assert graph.nodes[7]["z1"] == pytest.approx(arrays["nodes"][7, 1])


def test_unreachable_pairs_are_counted_and_have_no_frames(monkeypatch):
    name = make_run("vampprior", k=1)  # one neighbour each: many components
    arrays, summary = run_stage(interpolate, name, monkeypatch)
    component = arrays["components"][arrays["pairs"]]
    found = component[:, 0] == component[:, 1]
    assert summary["unreachable"] > 0
    np.testing.assert_array_equal(arrays["found"], found)
    for key in ("path_z", "path_x", "path_length"):
        assert np.isnan(arrays[key][~found]).all() and np.isfinite(arrays[key][found]).all()
    assert np.isfinite(arrays["straight_x"]).all()
    _, measured = run_stage(smoothness, name, monkeypatch)
    assert measured["n_moving"] == (found & (arrays["straight_length"] > 0)).sum()
    assert all(not jumps for jumps, ok in zip(measured["jumps"], found, strict=True) if not ok)


def test_no_model(monkeypatch, capsys):
    name = make_run("iwae_l1")
    (run_folder(name) / "model.safetensors").unlink()
    monkeypatch.setattr(sys, "argv", ["interpolate", name])
    with pytest.raises(SystemExit, match=r"interpolate: .*model\.safetensors") as error:
        interpolate.main()
    assert error.value.code not in (None, 0)  # a message: Python prints it and exits with 1
    assert not any((run_folder(name) / file).exists() for file in ARRAYS)


def test_the_loneliest_samples_are_left_out_of_the_graph(monkeypatch):
    name = make_run("iwae_l1")
    all_nodes = run_stage(interpolate, name, monkeypatch)[0]["nodes"]
    path = config_file(name)
    config = json.loads(path.read_text())
    config["interpolation"]["trim"] = 0.1
    path.write_text(json.dumps(config))
    arrays, summary = run_stage(interpolate, name, monkeypatch)
    np.testing.assert_array_equal(arrays["nodes"], without_strays(all_nodes, 8, 0.1))
    # The prior that is compared with the aggregated posterior keeps its strays.
    np.testing.assert_array_equal(arrays["prior"], all_nodes)
    assert summary["n_nodes"] == len(arrays["nodes"]) < N


def test_more_neighbours_than_nodes(monkeypatch):
    name = make_run("iwae_l1", k=N)
    monkeypatch.setattr(sys, "argv", ["interpolate", name])
    with pytest.raises(SystemExit, match=f"interpolate: found k = {N} neighbours for N = {N} nodes"):
        interpolate.main()


def test_smoothness_of_a_run(monkeypatch):
    name = make_run("iwae_l1")
    arrays, _ = run_stage(interpolate, name, monkeypatch)
    _, measured = run_stage(smoothness, name, monkeypatch)
    found = arrays["found"] & (arrays["straight_length"] > 0)  # a path that rests says nothing
    json.dumps(measured, allow_nan=False)
    assert [p is not None for p in measured["path_breaks"]] == found.tolist()
    assert 0 <= measured["off_data"] <= 1 and measured["off_data_limit"] > 0
    for key, frames in {"joints": "path_x", "straight_joints": "straight_x"}.items():
        factors = [smoothness_factor(x) for x in arrays[frames][found]]
        [row] = measured[key]
        assert (row["joint"], row["n_paths"]) == ("all", found.sum())
        assert row["mean"] == pytest.approx(np.mean(factors))
        assert row["std"] == pytest.approx(np.std(factors, ddof=1))
    counts = [len(jumps) for jumps, ok in zip(measured["jumps"], found, strict=True) if ok]
    assert measured["discontinuities"] == pytest.approx(np.mean(counts))


def test_a_row_per_joint(monkeypatch):
    monkeypatch.setattr(digits, "JOINTS", {"left": slice(0, 8), "right": slice(8, 64)}, raising=False)
    name = make_run("iwae_l1")
    run_stage(interpolate, name, monkeypatch)
    _, measured = run_stage(smoothness, name, monkeypatch)
    assert [row["joint"] for row in measured["joints"]] == ["left", "right"]
    assert measured["joints"][0]["mean"] != measured["joints"][1]["mean"]


def test_smoothness_without_an_interpolation(monkeypatch):
    name = make_run("iwae_l1")
    monkeypatch.setattr(sys, "argv", ["smoothness", name])
    with pytest.raises(SystemExit, match=r"smoothness: .*\.npz is missing: `dvc repro` makes it"):
        smoothness.main()


def test_smoothness_imports_no_torch():
    code = "import sys, stages.smoothness as s; s.datasets.load('digits'); assert 'torch' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True, cwd=Path(__file__).parents[2])
