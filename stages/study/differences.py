"""How far apart a study's methods are at each value, in pairs over the same test examples. Needs no torch."""

from collections.abc import Mapping
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np

from stages.files import read_npz, unreadable
from stages.runs.outputs.arrays import ARRAYS
from stages.runs.outputs.contents import check_arrays
from stages.runs.places import run_folder
from vhp.likelihood.nll_difference import nll_difference
from vhp.names import METHODS, position

FILE = "likelihood.npz"
# A row per value and two methods: NLL of the first minus that of the second, nats, and its standard error.
COLUMNS = ("dataset", "param", "value", "first", "second", "difference", "se", "n_test", "first_seeds", "second_seeds")


def differences(place: Path, configs: Mapping[str, dict[str, Any]], param: str, value: Any) -> list[dict[str, Any]]:
    """Of the clone's runs that were finished, configs of all at this value: of every two methods of each data set.

    Raises ValueError for a file that is damaged, or of other test examples than another run's of the data set.
    """
    nll: dict[str, dict[str, list[np.ndarray]]] = {}
    index: dict[str, np.ndarray] = {}
    for name, config in configs.items():
        path = place / run_folder(name) / FILE
        if not path.exists():
            continue
        dataset, method = config["run"]["dataset"], config["run"]["method"]
        arrays = read_npz(path)
        check_arrays(path, arrays, ARRAYS[FILE], {})
        if not np.array_equal(index.setdefault(dataset, arrays["index"]), arrays["index"]):
            raise unreadable(path, f"found other test examples than another run's of {dataset}, expected the same")
        nll.setdefault(dataset, {}).setdefault(method, []).append(-arrays["log_likelihood"].astype(float))
    rows = []
    for dataset, of_method in nll.items():
        for first, second in combinations(sorted(of_method, key=lambda method: position(method, METHODS)), 2):
            both = np.stack(of_method[first]), np.stack(of_method[second])
            row = {"dataset": dataset, "param": param, "value": value, "first": first, "second": second}
            found = nll_difference(*both)
            row |= {"difference": found.mean, "se": found.se, "n_test": both[0].shape[1]}
            rows.append(row | {"first_seeds": len(both[0]), "second_seeds": len(both[1])})
    return rows
