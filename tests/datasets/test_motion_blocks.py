"""Blocks of time: no frame twice, none lost but for the gaps, and a gap wherever one split meets another."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vhp.datasets.motion.blocks import GAP, HELD_OUT, MIXED, PERIOD, SHORTEST, TRAIN, blocks


@given(st.integers(1, 10 * PERIOD), st.sampled_from([MIXED, TRAIN, HELD_OUT]))
def test_neighbouring_blocks_are_of_different_splits_and_a_gap_apart(n, pattern):
    found = blocks(n, pattern)
    assert found[0][1] == 0 and found[-1][2] == n
    for split, start, stop in found:
        assert split in ("train", "val", "test") and stop > start
    for (split, _, stop), (next_split, start, _) in pairwise(found):
        assert split != next_split
        assert start - stop == 2 * (GAP // 2)


@given(st.integers(SHORTEST, 10 * PERIOD))
def test_a_long_segment_is_in_every_split_in_about_the_stated_shares(n):
    frames = {"train": 0, "val": 0, "test": 0}
    found = blocks(n)
    for split, start, stop in found:
        frames[split] += stop - start
    for split, count in frames.items():
        share = sum(s for name, s in MIXED if name == split)
        n_blocks = sum(name == split for name, _, _ in found)
        assert 0 <= share * n - count + n_blocks <= GAP * n_blocks + 2 * n_blocks


@pytest.mark.parametrize("n", [1, SHORTEST - 1])
def test_a_short_segment_is_all_training(n):
    assert blocks(n) == blocks(n, HELD_OUT) == [("train", 0, n)]


def test_a_pattern_written_out():
    assert blocks(1000, MIXED) == [("train", 0, 285), ("val", 315, 485), ("train", 515, 785), ("test", 815, 1000)]
    assert blocks(1000, TRAIN) == [("train", 0, 1000)]
    assert [name for name, _, _ in blocks(3 * PERIOD, HELD_OUT)] == ["val", "test"] * 6
