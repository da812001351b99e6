"""Which pairs of test examples the figures show."""

import numpy as np

from stages.reports.gallery.interpolations import pairs_to_show


def run(found: list[int], straight_length: list[float], pairs: list[list[int]] | None = None) -> dict[str, np.ndarray]:
    examples = np.zeros((len(found), 2), int) if pairs is None else np.array(pairs)
    return {"found": np.array(found, bool), "straight_length": np.array(straight_length), "pair_examples": examples}


def test_pairs_that_every_method_has_a_path_for_come_first():
    runs = [run([1, 1, 0, 1], [1, 1, 1, 1]), run([1, 1, 0, 1], [0, 2, 2, 2])]
    assert pairs_to_show(runs).tolist() == [1, 3, 0, 2]


def test_pairs_of_two_labels_come_first_and_each_combination_once():
    labels = np.array([0, 0, 1, 1, 2])
    pairs = [[0, 1], [0, 2], [3, 1], [2, 4], [4, 0]]
    every = run([1] * 5, [1.0] * 5, pairs)
    assert pairs_to_show([every], labels).tolist() == [1, 3, 4, 0, 2]
    missing = run([1, 0, 1, 1, 1], [1.0] * 5, pairs)
    # The third pair has the second's labels, and both runs can show it.
    assert pairs_to_show([every, missing], labels).tolist() == [2, 3, 4, 0, 1]
