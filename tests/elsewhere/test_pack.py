"""An archive that cannot be written. That a packed one works is seen in test_bare_machine.py."""

import sys

import pytest

from stages.elsewhere import pack


def test_an_archive_that_cannot_be_written_ends_with_one_line_and_leaves_nothing(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "file").touch()
    monkeypatch.setattr(pack, "check_up_to_date", lambda runs: None)
    monkeypatch.setattr(pack, "datasets_of", lambda runs: [])
    monkeypatch.setattr(sys, "argv", ["pack", "file/gpu.tar", "a"])
    with pytest.raises(SystemExit, match=r"pack: .*cannot be written: .*file/gpu\.tar"):
        pack.main()
    assert [path.name for path in tmp_path.iterdir()] == ["file"]
