"""The simulation of a cluster agrees with what can be worked out by hand, and with Graham's bounds."""

import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stages.parallel import simulation
from stages.parallel.simulation import Costs, bounds, chains, makespan, table

COSTS = Costs((3.0, 1.0), worker_per_stage=2.0, head_per_stage=0.1, head_start=10.0, collect_per_stage=0.5)
CELLS = pd.DataFrame({"train_seconds": [100.0, 200.0], "eval_seconds": [10.0, 20.0]})


def test_equal_cells_run_in_waves():
    seconds = np.tile([6.0, 4.0], (10, 1))
    assert makespan(seconds, 1, 0.0) == 100.0
    assert makespan(seconds, 5, 0.0) == 20.0
    assert makespan(seconds, 4, 0.0) == 30.0
    assert makespan(seconds, 1000, 0.0) == 10.0


def test_the_head_handles_one_result_after_the_other():
    seconds = np.tile([6.0, 4.0], (10, 1))
    assert makespan(seconds, 1000, 3.0) == 6.0 + 20 * 3.0
    assert makespan(seconds, 1, 3.0) == 100.0 + 3.0


@given(
    st.lists(st.lists(st.floats(0.1, 100), min_size=3, max_size=3), min_size=1, max_size=30),
    st.integers(1, 40),
)
def test_no_schedule_beats_its_bounds_and_a_list_schedule_is_at_most_their_sum(cells, n_workers):
    seconds = np.array(cells)
    limits = bounds(seconds, n_workers, 0.0)
    found = makespan(seconds, n_workers, 0.0)
    assert found >= max(limits.values()) - 1e-6
    assert found <= limits["workers"] + limits["longest cell"] + 1e-6


def test_chains_are_measured_cells_with_the_costs_of_every_stage():
    seconds = chains(CELLS, 50, COSTS)
    assert seconds.shape == (50, 4)
    assert {tuple(chain) for chain in seconds} == {(102.0, 12.0, 5.0, 3.0), (202.0, 22.0, 5.0, 3.0)}


def test_the_table_names_what_limits_each_number_of_workers():
    seconds = np.tile([90.0, 8.0, 1.0, 1.0], (100, 1))
    few, many = table(seconds, [1, 1000], COSTS).rows
    end = 10.0 + 0.5 * 400
    assert few[1] == f"{(10000 + 0.1 + end) / 60:.1f}" and few[4].startswith("workers: 166.7")
    assert many[4].startswith("head's start and end") and float(many[1]) == pytest.approx(
        (100 + 10 + end) / 60, abs=0.5
    )


@pytest.mark.parametrize(
    "text", [None, "", "a,b\n1,2\n", "train_seconds,eval_seconds\n", "train_seconds,eval_seconds\n1,x\n"]
)
def test_a_file_without_measured_times_is_named_in_one_line(tmp_path, monkeypatch, text):
    monkeypatch.chdir(tmp_path)
    if text is not None:
        Path("times.csv").write_text(text)
    monkeypatch.setattr(sys, "argv", ["simulation", "times.csv"])
    with pytest.raises(SystemExit, match=r"^simulation: .*times\.csv"):
        simulation.main()
