"""Seeded subsets: the examples behind committed results, whichever code draws them."""

import numpy as np
import torch

from stages.runs.subsets import evaluated_examples, posterior_examples, random_subset, shown_examples, snapshot_examples


def test_the_examples_are_those_of_the_committed_results():
    """Written down as they were when the results were made: another generator would draw others."""
    assert evaluated_examples(100, 5).tolist() == [11, 22, 23, 39, 42]
    assert snapshot_examples(2_000)[:5].tolist() == [0, 2, 4, 5, 6]
    assert posterior_examples(100)[:5].tolist() == [11, 44, 81, 76, 55]
    assert shown_examples(100)[:5].tolist() == [1, 29, 36, 15, 17]


def test_all_examples_are_evaluated_where_no_number_or_a_larger_one_is_asked_for():
    for n_wanted in (None, 7, 8):
        assert evaluated_examples(7, n_wanted).tolist() == list(range(7))


def test_a_subset_has_distinct_indices_and_fewer_are_the_first_of_more():
    chosen = random_subset(50, 20, seed=3)
    assert len(set(chosen.tolist())) == 20 and chosen.min() >= 0 and chosen.max() < 50
    assert torch.equal(random_subset(50, 8, seed=3), chosen[:8])
    assert sorted(random_subset(5, 20, seed=3).tolist()) == list(range(5))
    assert len(np.unique(posterior_examples(3_000))) == 2_000 and len(snapshot_examples(3_000)) == 1_000
