from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from artifacts import runs_here, write_run

from stages.files import read_json, write_json
from stages.reports.smoothness_table import pooled, smoothness_table


def test_pooled_seeds_are_all_their_paths():
    seeds = [np.array([1.0, 2.0, 4.0]), np.array([9.0]), np.array([3.0, 3.5])]
    rows = [{"mean": x.mean(), "std": x.std(ddof=1) if len(x) > 1 else None, "n_paths": len(x)} for x in seeds]
    rows.append({"mean": None, "std": None, "n_paths": 0})
    whole = np.concatenate(seeds)
    assert pooled(pd.DataFrame(rows)) == pytest.approx((whole.mean(), whole.std(ddof=1)))
    assert np.isnan(pooled(pd.DataFrame(rows[-1:]))).all()


@pytest.fixture
def runs(tmp_path, monkeypatch):
    """Two methods with two joints. The fourth pair's path is found by REWO alone."""
    monkeypatch.chdir(tmp_path)
    measured = {
        "vhp_rewo": ((0.1, 0.3), [0.1, None, 0.2, 0.3]),
        "iwae_l2": ((0.4, 0.2), [0.3, 0.5, 0.5, None]),
    }
    for method, (joints, paths) in measured.items():
        path = Path(write_run("digits", method, 0), "smoothness.json")
        rows = [{"joint": j, "mean": m, "std": 0.05, "n_paths": 3} for j, m in zip("ab", joints, strict=True)]
        rough = [None if p is None else 10 * p for p in paths]
        write_json(path, read_json(path) | {"joints": rows, "path_smoothness": paths, "path_roughness": rough})
    return runs_here()


def test_a_row_per_joint_their_mean_and_how_sure_the_order_is(runs):
    table = smoothness_table(runs)
    assert table.columns == ("joint", "VHP + REWO", "IWAE (L=2)")
    assert table.rows[:2] == (("a", "0.10 ± 0.05", "0.40 ± 0.05"), ("b", "0.30 ± 0.05", "0.20 ± 0.05"))
    assert table.rows[2] == ("mean over joints", "0.20 ± 0.10", "0.43 ± 0.12")
    # Differences 0.2 and 0.3: mean 0.25, standard error 0.05.
    assert table.rows[3:6] == (
        ("less VHP + REWO", "", "+0.25"),
        ("± over pairs", "", "0.05 (2)"),
        ("± over seeds", "", "– (1)"),
    )
    assert table.rows[6:8] == (("per unit of movement", "2.0 ± 1.0", "4.3 ± 1.2"), ("less VHP + REWO", "", "+2.5"))
    assert table.bold == {(0, 1), (1, 2), (2, 1), (6, 1)}


def test_results_of_before_roughness_was_measured_have_no_row_of_it(runs):
    for run in runs:
        del run.smoothness["path_roughness"]
    assert [row[0] for row in smoothness_table(runs).rows][2:] == [
        *("mean over joints", "less VHP + REWO", "± over pairs", "± over seeds"),
    ]


def test_without_the_reference_there_is_no_difference(runs):
    rows = smoothness_table([run for run in runs if run.method != "vhp_rewo"]).rows
    assert [row[0] for row in rows] == ["a", "b", "mean over joints", "per unit of movement"]
