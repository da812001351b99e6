"""What a data set's own code may return, and whose fault it is otherwise."""

import numpy as np
import pytest

from stages.files import write_npz
from stages.preprocess import preprocess
from stages.runs.places import raw_file
from vhp.datasets.digits import prepare


@pytest.mark.parametrize(
    ("made", "message"),
    [
        (
            {"train": 2, "valid": 2, "test": 2},
            r"digits/prepare.py: found train, valid, test, expected .*val$",
        ),
        ({"train": 2, "val": 0, "test": 2}, r"digits.npz cannot be prepared \(found no examples for val\): delete it"),
        ({"train": 2, "val": "x", "test": 2}, r"digits.npz cannot be prepared .*the fault is in .*digits/prepare.py"),
    ],
)
def test_what_is_no_data_set_is_refused_with_the_place_to_look(tmp_path, monkeypatch, made, message):
    monkeypatch.chdir(tmp_path)
    write_npz(raw_file("digits"), {"x": np.zeros(3)})
    monkeypatch.setattr(prepare, "preprocess", lambda raw: {k: np.zeros((n, 4), np.uint8) for k, n in made.items()})
    with pytest.raises(ValueError, match=message):
        preprocess("digits")
