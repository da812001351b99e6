"""The command: rows that are added once, a training that is resumed, the page and what is refused."""

import sys
from pathlib import Path
from threading import Thread

import numpy as np
import pandas as pd
import pytest
import torch
import yaml
from PIL import Image

from stages.command import STOPPED
from stages.files import write_npz, write_text
from stages.inspect.front import __main__ as command
from stages.inspect.front import cell, fitting, page, rows
from stages.inspect.front.fitting import Plan
from stages.inspect.front.pareto import front
from stages.inspect.front.table import NETWORKS, read
from stages.runs.subsets import evaluated_examples
from vhp.likelihood.estimate import LikelihoodSettings, estimate
from vhp.names import dataset_name
from vhp.seeds import EVALUATION_SEED
from vhp.training.divergence import TrainingDivergedError

N_VAL = 30
MEASURED = ["processor_minutes", "ms_per_step", "seconds_per_image"]  # what no two trainings have in common


@pytest.fixture
def call(tmp_path, monkeypatch):
    """A folder with data and two small networks; calls the command there."""
    monkeypatch.chdir(tmp_path)
    prototypes = np.random.default_rng(0).integers(0, 2, (4, 64))
    sizes = {"train": 300, "val": N_VAL, "test": 8}
    data = {split: np.uint8(255) * prototypes[np.arange(n) % 4].astype(np.uint8) for split, n in sizes.items()}
    write_npz(Path("data/processed/digits.npz"), data)
    table = yaml.safe_load(NETWORKS.read_text())
    table["shared"]["training"] |= {"precision": "float32"}
    table["networks"] = {
        "wide": {"about": "a perceptron", "model": {"network": "mlp", "hidden": [9], "d_z": 2}},
        "small": {"about": "patches", "model": {"hidden": [5], "d_z": 2}, "patch": {"channels": 3, "size": 2}},
    }
    Path("networks.yaml").write_text(yaml.safe_dump(table))
    monkeypatch.setattr(fitting, "planned", lambda *_, **__: Plan(3, 1, 0.0))
    common = ("--dataset", "digits", "--table", "networks.yaml", "--into", "out", "--images", "10", "--samples", "15")

    def call(*arguments: str) -> None:
        monkeypatch.setattr(sys, "argv", ["front", *arguments, *common])
        command.main()

    return call


def found():
    return rows.read(Path("out/networks.csv"))


def test_each_network_and_time_gets_one_row_and_those_that_are_there_are_skipped(call, monkeypatch):
    call("--minutes", "1", "2")
    first = found()
    assert list(zip(first["network"], first["minutes"], strict=True)) == [
        ("small", 1), ("wide", 1), ("small", 2), ("wide", 2)
    ]  # fmt: skip
    assert (first["epochs"] == 3).all() and (first["steps"] == 3 * (300 // 128)).all()
    assert first["family"].tolist() == ["patch", "mlp"] * 2
    assert first.drop(columns=["main_phase_step"]).notna().all(axis=None)
    assert not any(cell.BEGUN.iterdir())  # no plan or checkpoint of what is finished
    monkeypatch.setattr(cell.Cell, "row", None)
    call("wide", "--minutes", "2", "1")
    pd.testing.assert_frame_equal(found(), first)


def test_the_nll_is_that_of_validation_images(call):
    call("small", "--minutes", "1")
    (row,) = found().itertuples()
    network = read(Path("networks.yaml"), "digits")["small"]
    with np.load("data/processed/digits.npz") as arrays:
        train, val = (torch.from_numpy(arrays[split]) for split in ("train", "val"))
    method = fitting.build(network, "bernoulli", train, 0)
    trained = fitting.trained(method, network, train, val, Plan(3, 1, 0.0), 0)
    index = evaluated_examples(N_VAL, 10)
    settings = LikelihoodSettings(15, "float32", False)
    expected = estimate(method.model.eval(), val[index], settings, EVALUATION_SEED, index).log_likelihood
    assert row.nll == pytest.approx(-expected.mean().item(), rel=1e-6)
    assert row.nll_se == pytest.approx(expected.std().item() / 10**0.5, rel=1e-6)
    assert row.validation_bound == pytest.approx(trained.validation_bound, rel=1e-12)
    assert (row.n_images, row.n_samples) == (10, 15)


def test_an_interrupted_training_is_resumed_and_ends_as_an_undisturbed_one(call, monkeypatch):
    call("small", "--minutes", "1")
    undisturbed = found().drop(columns=MEASURED)
    Path("out/networks.csv").unlink()
    for _ in range(2):
        with pytest.raises(SystemExit) as stopped:
            call("small", "--minutes", "1", "--until", "0")
        assert stopped.value.code == STOPPED
        assert len(found()) == 0
    # Another plan would be another schedule: that of the beginning is kept.
    monkeypatch.setattr(fitting, "planned", lambda *_, **__: Plan(9, 9, 0.0))
    call("small", "--minutes", "1")
    pd.testing.assert_frame_equal(found().drop(columns=MEASURED), undisturbed)


def test_a_network_that_diverges_does_not_stop_the_others(call, monkeypatch):
    trained = fitting.trained

    def fails(method, network, *arguments):
        if network.name == "wide":
            raise TrainingDivergedError("step 5")
        return trained(method, network, *arguments)

    monkeypatch.setattr(fitting, "trained", fails)
    with pytest.raises(SystemExit, match="front: wide, 1 minutes: step 5"):
        call("--minutes", "1")
    assert found()["network"].tolist() == ["small"]


def test_a_row_of_other_settings_under_the_same_name_is_refused(call):
    call("small", "--minutes", "1")
    path = Path("networks.yaml")
    path.write_text(path.read_text().replace("channels: 3", "channels: 4"))
    with pytest.raises(SystemExit, match=r"digits, small, 1\.0, 0: found a row of the settings .*give it another"):
        call("small", "--minutes", "1")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda text: text.replace("nll", "nil", 1), "networks.csv: found the columns .*nil"),
        (lambda text: text + text.splitlines()[1] + "\n", r"found two rows of digits, small, 1\.0, 0, expected one"),
        (lambda text: text + "1,2,3" + "," * 90, "networks.csv cannot be read .*`git checkout"),
    ],
)
def test_a_table_of_results_that_is_none_is_refused(call, change, message):
    call("small", "--minutes", "1")
    path = Path("out/networks.csv")
    path.write_text(change(path.read_text()))
    with pytest.raises(SystemExit, match=message):
        call("small", "--minutes", "1")


@pytest.mark.parametrize("moment", ["table", "page"])
def test_rows_that_are_added_at_the_same_time_are_all_kept(tmp_path, monkeypatch, moment):
    path, others, pages = tmp_path / "networks.csv", [], []
    row = dict.fromkeys(rows.COLUMNS, 1) | {name: "a" for name in rows.TEXTS}

    def another() -> None:  # comes while the first is about to write
        if not others:
            others.append(Thread(target=rows.append, args=(path, row | {"network": "b"}, write_page)))
            others[0].start()
            others[0].join(timeout=0.5)

    def write(path, text):
        if moment == "table":
            another()
        write_text(path, text)

    def write_page(frame):
        if moment == "page":
            another()
        pages.append(frame["network"].tolist())

    monkeypatch.setattr(rows, "write_text", write)
    rows.append(path, row, write_page)
    others[0].join()
    assert rows.read(path)["network"].tolist() == ["a", "b"]
    assert pages == [["a"], ["a", "b"]]


def test_of_two_processes_that_measure_the_same_the_first_ones_row_stays(tmp_path):
    path, pages = tmp_path / "networks.csv", []
    row = dict.fromkeys(rows.COLUMNS, 1) | {name: "a" for name in rows.TEXTS} | {"minutes": 5.0}
    for nll in (1, 2):
        rows.append(path, row | {"nll": nll}, pages.append)
    assert rows.read(path)["nll"].tolist() == [1] and len(pages) == 1
    with pytest.raises(ValueError, match=r"a, a, 5\.0, 1: found a row of the settings a, expected b"):
        rows.append(path, row | {"settings": "b"}, pages.append)
    rows.append(path, row | {"seed": 2}, pages.append)
    assert rows.read(path)["seed"].tolist() == [1, 2]


def test_a_phase_that_never_came_leaves_whole_numbers_whole(tmp_path):
    path = tmp_path / "networks.csv"
    row = dict.fromkeys(rows.COLUMNS, 1) | {name: "a" for name in rows.TEXTS}
    frames = []
    rows.append(path, row | {"minutes": 1.0, "main_phase_step": 554}, frames.append)
    rows.append(path, row | {"minutes": 2.0, "main_phase_step": None}, frames.append)
    frame = frames[-1]
    pd.testing.assert_frame_equal(rows.read(path), frame)
    assert frame["main_phase_step"].tolist() == [554, pd.NA]
    assert ",554," in path.read_text()


def test_an_unknown_network_and_one_that_does_not_fit_are_refused_by_name(call):
    with pytest.raises(SystemExit, match="found no network wiide, expected some of small, wide"):
        call("wiide")
    path = Path("networks.yaml")
    path.write_text(path.read_text().replace("size: 2", "size: 3"))
    with pytest.raises(SystemExit, match=r"small.patch.size \(digits\): .*divides the side: 1, 2, 4, 8"):
        call()
    call("wide", "--minutes", "1")


def test_the_page_has_every_row_and_keeps_what_is_written_above(call):
    call("--minutes", "1", "2")
    path = Path("out/networks.md")
    text = path.read_text()
    assert text.count(f"\n## {dataset_name('digits')}, ") == 2 and "| patches |" in text and "| a perceptron |" in text
    with Image.open("out/networks-digits.png") as picture:
        assert min(picture.size) > 300
    assert Path("out/networks-digits.png").stat().st_size < 200_000
    assert "(networks.csv)" in text
    path.write_text("# Findings\n\n" + text[text.index(page.MADE) :])
    call("--page")
    assert path.read_text().startswith("# Findings\n\n" + page.MADE)
    assert path.read_text()[len("# Findings\n\n") :] == text[text.index(page.MADE) :]


def test_without_rows_the_page_says_so(call):
    call("--page")
    assert "No network has been measured yet." in Path("out/networks.md").read_text()


def test_bold_is_what_no_other_row_beats(call):
    """The bounds say what training buys, the NLLs what a likelihood costs."""
    call("--minutes", "1", "2")
    times = {"minutes": [1, 1, 2, 2], "seconds_per_image": [1.0, 0.5, 2, 2]}
    frame = found().assign(**times, validation_bound=[-10, -12, -9, -11], nll=[9, 12, 11, 9])
    shown = page.table(page.with_fronts(frame), 1, read(Path("networks.yaml"), "digits"))
    bound, seconds = (page.COLUMNS.index(name) for name in ("validation bound", "s / image"))
    assert [row[0] for row in shown.rows] == ["small", "wide"]
    assert shown.bold == {(0, bound), (0, seconds), (1, seconds)}


@pytest.mark.parametrize(
    ("costs", "values", "expected"),
    [
        ([1, 2, 3], [3, 2, 1], [True, True, True]),
        ([1, 2, 3], [1, 2, 3], [True, False, False]),
        ([2, 1, 1], [1, 2, 3], [True, True, False]),
        ([1, 1], [2, 2], [True, True]),
        ([1, 2], [2, 2], [True, False]),
        ([], [], []),
    ],
)
def test_the_front_is_what_no_other_beats_in_both(costs, values, expected):
    assert front(costs, values) == expected
