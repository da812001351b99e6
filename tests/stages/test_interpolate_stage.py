import json
import subprocess
import sys
from pathlib import Path

import networkx
import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from stages import interpolate, smoothness
from stages.files import write_json, write_npz
from stages.runs.run import load_model, open_run
from vhp.datasets import digits, pendulum
from vhp.latent.polyline import straight_line
from vhp.latent.smoothness import smoothness_factor
from vhp.latent.strays import without_strays

D, D_Z, N_TEST = 64, 2, 30
N, P, T = 120, 6, 9
METHODS = {
    "iwae_l1": {"n_importance": 2},
    "iwae_l2": {"n_importance": 2, "d_zeta": 2, "prior_hidden": [4]},
    "vampprior": {"n_pseudo_inputs": 5, "warm_up_share": 0.3},
}
OUTPUT = {interpolate: "interpolation.json", smoothness: "smoothness.json"}
SHAPES = {
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
    write_json(Path("runs/configs", f"{name}.json"), config)
    Path("runs", name).mkdir()
    save_file(open_run(name).method.model.state_dict(), Path("runs", name, "model.safetensors"))
    return name


def run_stage(stage, name: str, monkeypatch) -> tuple[dict, dict]:
    """What the stage wrote: all arrays of the run, and the stage's JSON."""
    monkeypatch.setattr(sys, "argv", ["stage", name])
    stage.main()
    with np.load(Path("runs", name, "interpolation.npz")) as file:
        arrays = dict(file)
    return arrays, json.loads(Path("runs", name, OUTPUT[stage]).read_text())


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
    start, goal = (arrays["nodes"][arrays["pairs"][:, i]] for i in (0, 1))
    np.testing.assert_array_equal(arrays["path_z"][found, 0], start[found])
    np.testing.assert_array_equal(arrays["path_z"][found, -1], goal[found])
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
    # The ends are the nodes nearest to the examples' posterior means.
    example = run.splits["test"][arrays["pair_examples"][i, 0]]
    mean, _ = model.encoder(example.float() / 255)
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


def test_fewer_pairs_are_the_first_of_more():
    np.testing.assert_array_equal(interpolate.example_pairs(30, 3), interpolate.example_pairs(30, 8)[:3])


def test_a_repeated_run_writes_the_same_bytes(monkeypatch):
    name = make_run("iwae_l1")
    files = [Path("runs", name, file) for file in ("interpolation.npz", "interpolation.json", "graph.graphml")]
    run_stage(interpolate, name, monkeypatch)
    first = [file.read_bytes() for file in files]
    run_stage(interpolate, name, monkeypatch)
    assert [file.read_bytes() for file in files] == first


def test_the_graph_can_be_read_by_other_programs(monkeypatch):
    name = make_run("iwae_l1")
    arrays, summary = run_stage(interpolate, name, monkeypatch)
    graph = networkx.read_graphml(Path("runs", name, "graph.graphml"), node_type=int)
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
    Path("runs", name, "model.safetensors").unlink()
    monkeypatch.setattr(sys, "argv", ["interpolate", name])
    with pytest.raises(SystemExit, match=r"interpolate: .*model\.safetensors") as error:
        interpolate.main()
    assert error.value.code not in (None, 0)  # a message: Python prints it and exits with 1
    assert not Path("runs", name, "interpolation.npz").exists()


def test_the_loneliest_samples_are_left_out_of_the_graph(monkeypatch):
    name = make_run("iwae_l1")
    all_nodes = run_stage(interpolate, name, monkeypatch)[0]["nodes"]
    path = Path("runs", "configs", f"{name}.json")
    config = json.loads(path.read_text())
    config["interpolation"]["trim"] = 0.1
    path.write_text(json.dumps(config))
    arrays, summary = run_stage(interpolate, name, monkeypatch)
    np.testing.assert_array_equal(arrays["nodes"], without_strays(all_nodes, 8, 0.1))
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


def interpolation(found: np.ndarray, path_x: np.ndarray, straight_x: np.ndarray) -> dict[str, np.ndarray]:
    """Paths in a plane of latent space, from (0, i) to (1, i) and back to (0, i + 1), which is one step further."""
    n, n_frames = path_x.shape[:2]
    nodes = np.array([[i, j] for j in range(n) for i in range(2)], float)
    pairs = np.arange(2 * n).reshape(n, 2)
    posterior = np.random.default_rng(0).normal(size=(20, 2))
    return {
        "found": found,
        "nodes": nodes,
        "pairs": pairs,
        "end_distance": np.ones((n, 2)),
        "end_error": np.ones((n, 2)),
        "straight_length": np.ones(n),
        "path_z": straight_line(nodes[pairs[:, 0]], nodes[pairs[:, 1]], n_frames),
        "path_x": path_x,
        "straight_x": straight_x,
        "posterior_mean": posterior,
        "posterior_std": np.zeros_like(posterior),
    }


@pytest.mark.parametrize("n_found", [0, 1])
def test_too_few_paths_for_a_mean_or_a_deviation(n_found):
    rng = np.random.default_rng(0)
    frames = np.full((3, 5, 4), np.nan, np.float32)
    frames[:n_found] = rng.normal(size=(n_found, 5, 4))
    arrays = interpolation(np.arange(3) < n_found, frames, rng.normal(size=(3, 5, 4)))
    measured = smoothness.measure(arrays, smoothness.WHOLE, None)
    assert measured["n_moving"] == measured["joints"][0]["n_paths"] == n_found
    assert measured["joints"][0]["std"] is measured["discontinuities_std"] is None
    for name in ("discontinuities", "smoothness", "posterior_distance", "straight_smoothness", "end_distance"):
        assert (measured[name] is None) == (n_found == 0)
    assert len(measured["jumps"]) == len(measured["path_smoothness"]) == 3
    assert sum(factor is not None for factor in measured["path_smoothness"]) == n_found


def test_a_planted_jump_is_reported_with_its_path_and_step():
    frames = np.linspace(0, 1, 10)[None, :, None] * np.ones((3, 10, 4))
    smooth = frames.copy()
    frames[1, 6:] += 9
    arrays = interpolation(np.array([True, True, False]), frames, smooth)
    measured = smoothness.measure(arrays, smoothness.WHOLE, None)
    assert measured["jumps"] == [[], [5], []]
    assert measured["discontinuities"] == 0.5
    assert measured["straight_jumps"] == [[], [], []]
    assert measured["straight_discontinuities"] == 0
    assert "monotonicity" not in measured


def test_the_straight_line_is_measured_between_the_same_nodes():
    """Here the paths are straight: whatever is measured of both is the same."""
    frames = np.random.default_rng(0).normal(size=(3, 6, 4))
    measured = smoothness.measure(interpolation(np.ones(3, bool), frames, frames), smoothness.WHOLE, None)
    for name in ("smoothness", "discontinuities", "posterior_distance"):
        for suffix in ("", "_std"):
            assert measured[f"straight_{name}{suffix}"] == pytest.approx(measured[f"{name}{suffix}"], abs=1e-12)
    assert measured["path_smoothness"] == pytest.approx([smoothness_factor(x) for x in frames])


def test_distances_are_in_units_of_the_posteriors_spacing():
    frames = np.random.default_rng(0).normal(size=(3, 6, 4))
    arrays = interpolation(np.ones(3, bool), frames, frames)
    before = smoothness.measure(arrays, smoothness.WHOLE, None)
    latent = ("nodes", "path_z", "posterior_mean", "posterior_std", "end_distance")
    after = smoothness.measure(arrays | {key: 7 * arrays[key] for key in latent}, smoothness.WHOLE, None)
    for name in ("posterior_distance", "straight_posterior_distance", "end_distance"):
        assert after[name] == pytest.approx(before[name])


def test_how_far_a_path_goes_is_measured_too():
    frames = np.linspace(0, 1, 10)[None, :, None] * np.array([3.0, 4.0]) * np.array([1.0, 2.0])[:, None, None]
    measured = smoothness.measure(interpolation(np.ones(2, bool), frames, frames), smoothness.WHOLE, None)
    assert measured["end_to_end"] == pytest.approx(1.5 * 5 / np.sqrt(2))
    assert measured["smoothness"] == pytest.approx(0, abs=1e-12)


def test_the_pendulum_turns_one_way_or_back():
    angle = np.stack([np.linspace(0, 1, 9), np.r_[np.linspace(0, 1, 7), 0.9, 0.8]])
    arrays = interpolation(np.ones(2, bool), pendulum.render(angle), pendulum.render(angle[::-1]))
    measured = smoothness.measure(arrays, smoothness.WHOLE, pendulum.render)
    expected = (1 + 0.8 / 1.2) / 2
    assert measured["monotonicity"] == pytest.approx(expected, abs=2e-3)
    assert measured["straight_monotonicity"] == pytest.approx(expected, abs=2e-3)
    assert measured["angle_error"] < 1e-3


def test_smoothness_without_an_interpolation(monkeypatch):
    name = make_run("iwae_l1")
    monkeypatch.setattr(sys, "argv", ["smoothness", name])
    with pytest.raises(SystemExit, match=r"interpolation\.npz is missing"):
        smoothness.main()


def test_smoothness_imports_no_torch():
    code = "import sys, stages.smoothness as s; s.datasets.load('digits'); assert 'torch' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True, cwd=Path(__file__).parents[2])
