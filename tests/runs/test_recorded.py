"""What is read of dvc.lock, entry by entry."""

from pathlib import Path

import yaml

from stages.runs import recorded

LOCK = Path(__file__).parents[2] / "dvc.lock"


def test_each_entry_of_the_committed_dvc_lock_can_be_read_by_itself():
    """An alias in one would stand for lines of another; then a stage that reads it would end with an error."""
    whole = yaml.load(LOCK.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)["stages"]
    assert len(whole) > 100
    assert {name: recorded.entry(name, LOCK) for name in whole} == whole
